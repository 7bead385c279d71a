"""Requests that two readers could read in two ways, and headers that claim what
only the gateway may say.

Right is 400 with an end of the connection where the bounds of a request are in
doubt (RFC 9112 section 6.3), a refusal for more than one token (design, section
2), and no effect at all of a header that names somebody.
"""

from request_bounds import answers, bounds_in_doubt, one_connection
from wire import bearer, connect, head, send, send_json
from world import DIRECT, DOORS, PROBE, each, is_refused

# These pass the last of several headers on, and nothing that tells there were more.
LAST_HEADER_COUNTS = ["REST API, TOKEN authorizer", "Load balancer"]


def attack(world, case):
    user, victim = world.add_user(), world.add_user()
    mine, theirs = world.log_in(user).access, world.log_in(victim).access
    kept = send_json(
        world["Chatbot, plain HTTP"], "POST", "/api/chat", {"message": "for my eyes"}, [bearer(theirs)]
    ).member("conversation_id")
    several_tokens(world, case, mine)
    other_places(world, case, mine)
    odd_headers(world, case, mine)
    claimed_identity(world, case, mine, victim, kept)
    bounds_in_doubt(world, case, mine)
    one_connection(world, case, mine)
    methods(world, case, theirs, kept)
    hosts(world, case, mine)


def refused_or_rejected(answer):
    return answer.status == 400 or is_refused(answer)


def several_tokens(world, case, mine):
    bad = mine[:-6] + "AAAAAA"
    good, wrong = b"Bearer " + mine.encode(), b"Bearer " + bad.encode()

    def one(item):
        door, name, headers = item
        answer = send(world[door], "GET", PROBE if door != "Issuer" else "/me", headers)
        last_is_good = headers[-1][1] == good and door in LAST_HEADER_COUNTS
        right = answer.status == 200 if last_is_good else refused_or_rejected(answer)
        case(f"{name}, at: {door}", right, answer)

    names = ["Authorization", "authorization", "AUTHORIZATION"]
    forms = {
        "a good and a bad token": [(names[0], good), (names[0], wrong)],
        "a bad and a good token": [(names[0], wrong), (names[0], good)],
        "the same token twice": [(names[0], good), (names[0], good)],
        "two tokens, names in two cases": [(names[0], wrong), (names[1], good)],
        "three tokens, names in three cases": [(names[0], good), (names[1], wrong), (names[2], wrong)],
        "a basic and a bearer header": [(names[0], b"Basic dTpw"), (names[0], wrong)],
        "two tokens and a comma": [(names[0], good + b", " + wrong)],
        "a token, a comma and nothing": [(names[0], good + b",")],
        "a comma and a token": [(names[0], b"Bearer ," + mine.encode())],
        "a token and a parameter": [(names[0], good + b", realm=x")],
        "a token in JSON": [(names[0], b'Bearer {"a":"' + mine.encode() + b'","b":1}')],
        "an empty header, then a bad one": [(names[0], b""), (names[0], wrong)],
    }
    each(one, [(door, *form) for form in forms.items() for door in [*DOORS, "Issuer"]])


def other_places(world, case, mine):
    """A token where no setting looks for one is none."""
    good = b"Bearer " + mine.encode()
    headers = [
        "X-Authorization",
        "Proxy-Authorization",
        "X-Forwarded-Authorization",
        "X-Original-Authorization",
        "Authorization_",
        "HTTP_AUTHORIZATION",
        "Authentication",
        "X-Auth-Token",
        "X-Access-Token",
        "X-Amzn-Oidc-Accesstoken",
        "X-Amzn-Remapped-Authorization",
        "Api-Key",
        "X-Api-Key",
        "Sec-WebSocket-Protocol",
        "WWW-Authenticate",
    ]
    forms = [(f"a token in {name}", [(name, good)], "") for name in headers]
    forms += [
        (f"a token in a cookie {name}", [("Cookie", f"{name}={mine}")], "")
        for name in ["Authorization", "token", "access_token", "session"]
    ]
    forms += [
        (f"a token in the query as {name}", [], f"?{name}={mine}")
        for name in ["access_token", "token", "Authorization", "authorization", "jwt"]
    ]

    def one(item):
        door, (name, headers, query) = item
        answer = send(world[door], "GET", PROBE + query, headers)
        case(f"{name}, at: {door}", is_refused(answer), answer)

    each(one, [(door, form) for turn, form in enumerate(forms) for door in world.some(DOORS, turn)])


