"""Plants faults into what the checks beside this file read, and holds each check to
finding its own.

    planted.py
"""

import copy
import tempfile
import tomllib
from pathlib import Path

import dependencies
import licence
import unsafe_code
from dependencies import ROOT
from graph import Graph, tree
from report import check, finish

RULES = tomllib.loads((ROOT / "deny.toml").read_text())
TARGETS = RULES["graph"]["targets"]
FOUND = Graph(ROOT / "Cargo.toml", TARGETS)
COMPILED = tree(ROOT / "Cargo.toml", TARGETS, "--workspace", "--edges", "normal,build")


def finds(name, faults, expected):
    """The check answers one fault at least, and the one that was planted."""
    faults = list(faults)
    check(f"found: {name}", any(expected in fault for fault in faults), faults)


def changed(package, **members):
    """The same packages, one of them different."""
    found = copy.copy(FOUND)
    found.packages = {
        identity: {**one, **members} if one["name"] == package else one for identity, one in FOUND.packages.items()
    }
    return found


def banned(**rule):
    return {"deny": [rule]}


def skipping(rule, without=""):
    kept = [one for one in RULES["bans"]["skip"] if one["crate"] != without]
    return {"skip": [*kept, rule] if rule else kept}


licences = RULES["licenses"]
finds("a copyleft licence", dependencies.licences(changed("serde", license="GPL-3.0-only"), licences), "serde")
finds("one half of a licence", dependencies.licences(changed("serde", license="MIT AND AGPL-3.0-only"), licences), "serde")
finds("no licence", dependencies.licences(changed("serde", license=None), licences), "serde")
finds("a licence that cannot be read", dependencies.licences(changed("serde", license="MIT OR"), licences), "serde")
finds("a banned package", dependencies.bans(FOUND, banned(crate="ring")), "ring")
finds("a banned version", dependencies.bans(FOUND, banned(crate="sha2@0.10")), "sha2 0.10")
finds("a stranger", dependencies.bans(FOUND, banned(crate="aws-sdk-secretsmanager", wrappers=["keys"])), "rotator")
finds("a package from git", dependencies.sources(changed("hyper", source="git+https://example.com/hyper")), "hyper")
finds("a registry of others", dependencies.sources(changed("hyper", source="registry+https://example.com")), "hyper")
finds("a folder elsewhere", dependencies.sources(changed("keys", manifest_path="/elsewhere/Cargo.toml")), "keys")
any_version = [{"name": "hyper", "req": "*"}]
finds("any version", dependencies.wildcards(changed("keys", dependencies=any_version)), "keys on hyper")
finds("a second version", dependencies.versions(COMPILED, skipping(None, without="base64@0.22")), "base64 0.22")
once = {"crate": "hyper@1", "reason": "none"}
finds("a reason that nothing needs", dependencies.reasons(COMPILED, skipping(once)), "hyper@1")
finds("no reason", dependencies.reasons(COMPILED, skipping({"crate": "base64@0.22"})), "base64@0.22: no reason")

for text, answer in {
    "MIT": True,
    "GPL-3.0-only": False,
    "MIT/GPL-3.0-only": True,
    "GPL-3.0-only OR MIT AND ISC": True,
    "(GPL-3.0-only OR MIT) AND AGPL-3.0-only": False,
    "Apache-2.0 WITH LLVM-exception": False,
    "GPL-3.0-only AND (MIT OR ISC) OR Zlib": True,
}.items():
    check(f"{text}: {'allowed' if answer else 'not allowed'}", licence.allowed(text, {*licences["allow"]}) == answer)

with tempfile.TemporaryDirectory() as folder:
    workspace, package = Path(folder) / "Cargo.toml", Path(folder) / "part" / "Cargo.toml"
    package.parent.mkdir()
    workspace.write_text('[workspace.lints.rust]\nunsafe_code = "deny"\n')
    for lints in ("", "[lints]\nworkspace = true", '[lints.rust]\nunsafe_code = "warn"'):
        package.write_text(f'[package]\nname = "part"\n{lints}\n')
        seen = unsafe_code.level(package)
        check(f"found: unsafe code that is not forbidden ({seen or 'nothing said'})", seen != "forbid")
    workspace.write_text('[workspace.lints.rust]\nunsafe_code = { level = "forbid" }\n')
    package.write_text('lints.workspace = true\n[package]\nname = "part"\n')
    check("a workspace that forbids it", unsafe_code.level(package) == "forbid")
finish()
