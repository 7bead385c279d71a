"""What keys and rules cost, in instructions."""

import re

from instructions import cases, instructions


def keys(arguments):
    found = _curves(arguments.decision, r"verify/ring of (\d+), (with kid|without)")
    curves = {"the token names its key": found["with kid"], "it names none": found["without"]}
    panel = {"title": "Verifying a token", "x": "keys in the ring", "unit": "instructions", "curves": curves}
    caption = [
        "Instructions per accepted token, counted by callgrind; 0 is at the bottom.",
        "A token that names no key is tried with each, and here the last one fits:",
        "each key before it is one more HMAC.",
    ]
    return {"keys": {"title": "Keys in the ring", "panels": [panel], "caption": caption}}


def rules(arguments):
    curves = _curves(arguments.decision, r"rules/(\d+)(.*)")
    panel = {
        "title": "Verifying a token and looking up what its role may call",
        "x": "access rules",
        "unit": "instructions",
        "curves": {"one decision": next(iter(curves.values()))},
    }
    caption = [
        "Instructions per decision, counted by callgrind; 0 is at the bottom.",
        "Only the last rule matches, and each before it is looked at.",
        "A policy for a gateway has room for some seventy short rules.",
    ]
    return {"rules": {"title": "Access rules", "panels": [panel], "caption": caption}}


def _curves(binary, pattern):
    """The points of each curve; which there are is the benchmark's to say."""
    curves = {}
    for case in cases(binary):
        if found := re.fullmatch(pattern, case):
            print(f"counting {case}", flush=True)
            points = curves.setdefault(found[2], [])
            points.append((int(found[1]), instructions(binary, case)))
    if not curves:
        raise RuntimeError(f"the benchmark has no case like {pattern}")
    return {name: sorted(points) for name, points in curves.items()}
