"""Proves that each program may do in AWS what it does, and nothing else.

    permissions.py AUTHORIZER CHATBOT ROTATOR ISSUER

What a program does is read from its binary: the text that names an operation to
AWS (`x-amz-target`), or to whoever reads traces (`Bedrock Runtime.Converse`), is
there exactly for the operations that its code can reach, because the linker
leaves out what nothing refers to. The templates' policies must then allow those
operations, on the resources they are for, and no others.
"""

import gzip
import json
import re
import sys
from pathlib import Path

import botocore

from deployed import ROOT, Template
from report import check, finish

BINARIES = dict(zip(["authorizer", "chatbot", "rotator", "issuer"], sys.argv[1:], strict=True))

TEMPLATE = "infra/sam/template.yaml"
NEEDED = {"Stage": "dev", "JwtIssuer": "https://auth.example.com"}
NETWORK = {
    "FrontDoor": "alb",
    "VpcId": "vpc-00000000",
    "SubnetIds": "subnet-00000000",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
PARAMETER = "/jwt/secret"

# The crates whose calls this can find. Another one may speak a protocol that
# has no such text, and its calls would be missed in silence. STS is in the tree
# of the credentials and asks for no right of the caller's.
KNOWN_SDK_CRATES = {"aws-sdk-bedrockruntime", "aws-sdk-dynamodb", "aws-sdk-secretsmanager", "aws-sdk-sts"}

# The kinds of resource, as the templates write them.
SECRET = "<Secret>"
TABLE = "<AuthTable.Arn>"
INDEX = "<AuthTable.Arn>/index/by_consumer"
CHAT_TABLE = "<ChatTable.Arn>"
MODEL = "arn:<AWS::Partition>:bedrock:<AWS::Region>::foundation-model/amazon.nova-micro-v1:0"
GUARDRAIL = "arn:<AWS::Partition>:bedrock:<AWS::Region>:<AWS::AccountId>:guardrail/abc123"
ASKS_MODEL = {
    "ChatBackend": "bedrock",
    "ChatModel": "amazon.nova-micro-v1:0",
    "BedrockGuardrailId": "abc123",
    "BedrockGuardrailVersion": "1",
}
PARAMETER_ARN = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/jwt/secret"
NEW_SECRET = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:jwt/shared-secret-dev-??????"
ROTATOR = "<RotatorFunction.Arn>"
ANY = "*"

# What an operation needs, where it is not an action of its own name.
TRANSACTION = {
    "put": "dynamodb:PutItem",
    "update": "dynamodb:UpdateItem",
    "delete": "dynamodb:DeleteItem",
    "condition_check": "dynamodb:ConditionCheckItem",
}
INDEX_OPERATIONS = {"Query", "Scan"}

# Bedrock's protocol has no text for a target, but the SDK has one for traces.
BEDROCK = "Bedrock Runtime"
MODEL_ACTIONS = {
    "Converse": "bedrock:InvokeModel",
    "ConverseStream": "bedrock:InvokeModelWithResponseStream",
}


def known_targets():
    """Every operation of every service of AWS that names it in a header."""
    targets = {}
    for path in (Path(botocore.__file__).parent / "data").glob("*/*/service-2.json*"):
        opened = gzip.open(path) if path.suffix == ".gz" else path.open()
        with opened as file:
            service = json.load(file)
        prefix = service["metadata"].get("targetPrefix")
        if service["metadata"]["serviceId"] == BEDROCK:
            prefix = BEDROCK
        if prefix:
            targets.setdefault(prefix, set()).update(service["operations"])
    return targets


TARGETS = known_targets()


def operations(binary):
    """The operations that a binary can ask of AWS, as (prefix, name)."""
    content = Path(binary).read_bytes()
    found = set()
    for prefix, names in TARGETS.items():
        by_length = sorted(names, key=len, reverse=True)
        for match in re.finditer(re.escape(f"{prefix}.".encode()), content):
            # Constants lie side by side, so the longest name is the one meant:
            # UpdateSecretVersionStage is no UpdateSecret.
            after = content[match.end() : match.end() + 80]
            name = next((n for n in by_length if after.startswith(n.encode())), None)
            if name:
                found.add((prefix, name))
    return found


def source_of(crate):
    return "".join(path.read_text() for path in (ROOT / "functions" / crate / "src").glob("**/*.rs"))


def transaction_parts(crate):
    """The kinds of change that a crate puts into a transaction."""
    parts = set(re.findall(r"TransactWriteItem::builder\(\)\s*\.(\w+)\(", source_of(crate)))
    check(f"{crate}: what its transactions hold can be read", parts != set() and parts <= set(TRANSACTION), parts)
    return parts


def needs(found):
    """The (action, resource) pairs that operations need."""
    for prefix, name in found:
        if prefix == "secretsmanager":
            yield f"secretsmanager:{name}", NEW_SECRET if name == "CreateSecret" else SECRET
            if name == "RotateSecret":
                yield "lambda:InvokeFunction", ROTATOR
        elif prefix == "AmazonSSM":
            yield f"ssm:{name}", PARAMETER_ARN
        elif prefix == "DynamoDB_20120810" and name == "TransactWriteItems":
            for part in transaction_parts("registry"):
                yield TRANSACTION[part], TABLE
        elif prefix == "DynamoDB_20120810":
            yield f"dynamodb:{name}", INDEX if name in INDEX_OPERATIONS else TABLE
        else:
            raise RuntimeError(f"no rule for {prefix}.{name}")


def needs_of_chat(found):
    """The same for what the chatbot does beside checking tokens."""
    for prefix, name in found:
        if prefix == BEDROCK:
            yield MODEL_ACTIONS[name], MODEL
            # Asked with the model, by the same call.
            yield "bedrock:ApplyGuardrail", GUARDRAIL
        elif prefix == "DynamoDB_20120810" and name == "TransactWriteItems":
            for part in transaction_parts("chatbot"):
                yield TRANSACTION[part], CHAT_TABLE
        elif prefix == "DynamoDB_20120810":
            yield f"dynamodb:{name}", CHAT_TABLE
        else:
            raise RuntimeError(f"no rule for {prefix}.{name} of the chatbot")


def of_platform(function):
    """What Lambda does in a function's name."""
    log_group = f"<{function.replace('Function', 'LogGroup')}.Arn>"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield action, log_group
    # X-Ray's write actions know no resource to name.
    for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords"):
        yield action, ANY


def as_list(value):
    return value if isinstance(value, list) else [value]


def allowed(template, documents):
    """The (action, resource) pairs that policies allow; those of KMS apart, as
    (action, service) pairs."""
    pairs, kms = set(), set()
    for document in documents:
        for statement in document["Statement"]:
            check(f"{statement['Sid']}: allows", statement["Effect"] == "Allow", statement)
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    if action.startswith("kms:"):
                        through = as_list(statement["Condition"]["StringEquals"]["kms:ViaService"])
                        kms |= {(action, template.text(service).split(".")[0]) for service in through}
                        check(f"{action}: one key, through a service only", resource == KEY and through, statement)
                    else:
                        pairs.add((action, template.text(resource)))
    return pairs, kms


def of_role(template, role):
    properties = template.resources[role]["Properties"]
    check(f"{role}: no policy of AWS's own", "ManagedPolicyArns" not in properties)
    return allowed(template, [p["PolicyDocument"] for p in properties["Policies"]])


def with_own_key(done, actions=("kms:Decrypt",)):
    """What a key of one's own takes in addition: each store asks KMS for it."""
    stores = {action.split(":")[0] for action, _ in done} & {"secretsmanager", "ssm", "dynamodb"}
    return {(action, store) for action in actions for store in stores}


def exactly(name, found, wanted):
    found, wanted = set(found), set(wanted)
    check(f"{name}: all that it does is allowed", wanted <= found, sorted(wanted - found))
    check(f"{name}: nothing else is allowed", found <= wanted, sorted(found - wanted))


def without(pairs, service):
    return {(action, resource) for action, resource in pairs if not action.startswith(f"{service}:")}


def role_of(label, function, done, **given):
    """One function's role, with each of the two places for the secret."""
    role = function.replace("Function", "Role")
    platform = set(of_platform(function))
    for where, other, parameters in [
        ("in Secrets Manager", "ssm", {}),
        ("in a parameter", "secretsmanager", {"SecretParameter": PARAMETER}),
    ]:
        template = Template(TEMPLATE, {**NEEDED, **given, **parameters})
        if function not in template.resources:
            continue
        pairs, kms = of_role(template, role)
        exactly(f"{label}, secret {where}", pairs, without(done, other) | platform)
        check(f"{label}, secret {where}: no key without a key", kms == set(), kms)
    template = Template(TEMPLATE, {**NEEDED, **given, "KmsKeyArn": KEY})
    writes = any(action == "secretsmanager:PutSecretValue" for action, _ in done)
    actions = ["kms:Decrypt", "kms:GenerateDataKey"] if writes else ["kms:Decrypt"]
    _, kms = of_role(template, role)
    exactly(f"{label}, a key of one's own", kms, with_own_key(done, actions))


def chatbot():
    """Behind a gateway it is handed its caller, and needs no store of tokens;
    behind a load balancer it does what the authorizer does."""
    checks_tokens = operations(BINARIES["authorizer"])
    verifier = set(needs(checks_tokens))
    own = set(needs_of_chat(operations(BINARIES["chatbot"]) - checks_tokens))
    # A call that both make would be taken for the verifier's, on its table.
    text = source_of("chatbot")
    names = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for _, name in checks_tokens}
    shared = {name for name in names if f".{name}()" in text}
    check("chatbot: no call of its own is one of a verifier too", shared == set(), shared)

    echoes = {(action, resource) for action, resource in own if not action.startswith("bedrock:")}
    role_of("chatbot behind alb", "ChatbotFunction", verifier | echoes, **NETWORK)
    for door, function in [("rest", "ChatbotFunction"), ("rest", "ChatbotStreamFunction"), ("http", "ChatbotFunction")]:
        role, platform = function.replace("Function", "Role"), set(of_platform(function))
        for backend, given, done in [("echo", {}, echoes), ("bedrock", ASKS_MODEL, own)]:
            template = Template(TEMPLATE, {**NEEDED, "FrontDoor": door, **given})
            pairs, kms = of_role(template, role)
            exactly(f"{role} behind {door}, {backend}", pairs, done | platform)
            check(f"{role} behind {door}, {backend}: no key without a key", kms == set(), kms)
        template = Template(TEMPLATE, {**NEEDED, "FrontDoor": door, "KmsKeyArn": KEY})
        _, kms = of_role(template, role)
        exactly(f"{role} behind {door}, a key of one's own", kms, with_own_key(echoes))


