"""What a page of another site can do in the browser of a user: CORS, forged
requests, frames.

Right is that the issuer lets exactly the origins of the page read, and lends
nobody's cookies; that the chatbot answers no page but through its gateway; that
nothing is changed by what a form can send; and that the page runs its own script
and nothing else, in no frame.
"""

import base64
import hashlib
import re

from wire import bearer, send
from world import DIRECT, DOORS, PROBE, each

CORS = "access-control-allow-origin"
EVIL = "https://evil.example.com"
FORM_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]


def attack(world, case):
    session = world.log_in(world.add_user())
    issuer_origins(world, case, session)
    chatbot_origins(world, case, session)
    forms(world, case, session)
    chatbot_forms(world, case, session)
    pages(world, case)


def strange_origins(page):
    """Origins that are not the page's, most of them much like it."""
    host = page.split("//")[1]
    name, port = host.split(":")
    return [
        "null",
        EVIL,
        f"{page}.evil.example.com",
        f"{page}@evil.example.com",
        f"https://evil.example.com/{page}",
        f"{page}/",
        f"{page}x",
        page.replace("http", "https"),
        page.upper(),
        f"http://x.{host}",
        f"http://x{host}",
        f"http://{name}",
        f"http://{name}:{port}0",
        f"http://{name}:1",
        f"{page},{page}",
        f"{page} {EVIL}",
        "*",
        "http://",
        "file://",
        "chrome-extension://x",
        page.replace("127.0.0.1", "127.1"),
        page.replace("127.0.0.1", "127.0.0.1.nip.io"),
        page.replace("127.0.0.1", "[::ffff:127.0.0.1]"),
        f"{page}\u0000",
        f"{page}%00",
        f"{page}_.example.com",
        f"{page}`.example.com",
    ]


def issuer_origins(world, case, session):
    page = world["REST API, TOKEN authorizer"]
    routes = [
        ("POST", "/login"),
        ("POST", "/refresh"),
        ("GET", "/me"),
        ("DELETE", "/sessions/x"),
        ("GET", "/admin/users"),
    ]

    def strange(item):
        origin, (method, route) = item
        asked = [("Origin", origin), ("Access-Control-Request-Method", method)]
        for what, answer in [
            ("a preflight", send(world.issuer, "OPTIONS", route, asked)),
            ("a request", send(world.issuer, method, route, [("Origin", origin), bearer(session.access)])),
        ]:
            # Some of these are no header that HTTP allows.
            closed = answer.status in (None, 400) and answer.header(CORS) is None
            right = closed or (answer.header(CORS) is None and "origin" in (answer.header("vary") or "").lower())
            case(f"{what} {method} {route} from {origin!r}", right, f"{answer.status} {answer.header(CORS)}")

    each(strange, [(origin, route) for origin in strange_origins(page) for route in routes])
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "*", "x"]:
        asked = [("Origin", page), ("Access-Control-Request-Method", method)]
        answer = send(world.issuer, "OPTIONS", "/me", asked)
        allowed = (answer.header("access-control-allow-methods") or "").split(", ")
        right = answer.header(CORS) == page and (method in ["GET", "POST", "PUT", "PATCH", "DELETE"]) == (
            method in allowed
        )
        case(f"a preflight {method} from the page", right, allowed)
        case(f"credentials after {method}", answer.header("access-control-allow-credentials") is None)
    answer = send(world.issuer, "GET", "/me", [("Origin", page), ("Origin", EVIL), bearer(session.access)])
    case(
        "two origins", answer.header(CORS) in (None, page) and answer.header("access-control-allow-credentials") is None
    )


def chatbot_origins(world, case, session):
    """Any page may ask, with a token that it knows; cookies open nothing."""

    def one(item):
        door, (method, origin) = item
        asked = [("Origin", origin), ("Access-Control-Request-Method", method)]
        preflight = send(world[door], "OPTIONS", PROBE, asked)
        answer = send(world[door], "GET", PROBE, [("Origin", origin), ("Cookie", f"token={session.access}")])
        for what, told in [("a preflight", preflight), ("a request with a cookie", answer)]:
            allowed = told.header(CORS)
            right = allowed == "*"
            lent = told.header("access-control-allow-credentials")
            case(f"{what} {method} from {origin!r}, at: {door}", right and lent is None, f"{allowed} {lent}")
        case(f"{method} with a cookie for a token from {origin!r}, at: {door}", answer.status == 401, answer)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    each(one, [(door, (method, origin)) for door in DOORS for method in methods for origin in [EVIL, "null"]])


