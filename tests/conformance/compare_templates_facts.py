"""What a deployed template says, as facts that do not depend on how it says it:
routes written as OpenAPI or as resources of their own give the same facts.
"""

import json
import re

# Read as routes, authorizers, rights and so on, not property by property.
TRANSLATED = {
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::IAM::Policy",
    "AWS::Lambda::Permission",
}
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
ANY_METHOD = "x-amazon-apigateway-any-method"
EXTENSION = "x-amazon-apigateway-"


class Facts(dict):
    """Facts by name; a second fact of the same name is a mistake of this reader."""

    def add(self, name, value):
        if name in self and self[name] != value:
            raise ValueError(f"two facts about {name}: {self[name]} and {value}")
        self[name] = value


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
        if kind in TRANSLATED:
            TRANSLATORS[kind](facts, name, properties, resources)
            continue
        if "Body" in properties:
            openapi(facts, properties["Body"])
            if "Name" not in properties:
                facts.add(f"{name}.Name", properties["Body"]["info"]["title"])
        add_resource(facts, name, resource)
    names = ids_by_type(resources)
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
        elif (kind, key) not in UNCOMPARED:
            flat(facts, f"{name}.{key}", value)


def tags(value):
    return value if isinstance(value, dict) else {tag["Key"]: tag["Value"] for tag in value}


def flat(facts, name, value):
    """One fact for each leaf; a list is one fact, whatever its order, and a
    document in JSON is what it says, however it is spaced."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            pass  # a text that begins with a reference
    if isinstance(value, dict):
        for key, item in value.items():
            flat(facts, f"{name}.{key}", item)
    elif isinstance(value, list):
        facts.add(name, sorted(json.dumps(item, sort_keys=True) for item in value))
    else:
        facts.add(name, value)


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


def target(text):
    """`${Function.Arn}` and `${Function}` name the same function."""
    return re.sub(r"^\$\{(\w+)(\.Arn)?\}$", r"\1", text)


def called(uri):
    """The function in the address of an integration or an authorizer."""
    found = re.search(r"/functions/(.+)/(response-streaming-)?invocations$", uri)
    return target(found.group(1)) if found else uri


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


# ---- REST API and HTTP API as OpenAPI ---------------------------------------


def openapi(facts, body):
    shared = body.get("components", {}).get(f"{EXTENSION}integrations", {})
    for path, methods in body["paths"].items():
        for method, route in methods.items():
            name = "ANY" if method == ANY_METHOD else method.upper()
            security = [scheme for entry in route.get("security", []) for scheme in entry]
            asks = [scheme for scheme in security if scheme != "NONE"]
            integration = route[f"{EXTENSION}integration"]
            if "$ref" in integration:
                integration = shared[integration["$ref"].rsplit("/", 1)[1]]
            add_route(facts, f"{name} {path}", asks, integration)
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        found = dict(scheme[f"{EXTENSION}authorizer"])
        if found["type"] == "token":
            found["identitySource"] = f"method.request.header.{scheme['name']}"
        add_authorizer(facts, name, found)
    for name, answer in body.get(f"{EXTENSION}gateway-responses", {}).items():
        flat(facts, f"gateway response {name}", answer)
    if f"{EXTENSION}cors" in body:
        flat(facts, "cors", body[f"{EXTENSION}cors"])


def add_route(facts, name, authorizers, integration):
    route = f"route {name}"
    facts.add(f"{route} asks", authorizers)
    facts.add(f"{route} is", integration["type"].lower())
    for key in ("timeoutInMillis", "responseTransferMode", "payloadFormatVersion"):
        if key in integration:
            facts.add(f"{route}.{key}", integration[key])
    if "uri" in integration:
        facts.add(f"{route} calls", called(integration["uri"]))
    for answer in integration.get("responses", {}).values():
        flat(facts, f"{route} answers {answer['statusCode']}", answer.get("responseParameters", {}))


def add_authorizer(facts, name, found):
    name = f"authorizer {name}"
    facts.add(f"{name} calls", called(found["authorizerUri"]))
    sources = found.get("identitySource", "")
    sources = re.split(r"\s*,\s*", sources) if isinstance(sources, str) else sources
    facts.add(f"{name} identity", sorted(source for source in sources if source))
    for key, value in found.items():
        if key not in ("authorizerUri", "identitySource"):
            facts.add(f"{name}.{key}", value.lower() if key == "type" else value)


# ---- The same as resources --------------------------------------------------


def lower_keys(properties):
    return {key[:1].lower() + key[1:]: value for key, value in properties.items()}


def authorizer_names(resources):
    kinds = ("AWS::ApiGateway::Authorizer", "AWS::ApiGatewayV2::Authorizer")
    return {
        "${" + name + "}": resource["Properties"]["Name"]
        for name, resource in resources.items()
        if resource["Type"] in kinds
    }


def path_of(resource_id, resources):
    name = target(resource_id)
    if name not in resources:  # the root: an attribute of the API
        return ""
    properties = resources[name]["Properties"]
    return path_of(properties["ParentId"], resources) + "/" + properties["PathPart"]


def method(facts, _name, properties, resources):
    path = path_of(properties["ResourceId"], resources) or "/"
    asks = authorizer_names(resources).get(properties.get("AuthorizerId"))
    integration = lower_keys(properties["Integration"])
    integration["responses"] = {
        answer["StatusCode"]: lower_keys(answer)
        for answer in integration.pop("integrationResponses", [])
    }
    asked = [asks] if properties["AuthorizationType"] == "CUSTOM" else []
    add_route(facts, f"{properties['HttpMethod']} {path}", asked, integration)


def http_route(facts, _name, properties, resources):
    integration = resources[target(properties["Target"].removeprefix("integrations/"))]
    integration = lower_keys(integration["Properties"])
    described = {
        "type": integration["integrationType"],
        "uri": integration["integrationUri"],
        **{k: v for k, v in integration.items() if k in ("payloadFormatVersion", "timeoutInMillis")},
    }
    if not described["uri"].endswith("/invocations"):
        described["uri"] = f"/functions/{described['uri']}/invocations"
    asks = authorizer_names(resources).get(properties.get("AuthorizerId"))
    asked = [asks] if properties.get("AuthorizationType") == "CUSTOM" else []
    add_route(facts, properties["RouteKey"], asked, described)


def authorizer(facts, _name, properties, _resources):
    found = lower_keys(properties)
    name = found.pop("name")
    for key in ("restApiId", "apiId"):
        found.pop(key, None)
    kind = found.pop("authorizerType", None)
    add_authorizer(facts, name, {**found, "type": kind or found["type"]})


def gateway_response(facts, _name, properties, _resources):
    found = lower_keys(properties)
    found.pop("restApiId")
    flat(facts, f"gateway response {found.pop('responseType')}", found)


def nothing(*_):
    """Seen through what refers to it."""


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
