"""Paths that say one thing to the access rules and another to the backend.

Right is that a user never gets what the rules keep for administrators, however
its path is written, and that a path with two meanings is forbidden where the
function is asked in place of a gateway (README, "One binary for every kind of
event").
"""

from wire import bearer, send_json
from world import DOORS, each

# Its simple answers hold for every route, so rules do not go with it.
RULED = [door for door in DOORS if door != "HTTP API, simple response"]

MODELS = "/v1/models"


def attack(world, case):
    user = world.log_in(world.add_user()).access
    admin = world.admin_token
    for door in RULED:
        for who, token, wanted in [("a user", user, 403), ("an administrator", admin, 200), ("nobody", None, 401)]:
            answer = world.open(door, token, MODELS)
            case(f"the models for {who}, at: {door}", answer.status == wanted, answer)
    doors(world, case, user)
    method_rules(world, case, user)
    forward(world, case, user, admin)


def spellings(path):
    """Ways to write a path that some server takes for it; `path` has two segments."""
    _, first, last = path.split("/")
    whole = [
        f"/{path}",
        f"///{first}/{last}",
        f"/{first}//{last}",
        f"/./{first}/{last}",
        f"/{first}/./{last}",
        f"/{first}/x/../{last}",
        f"/{first}/{last}/x/..",
        f"/{first}/{last}/.",
        f"/{first}/{last}/",
        f"/{first}/{last}//",
        f"/../{first}/{last}",
        f"/{first}/..%2f{first}/{last}",
        f"/{first}%2f{last}",
        f"/{first}%2F{last}",
        f"/{first}%252f{last}",
        f"%2f{first}/{last}",
        f"/{first}%5c{last}",
        f"/{first}\\{last}",
        f"/{first}/%2e/{last}",
        f"/{first}/%2E%2e/{first}/{last}",
        f"/{first}/x/.%2e/{last}",
        f"/{first}/x/%252e%252e/{last}",
        f"/{first}/x/..;/{last}",
        f"/{first};x=y/{last}",
        f"/{first}/{last};x",
        f"/{first}/{last};.css",
        f"/;/{first}/{last}",
        f"/{first}/{last}%00",
        f"/{first}/{last}%00.css",
        f"/{first}/%00{last}",
        f"/{first}/{last}%3b",
        f"/{first}/%{ord(last[0]):02x}{last[1:]}",
        f"/%{ord(first[0]):02X}{first[1:]}/{last}",
        f"/{first}/{last[:-1]}%{ord(last[-1]):02x}",
        f"/{first}/" + "".join(f"%{ord(letter):02x}" for letter in last),
        f"/{first}/%25{ord(last[0]):02x}{last[1:]}",
        f"/{first}/%u00{ord(last[0]):02x}{last[1:]}",
        f"/{first}%c0%af{last}",
        f"/{first}%ef%bc%8f{last}",
        f"/{first}/{last}%20",
        f"/{first}/{last}%09",
        f"/{first}/{last}%0a",
        f"/{first}/{last}%0d%0aX:y",
        f"/{first}/{last}%23",
        f"/{first}/{last}%3f",
        f"/{first}/{last}?x=/",
        f"/{first}/{last}?",
        f"/{first}/{last}?/../../api/usage",
        f"/{first}/{last}#x",
        f"/{first.upper()}/{last.upper()}",
        f"/{first}/{last.capitalize()}",
        f"/{first}/{last}*",
        f"/{first}/*",
        f"/*/{last}",
        "/*",
        "*",
        f"{first}/{last}",
        f"http://x/{first}/{last}",
        f"http://x//{first}/{last}",
        f"/{first}/{last}.json",
        f"/{first}/{last}~",
        f"/{first}/{last}/%2e%2e/{last}",
        f"/healthz/../{first}/{last}",
        f"/healthz/%2e%2e/{first}/{last}",
        f"/healthz%2f..%2f{first}/{last}",
        f"/healthz;/{first}/{last}",
        f"/api/../{first}/{last}",
        f"/api/%2e%2e/{first}/{last}",
        f"/api/..%5c{first}/{last}",
        f"/api/usage/../../{first}/{last}",
        f"/api/usage/..;/..;/{first}/{last}",
        f"/{first}/{last}/" + "x/" * 200 + "../" * 200,
    ]
    return list(dict.fromkeys(whole))


