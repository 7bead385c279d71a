"""Consumers who would be users or one another, and the reverse.

Right: who a consumer is and what it may do is its credential's to say, never its
token's; a token is checked with the one key that its `iss` (or `kid`, where there
is no `iss`) names, and with no other (design, section 4).
"""

import secrets
import time

from forgery import claims_of, encode, token, without
from wire import bearer, send_json
from world import DOORS, PROBE, each, is_refused


class Consumer:
    def __init__(self, world, **credential):
        self.name = f"consumer-{secrets.token_hex(6)}"
        self.id = world.admin("POST", "/consumers", {"username": self.name})["id"]
        made = world.admin("POST", f"/consumers/{self.name}/jwt", credential)
        world.keep_secret(made["secret"])
        self.key, self.secret, self.credential = made["key"], made["secret"].encode(), made["id"]
        self.place = f"/consumers/{self.name}/jwt/{made['id']}"

    def sign(self, claims=None, secret=None, algorithm="HS256", **header):
        now = int(time.time())
        claims = {"iss": self.key, "iat": now, "exp": now + 900, **(claims or {})}
        claims = {name: value for name, value in claims.items() if value is not ...}
        return token({"alg": algorithm, "typ": "JWT", **header}, claims, secret or self.secret, algorithm)


def attack(world, case):
    one, other = Consumer(world), Consumer(world)
    user = world.add_user("SUPERVISOR")
    session = world.log_in(user)
    confusion(world, case, one, other, session)
    pretence(world, case, one, user, session)
    issuer_routes(world, case, one, user)
    bad_names(world, case, one, session)
    ends = [
        ("a disabled credential", lambda consumer: world.admin("PATCH", consumer.place, {"enabled": False})),
        ("a deleted credential", lambda consumer: world.admin("DELETE", consumer.place)),
        ("a deleted consumer", lambda consumer: world.admin("DELETE", f"/consumers/{consumer.name}")),
        ("another secret", lambda consumer: new_secret(world, consumer)),
        (
            "another algorithm",
            lambda consumer: world.admin("PATCH", consumer.place, {"algorithm": "HS384", "secret": long_secret(world)}),
        ),
        ("a revoked credential", lambda consumer: world.admin("POST", f"{consumer.place}/revoke")),
        ("a shorter lifetime", lambda consumer: world.admin("PATCH", consumer.place, {"max_lifetime_seconds": 60})),
    ]
    doors = [world.some(DOORS, turn, of=2) for turn, _ in enumerate(ends)]
    each(lambda item: ended(world, case, *item[0], item[1]), zip(ends, doors), at_once=7)


def long_secret(world):
    secret = secrets.token_urlsafe(48)
    world.keep_secret(secret)
    return secret


def new_secret(world, consumer):
    return world.admin("POST", f"{consumer.place}/secret", {"secret": long_secret(world), "overlap_seconds": 0})


