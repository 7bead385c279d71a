"""All bars of the benchmarks in a folder, in one table.

    bars.py FOLDER
"""

import json
import sys
from pathlib import Path


def main():
    rows = []
    for file in sorted(Path(sys.argv[1]).glob("*.json")):
        told = json.loads(file.read_text())
        bars = told.get("bars", []) if isinstance(told, dict) else []
        rows += [(file.stem, bar) for bar in bars]
    for name, bar in rows:
        verdict = "met" if bar["met"] else "MISSED"
        reached = f"{bar['value']:,.3f} {bar.get('unit', '')}"
        print(f"{verdict:6}  {name:13} {bar['figure']:36} {bar['bar']:58} {reached}")


main()