def issuer():
    done = set(needs(operations(BINARIES["issuer"])))
    # Its server reads the secret; the rest is for whoever looks after it.
    for_operator = {"secretsmanager", "lambda"}
    operator = {(a, r) for a, r in done if a.split(":")[0] in for_operator}
    server = (done - operator) | {("secretsmanager:GetSecretValue", SECRET)}
    for where, other, parameters in [
        ("in Secrets Manager", "ssm", {}),
        ("in a parameter", "secretsmanager", {"SecretParameter": PARAMETER}),
    ]:
        template = Template(TEMPLATE, {**NEEDED, **parameters})
        document = template.resources["IssuerPolicy"]["Properties"]["PolicyDocument"]
        pairs, _ = allowed(template, [document])
        exactly(f"issuer, secret {where}", pairs, without(server, other))
    template = Template(TEMPLATE, {**NEEDED, "KmsKeyArn": KEY})
    document = template.resources["IssuerPolicy"]["Properties"]["PolicyDocument"]
    _, kms = allowed(template, [document])
    exactly("issuer, a key of one's own", kms, with_own_key(server))
    document = template.resources["KeyOperatorPolicy"]["Properties"]["PolicyDocument"]
    pairs, kms = allowed(template, [document])
    exactly("key operator", pairs, operator)
    exactly("key operator, a key of one's own", kms, with_own_key(operator, ["kms:Decrypt", "kms:GenerateDataKey"]))

    # Only its commands about keys may need the second policy.
    sources = (ROOT / "functions/issuer/src").glob("**/*.rs")
    users = {p.relative_to(ROOT / "functions/issuer/src").parts[:2] for p in sources if "KeyStore" in p.read_text() and "tests" not in p.parts}
    check("issuer: only `issuer key` changes a secret", users == {("cli", "keys")}, users)