def forms(world, case, session):
    """A form of another site, with everything a browser would add by itself."""
    routes = {
        "/login": '{"username":"admin","password":"x"}',
        "/refresh": '{"refresh_token":"%s"}' % session.refresh,
        "/logout": '{"scope":"all"}',
        "/me/password": '{"current_password":"x","new_password":"y"}',
        "/password-reset": '{"reset_token":"x","new_password":"y"}',
        "/admin/users": '{"username":"intruder"}',
        "/me/totp": '{"current_password":"x"}',
    }
    browser = [("Origin", EVIL), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]
    browser.append(("Cookie", f"token={session.access}; session={session.access}; access_token={session.access}"))
    for route, body in routes.items():
        for media_type in [*FORM_TYPES, "", "application/json;x", "text/plain; application/json", "application/jsonx"]:
            headers = [*browser, ("X-Forwarded-For", world.address())]
            headers += [("Content-Type", media_type)] if media_type else []
            answer = send(world.issuer, "POST", route, headers, body)
            # JSON by name is not what a form can send; without a token it is refused all the same.
            wanted = (400, 401) if media_type == "application/json;x" else (401, 415)
            right = answer.status in wanted or (route == "/refresh" and media_type == "application/json;x")
            case(f"a form of {media_type!r} to {route}", right, answer)
            case(f"no cookie for a form of {media_type!r} to {route}", answer.header("set-cookie") is None)


def chatbot_forms(world, case, session):
    """The same to the chatbot, where a page could have brought the token along in a cookie."""
    for door in DOORS:
        for site in ["cross-site", "same-site"]:
            for media_type in FORM_TYPES:
                headers = [bearer(session.access), ("Sec-Fetch-Site", site), ("Content-Type", media_type)]
                for route, body in [
                    ("/api/chat", '{"message":"forged"}'),
                    ("/v1/chat/completions", '{"model":"echo","messages":[{"role":"user","content":"forged"}]}'),
                ]:
                    answer = send(world[door], "POST", route, headers, body)
                    case(f"a {site} form of {media_type} to {route}, at: {door}", answer.status == 400, answer)
    listed = world.open("Chatbot, plain HTTP", session.access, "/api/conversations")
    case("forged forms begin no conversation", b"forged" not in listed.body, listed)


def pages(world, case):
    """What a page may do, and that nobody can put it into a frame."""
    seen = {(door, "/"): send(world[door], "GET", "/") for door in DOORS}
    seen[("Issuer", "/docs")] = send(world.issuer, "GET", "/docs")
    for (door, path), answer in seen.items():
        where = f"{path}, at: {door}"
        policy = dict(
            part.strip().partition(" ")[::2] for part in (answer.header("content-security-policy") or "").split(";")
        )
        case(f"nothing by default in {where}", policy.get("default-src") == "'none'", policy)
        for directive in ["frame-ancestors", "base-uri", "form-action"]:
            case(f"{directive} in {where}", policy.get(directive) == "'none'", policy.get(directive))
        sources = " ".join(policy.get(name, "") for name in ("script-src", "style-src", "connect-src", "img-src"))
        case(f"nothing unsafe in {where}", not re.search(r"unsafe|\*|https?:(?!//)", sources), sources)
        text = answer.body.decode()
        for tag in ["script", "style"]:
            for inside in re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL):
                digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
                case(f"the {tag} is the one allowed in {where}", f"'sha256-{digest}'" in policy.get(f"{tag}-src", ""))
        handlers = re.findall(r"<[a-z]+[^<>]*\son[a-z]+=|javascript:", text)
        case(f"no script beside the one in {where}", not handlers and "src=" not in text, handlers)
        case(f"the type is the type in {where}", answer.header("x-content-type-options") == "nosniff")
        case(f"no address is handed on from {where}", answer.header("referrer-policy") == "no-referrer")
        case(f"no cookie in {where}", answer.header("set-cookie") is None)
    for path in ["/me", "/login", "/nothing", "/healthz", "/openapi.json", "/metrics", "/readyz"]:
        answer = send(world.issuer, "GET", path)
        policy = answer.header("content-security-policy") or ""
        case(f"{path} is no page", "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, policy)
        case(f"the type is the type in {path}", answer.header("x-content-type-options") == "nosniff")
        case(f"{path} is kept by nobody", answer.header("cache-control") == "no-store", answer.header("cache-control"))
    for door in DIRECT:
        for path in [PROBE, "/api/conversations", "/nothing", "/v1/models", "/healthz"]:
            answer = send(world[door], "GET", path)
            told = answer.header("cache-control")
            case(f"{path} is kept by nobody, at: {door}", told == "no-store", told)
