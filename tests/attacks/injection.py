"""Code for databases, logs, headers, templates and parsers in every field of
every route.

Right is an answer that the OpenAPI document of the issuer knows and that is no
5xx, in a body and headers that hold nothing of what was sent but as data, with
everybody still there afterwards. What was sent is in no log (README, "The
issuer": ids and never what was typed).
"""

import json
import re
from pathlib import Path
from urllib.parse import quote

from payloads import MARK, RAW, TEXTS, VALUES
from wire import bearer, send, send_json
from world import each

OPEN_TO_ALL = ["/login", "/refresh", "/password-reset"]


def attack(world, case):
    victim = world.add_user("SUPERVISOR")
    kept = world.log_in(victim)
    issuer_routes(world, case)
    issuer_headers(world, case)
    chatbot_fields(world, case)
    everybody_is_still_there(world, case, victim, kept)


def issuer_routes(world, case):
    document = send(world.issuer, "GET", "/openapi.json").json()
    target, consumer = world.add_user(), f"consumer-{MARK[-4:]}"
    world.admin("POST", "/consumers", {"username": consumer})
    credential = world.admin("POST", f"/consumers/{consumer}/jwt", {})
    world.keep_secret(credential["secret"])
    # Somebody's own routes are called by one whom nobody misses.
    session = world.log_in(target)
    places = {"id": target.id, "sid": session.sid, "consumer": consumer, "credential": credential["id"]}
    # What is changed by two at once may have to wait, so each kind of thing has a line of its own.
    lines = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            fields = Fields(world, 2 if path in OPEN_TO_ALL else 9)
            line = lines.setdefault(path.split("/")[1], [])
            line += operation_cases(document, path, method, operation, places, fields)

    def one(method, path, documented, what, target, headers, body):
        token = (
            world.admin_token
            if path.startswith(("/admin", "/consumers", "/jwts", "/introspect", "/revoke"))
            else session.access
        )
        headers = [*headers, ("X-Forwarded-For", world.address())]
        headers += [bearer(token)] if path not in OPEN_TO_ALL else []
        answer = send(world.issuer, method, target, headers, body)
        told = f"{method} {path}, {what}"
        case(told, is_sound(answer, documented), answer)

    each(lambda line: [one(*request) for request in line], lines.values(), at_once=4)


class Fields:
    """What is put into the fields of an operation: over the fields everything has its turn."""

    def __init__(self, world, of):
        self._world, self._of, self._turn = world, of, 0

    def some(self, items):
        self._turn += 1
        return self._world.some(items, self._turn, self._of)


def is_sound(answer, documented):
    """As documented, no fault of the server's, and nothing that was sent among the headers."""
    known = str(answer.status) in documented and answer.status < 500
    named = any("injected" in name or MARK in value for name, value in answer.headers if name != "location")
    return known and not named and b"passwd:" not in answer.body and (not answer.body or answer.header("content-type"))


def operation_cases(document, path, method, operation, places, fields_of):
    """The requests of one operation, each with one thing in it that does not belong there."""
    method, documented = method.upper(), operation["responses"]
    names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"]

    def target(**changes):
        return path.format(**{name: places[name] for name in names} | changes)

    for name in names:
        for text in fields_of.some(TEXTS):
            yield method, path, documented, f"{text!r:.60} in the path", target(**{name: quote(text, safe="")}), [], b""
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            for text in fields_of.some([*TEXTS, "-1", "0", "99999999999999999999", "1e3", "1,2", ""]):
                place = f"{target()}?{parameter['name']}={quote(text, safe='')}"
                yield method, path, documented, f"{text!r:.60} as {parameter['name']}", place, [], b""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        [name] = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(content["schema"]))
        schema = document["components"]["schemas"][name]
        fields = schema["properties"]
        usual = {name: "x" * 12 for name in schema.get("required", [])}
        headers = [("Content-Type", media_type)]
        if media_type != "application/json":
            for name in fields:
                for text in fields_of.some(TEXTS):
                    form = "&".join(f"{key}={quote(value, safe='')}" for key, value in {**usual, name: text}.items())
                    yield method, path, documented, f"{text!r:.60} as {name} of a form", target(), headers, form
            continue
        for name in fields:
            for value in fields_of.some([*TEXTS, *VALUES]):
                body = json.dumps({**usual, name: value})
                yield method, path, documented, f"{value!r:.60} as {name}", target(), headers, body
            for raw in fields_of.some(RAW):
                whole = json.dumps({**usual, name: "@"}).encode().replace(b'"@"', raw)
                yield method, path, documented, f"{raw!r:.60} as {name}", target(), headers, whole
        for raw in [b"", b"[]", b"null", b'"x"', b"{", b"{}{}", b"\xff", b"\xef\xbb\xbf{}", b"[" * 30000, b"{" * 30000]:
            yield method, path, documented, f"{raw!r:.30} as a body", target(), headers, raw