def doors(world, case, user):
    """The models, at every door and in every spelling."""

    def one(item):
        door, path = item
        for who, headers in [("a user", [bearer(user)]), ("nobody", [])]:
            answer = world.open(door, None, path, headers=headers)
            told = b'"list"' not in answer.body and (answer.status is None or answer.status < 500)
            case(f"{path[:60]} for {who}, at: {door}", told, answer)

    each(one, [(door, path) for turn, path in enumerate(spellings(MODELS)) for door in world.some(RULED, turn)])


def method_rules(world, case, user):
    """A method that the rules keep for others, after one that they do not."""
    for door in RULED:
        made = send_json(world[door], "POST", "/api/chat", {"message": "mine"}, [bearer(user)])
        place = f"/api/conversations/{made.member('conversation_id')}"
        for method, wanted in [("GET", 200), ("PATCH", 403), ("GET", 200)]:
            value = {"title": "taken"} if method == "PATCH" else None
            answer = (
                send_json(world[door], method, place, value, [bearer(user)])
                if value
                else world.open(door, user, place, method)
            )
            case(f"{method} of a conversation, at: {door}", answer.status == wanted, answer)
        for odd in ["patch", "PATCH ", "PATCHX", "Patch"]:
            answer = send_json(world[door], odd, place, {"title": "taken"}, [bearer(user)])
            case(f"{odd!r} of a conversation, at: {door}", answer.status in (None, 400, 403, 404, 405), answer)
        answer = world.open(door, user, place)
        case(f"the title is the old one, at: {door}", answer.member("title") != "taken", answer)


def load_balancer(path, token):
    headers = {"authorization": f"Bearer {token}", "host": "x"}
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/6d0ecf831eec9f09"
    context = {"elb": {"targetGroupArn": group}}
    return {"requestContext": context, "httpMethod": "GET", "path": path, "headers": headers, "body": ""}


def function_url(path, token):
    http = {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": ""}
    context = {"http": http, "domainName": "x.lambda-url.us-east-1.on.aws", "apiId": "x", "stage": "$default"}
    headers = {"authorization": f"Bearer {token}"}
    return {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": headers, "requestContext": context}


def lattice(path, token):
    context = {"serviceArn": "arn:aws:vpc-lattice:us-east-1:123456789012:service/svc-0a40eebed65f8d69c"}
    headers = {"authorization": [f"Bearer {token}"]}
    return {"version": "2.0", "path": path, "method": "GET", "headers": headers, "requestContext": context}


def lattice_v1(path, token):
    return {
        "raw_path": path,
        "method": "GET",
        "headers": {"authorization": f"Bearer {token}"},
        "query_string_parameters": {},
    }


def ask(world, event):
    place = "/2015-03-31/functions/authorizer/invocations"
    return send_json(world["Lambda Invoke"], "POST", place, event)


def forward(world, case, user, admin):
    """The authorizer as the check in front of a backend that nobody knows.

    Without regard to what a backend makes of capitals: paths have them (RFC 3986 section 6.2.2.1).
    """
    events = [load_balancer, function_url, lattice, lattice_v1]
    odd = ["/api/admin", "/api/admin/", "/api/adminx", "/api/admin/users", "/api/admin?x", "/api/admin/*"]
    paths = [*odd, *(path for path in spellings("/api/admin") if path.lower() == path or "%" in path)]
    # These are other paths to every backend.
    others = {"/api/*", "/*", "*", "/api/admin~", "/api/admin.json", "/*/admin", "/api/usage"}

    def one(item):
        event, path = item
        answer = ask(world, event(path, user)).member("statusCode")
        case(f"{path[:60]} for a user, asked by: {event.__name__}", answer == 403, answer)

    each(one, [(event, path) for event in events for path in paths if path not in others])
    for event in events:
        for who, token, path, wanted in [
            ("an administrator", admin, "/api/admin", 200),
            ("a user", user, "/api/usage", 200),
            ("a user", user, "/nothing", 403),
            ("nobody", "x", "/api/usage", 401),
            ("nobody", "x", "/healthz/../api/admin", 401),
            ("nobody", "x", "/healthz/", 401),
            ("nobody", "x", "/healthz?/../api/admin", 200),
        ]:
            answer = ask(world, event(path, token)).member("statusCode")
            case(f"{path} for {who}, asked by: {event.__name__}", answer == wanted, answer)
