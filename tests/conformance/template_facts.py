"""Proves what linting does not: that the template, as SAM expands it and with
its conditions evaluated, closes every route it should behind each front door,
calls what it may call, gives each function no right it does not need, keeps what
must survive, and sets nothing that no function reads.
"""

import json
import re
from unittest import mock

from deployed import ROOT, Template, references
from report import check, finish

TEMPLATE = "infra/sam/template.yaml"
NEEDED = {"Stage": "dev", "JwtIssuer": "https://auth.example.com"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
NETWORK = {"VpcId": "vpc-00000000", "SubnetIds": "subnet-00000000", "CertificateArn": CERTIFICATE}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf"

# The chat page and the health check; everything else asks for a token.
OPEN_ROUTES = {("/", "get"), ("/healthz", "get")}
# A REST API may answer these in parts.
STREAMED = {("/api/chat", "post"), ("/v1/chat/completions", "post")}
CLOSED_PATHS = {"/api/chat", "/api/{proxy+}", "/v1/chat/completions", "/v1/{proxy+}"}

# What only API Gateway needs to be told.
GATEWAY_SETTINGS = {"HTTP_API_RESPONSE", "ON_INVALID_TOKEN", "POLICY_EXPIRY"}


def deployed(door, **given):
    network = NETWORK if door == "alb" else {}
    template = Template(TEMPLATE, {**NEEDED, "FrontDoor": door, **network, **given})
    check(f"{door}{list(given)}: no rule is broken", not template.broken_rules, template.broken_rules)
    return template


def refused(what, **given):
    broken = Template(TEMPLATE, {**NEEDED, **given}).broken_rules
    check(f"refused before anything is made: {what}", broken != [], broken)


def whole(label, template):
    known = set(template.resources) | set(template.parameters)
    for name, entry in [*template.resources.items(), *template.outputs.items()]:
        missing = {r for r in references(entry) if not r.startswith("AWS::")} - known
        if missing:
            check(f"{label}: {name} refers to what is there", False, missing)
    check(f"{label}: nothing refers to what is not made", True)


def body(template):
    [api] = [r for n, r in template.resources.items() if n in ("Api", "HttpApi")]
    return api["Properties"]["Body"]


def authorizer_of(template):
    scheme = body(template)["components"]["securitySchemes"]["TokenAuthorizer"]
    return scheme["x-amazon-apigateway-authorizer"]


def routes(label, template):
    paths = body(template)["paths"]
    check(f"{label}: every path", set(paths) == CLOSED_PATHS | {p for p, _ in OPEN_ROUTES}, set(paths))
    for path, methods in paths.items():
        for method, route in methods.items():
            security = [name for entry in route.get("security", []) for name in entry]
            if method == "options":
                check(f"{label}: preflight asks for no token: {path}", security == [], security)
            elif (path, method) in OPEN_ROUTES:
                check(f"{label}: open: {method} {path}", security == [], security)
            else:
                closed = security == ["TokenAuthorizer"]
                check(f"{label}: asks for a token: {method} {path}", closed, security)


def integrations(value):
    """All that a body names to be called."""
    if isinstance(value, list):
        for inner in value:
            yield from integrations(inner)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("uri", "authorizerUri"):
                yield inner
            else:
                yield from integrations(inner)


def calls(label, template):
    """Whoever calls a function calls its alias, and is allowed to."""
    called = {called_by(template, uri) for uri in integrations(body(template))}
    functions = {"AuthorizerFunction", "ChatbotFunction"}
    functions |= {"ChatbotStreamFunction"} if label == "rest" else set()
    wanted = {f"<{name}.Arn>:live" for name in functions}
    check(f"{label}: the gateway calls the aliases", called == wanted, called)
    allowed(label, template, functions, "apigateway.amazonaws.com")


def called_by(template, uri):
    return re.search(r"functions/(.*)/(response-streaming-)?invocations$", template.text(uri)).group(1)


def streams(template):
    """What answers in parts is asked in the one way that hands parts on, and both
    it and the gateway wait for the end; everything else is asked in the other."""
    function = template.resources["ChatbotStreamFunction"]["Properties"]
    for path, methods in body(template)["paths"].items():
        for method, route in methods.items():
            if method == "options":
                continue
            integration = route["x-amazon-apigateway-integration"]
            address = template.text(integration["uri"])
            if (path, method) in STREAMED:
                parts = integration.get("responseTransferMode") == "STREAM"
                parts = parts and address.endswith("/response-streaming-invocations")
                parts = parts and called_by(template, integration["uri"]) == "<ChatbotStreamFunction.Arn>:live"
                check(f"rest: in parts: {method} {path}", parts, integration)
                waits = int(integration.get("timeoutInMillis", 0)) == 1000 * int(function["Timeout"])
                check(f"rest: waited for to the end: {method} {path}", waits, integration)
            else:
                whole_answer = "responseTransferMode" not in integration and "/2015-03-31/" in address
                whole_answer = whole_answer and called_by(template, integration["uri"]) == "<ChatbotFunction.Arn>:live"
                check(f"rest: in one piece: {method} {path}", whole_answer, integration)
    for door, functions in [("rest", {"buffered", "stream"}), ("http", {"buffered"}), ("alb", {"buffered"})]:
        found = DOORS[door].of_type("AWS::Lambda::Function")
        modes = [f["Properties"]["Environment"]["Variables"].get("CHAT_RESPONSE_MODE") for f in found.values()]
        modes = sorted(mode for mode in modes if mode)
        check(f"{door}: chatbots that answer {' and '.join(sorted(functions))}", modes == sorted(functions), modes)
    buffered, stream = (settings(template, name) for name in ("ChatbotFunction", "ChatbotStreamFunction"))
    same = {**buffered, "CHAT_RESPONSE_MODE": "stream"} == stream
    check("rest: both chatbots are told the same", same, (buffered, stream))


def revisions():
    """What runs is what was deployed last: SAM looks at a template before its
    parameters are filled in, so a revision has to tell it, and an API is deployed
    each time."""

    def ids(kind, second, **given):
        with mock.patch("time.time", return_value=second):
            return set(deployed("rest", **given).of_type(kind))

    version, deployment = "AWS::Lambda::Version", "AWS::ApiGateway::Deployment"
    one, other = ids(version, 1, Revision="a" * 64), ids(version, 1, Revision="b" * 64)
    functions = len(DOORS["rest"].of_type("AWS::Lambda::Alias"))
    check("another revision: another version behind each alias", len(one - other) == functions, one & other)
    check("the same revision: the same versions", one == ids(version, 2, Revision="a" * 64))
    before, after = ids(deployment, 1), ids(deployment, 2, AuthorizerCacheSeconds="0")
    check("each time: another deployment of the API", before.isdisjoint(after), before & after)


def allowed(label, template, functions, principal):
    found = {}
    for permission in template.of_type("AWS::Lambda::Permission").values():
        properties = permission["Properties"]
        bounded = "SourceArn" in properties and "SourceAccount" in properties
        check(f"{label}: a permission names account and source", bounded, properties)
        found[template.text(properties["FunctionName"])] = properties["Principal"]
    wanted = {f"<{name}Aliaslive>": principal for name in functions}
    wanted["<RotatorFunction.Arn>"] = "secretsmanager.amazonaws.com"
    check(f"{label}: who may call what", found == wanted, found)


def identity():
    """What the gateway keeps an answer by is what held the token, and all of it."""
    for place, name, rest, http in [
        ("header", "Authorization", None, "$request.header.Authorization"),
        ("header", "X-Token", "method.request.header.X-Token", "$request.header.X-Token"),
        ("cookie", "session", "method.request.header.Cookie", "$request.header.Cookie"),
        ("query", "token", "method.request.querystring.token", "$request.querystring.token"),
    ]:
        given = {"TokenPlace": place, "TokenName": name}
        for door, source in [("rest", rest), ("http", http)]:
            template = deployed(door, **given)
            authorizer = authorizer_of(template)
            found = authorizer.get("identitySource")
            if found is not None:
                found = template.text(found)
            check(f"{door}: kept by {source or 'the whole header'}", found == source, found)
            kind = "token" if source is None else "request"
            check(f"{door}: asked with a {kind} event", authorizer["type"] == kind, authorizer)
            seconds = authorizer["authorizerResultTtlInSeconds"]
            check(f"{door}: kept for as long as told", int(seconds) == 60, seconds)
            variables = settings(template, "AuthorizerFunction")
            sources = template.text(variables["TOKEN_SOURCES"])
            check(f"{door}: looked for in {place}:{name}", sources == f"{place}:{name}", sources)

    for door in ("rest", "http"):
        several = "header:Authorization,cookie:session"
        template = deployed(door, TokenPlace="several", TokenSources=several)
        authorizer = authorizer_of(template)
        kept = int(authorizer["authorizerResultTtlInSeconds"])
        nothing = kept == 0 and "identitySource" not in authorizer and authorizer["type"] == "request"
        check(f"{door}, several places: nothing is kept", nothing, authorizer)
        sources = settings(template, "AuthorizerFunction")["TOKEN_SOURCES"]
        check(f"{door}, several places: all are looked at", sources == several, sources)

    for rules, simple, form in [("", True, "simple"), ("[]", False, "policy")]:
        template = deployed("http", AccessRules=rules)
        authorizer = authorizer_of(template)
        agreed = authorizer["enableSimpleResponses"] is simple
        answered = settings(template, "AuthorizerFunction")["HTTP_API_RESPONSE"] == form
        check(f"http: gateway and authorizer both mean {form} answers", agreed and answered, authorizer)
        check("http: payload 2.0", authorizer["authorizerPayloadFormatVersion"] == "2.0")


def token_shape(template):
    shape = re.compile(authorizer_of(template)["identityValidationExpression"])
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


def gateway_answers(template):
    answers = body(template)["x-amazon-apigateway-gateway-responses"]
    origin = "gatewayresponse.header.Access-Control-Allow-Origin"
    for answer, status, header in [
        ("UNAUTHORIZED", "401", "WWW-Authenticate"),
        ("ACCESS_DENIED", "403", None),
        ("AUTHORIZER_FAILURE", "503", "Retry-After"),
        ("AUTHORIZER_CONFIGURATION_ERROR", "500", "Retry-After"),
        ("DEFAULT_4XX", None, None),
        ("DEFAULT_5XX", None, None),
    ]:
        headers = answers[answer]["responseParameters"]
        check(f"a browser may read the answer: {answer}", origin in headers, headers)
        if header:
            check(f"{answer} carries {header}", f"gatewayresponse.header.{header}" in headers, headers)
            exposed = headers.get("gatewayresponse.header.Access-Control-Expose-Headers")
            check(f"a page may read it: {answer}, {header}", exposed == f"'{header}'", headers)
        if status:
            check(f"{answer} is {status}", answers[answer].get("statusCode") == status, answers[answer])


def preflight(template):
    cors = body(template)["x-amazon-apigateway-cors"]
    check("http: the gateway answers preflight requests", "authorization" in cors["allowHeaders"], cors)
    check("http: a page may read when to ask again", "retry-after" in cors["exposeHeaders"], cors)
    methods = {m for methods in body(template)["paths"].values() for m in methods}
    taken = methods & {"options", "x-amazon-apigateway-any-method"}
    check("http: no route takes preflight requests", taken == set(), taken)


def shared():
    """Who may read the chatbot's answers is said once: by the chatbot, or by a
    gateway that says it on every answer."""
    origin = "https://app.example.com"
    for door, tellers in {"rest": {"ChatbotFunction", "ChatbotStreamFunction"}, "http": set(), "alb": {"ChatbotFunction"}}.items():
        template = deployed(door, CorsAllowOrigin=origin)
        told = {n: settings(template, n).get("CHAT_CORS_ALLOW_ORIGIN") for n in template.of_type("AWS::Lambda::Function")}
        found = {n: template.text(value) for n, value in told.items() if value is not None}
        check(f"{door}: who tells which pages may read the answers", found == dict.fromkeys(tellers, origin), found)


def load_balancer(template):
    listeners = template.of_type("AWS::ElasticLoadBalancingV2::Listener")
    by_port = {r["Properties"]["Port"]: r["Properties"] for r in listeners.values()}
    tls = by_port[443]
    safe = tls["Protocol"] == "HTTPS" and "TLS13" in tls["SslPolicy"] and tls["Certificates"]
    check("alb: TLS with a policy of its own", bool(safe), tls)
    [action] = by_port[80]["DefaultActions"]
    check("alb: port 80 only redirects", action["Type"] == "redirect", action)
    check("alb: no other listener", set(by_port) == {80, 443}, set(by_port))
    balancer = template.resources["LoadBalancer"]["Properties"]
    on = {a["Key"]: a["Value"] for a in balancer["LoadBalancerAttributes"]}
    dropped = on["routing.http.drop_invalid_header_fields.enabled"]
    check("alb: odd headers are dropped", dropped == "true", on)
    group = template.resources["ChatbotTargetGroup"]
    [attribute] = group["Properties"]["TargetGroupAttributes"]
    twice = attribute == {"Key": "lambda.multi_value_headers.enabled", "Value": "true"}
    check("alb: a header that comes twice arrives twice", twice, attribute)
    [target] = group["Properties"]["Targets"]
    check("alb: the target is the alias", target["Id"] == {"Ref": "ChatbotFunctionAliaslive"}, target)
    check("alb: allowed before it is a target", "LoadBalancerPermission" in group["DependsOn"])
    permission = template.resources["LoadBalancerPermission"]["Properties"]
    wanted = f":targetgroup/{template.text(group['Properties']['Name'])}/*"
    check("alb: only this group may call", template.text(permission["SourceArn"]).endswith(wanted))
    allowed("alb", template, {"ChatbotFunction"}, "elasticloadbalancing.amazonaws.com")
    health = (group["Properties"].get("HealthCheckEnabled"), group["Properties"].get("HealthCheckPath"))
    check("alb: asked for its health", health == (True, "/healthz"), health)
    check("alb: no function that nobody calls", "AuthorizerFunction" not in template.resources)


def settings(template, function):
    return template.resources[function]["Properties"]["Environment"]["Variables"]


def verifier_settings():
    """Behind a load balancer the chatbot is told what an authorizer is told."""
    told = settings(deployed("rest"), "AuthorizerFunction")
    itself = settings(deployed("alb"), "ChatbotFunction")
    wanted = {k: v for k, v in told.items() if k not in GATEWAY_SETTINGS}
    own = {k: v for k, v in itself.items() if not k.startswith("CHAT_")}
    check("alb: the chatbot is told what an authorizer is told", own == wanted, set(own) ^ set(wanted))
    for door in ("rest", "http"):
        known = set(settings(deployed(door), "ChatbotFunction"))
        check(f"{door}: the chatbot is told nothing of the secret", not any("SECRET" in k or "KEY" in k for k in known), known)

    held = settings(deployed("rest", SecretParameter="/jwt/secret"), "AuthorizerFunction")
    one = held.get("JWT_SECRET_PARAMETER") == "/jwt/secret" and "JWT_SECRET_ARN" not in held
    check("a parameter in place of a secret: one place is named", one, held)
    encoding = settings(deployed("rest", SecretEncoding="hex"), "AuthorizerFunction")
    check("the generated secret is text", encoding["JWT_SECRET_ENCODING"] == "utf8")
    encoding = settings(deployed("rest", SecretEncoding="hex", SecretArn=SECRET), "AuthorizerFunction")
    check("a secret from elsewhere is what its owner says", encoding["JWT_SECRET_ENCODING"] == "hex")


def functions(label, template):
    found = template.of_type("AWS::Lambda::Function")
    roles = [json.dumps(f["Properties"]["Role"]) for f in found.values()]
    check(f"{label}: each function has a role of its own", len(set(roles)) == len(found), roles)
    # `local` sets these variables too; that is not reading them.
    files = (ROOT / "functions").glob("*/src/**/*.rs")
    sources = "".join(f.read_text() for f in files if "local" not in f.parts)
    for name, function in found.items():
        properties = function["Properties"]
        # The linter lets a runtime pass that does not exist.
        runtime = (properties["Runtime"], properties["Handler"])
        check(f"{label}, {name}: runtime", runtime == ("provided.al2023", "bootstrap"), runtime)
        binary = function["Metadata"]["BuildProperties"]["Binary"]
        manifest = ROOT / "functions" / binary / "Cargo.toml"
        check(f"{label}, {name}: builds a crate of ours", manifest.is_file(), binary)
        tags = {t["Key"] for t in properties["Tags"]}
        check(f"{label}, {name}: tagged", {"Project", "Stage"} <= tags, tags)
        unread = {v for v in properties["Environment"]["Variables"] if f'"{v}"' not in sources}
        check(f"{label}, {name}: the code reads every variable", unread == set(), unread)


def model_rights():
    """Behind each backend, the one model that was chosen, and no other."""
    here = "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>"
    models = "arn:<AWS::Partition>:bedrock:*::foundation-model"
    of_others = "arn:aws:bedrock:eu-central-1:123456789012"
    for model, asked, of_profile in [
        ("amazon.nova-micro-v1:0", "arn:<AWS::Partition>:bedrock:<AWS::Region>::foundation-model/amazon.nova-micro-v1:0", None),
        ("us.amazon.nova-micro-v1:0", f"{here}:inference-profile/us.amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0*"),
        ("eu.amazon.nova-lite-v1:0", f"{here}:inference-profile/eu.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0*"),
        ("apac.amazon.nova-lite-v1:0", f"{here}:inference-profile/apac.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0*"),
        ("global.zai.glm-4.7", f"{here}:inference-profile/global.zai.glm-4.7", "zai.glm-4*"),
        (f"{of_others}:inference-profile/us.amazon.nova-micro-v1:0", None, "*"),
        (f"{of_others}:application-inference-profile/abc", None, "*"),
        (f"{of_others}:provisioned-model/abc", None, None),
        ("arn:aws:bedrock:eu-central-1::foundation-model/amazon.nova-micro-v1:0", None, None),
    ]:
        template = deployed("rest", ChatBackend="bedrock", ChatModel=model)
        asked = asked or model
        wanted = {(asked, None)} | ({(f"{models}/{of_profile}", asked)} if of_profile else set())
        for role in ("ChatbotRole", "ChatbotStreamRole"):
            found = asks(template, role)
            check(f"{role}: this model and no other: {model}", found == wanted, found)
            check(f"{role}: no guardrail that is not named", guardrails(template, role) == [])

    # The same name means nothing to another backend.
    key = {"OpenaiApiKeySecretArn": SECRET}
    for backend, given in [("echo", {}), ("openai", key)]:
        template = deployed("rest", ChatBackend=backend, ChatModel="us.amazon.nova-micro-v1:0", **given)
        for role in ("ChatbotRole", "ChatbotStreamRole"):
            found = asks(template, role) | set(guardrails(template, role))
            check(f"{role}, {backend}: no right to any model", found == set(), found)
    told = settings(template, "ChatbotStreamFunction")["OPENAI_API_KEY"]
    reference = template.text(told) == f"{{{{resolve:secretsmanager:{SECRET}}}}}"
    check("openai: the key is a reference, never a value", reference, told)
    held = settings(deployed("rest"), "ChatbotFunction")
    check("no key where nobody needs one", "OPENAI_API_KEY" not in held, held)

    guard = {"BedrockGuardrailId": "abc123", "BedrockGuardrailVersion": "3"}
    template = deployed("rest", ChatBackend="bedrock", ChatModel="amazon.nova-micro-v1:0", **guard)
    for name in ("Chatbot", "ChatbotStream"):
        found = guardrails(template, f"{name}Role")
        check(f"{name}: this guardrail and no other", found == [f"{here}:guardrail/abc123"], found)
        told = settings(template, f"{name}Function")
        version = (told["BEDROCK_GUARDRAIL_ID"], told["BEDROCK_GUARDRAIL_VERSION"]) == ("abc123", "3")
        check(f"{name}: told of the guardrail", version, told)


def statements(template, role):
    for policy in template.resources[role]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def asks(template, role):
    """The models that a role may ask, each with the profile that it takes."""
    found = set()
    for statement in statements(template, role):
        if any(action.startswith("bedrock:Invoke") for action in as_list(statement["Action"])):
            condition = statement.get("Condition", {}).get("StringEquals", {}).get("bedrock:InferenceProfileArn")
            found.add((template.text(statement["Resource"]), condition and template.text(condition)))
    return found


def guardrails(template, role):
    found = [s for s in statements(template, role) if s["Action"] == "bedrock:ApplyGuardrail"]
    return [template.text(statement["Resource"]) for statement in found]


def as_list(value):
    return value if isinstance(value, list) else [value]


def page():
    """The chat page knows where to sign in, and asks for no token itself."""
    for door in ("rest", "http", "alb"):
        told = settings(DOORS[door], "ChatbotFunction")
        known = told["JWT_ISSUER"] == NEEDED["JwtIssuer"] and "CHAT_ISSUER_URL" not in told
        check(f"{door}: the page signs in at the issuer", known, told)
        told = settings(deployed(door, IssuerUrl="https://login.example.com"), "ChatbotFunction")
        check(f"{door}: or where it is told to", told["CHAT_ISSUER_URL"] == "https://login.example.com", told)


def what_stays():
    kinds = ["AWS::SecretsManager::Secret", "AWS::DynamoDB::Table"]
    for keep, policy in [("true", "Retain"), ("false", "Delete")]:
        template = deployed("rest", RetainData=keep)
        found = {n: r for kind in kinds for n, r in template.of_type(kind).items()}
        check(f"RetainData={keep}: one secret and two tables", len(found) == 3, set(found))
        for name, resource in found.items():
            policies = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")}
            check(f"RetainData={keep}: {name}: {policy}", policies == {policy}, policies)

    def shape(template):
        for kind in kinds:
            for resource in template.of_type(kind).values():
                properties = dict(resource["Properties"])
                properties.pop("DeletionProtectionEnabled", None)
                yield properties

    kept, dropped = (list(shape(deployed("rest", RetainData=keep))) for keep in ("true", "false"))
    check("what is kept and what is dropped are otherwise the same", kept == dropped, (kept, dropped))


def encryption():
    template = deployed("rest", KmsKeyArn=KEY)
    for kind, value in [
        ("AWS::SecretsManager::Secret", lambda p: p.get("KmsKeyId")),
        ("AWS::DynamoDB::Table", lambda p: p["SSESpecification"].get("KMSMasterKeyId")),
        ("AWS::Logs::LogGroup", lambda p: p.get("KmsKeyId")),
    ]:
        for name, resource in template.of_type(kind).items():
            found = value(resource["Properties"])
            check(f"with a key of one's own: {name} uses it", found == KEY, found)


def access_log(label, template):
    kind, key = {"rest": ("AWS::ApiGateway::Stage", "AccessLogSetting"), "http": ("AWS::ApiGatewayV2::Stage", "AccessLogSettings")}[label]
    [stage] = template.of_type(kind).values()
    text = stage["Properties"][key]["Format"]
    variables = json.loads(text).values()
    check(f"{label}: access log is one line of JSON", "\n" not in text and bool(variables))
    leaks = [v for v in variables if "query" in v.lower() or v == "$context.path"]
    check(f"{label}: access log holds neither query nor raw path", leaks == [], leaks)
    check(f"{label}: access log names the authorizer's error", "$context.authorizer.error" in variables)


def watching(label, template):
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    for name, alarm in alarms.items():
        properties = alarm["Properties"]
        check(f"{label}, {name}: says what silence means", "TreatMissingData" in properties)
        check(f"{label}, {name}: tells nobody without a topic", "AlarmActions" not in properties)
    dashboard = template.text(template.resources["Dashboard"]["Properties"]["DashboardBody"])
    widgets = json.loads(dashboard)["widgets"]
    shown = set(widgets[0]["properties"]["alarms"])
    check(f"{label}: the dashboard shows every alarm", shown == {f"<{n}.Arn>" for n in alarms}, shown)
    places = [(w["x"], w["y"]) for w in widgets]
    check(f"{label}: no widget covers another", len(set(places)) == len(places), places)


def told():
    template = deployed("rest", AlarmTopicArn="arn:aws:sns:us-east-1:123456789012:pager")
    silent = [n for n, a in template.of_type("AWS::CloudWatch::Alarm").items() if not a["Properties"].get("AlarmActions")]
    check("with a topic every alarm tells it", silent == [], silent)


def runbook():
    """Whoever is woken up finds the heading that the alarm names."""
    text = (ROOT / "infra/README.md").read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings}
    container = {"Image": "a:1", "SecretArn": SECRET, "AuthTableName": "auth", "ChatTableName": "chat"}
    found = [*DOORS.values(), Template("infra/ecs/template.yaml", container)]
    named = set()
    for template in found:
        for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
            told = template.text(alarm["Properties"]["AlarmDescription"])
            anchor = told.split("infra/README.md#")[-1]
            named.add(anchor)
            check(f"{name}: the runbook has {anchor}", anchor in anchors, anchor)
    section = text.split("## Read the alarms")[1].split("\n## ")[0]
    described = {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^### (.*)$", section, re.MULTILINE)}
    check("the runbook describes these alarms and no others", described == named, described ^ named)


def container():
    """What is only seen when a task runs, or when it has to go."""
    given = CONTAINER
    files = (ROOT / "functions").glob("*/src/**/*.rs")
    sources = "".join(f.read_text() for f in files if "local" not in f.parts)
    for mode, named in [("polling", "JWT_SECRET_ARN"), ("environment", "JWT_SECRET")]:
        template = Template("infra/ecs/template.yaml", {**given, "SecretMode": mode})
        whole(f"container, {mode}", template)
        [task] = template.resources["TaskDefinition"]["Properties"]["ContainerDefinitions"]
        plain = {v["Name"] for v in task["Environment"]}
        injected = {v["Name"] for v in task.get("Secrets", [])}
        places = {"JWT_SECRET_ARN", "JWT_SECRET"} & (plain | injected)
        check(f"container, {mode}: the secret is in one place", places == {named}, places)
        check(f"container, {mode}: never in plain sight", "JWT_SECRET" not in plain, plain)
        unread = {v for v in plain | injected if f'"{v}"' not in sources}
        check(f"container, {mode}: the code reads every variable", unread == set(), unread)
        stops = int(task["StopTimeout"]) > int({v["Name"]: v["Value"] for v in task["Environment"]}["DRAIN_SECONDS"])
        check(f"container, {mode}: not killed while it drains", stops, task)
        small = task["User"] == "65532:65532" and task["ReadonlyRootFilesystem"] is True
        check(f"container, {mode}: no root, nothing to write to", small, task)
        follows = ("SecretMoved" in template.resources) == (mode == "environment")
        check(f"container, {mode}: started anew by rotations where it has to be", follows)
    pattern = template.resources["SecretMoved"]["Properties"]["EventPattern"]
    moved = pattern["resources"] == [SECRET] and pattern["detail"] == {"labelUpdated": ["AWSCURRENT"]}
    check("container: only for this secret, and only once it is current", moved, pattern)
    for told in ("true", "false"):
        balancer = Template("infra/ecs/template.yaml", {**given, "DeletionProtection": told}).resources["LoadBalancer"]
        attributes = {a["Key"]: a["Value"] for a in balancer["Properties"]["LoadBalancerAttributes"]}
        protected = attributes["deletion_protection.enabled"]
        check(f"container: protected against deletion: {told}", protected == told, attributes)
    group = template.resources["TargetGroup"]["Properties"]
    check("container: asked for its health", group["HealthCheckPath"] == "/healthz", group)
    seconds = {a["Key"]: a["Value"] for a in group["TargetGroupAttributes"]}
    balancer = template.resources["LoadBalancer"]["Properties"]["LoadBalancerAttributes"]
    idle = {a["Key"]: a["Value"] for a in balancer}["idle_timeout.timeout_seconds"]
    drains = int(seconds["deregistration_delay.timeout_seconds"]) > int(idle)
    check("container: drained for longer than a stream may pause", drains, seconds)

    for backend, more in [("echo", {}), ("openai", {"ChatModel": "gpt", "OpenaiApiKeySecretArn": MODEL_KEY})]:
        template = Template("infra/ecs/template.yaml", {**given, "ChatBackend": backend, **more})
        [task] = template.resources["TaskDefinition"]["Properties"]["ContainerDefinitions"]
        held = [(s["Name"], s["ValueFrom"]) for s in task.get("Secrets", [])]
        wanted = [("OPENAI_API_KEY", MODEL_KEY)] if backend == "openai" else []
        check(f"container, {backend}: the key comes from its secret", held == wanted, held)

    image = (ROOT / "infra/ecs/Dockerfile").read_text()
    check("container: the image is for the same user", "USER 65532:65532" in image)
    for name in ("chatbot", "PORT=8080", "EXPOSE 8080"):
        check(f"container: the image has {name}", name in image)
    for folder in ("ecs", "issuer"):
        left_out = set((ROOT / f"infra/{folder}/Dockerfile.dockerignore").read_text().split())
        secret = {".git", "**/*.env", "**/*.key", "**/*.pem"}
        check(f"{folder}: no keys and no history in the image", secret <= left_out, left_out)


def same_chatbot():
    """Told of the same parameters, the container is what the function behind a
    load balancer is: the same settings, limits, rules, and rights for the chat."""
    sam = Template(TEMPLATE, {**NEEDED, **NETWORK, "FrontDoor": "alb", "SecretArn": SECRET})
    task = Template("infra/ecs/template.yaml", CONTAINER)
    for what in ("echo", "bedrock", "openai"):
        given = {**SETTLED, **BACKENDS[what]}
        function = deployed("alb", SecretArn=SECRET, **given, TokenPlace="several")
        template = Template("infra/ecs/template.yaml", {**CONTAINER, **given})
        check(f"container, {what}: no rule is broken", not template.broken_rules, template.broken_rules)
        [definition] = template.resources["TaskDefinition"]["Properties"]["ContainerDefinitions"]
        contained = {v["Name"]: template.text(v["Value"]) for v in definition["Environment"]}
        contained |= {v["Name"]: f"{{{{resolve:secretsmanager:{v['ValueFrom']}}}}}" for v in definition.get("Secrets", [])}
        # Where it listens is a container's own, how it streams a function's; the
        # tables and the metrics are named by whoever made them.
        own = {"PORT", "DRAIN_SECONDS"}
        named = {"AUTH_TABLE", "CHAT_TABLE", "METRICS_NAMESPACE"}
        wanted = {k: function.text(v) for k, v in settings(function, "ChatbotFunction").items()}
        del wanted["CHAT_RESPONSE_MODE"]
        check(f"container, {what}: told of as much as the function", set(contained) - own == set(wanted), (set(contained) - own) ^ set(wanted))
        differing = {k for k in wanted if contained.get(k) != wanted[k]} - named
        check(f"container, {what}: told the same", differing == set(), differing)

    shared = set(sam.declared) & set(task.declared)
    check("container: every setting of the chat is a parameter", {n for n in sam.declared if re.match("Chat(?!bot)|Bedrock|Openai|IssuerUrl", n)} <= shared)
    # The function's architecture is spelt otherwise; what it may leave out, or
    # bring along, the container is given.
    apart = {"Architecture", "SecretArn", "VpcId", "CertificateArn"}
    for name in sorted(shared - apart):
        limits = [
            {k: v for k, v in template.declared[name].items() if k not in ("Description", "ConstraintDescription")}
            for template in (sam, task)
        ]
        check(f"container: the same limits: {name}", limits[0] == limits[1], limits)
    for what, broken in {
        "a backend without a model": {"ChatBackend": "bedrock"},
        "an endpoint without a key": {"ChatBackend": "openai", "ChatModel": "gpt"},
        "a guardrail without a version": {"ChatBackend": "bedrock", "ChatModel": "a.b", "BedrockGuardrailId": "abc"},
        "a guardrail that nobody asks": {"BedrockGuardrailId": "abc", "BedrockGuardrailVersion": "1"},
    }.items():
        found = Template("infra/ecs/template.yaml", {**CONTAINER, **broken}).broken_rules
        check(f"container, refused before anything is made: {what}", len(found) == 1, found)

    for model in ("amazon.nova-micro-v1:0", "us.amazon.nova-micro-v1:0", "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc"):
        given = {"ChatBackend": "bedrock", "ChatModel": model, "BedrockGuardrailId": "abc", "BedrockGuardrailVersion": "1"}
        function = deployed("alb", **given)
        template = Template("infra/ecs/template.yaml", {**CONTAINER, **given})
        both = [(asks(t, role), guardrails(t, role)) for t, role in [(function, "ChatbotRole"), (template, "TaskRole")]]
        check(f"container: the same models and guardrails: {model}", both[0] == both[1] and both[0][0], both)


CONTAINER = {"Image": "chatbot:1", "SecretArn": SECRET, "AuthTableName": "auth", "ChatTableName": "chat"}
CONTAINER |= {"JwtIssuer": "https://auth.example.com", "VpcId": "vpc-00000000", "CertificateArn": CERTIFICATE}
MODEL_KEY = "arn:aws:secretsmanager:us-east-1:123456789012:secret:models-AbCdEf"
# No default among them, so that a value that is left out is seen.
SETTLED = {
    **{"JwtAudience": "a,b", "Algorithms": "HS256,HS384", "LeewaySeconds": "7", "TokenMaxLifetimeSeconds": "900"},
    **{"MaxTokenBytes": "4096", "DefaultRole": "USER", "AcceptUntyped": "true", "AccessRules": "[]", "Consumers": "on"},
    **{"TokenSources": "header:X-Token", "SecretField": "KEY", "SecretEncoding": "hex", "SecretCacheSeconds": "60"},
    **{"SecretMaxStaleSeconds": "600", "SecretRefreshCooldownSeconds": "9", "RegistryCacheSeconds": "1"},
    **{"RegistryFailOpen": "true", "ChatSystemPrompt": "Be brief.", "ChatMaxTokens": "9", "ChatHistoryTokens": "10"},
    **{"ChatRequestsPerMinute": "11", "ChatTokensPerDay": "12", "ChatRetentionDays": "13"},
    **{"IssuerUrl": "https://login.example.com", "CorsAllowOrigin": "https://app.example.com"},
}
BACKENDS = {
    "echo": {},
    "bedrock": {
        **{"ChatBackend": "bedrock", "ChatModel": "amazon.nova-micro-v1:0", "BedrockGuardrailId": "abc"},
        **{"BedrockGuardrailVersion": "2", "BedrockGuardrailStreamMode": "async"},
    },
    "openai": {
        **{"ChatBackend": "openai", "ChatModel": "gpt", "OpenaiBaseUrl": "https://models.example.com/v1"},
        "OpenaiApiKeySecretArn": MODEL_KEY,
    },
}
DOORS = {door: deployed(door) for door in ("rest", "http", "alb")}
for door, one in DOORS.items():
    for part in [whole, functions, watching]:
        part(door, one)
    if door != "alb":
        for part in [routes, calls, access_log]:
            part(door, one)
    for given in [
        {"SecretParameter": "/jwt/secret"},
        {"SecretArn": SECRET},
        {"RetainData": "false"},
        {"DomainName": "chat.example.com", "CertificateArn": CERTIFICATE, "HostedZoneId": "Z1"},
    ]:
        whole(f"{door}{list(given)}", deployed(door, **given))
token_shape(DOORS["rest"])
gateway_answers(DOORS["rest"])
streams(DOORS["rest"])
preflight(DOORS["http"])
load_balancer(DOORS["alb"])
for part in [identity, shared, verifier_settings, model_rights, page, what_stays, encryption, told, container, same_chatbot, runbook, revisions]:
    part()
refused("two places for one secret", SecretArn=SECRET, SecretParameter="/jwt/secret")
refused("a load balancer without its network", FrontDoor="alb", CertificateArn=CERTIFICATE)
refused("a load balancer without a certificate", FrontDoor="alb", VpcId="vpc-00000000")
refused("a name without a certificate", DomainName="chat.example.com")
refused("a web ACL for an HTTP API", FrontDoor="http", WafAclArn="arn:aws:wafv2:x")
refused("a backend without a model", ChatBackend="bedrock")
refused("an endpoint without a key", ChatBackend="openai", ChatModel="gpt")
refused("a guardrail without a version", ChatBackend="bedrock", ChatModel="a.b", BedrockGuardrailId="abc")
refused("a guardrail that nobody asks", BedrockGuardrailId="abc", BedrockGuardrailVersion="1")
refused("a rotation that signs what nobody accepts", Algorithms="HS512")
finish()
