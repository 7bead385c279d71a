"""Proves what linting does not: that the template, as SAM expands it, closes
every route it should, gives each function no right it does not need, keeps
what must survive, and sets nothing that no function reads.
"""

import json
import logging
import os
import re
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

from report import check, finish

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = "infra/sam/template.yaml"

# The chat page and the health check; everything else asks for a token.
OPEN_ROUTES = {("/", "get"), ("/healthz", "get")}

LOGS_AND_TRACES = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
ACTIONS = {
    "AuthorizerRole": LOGS_AND_TRACES
    | {"secretsmanager:GetSecretValue", "dynamodb:BatchGetItem", "kms:Decrypt"},
    "ChatbotRole": LOGS_AND_TRACES,
    "RotatorRole": LOGS_AND_TRACES
    | {
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    },
}


class NoManagedPolicies:
    """SAM would ask AWS for policy names; this template uses none of them."""

    def load(self):
        return {}


def expanded():
    template = yaml_parse((ROOT / TEMPLATE).read_text())
    # SAM expands uploaded code only, and the address does not matter here.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code.zip"
    parameters = {"Stage": "dev", "JwtIssuer": "https://auth.example.com"}
    return transform(template, parameters, NoManagedPolicies())["Resources"]


def of_type(resources, kind):
    return {name: r for name, r in resources.items() if r["Type"] == kind}


def statements(role):
    """The statements of a role, those under a condition included."""
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def as_list(value):
    return value if isinstance(value, list) else [value]


def routes(resources):
    body = resources["Api"]["Properties"]["Body"]
    for path, methods in body["paths"].items():
        for method, route in methods.items():
            security = [name for entry in route.get("security", []) for name in entry]
            if method == "options":
                check(f"preflight asks for no token: {path}", security == [], security)
            elif (path, method) in OPEN_ROUTES:
                check(f"open: {method} {path}", security == ["NONE"], security)
            else:
                closed = security == ["TokenAuthorizer"]
                check(f"asks for a token: {method} {path}", closed, security)

    authorizer = body["components"]["securitySchemes"]["TokenAuthorizer"]
    authorizer = authorizer["x-amazon-apigateway-authorizer"]
    shape = re.compile(authorizer["identityValidationExpression"])
    for header, passes in [
        ("Bearer aa.bb-_.cc", True),
        ("bEARER   aa.bb.cc", True),
        ("Bearer aa.bb", False),
        ("Bearer aa.bb.cc, Bearer dd.ee.ff", False),
        ("Basic YTpi", False),
        ("aa.bb.cc", False),
    ]:
        name = f"gateway {'passes' if passes else 'stops'} the header: {header}"
        check(name, bool(shape.search(header)) == passes)

    answers = body["x-amazon-apigateway-gateway-responses"]
    origin = "gatewayresponse.header.Access-Control-Allow-Origin"
    for answer in ["UNAUTHORIZED", "ACCESS_DENIED", "DEFAULT_4XX", "DEFAULT_5XX"]:
        headers = answers[answer]["responseParameters"]
        check(f"a browser may read the answer: {answer}", origin in headers, headers)


def rights(resources):
    for name, wanted in ACTIONS.items():
        found = set()
        for statement in statements(resources[name]):
            actions = set(as_list(statement["Action"]))
            found |= actions
            if statement["Resource"] == "*":
                only_traces = all(action.startswith("xray:") for action in actions)
                check(f"{name}: any resource for traces only", only_traces, actions)
        check(f"{name}: exactly the rights it needs", found == wanted, found ^ wanted)
        managed = resources[name]["Properties"].get("ManagedPolicyArns")
        check(f"{name}: no policy of AWS's own", managed is None, managed)


def functions(resources):
    found = of_type(resources, "AWS::Lambda::Function")
    roles = [json.dumps(f["Properties"]["Role"]) for f in found.values()]
    check("each function has a role of its own", len(set(roles)) == len(found), roles)
    # `local` sets these variables too; that is not reading them.
    files = (ROOT / "functions").glob("*/src/**/*.rs")
    sources = "".join(f.read_text() for f in files if "local" not in f.parts)
    for name, function in found.items():
        properties = function["Properties"]
        # The linter lets a runtime pass that does not exist.
        runtime = (properties["Runtime"], properties["Handler"])
        check(f"{name}: runtime", runtime == ("provided.al2023", "bootstrap"), runtime)
        binary = function["Metadata"]["BuildProperties"]["Binary"]
        manifest = ROOT / "functions" / binary / "Cargo.toml"
        check(f"{name}: builds a crate of ours", manifest.is_file(), binary)
        for variable in properties["Environment"]["Variables"]:
            check(f"{name}: the code reads {variable}", f'"{variable}"' in sources)


def what_stays(resources):
    for kind in ["AWS::SecretsManager::Secret", "AWS::DynamoDB::Table"]:
        for name, resource in of_type(resources, kind).items():
            policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
            check(f"{name} outlives the stack", policies == {"Retain"}, policies)


def access_log(resources):
    [stage] = of_type(resources, "AWS::ApiGateway::Stage").values()
    text = stage["Properties"]["AccessLogSetting"]["Format"]
    variables = json.loads(text).values()
    check("access log is one line of JSON", "\n" not in text and bool(variables))
    leaks = [v for v in variables if "query" in v.lower() or v == "$context.path"]
    check("access log holds neither query nor raw path", leaks == [], leaks)


# SAM tells of feature switches that it looks for in vain.
logging.disable(logging.ERROR)
RESOURCES = expanded()
for part in [routes, functions, rights, what_stays, access_log]:
    part(RESOURCES)
finish()