def around():
    """The roles of what is no program of ours."""
    template = Template(TEMPLATE, NEEDED)
    pairs, _ = of_role(template, "RotationWatchRole")
    definition = template.text(template.resources["RotationWatch"]["Properties"]["DefinitionString"])
    tasks = {task["Resource"].split("aws-sdk:")[1] for task in json.loads(definition)["States"].values()}
    wanted = {"secretsmanager:describeSecret": ("secretsmanager:DescribeSecret", SECRET), "cloudwatch:putMetricData": ("cloudwatch:PutMetricData", ANY)}
    exactly("rotation watch", pairs, {wanted[task] for task in tasks})
    pairs, _ = of_role(template, "RotationWatchScheduleRole")
    exactly("its schedule", pairs, {("states:StartExecution", "<RotationWatch>")})
    roles = set(template.of_type("AWS::IAM::Role"))
    named = {"AuthorizerRole", "ChatbotRole", "ChatbotStreamRole", "RotatorRole", "RotationWatchRole", "RotationWatchScheduleRole"}
    # These two carry a policy of AWS's own: API Gateway names its log groups
    # itself, and CodeDeploy moves the aliases.
    check("no role that nobody looked at", roles == named | {"ApiLogsRole", "CodeDeployServiceRole"}, roles)


def container():
    """The chatbot as a container checks tokens itself, as the authorizer does."""
    verifier = {action for action, _ in needs(operations(BINARIES["authorizer"]))}
    verifier = {action for action in verifier if not action.startswith("ssm:")}
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt/shared-secret-dev-AbCdEf"
    repository = "arn:aws:ecr:us-east-1:123456789012:repository/chatbot"
    table = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/auth"
    named = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:jwt/shared-secret-*"
    pull = {("ecr:GetAuthorizationToken", ANY)} | {
        (f"ecr:{action}", repository)
        for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
    }
    logs = {("logs:CreateLogStream", "<LogGroup.Arn>"), ("logs:PutLogEvents", "<LogGroup.Arn>")}
    chat = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/chat"
    own_calls = operations(BINARIES["chatbot"]) - operations(BINARIES["authorizer"])
    chats = {(a, chat if r == CHAT_TABLE else r) for a, r in needs_of_chat(own_calls)}
    echoes = {(a, r) for a, r in chats if not a.startswith("bedrock:")}
    given = {"Image": "chatbot:1", "RepositoryArn": repository, "SecretArn": secret}
    given |= {"AuthTableName": "auth", "ChatTableName": "chat"}
    for mode in ("polling", "environment"):
        template = Template("infra/ecs/template.yaml", {**given, "SecretMode": mode})
        own, _ = of_role(template, "TaskRole")
        agent, _ = of_role(template, "ExecutionRole")
        read = {("secretsmanager:GetSecretValue", secret)}
        wanted = {(a, secret if a.startswith("secretsmanager:") else table) for a in verifier}
        wanted = wanted if mode == "polling" else wanted - read
        exactly(f"container, {mode}", own, wanted | echoes)
        asking = Template("infra/ecs/template.yaml", {**given, **ASKS_MODEL, "SecretMode": mode})
        own, _ = of_role(asking, "TaskRole")
        exactly(f"container, {mode}, with a model", own, wanted | chats)
        injects = {("secretsmanager:GetSecretValue", named)} | read
        exactly(f"its agent, {mode}", agent, logs | pull | (set() if mode == "polling" else injects))
        key = "arn:aws:secretsmanager:us-east-1:123456789012:secret:models-AbCdEf"
        openai = {"ChatBackend": "openai", "ChatModel": "gpt", "OpenaiApiKeySecretArn": key}
        template_with_key = Template("infra/ecs/template.yaml", {**given, **openai, "SecretMode": mode})
        agent, _ = of_role(template_with_key, "ExecutionRole")
        injects = {("secretsmanager:GetSecretValue", key)} | (set() if mode == "polling" else injects)
        exactly(f"its agent, {mode}, with the key of an endpoint", agent, logs | pull | injects)
        own, _ = of_role(template_with_key, "TaskRole")
        check(f"container, {mode}: the chatbot itself cannot read that key", not any(r == key for _, r in own), own)
    around, _ = of_role(template, "RedeploymentRole")
    exactly("its redeployment", around, {("ecs:UpdateService", "<Service>")})
    around, _ = of_role(template, "SecretMovedRole")
    exactly("the start of its redeployment", around, {("states:StartExecution", "<Redeployment>")})


