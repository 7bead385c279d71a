"""Holds the threat model to what there is: every test, scenario, file, command and
setting that it names.

    threat_model.py
"""

import re
import subprocess
from pathlib import Path

from report import check, finish

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "infra" / "README.md"


def chapter(text):
    """From its heading to the next one of the same rank."""
    found = re.search(r"^## Threat model\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def sources(*patterns):
    """All that is committed under these patterns, as one text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    return "\n".join((ROOT / name).read_text() for name in listed.split("\0") if (ROOT / name).is_file())


def anchors(text):
    """The places that a link within the document can lead to."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rows(text):
    """The cells of the tables that say what shows a control."""
    is_meant = False
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            is_meant = False
        elif cells[2:3] == ["shown by"]:
            is_meant = True
        elif is_meant and set(cells[0]) != {"-"}:
            yield cells


def missing(text, document, rust, page, settings):
    """What `text` names and nothing has."""
    for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`", text):
        if not re.search(rf"\bfn {name}\(", rust):
            yield f"test {name}"
    for threat, control, shown, _ in rows(text):
        for scenario in re.findall(r'"([^"]+)"', shown):
            if f'scenario("{scenario}"' not in page:
                yield f"scenario {scenario}"
        if not control:
            yield f"control of {threat}"
    for name in re.findall(r"`((?:tests|infra|functions|events)/[^` ]+)", text):
        if not (ROOT / name).exists():
            yield f"file {name}"
    for part in re.findall(r"`tests/conformance/run (\w+)`", text):
        if f"{part}()" not in (ROOT / "tests" / "conformance" / "run").read_text():
            yield f"part {part}"
    # Settings: of programs in capitals, of the stack in capitalised words.
    for name in re.findall(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|[A-Z][a-z]+(?:[A-Z][a-z]+)+)(?:=[^`]*)?`", text):
        if name not in settings:
            yield f"setting {name}"
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        if anchor not in anchors(document):
            yield f"heading {anchor}"


def main():
    document = DOCUMENT.read_text()
    text = chapter(document)
    told = (
        sources("functions/*.rs", "tests/*.rs"),
        sources("tests/page/scenarios/*.js"),
        sources("functions/*.rs", "infra/sam/template.yaml"),
    )
    check("the threat model is there", len(list(rows(text))) > 30, len(list(rows(text))))
    gone = list(missing(text, document, *told))
    check("everything that it names is there", not gone, gone)

    planted = {
        "test": "`nobody_has_written_this_test`",
        "scenario": '| threat | control | shown by | left |\n| a | b | "no such scenario" | c |',
        "control": "| threat | control | shown by | left |\n| a |  | b | c |",
        "file": "`tests/nowhere`",
        "part": "`tests/conformance/run nothing`",
        "setting": "`NoSuchParameter=true`, `NO_SUCH_VARIABLE`",
        "heading": "[there](#nowhere)",
    }
    for kind, words in planted.items():
        found = [one for one in missing(words, document, *told) if one.startswith(kind)]
        check(f"found: a {kind} that is not there", len(found) == (2 if kind == "setting" else 1), found)
    finish()


if __name__ == "__main__":
    main()