def confusion(world, case, one, other, session):
    """Keys and names that do not belong together; and what is accepted, so that the rest proves something."""
    now, claims = int(time.time()), claims_of(session.access)
    accepted = {
        "iss names the credential": one.sign(),
        "kid does, without iss": one.sign({"iss": ...}, kid=one.key),
        "iss does, and kid another": one.sign(kid=other.key),
        "an audience of this service": one.sign({"aud": "chatbot"}),
        "a token for a month": one.sign({"exp": now + 30 * 86400}),
    }
    refused = {
        "another's secret": one.sign(secret=other.secret),
        "another's secret and kid": one.sign(secret=other.secret, kid=other.key),
        "another's name": other.sign({"iss": one.key}),
        "no iss, another's kid": one.sign({"iss": ...}, kid=other.key),
        "no iss and no kid": one.sign({"iss": ...}),
        "an empty iss": one.sign({"iss": ""}, kid=one.key),
        "an iss that is null": one.sign({"iss": None}, kid=one.key),
        "an iss that is a list": one.sign({"iss": [one.key]}, kid=one.key),
        "a list of both": one.sign({"iss": [one.key, other.key]}),
        "its consumer's name": one.sign({"iss": one.name}),
        "its consumer's id": one.sign({"iss": one.id}),
        "the credential's id": one.sign({"iss": one.credential}),
        "its key in capitals": one.sign({"iss": one.key.swapcase()}),
        "its key and a space": one.sign({"iss": one.key + " "}),
        "its key and a NUL": one.sign({"iss": one.key + "\u0000"}),
        "a key with a prefix": one.sign({"iss": f"CRED#{one.key}"}),
        "another item of the table": one.sign({"iss": f"../SID#{session.sid}"}),
        "the issuer's name, its secret": one.sign({"iss": claims["iss"]}),
        "the issuer's name, its secret and kid": one.sign({"iss": claims["iss"]}, kid=one.key),
        "the issuer's name, its secret, the issuer's kid": one.sign({**claims}, kid=world.kid),
        "all of a user's claims, its secret": one.sign({**claims, "aud": "chatbot"}, kid=one.key),
        "its name, the issuer's key": one.sign(secret=world.key),
        "its name and a user's claims, the issuer's key": world.sign({**claims, "iss": one.key}),
        "no iss, its kid, the issuer's key": one.sign({"iss": ...}, secret=world.key, kid=one.key),
        "no iss, the issuer's kid and key": world.sign(without(claims, "iss")),
        "no iss, the issuer's kid, its secret": one.sign({"iss": ...}, kid=world.kid),
        "HS512 for HS256": one.sign(algorithm="HS512"),
        "an empty secret": token({"alg": "HS256"}, {"iss": one.key, "exp": now + 900}, b""),
        "its key as secret": one.sign(secret=one.key.encode()),
        "alg none": f"{encode({'alg': 'none'})}.{encode({'iss': one.key, 'exp': now + 900})}.",
        "no exp": one.sign({"exp": ...}),
        "an end that has come": one.sign({"iat": now - 900, "exp": now - 60}),
        "a beginning that has not": one.sign({"nbf": now + 600}),
        "made tomorrow": one.sign({"iat": now + 86400, "exp": now + 86400 + 900}),
        "a token for two years": one.sign({"exp": now + 2 * 31536000}),
        "another audience": one.sign({"aud": "payroll"}),
        "no audience at all, in so many words": one.sign({"aud": []}),
        "an audience of null": one.sign({"aud": None}),
        "the type of a refresh token": one.sign({"type": "refresh"}),
        "a type of null": one.sign({"type": None}),
        "crit": one.sign(crit=["exp"]),
        "a jti of a megabyte less": one.sign({"jti": "x" * 300}),
        "typ refresh": one.sign(typ="refresh"),
    }

    def open_with(item):
        (what, made), door, right = item
        answer = world.open(door, made)
        case(f"{what}, at: {door}", right(answer), answer)

    is_let_in = lambda answer: answer.status == 200  # noqa: E731
    items = [(item, door, is_let_in) for item in accepted.items() for door in DOORS]
    items += [
        (item, door, is_refused) for turn, item in enumerate(refused.items()) for door in world.some(DOORS, turn, of=2)
    ]
    each(open_with, items)


def pretence(world, case, one, user, session):
    """Claims about who one is."""
    door = world["Chatbot, plain HTTP"]
    theirs = send_json(door, "POST", "/api/chat", {"message": "for my eyes"}, [bearer(session.access)])
    theirs = theirs.member("conversation_id")
    claims = {
        "sub": user.id,
        "username": "admin",
        "name": "Ada Admin",
        "role": "ADMIN",
        "caller": "user",
        "sid": session.sid,
        "consumer": "other",
        "custom_id": "other",
        "type": "access",
        "aud": "chatbot",
        "principalId": user.id,
        "email": "admin@example.com",
        "scope": "admin",
        "roles": ["ADMIN"],
        "groups": ["admin"],
    }
    made = one.sign(claims)
    for where in DOORS:
        if where != "HTTP API, simple response":
            answer = world.open(where, made, "/v1/models")
            case(f"a role of its own making, at: {where}", answer.status == 403, answer)
        answer = world.open(where, made, "/api/conversations")
        own = answer.status == 200 and theirs.encode() not in answer.body
        case(f"the conversations of a user that it names, at: {where}", own, answer)
        answer = world.open(where, made, f"/api/conversations/{theirs}")
        case(f"a conversation of a user that it names, at: {where}", answer.status == 404, answer)
        said = send_json(world[where], "POST", "/api/chat", {"message": "who am I"}, [bearer(made)])
        called = said.member("response") or ""
        named = said.status == 200 and one.name in called and "Ada" not in called
        case(f"it is called by its credential's name, at: {where}", named, said)
    for sub in ["consumer:" + one.name, "consumer:", "CONSUMER:x"]:
        forged = world.sign({**claims_of(session.access), "sub": sub})
        for where in DOORS:
            answer = world.open(where, forged, "/api/conversations")
            right = (
                is_refused(answer)
                if sub.startswith("consumer:")
                else answer.json() == {"conversations": []} or answer.status == 200
            )
            case(f"a user by the name {sub!r:.12}, at: {where}", right, answer)