def access():
    """Whoever the issuer is in AWS has its policy, and the operator's if told."""
    policies = ["arn:aws:iam::123456789012:policy/issuer", "arn:aws:iam::123456789012:policy/operator"]
    for method, holder, given in [
        ("certificate", "CertificateRole", {"CaCertificate": "pem"}),
        ("oidc", "OidcRole", {"OidcProvider": "oidc.example.com", "OidcSubject": "issuer"}),
        ("user", "Group", {}),
    ]:
        for count in (1, 2):
            both = dict(zip(["IssuerPolicyArn", "KeyOperatorPolicyArn"], policies[:count]))
            given_now = {"Method": method, "AllowedCidr": "192.0.2.0/24", **given, **both}
            template = Template("infra/access/template.yaml", given_now)
            check(f"{method}: no rule is broken", not template.broken_rules, template.broken_rules)
            properties = template.resources[holder]["Properties"]
            held = properties["ManagedPolicyArns"]
            check(f"{method}: {count} policies", held == policies[:count] and "Policies" not in properties, held)
            holders = {"AWS::IAM::Role", "AWS::IAM::Group"}
            others = {n for n, r in template.resources.items() if r["Type"] in holders} - {holder}
            check(f"{method}: nobody else has any", others == set(), others)
            [source] = [r for r in template.resources.values() if r["Type"].endswith("Policy")]
            effects = {s["Effect"] for s in source["Properties"]["PolicyDocument"]["Statement"]}
            check(f"{method}: the addresses only refuse", effects == {"Deny"}, effects)

    trusted = Template("infra/access/template.yaml", {"IssuerPolicyArn": policies[0], "CaCertificate": "pem"})
    [statement] = trusted.resources["CertificateRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    keys = {key for condition in statement["Condition"].values() for key in condition}
    wanted = {"aws:PrincipalTag/x509Subject/CN", "aws:SourceArn"}
    check("certificate: one name, of one authority", keys == wanted, keys)
    oidc = Template("infra/access/template.yaml", {"Method": "oidc", "IssuerPolicyArn": policies[0], "OidcProvider": "oidc.example.com", "OidcSubject": "issuer"})
    text = oidc.text(oidc.resources["OidcRole"]["Properties"]["AssumeRolePolicyDocument"])
    [statement] = json.loads(text)["Statement"]
    exact = statement["Condition"] == {"StringEquals": {"oidc.example.com:sub": "issuer", "oidc.example.com:aud": "sts.amazonaws.com"}}
    check("oidc: one subject, for one audience", exact, statement)
    broken = Template("infra/access/template.yaml", {"Method": "oidc", "IssuerPolicyArn": policies[0], "OidcProvider": "oidc.example.com"}).broken_rules
    check("oidc: any subject is refused", broken != [], broken)


lock = (ROOT / "Cargo.lock").read_text()
crates = set(re.findall(r'^name = "(aws-sdk-[^"]+)"', lock, re.MULTILINE))
check("the calls of every SDK crate can be found", crates == KNOWN_SDK_CRATES, crates ^ KNOWN_SDK_CRATES)
for program, path in BINARIES.items():
    names = sorted(f"{prefix}.{name}" for prefix, name in operations(path))
    print(f"      {program}: {', '.join(names) or 'nothing'}")
for program in ("authorizer", "rotator"):
    done = set(needs(operations(BINARIES[program])))
    role_of(program, f"{program.capitalize()}Function", done)
for part in [chatbot, issuer, around, container, access]:
    part()
finish()
