"""Reads a template as CloudFormation would deploy it: parameters filled in,
conditions decided, and every value in one spelling, whoever wrote it.

What only a deployment knows stays as `${Name}` or `${Name.Attribute}`.
"""

import json
import re

# Stands for a property that is left out.
NOTHING = object()


class Deployment:
    """One template with the values of its parameters."""

    def __init__(self, template, given, stack_name):
        self.pseudo = {"AWS::StackName": stack_name}
        self.template = template
        self.parameters = {}
        for name, parameter in template.get("Parameters", {}).items():
            value = given.get(name, parameter.get("Default"))
            if parameter["Type"].startswith(("CommaDelimitedList", "List<")):
                value = [part for part in str(value).split(",") if part]
            self.parameters[name] = value
        self.decided = {}

    def resources(self):
        """The resources that are deployed, attributes such as DeletionPolicy included."""
        present = {}
        for name, resource in self.template["Resources"].items():
            if self.holds(resource.get("Condition")):
                kept = {k: v for k, v in resource.items() if k not in ("Condition", "Metadata")}
                present[name] = self.value(kept)
        return present

    def outputs(self):
        return {
            name: self.value(output["Value"])
            for name, output in self.template.get("Outputs", {}).items()
            if self.holds(output.get("Condition"))
        }

    def holds(self, condition):
        if condition is None:
            return True
        if condition not in self.decided:
            self.decided[condition] = self.decide(self.template["Conditions"][condition])
        return self.decided[condition]

    def broken_rules(self):
        """The rules about parameters that these values break."""
        broken = []
        for name, rule in self.template.get("Rules", {}).items():
            if self.decide(rule.get("RuleCondition", {"Fn::Equals": ["", ""]})):
                kept = [self.decide(assertion["Assert"]) for assertion in rule["Assertions"]]
                broken += [] if all(kept) else [name]
        return broken

    def decide(self, rule):
        [(function, operands)] = rule.items()
        if function == "Condition":
            return self.holds(operands)
        if function == "Fn::Not":
            return not self.decide(operands[0])
        if function == "Fn::And":
            return all([self.decide(operand) for operand in operands])
        if function == "Fn::Or":
            return any([self.decide(operand) for operand in operands])
        if function == "Fn::Equals":
            return self.value(operands[0]) == self.value(operands[1])
        if function == "Fn::Contains":
            return self.value(operands[1]) in self.value(operands[0])
        raise ValueError(f"unknown condition: {rule}")

    def value(self, node):
        if isinstance(node, dict):
            if len(node) == 1:
                [(function, operand)] = node.items()
                if function in ("Ref", "Condition") or function.startswith("Fn::"):
                    return self.intrinsic(function, operand)
            values = {key: self.value(item) for key, item in node.items()}
            return {key: item for key, item in values.items() if item is not NOTHING}
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NOTHING]
        return spelled(node)

    def intrinsic(self, function, operand):
        if function == "Ref":
            return self.reference(operand)
        if function == "Fn::GetAtt":
            parts = operand.split(".", 1) if isinstance(operand, str) else operand
            return "${" + ".".join(map(str, parts)) + "}"
        if function == "Fn::Sub":
            return self.substituted(operand)
        if function == "Fn::If":
            condition, then, otherwise = operand
            return self.value(then if self.holds(condition) else otherwise)
        if function == "Fn::Join":
            separator, parts = operand
            return separator.join(map(written, self.value(parts)))
        if function == "Fn::Split":
            separator, text = operand
            text = self.value(text)
            # What is still to be filled in may hold the separator too.
            return {function: [separator, text]} if "${" in text else text.split(separator)
        if function == "Fn::Select":
            index, items = int(operand[0]), self.value(operand[1])
            return items[index] if isinstance(items, list) else {function: [str(index), items]}
        return {function: self.value(operand)}

    def reference(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.value(self.parameters[name])
        return "${" + name + "}"

    def substituted(self, operand):
        text, variables = (operand, {}) if isinstance(operand, str) else operand

        def fill(match):
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in variables:
                return self.value(variables[name])
            return self.reference(name)

        return re.sub(r"\$\{([^}]+)\}", fill, text)


def written(value):
    """A value as part of a text."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def spelled(scalar):
    """CloudFormation takes 60 and "60", true and "true" for the same."""
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    return str(scalar)
