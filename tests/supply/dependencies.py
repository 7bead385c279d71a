"""Holds what the workspaces depend on to deny.toml: licences, bans, versions and
where packages come from.

    dependencies.py

The file is cargo-deny's own, which checks the same and more (`advisories` beside this
file runs it). Compiling it takes longer than all of these checks together, so here its
rules are read by a few lines, and cargo tells what they apply to.
"""

import tomllib
from collections import defaultdict
from pathlib import Path

import graph
import licence
from report import check, finish

ROOT = Path(__file__).resolve().parent.parent.parent
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
# Each a workspace with a lock file of its own. Only the first is deployed; but what
# is compiled on a developer's machine has to come from where we say all the same.
WORKSPACES = [".", "tests/bench", "tests/fuzz"]


def named(package):
    return f"{package['name']} {package['version']}"


def is_meant(name, version, spec):
    """Whether `name` or `name@version` (or the beginning of one) means a package."""
    meant, _, beginning = spec.partition("@")
    return name == meant and (not beginning or f"{version}.".startswith(f"{beginning}."))


def licences(found, rules):
    """Faults: packages of others whose licence is not on the list."""
    exceptions = {rule["crate"]: rule["allow"] for rule in rules["exceptions"]}
    for package in found.packages.values():
        text = package["license"]
        permitted = {*rules["allow"], *exceptions.get(package["name"], [])}
        try:
            if not text or not licence.allowed(text, permitted):
                yield f"{named(package)}: {text or 'no licence'}"
        except licence.Unreadable:
            yield f"{named(package)}: cannot read the licence {text}"


def bans(found, rules):
    """Faults: packages that nobody may depend on, or only those named."""
    for rule in rules["deny"]:
        for package in found.packages.values():
            if not is_meant(package["name"], package["version"], rule["crate"]):
                continue
            strangers = found.needing(package["id"]) - set(rule.get("wrappers", []))
            if strangers:
                yield f"{named(package)}: needed by {', '.join(sorted(strangers))}"


def wildcards(found):
    """Faults: dependencies of ours on any version of somebody else's package."""
    for package in (found.packages[identity] for identity in found.ours):
        for dependency in package["dependencies"]:
            if dependency["req"] == "*" and not dependency.get("path"):
                yield f"{package['name']} on {dependency['name']}"


def sources(found):
    """Faults: packages that are neither ours nor from crates.io."""
    for package in found.packages.values():
        ours = package["source"] is None and ROOT in Path(package["manifest_path"]).parents
        if not ours and package["source"] != CRATES_IO:
            yield f"{named(package)}: from {package['source'] or package['manifest_path']}"


def versions(compiled, rules):
    """Faults: packages in two versions without a reason on the list."""
    left = defaultdict(list)
    for name, version in sorted(compiled):
        if not any(is_meant(name, version, rule["crate"]) for rule in rules["skip"]):
            left[name].append(version)
    return [f"{name} {', '.join(found)}" for name, found in left.items() if len(found) > 1]


def reasons(compiled, rules):
    """Faults: lines of that list that say no reason, or that nothing needs any more."""
    for rule in rules["skip"]:
        name = rule["crate"].partition("@")[0]
        same = [version for found, version in compiled if found == name]
        if len(same) < 2 or not any(is_meant(name, version, rule["crate"]) for version in same):
            yield f"{rule['crate']}: no second version"
        if not rule.get("reason"):
            yield f"{rule['crate']}: no reason"


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text())
    targets = rules["graph"]["targets"]

    def none(name, faults):
        faults = list(faults)
        check(name, not faults, "; ".join(faults))

    for folder in WORKSPACES:
        manifest = ROOT / folder / "Cargo.toml"
        place = "the workspace" if folder == "." else folder
        found = graph.Graph(manifest, targets)
        others = len(found.packages) - len(found.ours)
        check(f"{place}: {others} packages of others", others > 10, others)
        none(f"{place}: no licence that is not on the list", licences(found, rules["licenses"]))
        none(f"{place}: no package that is banned", bans(found, rules["bans"]))
        none(f"{place}: no dependency on any version", wildcards(found))
        none(f"{place}: nothing from elsewhere than crates.io", sources(found))

    compiled = graph.tree(ROOT / "Cargo.toml", targets, "--workspace", "--edges", "normal,build")
    check(f"{len(compiled)} packages are compiled for what runs", len(compiled) > 100, len(compiled))
    none("none of them in two versions without a reason", versions(compiled, rules["bans"]))
    none("no such reason that nothing needs", reasons(compiled, rules["bans"]))
    finish()


if __name__ == "__main__":
    main()
