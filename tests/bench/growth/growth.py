"""Measures what is asked for, writes the figures and draws them."""

import argparse
import datetime
import json
import os
import platform
import signal
import sys
from pathlib import Path

import conversations
import counted
import credentials
import picture

MEASURED = {
    "keys": counted.keys,
    "rules": counted.rules,
    "credentials": credentials.credentials,
    "conversations": conversations.conversations,
}


def main():
    # Ended from outside, what it started must end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _arguments()
    file = arguments.target / "bench/growth.json"
    failed = []
    for name in arguments.wanted:
        try:
            results = MEASURED[name](arguments)
        except (RuntimeError, OSError) as error:
            failed.append(f"{name}: {error}")
            continue
        for drawn, result in results.items():
            result["caption"].append(_machine())
            _keep(file, drawn, result)
            text = picture.svg(result["title"], result["panels"], result["caption"])
            Path(__file__).with_name(f"{drawn}.svg").write_text(text)
            _tell(drawn, result)
    if failed:
        sys.exit("\n".join(["not measured:", *failed]))


def _arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/growth/run")
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--decision")
    parser.add_argument("--authorizer")
    parser.add_argument("--local")
    parser.add_argument("wanted", nargs="+", choices=MEASURED)
    arguments = parser.parse_args()
    arguments.debug_build = ", debug build" if arguments.local and _is_debug(arguments.local) else ""
    return arguments


def _is_debug(binary):
    """The release profile strips what a debugger reads."""
    return b".debug_info" in Path(binary).read_bytes()


def _machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = {line.split(":")[1].strip() for line in lines if line.startswith("model name")}
    model = ", ".join(sorted(models)) or platform.processor()
    cores = len(os.sched_getaffinity(0))
    today = datetime.datetime.now(datetime.timezone.utc).date()
    # Whatever else runs moves times, and instructions not at all.
    busy = os.getloadavg()[1]
    return f"Machine: {cores} cores, {model}, load {busy:.0f}; {today}."


def _keep(file, name, result):
    """Pictures that were not asked for keep their figures."""
    file.parent.mkdir(parents=True, exist_ok=True)
    results = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**results, name: result}, indent=1) + "\n")


def _tell(name, result):
    for panel in result["panels"]:
        for curve, points in panel["curves"].items():
            shown = ", ".join(f"{picture.count(x)}: {picture.show(y, panel['unit'])}" for x, y, *_ in points)
            print(f"{name}: {panel['title']}, {curve}, by {panel['x']}: {shown}", flush=True)


main()
