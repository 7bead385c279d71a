"""Writes what each deployed program is made of, as CycloneDX bills of materials, into
target/bills; and holds them to the format's schema and to the programs themselves.

    bill_of_materials.py NAME=PROGRAM...

A bill holds what is linked in. That depends on what a program is compiled together
with, since cargo gives a package the features that all of them ask for; `sam build`
compiles in view of the whole workspace, which links the most, so that is what a bill
tells. Macros and what runs at compile time are in no bill. There is no date and no
random number in it: the same lock file gives the same bill.
"""

import json
import platform
import re
import sys
import tomllib
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import graph
from report import check, finish

ROOT = Path(__file__).resolve().parent.parent.parent
MANIFEST = ROOT / "Cargo.toml"
BILLS = ROOT / "target" / "bills"


def reference(package):
    return "pkg:cargo/{}@{}".format(*package)


class Bills:
    def __init__(self, targets):
        found = graph.Graph(MANIFEST, targets).packages.values()
        self._packages = {(package["name"], package["version"]): package for package in found}
        lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
        self._hashes = {(entry["name"], entry["version"]): entry.get("checksum") for entry in lock["package"]}
        toolchain = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]
        self._compiler = ("std", toolchain["channel"])
        self._needs = {
            target: graph.tree(MANIFEST, [target], "--workspace", "--edges", "normal,no-proc-macro")
            for target in targets
        }

    def of(self, name, target):
        needs = self._needs[target]
        program = next(package for package in needs if package[0] == name)
        libraries = sorted(graph.closure(needs, program) - {program})
        standard = {
            "type": "library",
            "bom-ref": "std",
            "name": self._compiler[0],
            "version": self._compiler[1],
            "description": "the standard library of Rust",
            "licenses": [{"expression": "MIT OR Apache-2.0"}],
        }
        return {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
                "component": {**self._component(program), "type": "application"},
                "properties": [{"name": "latchkey:target", "value": target}],
            },
            "components": [*map(self._component, libraries), standard],
            "dependencies": [
                {"ref": reference(package), "dependsOn": sorted([*map(reference, needs[package]), "std"])}
                for package in [program, *libraries]
            ],
        }

    def _component(self, package):
        name, version = package
        component = {
            "type": "library",
            "bom-ref": reference(package),
            "name": name,
            "version": version,
            "purl": reference(package),
            # Before there were expressions, crates.io took a slash for OR.
            "licenses": [{"expression": re.sub(r"\s*/\s*", " OR ", self._packages[package]["license"])}],
        }
        if self._hashes[package]:
            component["hashes"] = [{"alg": "SHA-256", "content": self._hashes[package]}]
        return component


def named_in(program):
    """The packages of others whose files the program's messages name."""
    texts = re.findall(rb"/registry/src/[^/\0]+/([a-zA-Z0-9_-]+-\d+\.\d+\.\d+[^/\0]*)/", Path(program).read_bytes())
    return {text.decode() for text in texts}


def main():
    targets = tomllib.loads((ROOT / "deny.toml").read_text())["graph"]["targets"]
    programs = dict(argument.split("=", 1) for argument in sys.argv[1:])
    bills = Bills(targets)
    valid = JsonStrictValidator(SchemaVersion.V1_6)
    BILLS.mkdir(parents=True, exist_ok=True)
    for name, program in programs.items():
        for target in targets:
            bill = bills.of(name, target)
            file = BILLS / f"{name}-{target.partition('-')[0]}.cdx.json"
            file.write_text(json.dumps(bill, indent=2) + "\n")
            components = bill["components"]
            fault = valid.validate_str(file.read_text())
            check(f"{file.relative_to(ROOT)}: {len(components)} parts, valid", fault is None, fault)
            known = {one["bom-ref"] for one in components} | {bill["metadata"]["component"]["bom-ref"]}
            meant = {ref for entry in bill["dependencies"] for ref in entry["dependsOn"]}
            check(f"{file.name}: nothing is needed that is not in it", meant < known, meant - known)
            if target.startswith(platform.machine()):
                listed = {f"{one['name']}-{one['version']}" for one in components}
                seen = named_in(program)
                check(f"{file.name}: of {len(seen)} packages named in the program, all are in it",
                      len(seen) > 10 and seen <= listed, sorted(seen - listed))  # fmt: skip
        # The name under which a function is deployed.
        if Path(program).name == "bootstrap":
            told = sorted(place for place in (str(Path.home()), str(ROOT)) if f"{place}/".encode() in Path(program).read_bytes())
            check(f"{name}: it names no folder of the machine that built it", not told, told)
    finish()


if __name__ == "__main__":
    main()
