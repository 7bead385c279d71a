"""Proves that the SAM template and the CDK stack deploy the same thing.

Both are read as they would be deployed, for each set of parameters in
compare_templates.json, and refuse the same ones. Every difference is printed, and fails unless it is
listed there with a reason; a listed difference that is not there fails too.

    compare_templates.py CDK    CDK holds <case>.json for each case
"""

import json
import re
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse

from compare_templates_facts import facts_of
from compare_templates_resolve import Deployment
from report import check, finish
from sam_template import expanded

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra/sam/template.yaml"
[CDK] = map(Path, sys.argv[1:])


class Reasons:
    """The differences that are meant."""

    def __init__(self, listed):
        self.listed = listed
        self.unused = {number: entry["fact"] for number, entry in enumerate(listed)}

    def of(self, fact, sam, cdk):
        for number, entry in enumerate(self.listed):
            # A difference is the fact with both values, so a third is not covered.
            values = (entry.get("sam"), entry.get("cdk"))
            if re.fullmatch(entry["fact"], fact) and values == (sam, cdk):
                self.unused.pop(number, None)
                return entry["why"]
        return None


def compare(case, parameters, reasons):
    stack = f"latchkey-{parameters.get('Stage', 'dev')}"
    sam = facts_of(Deployment(expanded(yaml_parse(TEMPLATE.read_text()), parameters), parameters, stack))
    cdk = facts_of(Deployment(json.loads((CDK / f"{case}.json").read_text()), {}, stack))
    differing = sorted(name for name in sam.keys() | cdk.keys() if sam.get(name) != cdk.get(name))
    for name in differing:
        why = reasons.of(name, sam.get(name), cdk.get(name))
        seen = f"SAM {sam.get(name, 'has none')} | CDK {cdk.get(name, 'has none')}"
        check(f"{case}: {name} differs: {why or 'no reason is given'}", why is not None, seen)
    check(f"{case}: {len(sam.keys() & cdk.keys()) - len(differing)} facts are the same", bool(sam))


def refused(case, parameters):
    broken = Deployment(yaml_parse(TEMPLATE.read_text()), parameters, "stack").broken_rules()
    message = json.loads((CDK / "refused.json").read_text())[case]
    check(f"SAM refuses {case}", broken != [], broken)
    check(f"CDK refuses {case}", message is not None, message)
    return broken


def parameters():
    """Names, defaults and limits of the parameters."""
    wanted = yaml_parse(TEMPLATE.read_text())["Parameters"]
    # CDK finds out by itself that what is deployed has changed.
    del wanted["Revision"]
    found = json.loads((CDK / "parameters.json").read_text())
    changed = {name for given in SETUP["cases"].values() for name in given}
    check("every parameter is changed by a case", changed == wanted.keys(), sorted(changed ^ wanted.keys()))
    check("the same parameters", wanted.keys() == found.keys(), sorted(wanted.keys() ^ found.keys()))
    for name in sorted(wanted.keys() & found.keys()):
        sam, cdk = wanted[name], found[name]
        limits = {
            "default": (sam.get("Default"), cdk.get("fallback")),
            "words": (sam.get("AllowedValues"), cdk.get("allowed")),
            "least": (sam.get("MinValue"), cdk.get("min")),
            "most": (sam.get("MaxValue"), cdk.get("max")),
        }
        if sam["Type"] != "Number":
            limits["pattern"] = (sam.get("AllowedPattern"), cdk.get("pattern"))
        for what, (one, other) in limits.items():
            one, other = comparable(one), comparable(other)
            check(f"parameter {name}: the same {what}", one == other, f"SAM {one} | CDK {other}")


def comparable(value):
    if isinstance(value, list):
        return sorted(map(str, value))
    return None if value is None else str(value)


SETUP = json.loads(Path(__file__).with_suffix(".json").read_text())
parameters()
REASONS = Reasons(SETUP["differences"])
for CASE, GIVEN in SETUP["cases"].items():
    compare(CASE, GIVEN, REASONS)
BROKEN = {rule for case, given in SETUP["refused"].items() for rule in refused(case, given)}
RULES = yaml_parse(TEMPLATE.read_text())["Rules"].keys()
check("every rule about parameters is broken by a case", BROKEN == RULES, sorted(RULES - BROKEN))
check("every listed difference is there", not REASONS.unused, list(REASONS.unused.values()))
finish()
