"""The gateway keeps an authorizer's answer by the token and gives it to every
other route, and to nobody else.

Right: nobody is taken for another, whatever order and however many at once; an
answer for one route is right for the next; a policy follows from role and rules
and never from the request (design, section 6); a cached answer ends with its
token.
"""

import json
import time

from forgery import claims_of
from wire import bearer, send, send_json
from world import DOORS, GATEWAYS, RULES, each, is_refused

RULED = [gateway for gateway in GATEWAYS if gateway != "HTTP API, simple response"]
LEEWAY = 30


def attack(world, case):
    callers(world, case)
    routes(world, case)
    spellings(world, case)
    policies(world, case)
    endings(world, case)


def callers(world, case):
    """Many callers at once and in turn, each of whom has a conversation of their own."""
    people = []
    for _ in range(4):
        access = world.log_in(world.add_user()).access
        made = send_json(world["Chatbot, plain HTTP"], "POST", "/api/chat", {"message": "mine"}, [bearer(access)])
        people.append((access, made.member("conversation_id")))

    def one(item):
        gateway, number = item
        access, own = people[number % len(people)]
        answer = world.open(gateway, access, "/api/conversations")
        listed = [conversation["id"] for conversation in answer.member("conversations") or []]
        case(f"request {number} of many callers, at: {gateway}", answer.status == 200 and listed == [own], answer)

    each(one, [(gateway, number) for number in range(40) for gateway in GATEWAYS])
    for gateway in GATEWAYS:
        for access, _ in people:
            other = access[:-4] + ("AAAA" if not access.endswith("AAAA") else "BBBB")
            answer = world.open(gateway, other, "/api/conversations")
            case(f"a signature much like a cached one, at: {gateway}", is_refused(answer), answer)
            answer = world.open(gateway, None, "/api/conversations")
            case(f"nobody after somebody, at: {gateway}", is_refused(answer), answer)


def routes(world, case):
    """Allowed and forbidden routes in both orders, each order with a token of its own."""
    allowed, forbidden = ("GET", "/api/usage", 200), ("GET", "/v1/models", 403)
    denied = ("PATCH", "/api/conversations/01a20258-e918-78d1-a3b7-76ae3324a911", 403)
    missing = ("DELETE", "/api/conversations/01a20258-e918-78d1-a3b7-76ae3324a911", 404)
    orders = [
        [allowed, forbidden, allowed, denied, missing],
        [forbidden, allowed, forbidden],
        [denied, missing, denied, allowed],
        [missing, denied, forbidden, missing],
    ]
    for gateway in RULED:
        for number, order in enumerate(orders):
            token = world.log_in(world.add_user()).access
            for method, path, wanted in order:
                answer = world.open(gateway, token, path, method, [("Content-Type", "application/json")])
                case(f"order {number}, {method} {path[:20]}, at: {gateway}", answer.status == wanted, answer)
    roles = {role: world.log_in(world.add_user(role)).access for role in ("USER", "SUPERVISOR", "ADMIN")}
    for gateway in RULED:
        for round_ in range(2):
            for role, token in roles.items():
                answer = world.open(gateway, token, "/v1/models")
                case(
                    f"{role} in round {round_}, at: {gateway}",
                    answer.status == (200 if role == "ADMIN" else 403),
                    answer,
                )


def spellings(world, case):
    """Identities that a cache could take for one another."""
    mine, other = (world.log_in(world.add_user()).access for _ in range(2))
    for gateway in GATEWAYS:
        world.open(gateway, mine)
        for what, value, right in [
            ("nothing", "", False),
            ("the scheme alone", "Bearer", False),
            ("the scheme and a space", "Bearer ", False),
            ("another case of the scheme", f"bearer {mine}", True),
            ("two spaces", f"Bearer  {mine}", True),
            ("two tokens", f"Bearer {mine},Bearer {other}", False),
            ("two tokens, the other way", f"Bearer {other},Bearer {mine}", False),
            ("a tail", f"Bearer {mine}x", False),
            ("a part less", f"Bearer {mine.rsplit('.', 1)[0]}.", False),
            ("capitals", f"Bearer {mine.swapcase()}", False),
            ("quotes", f'Bearer "{mine}"', False),
            ("a comma", f"Bearer {mine},", False),
            ("a comma in front", f"Bearer ,{mine}", False),
        ]:
            for turn in range(2):
                answer = send(world[gateway], "GET", "/api/usage", [("Authorization", value)])
                told = answer.status == 200 if right else is_refused(answer)
                case(f"{what}, turn {turn}, at: {gateway}", told, answer)
        for what, headers in [
            ("an empty header after a good one", [bearer(mine), ("Authorization", "")]),
            ("another header after a good one", [bearer(mine), bearer(other)]),
        ]:
            answer = send(world[gateway], "GET", "/api/conversations", headers)
            # The first API passes on the last header alone, whose token counts.
            case(f"{what}, at: {gateway}", answer.status == 401 or "TOKEN" in gateway, answer)


