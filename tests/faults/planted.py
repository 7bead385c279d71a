"""Builds the system with one bug at a time, and breaks it: each bug must be found.

    planted.py ROOT [--fit] [NAME ...]

With --fit it is only looked whether each can be planted still.

A bug is a patch in planted/, whose first lines say what it does, under which faults
it shows, and what is reported then. It is applied to a copy of the sources, never to
the sources, and built in a folder of its own: the first takes its time.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "conformance"))
from report import check, finish  # noqa: E402

# A bug that shows by chance gets more than one.
ATTEMPTS = 3


class Copy:
    """The sources as they are, in a folder of their own."""

    def __init__(self, root):
        self._root = root
        self._folder = root / ".checks/planted"
        self.tree = self._folder / "tree"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
        files = {name for name in listed.decode().split("\0") if name and (root / name).is_file()}
        for old in list(self.tree.rglob("*")):
            if old.is_file() and str(old.relative_to(self.tree)) not in files:
                old.unlink()
        for name in files:
            self._take(name)

    def _take(self, name):
        """Copies a file where it is another: what is the same is not built again."""
        source, target = self._root / name, self.tree / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def patch(self, file):
        """Whether the patch could be applied."""
        return patched(self.tree, file, "--dry-run") and patched(self.tree, file)

    def restore(self, file):
        for name in re.findall(r"^\+\+\+ b/(.*)$", file.read_text(), re.MULTILINE):
            self._take(name)
            for litter in (".orig", ".rej"):
                (self.tree / (name + litter)).unlink(missing_ok=True)

    def build(self):
        """Returns the binary, or None where the patched sources cannot be built.

        In a target folder of its own: to cargo a workspace is the same wherever it
        lies, so that one folder for both would put bugs into the builds of the
        sources.
        """
        target = self._folder / "target"
        environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_INCREMENTAL": "0"}
        done = subprocess.run(
            ["cargo", "build", "--quiet", "--locked", "-p", "local"], cwd=self.tree, env=environment, check=False
        )
        return target / "debug/local" if done.returncode == 0 else None


def patched(tree, file, *options):
    command = ["patch", "--strip=1", "--fuzz=0", "--silent", "--force", *options, "--input", file]
    return subprocess.run(command, cwd=tree, capture_output=True, check=False).returncode == 0


def told(text, name):
    [value] = re.findall(rf"^{name}: (.*)$", text, re.MULTILINE)
    return value


def found(binary, text):
    """What was reported, if it is what the patch says."""
    command = [sys.executable, HERE / "faults.py", binary, "--pace", "0.3"]
    fault = told(text, "Fault")
    command += ["--short", "--only", fault] if fault.endswith(":") else ["--only", fault]
    seen = ""
    for _ in range(ATTEMPTS):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        wrong = re.findall(r"^WRONG .*$", done.stdout, re.MULTILINE)
        fitting = [line for line in wrong if told(text, "Finds") in line]
        if done.returncode == 1 and fitting:
            return fitting[0], True
        seen = "\n".join(wrong[:3]) or done.stdout[-500:] + done.stderr[-500:]
    return seen, False


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    root, wanted = Path(sys.argv[1]), sys.argv[2:]
    files = sorted((HERE / "planted").glob("*.patch"))
    if wanted == ["--fit"]:
        for file in files:
            check(f"{file.stem} can be planted", patched(root, file, "--dry-run"))
        finish()
    copy = Copy(root)
    for file in files:
        if wanted and file.stem not in wanted:
            continue
        text = file.read_text()
        if not copy.patch(file):
            check(f"{file.stem} can be planted", False)
            copy.restore(file)
            continue
        try:
            binary = copy.build()
            if binary is None:
                check(f"{file.stem} can be built", False)
                continue
            seen, is_found = found(binary, text)
            check(f"{file.stem} is found: {seen}" if is_found else f"{file.stem} is found", is_found, seen)
        finally:
            copy.restore(file)
    finish()


if __name__ == "__main__":
    main()
