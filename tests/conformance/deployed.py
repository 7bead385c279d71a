"""A template as CloudFormation makes it for given parameters: expanded by SAM's
own translator, its conditions evaluated, what they rule out left away.
"""

import re
from pathlib import Path

from samcli.yamlhelper import yaml_parse

from sam_template import expanded

ROOT = Path(__file__).resolve().parents[2]

NO_VALUE = {"Ref": "AWS::NoValue"}


class Template:
    """One template with one set of parameters."""

    def __init__(self, path, given):
        template = yaml_parse((ROOT / path).read_text())
        if "Transform" in template:
            template = expanded(template, given)
        self.declared = template.get("Parameters", {})
        unknown = set(given) - set(self.declared)
        if unknown:
            raise RuntimeError(f"{path} has no parameters {unknown}")
        self.parameters = {n: given.get(n, p.get("Default")) for n, p in self.declared.items()}
        self._conditions = template.get("Conditions", {})
        self.broken_rules = [
            assertion["AssertDescription"]
            for rule in template.get("Rules", {}).values()
            if self._holds(rule.get("RuleCondition", {"Fn::Equals": ["", ""]}))
            for assertion in rule["Assertions"]
            if not self._holds(assertion["Assert"])
        ]
        self.resources = self._present(template["Resources"])
        self.outputs = self._present(template.get("Outputs", {}))

    def of_type(self, kind):
        return {name: r for name, r in self.resources.items() if r["Type"] == kind}

    def text(self, value):
        """A value as text: parameters filled in, resources by name in angles."""
        if not isinstance(value, dict):
            return str(value)
        [(function, argument)] = value.items()
        if function == "Ref":
            return str(self.parameters.get(argument, f"<{argument}>"))
        if function == "Fn::GetAtt":
            return f"<{argument if isinstance(argument, str) else '.'.join(argument)}>"
        if function == "Fn::Select":
            index, parts = argument
            separator, whole = parts["Fn::Split"]
            return self.text(whole).split(separator)[int(index)]
        if function != "Fn::Sub":
            raise RuntimeError(f"no text for {function}")
        pattern, own = (argument, {}) if isinstance(argument, str) else argument

        def filled(match):
            name = match.group(1)
            return self.text(own[name]) if name in own else self.text({"Ref": name})

        return re.sub(r"\$\{([^!}][^}]*)\}", filled, pattern)

    def condition(self, name):
        return self._holds({"Condition": name})

    def _present(self, section):
        there = {
            name: entry
            for name, entry in section.items()
            if "Condition" not in entry or self.condition(entry["Condition"])
        }
        return {name: self._chosen(entry) for name, entry in there.items()}

    def _holds(self, expression):
        [(function, argument)] = expression.items()
        if function == "Condition":
            return self._holds(self._conditions[argument])
        if function == "Fn::Not":
            return not self._holds(argument[0])
        if function == "Fn::And":
            return all(self._holds(inner) for inner in argument)
        if function == "Fn::Or":
            return any(self._holds(inner) for inner in argument)
        values = [self._value(inner) for inner in argument]
        if function == "Fn::Equals":
            return str(values[0]) == str(values[1])
        if function == "Fn::Contains":
            return values[1] in values[0]
        raise RuntimeError(f"no such condition function: {function}")

    def _value(self, expression):
        if isinstance(expression, dict) and set(expression) == {"Ref"}:
            return self.parameters[expression["Ref"]]
        return self.text(expression) if isinstance(expression, dict) else expression

    def _chosen(self, value):
        """The value with every choice made, parameters filled in."""
        if isinstance(value, list):
            return [v for v in map(self._chosen, value) if v != NO_VALUE]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            return self._chosen(yes if self.condition(condition) else no)
        if set(value) == {"Ref"} and value["Ref"] in self.parameters:
            return self.parameters[value["Ref"]]
        chosen = {key: self._chosen(inner) for key, inner in value.items()}
        return {key: inner for key, inner in chosen.items() if inner != NO_VALUE}


def references(value):
    """The logical ids that a value refers to, those inside Fn::Sub among them."""
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "Ref":
            yield inner
        elif key == "Fn::GetAtt":
            yield inner[0] if isinstance(inner, list) else inner.split(".")[0]
        elif key == "Fn::Sub":
            yield from _in_text(inner)
        elif key == "DependsOn":
            continue
        else:
            yield from references(inner)


def _in_text(argument):
    text, own = (argument, {}) if isinstance(argument, str) else argument
    yield from references(list(own.values()))
    for name in re.findall(r"\$\{([^!}][^}]*)\}", text):
        if name not in own:
            yield name.split(".")[0]
