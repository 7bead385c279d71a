"""What programs are built from, as cargo tells it."""

import json
import re
import subprocess


def _cargo(*arguments):
    answer = subprocess.run(["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return answer.stdout


class Graph:
    """All packages that the workspace at `manifest` names for `targets`, also those
    behind features that nobody has switched on."""

    def __init__(self, manifest, targets):
        platforms = [word for target in targets for word in ("--filter-platform", target)]
        metadata = json.loads(
            _cargo("metadata", "--format-version", "1", "--locked", "--manifest-path", str(manifest), *platforms)
        )
        self._nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
        found = (package for package in metadata["packages"] if package["id"] in self._nodes)
        self.packages = {package["id"]: package for package in found}
        self.ours = set(metadata["workspace_members"])

    def needing(self, package):
        """The names of those that depend on a package, for tests too."""
        return {
            self.packages[node]["name"]
            for node, answers in self._nodes.items()
            if any(edge["pkg"] == package for edge in answers["deps"])
        }


def tree(manifest, targets, *arguments):
    """What is compiled, with the features it is compiled with: each package as
    (name, version), and what it needs itself."""
    platforms = [word for target in targets for word in ("--target", target)]
    lines = _cargo(
        "tree", "--locked", "--manifest-path", str(manifest), "--prefix", "depth",
        "--format", " {p}", *platforms, *arguments,
    )  # fmt: skip
    needs, above = {}, []
    for line in lines.splitlines():
        found = re.match(r"(\d+) (\S+) v(\S+)", line)
        if not found:
            continue
        depth, package = int(found[1]), (found[2], found[3])
        # Where cargo has shown a package before, it leaves out what that needs.
        needs.setdefault(package, set())
        above[depth:] = [package]
        if depth > 0:
            needs[above[depth - 1]].add(package)
    return needs


def closure(needs, package):
    """A package and all that it needs, of what `tree` answered."""
    found, ahead = set(), [package]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += needs[one]
    return found
