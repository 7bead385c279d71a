"""What a template says about its routes and authorizers: the same facts from an
OpenAPI document and from resources of their own.
"""

import json
import re

ANY_METHOD = "x-amazon-apigateway-any-method"
EXTENSION = "x-amazon-apigateway-"


class Facts(dict):
    """Facts by name; a second fact of the same name is a mistake of this reader."""

    def add(self, name, value):
        if name in self and self[name] != value:
            raise ValueError(f"two facts about {name}: {self[name]} and {value}")
        self[name] = value


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


def target(text):
    """`${Function.Arn}` and `${Function}` name the same function."""
    return re.sub(r"^\$\{(\w+)(\.Arn)?\}$", r"\1", text)


def called(uri):
    """The function in the address of an integration or an authorizer."""
    found = re.search(r"/functions/(.+)/(response-streaming-)?invocations$", uri)
    return target(found.group(1)) if found else uri


# ---- As OpenAPI --------------------------------------------------------------


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
