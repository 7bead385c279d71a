"""Holds the tools of the checks, and CDK, to versions that are written down: for
Node.js with the checksum of everything, for Python with the version of each tool.

    lock_files.py

None of it is in a deployed program; all of it runs on the machine of whoever
deploys.
"""

import json
import re
import subprocess
from pathlib import Path

from report import check, finish

ROOT = Path(__file__).resolve().parent.parent.parent


def committed(pattern):
    listed = ["git", "ls-files", "-z", "--", pattern]
    answer = subprocess.run(listed, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return sorted(filter(None, answer.stdout.split("\0")))


def unlocked(packages):
    """Faults of a lock file: packages that another server could exchange."""
    for name, package in packages.items():
        # What comes inside another package is covered by that one's checksum.
        covered = name == "" or package.get("inBundle")
        if not covered and not package.get("integrity", "").startswith("sha512-"):
            yield f"{name}: no checksum"
        place = package.get("resolved")
        if place and not place.startswith("https://registry.npmjs.org/"):
            yield f"{name}: from elsewhere"
    wanted = {**packages[""].get("dependencies", {}), **packages[""].get("devDependencies", {})}
    for name, version in wanted.items():
        if not re.fullmatch(r"\d+\.\d+\.\d+", version):
            yield f"{name}: {version} is no exact version"


def unpinned(lines):
    """Faults of a list for pip: tools without an exact version."""
    for line in lines.splitlines():
        if not re.fullmatch(r"[A-Za-z0-9._-]+(?:\[[a-z,-]+\])?==[\w.]+", line):
            yield line


def main():
    lock_files, lists = committed("*package-lock.json"), committed("*requirements*.txt")
    check("lock files and lists are found", len(lock_files) >= 4 and len(lists) >= 10, (lock_files, lists))
    for name in lock_files:
        faults = list(unlocked(json.loads((ROOT / name).read_text())["packages"]))
        check(f"{name}: exact versions, with checksums", not faults, faults)
    for name in lists:
        faults = list(unpinned((ROOT / name).read_text()))
        check(f"{name}: exact versions", not faults, faults)

    good = {"version": "1.0.0", "integrity": "sha512-x"}
    for name, packages in {
        "no checksum": {"": {}, "node_modules/a": {"version": "1.0.0"}},
        "a weak checksum": {"": {}, "node_modules/a": {**good, "integrity": "sha1-x"}},
        "another server": {"": {}, "node_modules/a": {**good, "resolved": "https://example.com/a.tgz"}},
        "a range": {"": {"dependencies": {"a": "^1.0.0"}}, "node_modules/a": good},
    }.items():
        check(f"found: {name}", len(list(unlocked(packages))) == 1)
    for line in ("moto", "moto>=5", "moto==5.*", "git+https://example.com/moto"):
        check(f"found: {line}", list(unpinned(line)) == [line])
    finish()


if __name__ == "__main__":
    main()
