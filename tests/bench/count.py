"""What `count` does."""

import json
import sys
from pathlib import Path

from instructions import cases, instructions

# A case, what it is compared with, and how often that it may be at most.
LIMITS = [
    ("decide/REST TOKEN", "limit", 2.5),
    # A hundredth is what looking for one token in a long text may cost.
    ("refuse/1 MB", "refuse/1 MB, the event alone", 1.01),
]


def main():
    program, *options = sys.argv[1:]
    counts = {name: instructions(program, name) for name in cases(program)}
    width = max(map(len, counts))
    for name, count in counts.items():
        print(f"{name:{width}}  {count:12,.0f}  {count / counts['limit']:8.2f}x the limit")
    print()
    bars = []
    for name, against, most in LIMITS:
        times = counts[name] / counts[against]
        is_kept = times <= most
        print(f"{'kept' if is_kept else 'MISSED':6}  {name}: {times:.3f}x {against}, at most {most}x")
        bar = f"at most {most}x the instructions of {against}"
        bars.append({"figure": name, "bar": bar, "value": times, "limit": most, "met": is_kept})
    out = Path("target/bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "instructions.json").write_text(json.dumps({"instructions": counts, "bars": bars}, indent=2) + "\n")
    if "--strict" in options and not all(bar["met"] for bar in bars):
        sys.exit(1)


main()
