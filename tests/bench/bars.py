"""All bars of the benchmarks in a folder, in one table.

    bars.py FOLDER
"""

import json
import sys
from pathlib import Path

from report import show


def main():
    rows = []
    for file in sorted(Path(sys.argv[1]).glob("*.json")):
        told = json.loads(file.read_text())
        bars = told.get("bars", []) if isinstance(told, dict) else []
        rows += [(file.stem, bar) for bar in bars]
    for name, bar in rows:
        verdict = "met" if bar["met"] else "MISSED"
        # Of what has no unit, the bar says what it is.
        reached = show(bar["value"], bar["unit"]) if "unit" in bar else f"{bar['value']:,.3f}"
        print(f"{verdict:6}  {name:13} {bar['figure']:36} {bar['bar']:58} {reached}")


main()
