"""Holds every package of ours to `unsafe_code = "forbid"`, which no file can take
back, and the images to the compiler that the gate uses.

    unsafe_code.py
"""

import re
import tomllib
from pathlib import Path

from report import check, finish

ROOT = Path(__file__).resolve().parent.parent.parent


def manifests():
    """All of ours; what a build leaves behind is not."""
    for manifest in sorted(ROOT.glob("*/**/Cargo.toml")):
        folders = manifest.relative_to(ROOT).parts
        if not any(folder.startswith(".") or folder in ("target", "node_modules") for folder in folders):
            yield manifest


def read(manifest):
    return tomllib.loads(manifest.read_text())


def workspace_of(manifest):
    """The nearest manifest at or above this one that makes a workspace."""
    for folder in manifest.parents:
        found = folder / "Cargo.toml"
        if found.exists() and "workspace" in read(found):
            return read(found)["workspace"]
    return {}


def level(manifest):
    """What the package says of unsafe code."""
    lints = read(manifest).get("lints", {})
    if lints.get("workspace"):
        lints = workspace_of(manifest).get("lints", {})
    found = lints.get("rust", {}).get("unsafe_code")
    return found.get("level") if isinstance(found, dict) else found


def main():
    packages = [manifest for manifest in manifests() if "package" in read(manifest)]
    names = [read(manifest)["package"]["name"] for manifest in packages]
    check("packages of ours are found, those of benchmark and fuzzing too", {"token", "floor", "fuzz"} < set(names), names)
    for manifest, name in zip(packages, names, strict=True):
        check(f"{name}: unsafe code is forbidden", level(manifest) == "forbid", level(manifest) or "nothing")

    channel = tomllib.loads((ROOT / "rust-toolchain.toml").read_text())["toolchain"]["channel"]
    check("the compiler is one exact version", re.fullmatch(r"\d+\.\d+\.\d+", channel), channel)
    images = sorted((ROOT / "infra").glob("*/Dockerfile"))
    check("images are found", len(images) >= 2, images)
    for image in images:
        text = image.read_text()
        bases = re.findall(r"^(?:FROM |ARG RUST_IMAGE=)rust:([\d.]+)", text, re.MULTILINE)
        told = re.findall(r"^ENV RUSTUP_TOOLCHAIN=(\S+)$", text, re.MULTILINE)
        same = bases == [channel] and told == [channel]
        check(f"infra/{image.parent.name}: the image is compiled with it", same, (bases, told))
    finish()


if __name__ == "__main__":
    main()