def issuer_routes(world, case, one, user):
    """A consumer has no account at the issuer."""
    made = one.sign({"sub": user.id, "role": "ADMIN", "type": "access", "aud": "chatbot"})
    for method, route, value in [
        ("GET", "/me", None),
        ("GET", "/sessions", None),
        ("POST", "/logout", {"scope": "all"}),
        ("GET", "/admin/users", None),
        ("POST", "/admin/users", {"username": "intruder"}),
        ("GET", "/consumers", None),
        ("PATCH", one.place, {"role": "ADMIN"}),
        ("GET", f"/consumers/{one.name}", None),
        ("POST", "/me/password", {"current_password": "x", "new_password": "y"}),
    ]:
        answer = world.ask(method, route, value, made)
        case(
            f"{method} {route.replace(one.place, 'its credential').replace(one.name, 'itself')}",
            answer.status == 401,
            answer,
        )
    answer = world.ask("POST", "/refresh", {"refresh_token": one.sign({"type": "refresh"})})
    case("a refresh token of its own making", answer.status == 401, answer)


def bad_names(world, case, one, session):
    """Consumers and users whose names are somebody else's."""
    issuer = claims_of(session.access)["iss"]
    own = Consumer(world)
    answer = world.ask(
        "POST", f"/consumers/{own.name}/jwt", {"key": issuer, "secret": long_secret(world)}, world.admin_token
    )
    if answer.status == 201:
        made = own.sign({"iss": issuer}, secret=answer.member("secret").encode())
        for door in DOORS:
            seen = world.open(door, made)
            case(f"a credential by the issuer's name, at: {door}", is_refused(seen), seen)
            seen = world.open(door, session.access)
            case(f"a user beside such a credential, at: {door}", seen.status == 200, seen)
    else:
        case("a credential by the issuer's name", answer.status == 400, answer)
    for field, value in [
        ("id", f"consumer:{one.name}"),
        ("id", "consumer:x"),
        ("id", ""),
        ("id", "a\u0000b"),
        ("id", "x" * 300),
    ]:
        name = f"user-{secrets.token_hex(6)}"
        answer = world.ask("POST", "/admin/users", {"username": name, field: value}, world.admin_token)
        case(f"a user whose {field} is {value!r:.12}", answer.status == 400, answer)
    for key in [one.key, one.key]:
        answer = world.ask("POST", f"/consumers/{own.name}/jwt", {"key": key}, world.admin_token)
        case("a key that another has", answer.status in (400, 409), answer)
    # Kong allows one secret twice; the name decides all the same.
    twin = Consumer(world, secret=one.secret.decode(), role="ADMIN")
    for door in DOORS:
        if door != "HTTP API, simple response":
            seen = world.open(door, one.sign(kid=twin.key), "/v1/models")
            case(f"a twin with a higher role, at: {door}", seen.status == 403, seen)
    for secret in ["", "short", "x" * 31]:
        answer = world.ask("POST", f"/consumers/{own.name}/jwt", {"secret": secret}, world.admin_token)
        case(f"a secret of {len(secret)} bytes", answer.status == 400, answer)


def ended(world, case, what, end, doors):
    consumer = Consumer(world)
    # Valid for longer than a shorter lifetime would allow, and made before any end.
    made = consumer.sign()
    for door in doors:
        answer = world.open(door, made)
        case(f"before {what}, at: {door}", answer.status == 200, answer)
    end(consumer)
    for door in doors:
        began = time.monotonic()
        while (answer := world.open(door, made, PROBE)).status == 200 and time.monotonic() - began < world.slack:
            pass
        case(f"after {what}, at: {door}", is_refused(answer), answer)
        answer = world.open(door, made)
        case(f"after {what} again, at: {door}", is_refused(answer), answer)