def odd_headers(world, case, mine):
    """One header, in a form that is none."""
    token = mine.encode()
    raw = {
        "a tab after the scheme": b"Authorization: Bearer\t" + token,
        "no space after the scheme": b"Authorization: Bearer" + token,
        "a colon after the scheme": b"Authorization: Bearer: " + token,
        "a space before the colon": b"Authorization : Bearer " + token,
        "a folded line": b"Authorization: Bearer\r\n " + token,
        "a bare line end": b"X: a\rAuthorization: Bearer " + token,
        "a NUL": b"Authorization: Bearer " + token + b"\x00",
        "a NUL in front": b"Authorization: \x00Bearer " + token,
        "a space in the token": b"Authorization: Bearer " + token[:20] + b" " + token[20:],
        "two schemes": b"Authorization: Bearer Bearer " + token,
        "another scheme": b"Authorization: Token " + token,
        "a scheme with the other in it": b"Authorization: XBearer " + token,
        "a letter that looks the same": "Authorization: Be\u0430rer ".encode() + token,
        "Latin-1 behind the token": b"Authorization: Bearer " + token + b"\xe9",
        "a soft hyphen in the name": b"Author\xadization: Bearer " + token,
        "a line without a colon": b"Authorization Bearer " + token,
        "the first line indented": b" Authorization: Bearer " + token,
    }

    def one(item):
        door, (name, line) = item
        target = b"/me" if door == "Issuer" else PROBE.encode()
        text = b"GET " + target + b" HTTP/1.1\r\nConnection: close\r\n" + line + b"\r\nHost: x\r\n\r\n"
        [answer] = answers(world[door], text)[:1] or [None]
        case(f"{name}, at: {door}", answer in (None, 400, 401), answer)

    each(one, [(door, form) for form in raw.items() for door in [*DOORS, "Issuer"]])


def claimed_identity(world, case, mine, victim, kept):
    """Headers that a gateway or a proxy adds, sent by the client."""
    told = {"sub": victim.id, "role": "ADMIN", "principalId": victim.id, "exp": "9999999999", "caller": "user"}
    context = str({"authorizer": told}).replace("'", '"')
    claims = {
        "X-Auth-Sub": victim.id,
        "X-Auth-Role": "ADMIN",
        "X-Auth-Username": "admin",
        "X-Auth-Caller": "user",
        "X-Amzn-Request-Context": context,
        "X-Amzn-Lambda-Context": context,
        "X-Amzn-Requestcontext": context,
        "X-Apigateway-Event": context,
        "X-Apigateway-Context": context,
        "X-Amzn-Oidc-Identity": victim.id,
        "X-Amzn-Oidc-Data": "e30.e30.",
        "X-Consumer-Username": "shop",
        "X-Consumer-Id": victim.id,
        "X-Credential-Identifier": "x",
        "X-Forwarded-User": victim.id,
        "X-Remote-User": victim.id,
        "Remote-User": victim.id,
        "X-User": victim.id,
        "X-Principal-Id": victim.id,
        "Requestcontext": context,
        "Principalid": victim.id,
        "Authorizer": context,
        "X-Amz-Cf-Id": "x",
        "X-Amzn-Trace-Id": "Root=1-0-0;sub=x",
        "Lambda-Runtime-Aws-Request-Id": "x",
        "X-Amz-Invocation-Type": "Event",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example.com",
        "X-Original-Url": "/healthz",
        "X-Rewrite-Url": "/healthz",
        "X-Forwarded-Prefix": "/healthz",
        "X-Http-Method-Override": "OPTIONS",
        "X-Method-Override": "OPTIONS",
        "Forwarded": "for=127.0.0.1;proto=https",
        "X-Forwarded-For": "127.0.0.1",
        "X-Real-Ip": "127.0.0.1",
    }

    def one(item):
        door, (name, value) = item
        answer = send(world[door], "GET", PROBE, [(name, value)])
        case(f"{name} of the client and no token, at: {door}", is_refused(answer), answer)
        answer = world.open(door, mine, "/api/conversations", headers=[(name, value)])
        own = answer.status == 200 and kept not in answer.body.decode(errors="replace")
        case(f"{name} of the client and a token of one's own, at: {door}", own, answer)

    each(one, [(door, claim) for turn, claim in enumerate(claims.items()) for door in world.some(DOORS, turn)])


def methods(world, case, theirs, kept):
    """A method that a route does not have opens nothing, and no header makes one of another."""
    for door in DOORS:
        for method in ["HEAD", "TRACE", "CONNECT", "get", "GETT", "PROPFIND", "OPTIONS", "M-SEARCH"]:
            answer = send(world[door], method, PROBE)
            told = b"requests" not in answer.body and (answer.status is None or answer.status < 500)
            case(f"{method} without a token, at: {door}", told, answer)
        for name in ["X-Http-Method-Override", "X-Method-Override", "X-Http-Method"]:
            world.open(door, theirs, f"/api/conversations/{kept}", headers=[(name, "DELETE")])
            answer = world.open(door, theirs, f"/api/conversations/{kept}?_method=DELETE")
            case(f"{name} deletes nothing, at: {door}", answer.status == 200, answer)


def hosts(world, case, mine):
    """The name in a request is the client's, and no answer is made from it."""
    evil = "evil.example.com"
    for door in [*DIRECT, "Issuer"]:
        for target in ["/", "/me", PROBE, "/docs", "/openapi.json", "/nothing"]:
            for headers in [
                [("Host", evil)],
                [("Host", "x"), ("X-Forwarded-Host", evil)],
                [("Host", "x"), ("Forwarded", f"host={evil}")],
            ]:
                text = head("GET", target, [*headers, ("Connection", "close"), bearer(mine)])
                answer = send_raw(world[door], text)
                case(f"{headers[-1][0]} in {target}, at: {door}", evil.encode() not in answer, answer[:200])


def send_raw(url, raw):
    with connect(url) as connection:
        connection.sendall(raw)
        read = b""
        while more := connection.recv(65536):
            read += more
    return read
