"""What a deployed template says, as facts that do not depend on how it says it:
routes written as OpenAPI or as resources of their own give the same facts.
"""

import json
import re

from compare_templates_routes import (
    Facts,
    authorizer,
    flat,
    gateway_response,
    http_route,
    lower_keys,
    method,
    openapi,
    target,
)

# Where the code lies, and what is read otherwise.
UNCOMPARED = {
    ("AWS::Lambda::Function", "Code"),
    ("AWS::ApiGateway::RestApi", "Body"),
    ("AWS::ApiGatewayV2::Api", "Body"),
    ("AWS::ApiGatewayV2::Api", "CorsConfiguration"),
    ("AWS::IAM::Role", "Policies"),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument"),
}
# CDK's has an id of its own, because it cannot take over an imported one.
API_NAMES = {"AWS::ApiGateway::RestApi": "Api", "AWS::ApiGatewayV2::Api": "HttpApi"}


def facts_of(deployment):
    resources = renamed(deployment.resources())
    facts = Facts()
    for name, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind == "AWS::IAM::Role":
            rights(facts, name, [policy["PolicyDocument"] for policy in properties.get("Policies", [])])
            trust(facts, name, properties["AssumeRolePolicyDocument"])
        if kind == "AWS::IAM::ManagedPolicy":
            rights(facts, name, [properties["PolicyDocument"]])
        if "CorsConfiguration" in properties:
            flat(facts, "cors", lower_keys(properties["CorsConfiguration"]))
        if kind in TRANSLATORS:
            TRANSLATORS[kind](facts, name, properties, resources)
            continue
        if "Body" in properties:
            openapi(facts, properties["Body"])
            if "Name" not in properties:
                facts.add(f"{name}.Name", properties["Body"]["info"]["title"])
        add_resource(facts, name, resource)
    names = ids_by_type(deployment.resources())
    for name, value in deployment.outputs().items():
        facts.add(f"output {name}", rename(value, names))
    return facts


def add_resource(facts, name, resource):
    kind = resource["Type"]
    facts.add(f"{name} is", kind)
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy"):
        if attribute in resource:
            flat(facts, f"{name} {attribute}", resource[attribute])
    for key, value in resource.get("Properties", {}).items():
        if key == "Tags":
            for tag, content in tags(value).items():
                facts.add(f"{name} tag {tag}", content)
        elif (kind, key) == ("AWS::Lambda::Function", "Description"):
            # SAM puts the revision behind it, which is empty here.
            facts.add(f"{name}.{key}", value.strip())
        elif (kind, key) not in UNCOMPARED:
            flat(facts, f"{name}.{key}", value)


def tags(value):
    return value if isinstance(value, dict) else {tag["Key"]: tag["Value"] for tag in value}


# ---- Names ------------------------------------------------------------------


def ids_by_type(resources):
    """Names for what the tools name after its content, and for the aliases."""
    names = {}
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::ApiGateway::Deployment":
            names[name] = "Deployment"
        if resource["Type"] == "AWS::Lambda::Version":
            names[name] = target(properties["FunctionName"]) + "Version"
        if resource["Type"] in API_NAMES:
            names[name] = API_NAMES[resource["Type"]]
        if resource["Type"].endswith("::Authorizer"):
            names[name] = "Authorizer"
    return names


def renamed(resources):
    names = ids_by_type(resources)
    return {names.get(k, k): rename(v, names) for k, v in resources.items()}


def rename(value, names):
    if isinstance(value, dict):
        return {key: rename(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [rename(item, names) for item in value]
    if not isinstance(value, str):
        return value
    value = re.sub(
        r"\$\{([A-Za-z0-9]+)",
        lambda match: "${" + names.get(match.group(1), match.group(1)),
        value,
    )
    # An alias may be named by itself or by its function.
    return re.sub(r"\$\{(\w+)Aliaslive\}", r"${\1.Arn}:live", value)


def as_list(value):
    return value if isinstance(value, list) else [value]


# ---- Rights -----------------------------------------------------------------


def rights(facts, role, policies):
    for document in policies:
        for statement in document["Statement"]:
            condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    resource = resource if isinstance(resource, str) else json.dumps(resource)
                    facts.add(f"{role} {statement['Effect']} {action} on {resource}", condition)


def trust(facts, role, document):
    for statement in document["Statement"]:
        condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
        for service in as_list(statement["Principal"]["Service"]):
            facts.add(f"{role} trusts {service} for {as_list(statement['Action'])}", condition)


def policy(facts, _name, properties, _resources):
    for role in properties.get("Roles", []):
        rights(facts, target(role), [properties["PolicyDocument"]])


def permission(facts, _name, properties, _resources):
    source = properties.get("SourceArn", "any source")
    source = re.sub(r"^arn:(aws|\$\{AWS::Partition\}):", "arn:", source)
    name = f"{properties['Principal']} may call {target(properties['FunctionName'])} from {source}"
    rest = {k: v for k, v in properties.items() if k not in ("Principal", "FunctionName", "SourceArn")}
    facts.add(name, json.dumps(rest, sort_keys=True))


def nothing(*_):
    """Seen through what refers to it."""


# Read as routes, authorizers, rights and so on, not property by property.
TRANSLATORS = {
    "AWS::ApiGateway::Authorizer": authorizer,
    "AWS::ApiGateway::Deployment": nothing,
    "AWS::ApiGateway::GatewayResponse": gateway_response,
    "AWS::ApiGateway::Method": method,
    "AWS::ApiGateway::Resource": nothing,
    "AWS::ApiGatewayV2::Authorizer": authorizer,
    "AWS::ApiGatewayV2::Integration": nothing,
    "AWS::ApiGatewayV2::Route": http_route,
    "AWS::IAM::Policy": policy,
    "AWS::Lambda::Permission": permission,
}