def issuer_headers(world, case):
    """Headers that go into a log, into the database, or back to the client."""
    user = world.add_user()
    for name in [
        "User-Agent",
        "X-Request-Id",
        "X-Forwarded-For",
        "Forwarded",
        "Referer",
        "Accept",
        "Origin",
        "Accept-Language",
    ]:
        for text in TEXTS:
            sent = text.replace("\r", "\\r").replace("\n", "\\n").replace("\u0000", "\\0").encode()
            headers = [(name, sent), ("Content-Type", "application/json")]
            body = json.dumps({"username": user.username, "password": user.password})
            answer = send(world.issuer, "POST", "/login", headers, body)
            # Bytes that HTTP allows in no header are refused below the issuer.
            # An id that is fit for a log is the client's to choose.
            named = name != "X-Request-Id" and any(MARK in value for _, value in answer.headers)
            case(f"{text!r:.60} in {name}", answer.status in (200, 400, 429) and not named, answer)
    sessions = world.ask("GET", "/sessions", token=world.log_in(user).access)
    case("sessions with such user agents are listed", sessions.status == 200 and sessions.json() is not None, sessions)


def chatbot_fields(world, case):
    session = world.log_in(world.add_user())
    door = world["Chatbot, plain HTTP"]
    gateway = world["REST API, TOKEN authorizer"]
    chat = {"message": "hello"}
    completion = {"model": "echo", "messages": [{"role": "user", "content": "hello"}]}
    place = send_json(door, "POST", "/api/chat", chat, [bearer(session.access)]).member("conversation_id")
    bodies, fields_of = [], Fields(world, 5)
    for route, method, usual, fields in [
        ("/api/chat", "POST", chat, ["message", "conversation_id", "stream", "max_tokens", "system", "more"]),
        (f"/api/conversations/{place}", "PATCH", {}, ["title", "id", "owner"]),
        (
            "/v1/chat/completions",
            "POST",
            completion,
            [
                "model",
                "messages",
                "stream",
                "max_tokens",
                "temperature",
                "top_p",
                "stop",
                "n",
                "tools",
                "response_format",
                "user",
                "stream_options",
            ],
        ),
    ]:
        for field in fields:
            bodies += [
                (method, route, field, value, json.dumps({**usual, field: value}))
                for value in fields_of.some([*TEXTS, *VALUES])
            ]
            for raw in fields_of.some(RAW):
                whole = json.dumps({**usual, field: "@"}).encode().replace(b'"@"', raw)
                bodies.append((method, route, field, raw, whole))
    for text in fields_of.some(TEXTS):
        for inner in (
            {"role": text, "content": "x"},
            {"role": "user", "content": text},
            {"role": "user", "content": [{"type": text}]},
        ):
            body = json.dumps({**completion, "messages": [inner]})
            bodies.append(("POST", "/v1/chat/completions", "messages", inner, body))

    def one(item):
        method, route, field, value, body = item
        token = world.admin_token if method == "PATCH" else session.access
        answer = send(door, method, route, [bearer(token), ("Content-Type", "application/json")], body)
        right = answer.status in (200, 400, 404, 413) and not any(MARK in value for _, value in answer.headers)
        case(f"{method} {route.replace(place, 'x')}, {value!r:.60} as {field}", right, answer)

    each(one, bodies, at_once=4)

    def named(item):
        url, text, where = item
        written = quote(text, safe="")
        for method, target, headers in [
            ("GET", f"/api/conversations/{written}", []),
            ("DELETE", f"/api/conversations/{written}", []),
            ("GET", f"/api/conversations/{written}/messages", []),
            ("GET", f"/api/conversations?cursor={written}", []),
            ("GET", f"/api/conversations?limit={written}", []),
            ("GET", f"/api/conversations/{place}/messages?cursor={written}", []),
            ("POST", "/api/chat", [("Idempotency-Key", quote(text, safe=" "))]),
        ]:
            headers = [bearer(session.access), ("Content-Type", "application/json"), *headers]
            answer = send(url, method, target, headers, json.dumps(chat) if method == "POST" else b"")
            wanted = (200, 400, 403, 404, 414) if method != "DELETE" else (400, 403, 404, 414)
            told = f"{method} {target.replace(place, 'x').replace(written, '…')}, {text!r:.60}, at: {where}"
            case(told, answer.status in wanted and not any(MARK in value for _, value in answer.headers), answer)

    each(
        named,
        [
            (url, text, where)
            for url, where in [(door, "plain HTTP"), (gateway, "gateway")]
            for text in fields_of.some(TEXTS)
        ],
        at_once=4,
    )


def everybody_is_still_there(world, case, victim, kept):
    users = {user["username"]: user["role"] for user in pages(world, "/admin/users?size=100")}
    for username, role in [("admin", "ADMIN"), ("johndoe", "USER"), (victim.username, "SUPERVISOR")]:
        case(f"a {role} is there as before", users.get(username) == role, users.get(username))
    case("nobody else became an administrator", sum(role == "ADMIN" for role in users.values()) == 1)
    answer = world.ask("GET", "/me", token=kept.access)
    case("a session goes on", answer.status == 200 and answer.member("role") == "SUPERVISOR", answer)
    case("no command was run", not Path(f"/tmp/{MARK}").exists())
    case("a password is as before", world.try_login(victim.username, victim.password).status == 200)


def pages(world, target):
    """All entries of a list."""
    entries, offset = [], ""
    while offset is not None:
        page = world.admin("GET", target + (f"&offset={quote(offset)}" if offset else ""))
        entries += page["data"]
        offset = page.get("offset")
    return entries