def policies(world, case):
    """What the authorizer says, read as it is: nothing of the request is in it."""
    stage = "arn:aws:execute-api:us-east-1:123456789012:abcdef0123/prod"
    targets = [
        "GET/api/usage",
        "POST/api/chat",
        "GET/v1/models",
        "GET/*",
        "*/*",
        "*",
        "GET/api/*",
        "PATCH/api/conversations/x",
        "GET/api/${aws:username}",
        "GET/?",
        "GET/api/../v1/models",
        "GET/api/%2a",
        "GET//",
        "OPTIONS/api/usage",
        "GET/api/usage/../../prod/DELETE/x",
        "get/api/usage",
        'GET/api/","Effect":"Allow',
        "GET/" + "x" * 1400,
    ]
    for role in ["USER", "SUPERVISOR", "ADMIN"]:
        access = world.log_in(world.add_user(role)).access
        wanted = expected(stage, role)
        for target in targets:
            for kind, event in {
                "TOKEN": {"type": "TOKEN", "authorizationToken": f"Bearer {access}", "methodArn": f"{stage}/{target}"},
                "REQUEST": {
                    "type": "REQUEST",
                    "methodArn": f"{stage}/{target}",
                    "path": "/x",
                    "httpMethod": "GET",
                    "headers": {"Authorization": f"Bearer {access}"},
                    "requestContext": {"apiId": "abcdef0123"},
                },
                "2.0": {
                    "version": "2.0",
                    "type": "REQUEST",
                    "routeArn": f"{stage}/{target}",
                    "rawPath": "/x",
                    "headers": {"authorization": f"Bearer {access}"},
                    "requestContext": {"http": {"method": "GET"}},
                },
            }.items():
                place = f"/2015-03-31/functions/{'authorizer-policy' if kind == '2.0' else 'authorizer'}/invocations"
                answer = send_json(world["Lambda Invoke"], "POST", place, event)
                case(
                    f"the policy of {kind} for {role} on {target[:40]}",
                    resources(answer) == wanted,
                    answer.body[:1500].decode(),
                )
    access = world.log_in(world.add_user()).access
    for arn in [
        "*",
        "arn:aws:execute-api:*:*:*",
        "arn:aws:execute-api:us-east-1:123456789012:*/*/GET/api/usage",
        "arn:aws:execute-api:us-east-1:123456789012:abc/*/GET/api/usage",
        "arn:aws:s3:::bucket/key",
        "arn:aws:execute-api:us-east-1:*:abc/prod/GET/api/usage",
        "arn:aws:execute-api:us-east-1:123456789012:a?c/prod/GET/x",
        "arn:aws:execute-api:us-east-1:123456789012:abc",
        "",
        "arn:aws:lambda:us-east-1:123456789012:function:x",
    ]:
        event = {"type": "TOKEN", "authorizationToken": f"Bearer {access}", "methodArn": arn}
        answer = send_json(world["Lambda Invoke"], "POST", "/2015-03-31/functions/authorizer/invocations", event)
        allowed = resources(answer).get("Allow", [])
        # No gateway sends such a name; what it must not do is to open more than one stage.
        wide = [resource for resource in allowed if "*" in resource.split("/GET/")[0].split("/POST/")[0]]
        case(f"no policy wider than a stage for {arn!r:.60}", not wide, wide[:1])


def expected(stage, role):
    """What the rules of this suite come to, by effect."""
    ranks = ["USER", "SUPERVISOR", "ADMIN"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    found = {"Allow": [], "Deny": []}
    for rule in RULES:
        effect = "Allow" if ranks.index(rule["role"]) <= ranks.index(role) else "Deny"
        named = methods if rule["methods"] == ["*"] else rule["methods"]
        found[effect] += [f"{stage}/{method}{rule['path']}" for method in named]
    return {effect: sorted(resources) for effect, resources in found.items() if resources}


def resources(answer):
    """The resources of a policy by effect; only `execute-api:Invoke` on them may be allowed."""
    found = {}
    policy = answer.member("policyDocument") or {}
    for statement in policy.get("Statement", []):
        if statement.get("Action") != "execute-api:Invoke" or "NotResource" in statement:
            return {"odd": [json.dumps(statement)]}
        found[statement["Effect"]] = sorted(found.get(statement["Effect"], []) + statement["Resource"])
    return found


def endings(world, case):
    """A token that ends while its answer is cached."""
    claims = claims_of(world.log_in(world.add_user()).access)
    end = int(time.time()) - LEEWAY + 3
    made = world.sign({**claims, "iat": end - 600, "exp": end})

    def one(door):
        seen = world.open(door, made)
        case(f"a token in its last seconds, at: {door}", seen.status == 200, seen)
        latest, let_in_at, answer = 0, 0, seen
        while answer.status == 200 and latest < end + LEEWAY + world.slack:
            latest, answer = time.time(), world.open(door, made)
            if answer.status == 200:
                let_in_at = latest
        # A policy in the cache that has ended with its token allows nothing: 403.
        case(f"refused when it ends, at: {door}", is_refused(answer) or answer.status == 403, answer)
        # By a clock of whole seconds, which the door read after this one.
        case(
            f"let in no longer than it lasts, at: {door}",
            let_in_at < end + LEEWAY + 1,
            f"{let_in_at - end - LEEWAY:.1f} s late",
        )

    each(one, DOORS, at_once=len(DOORS))
