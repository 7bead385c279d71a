"""Tokens that nobody who may sign has signed, or that are signed and must not count.

Right is 401 at every door (design: V1-V24), whatever is wrong with the token.
"""

import base64

from claim_forgery import accepted, claims, kinds
from forgery import claims_of, encode, header_of, other_last_bits, signature, token, without
from world import DOORS, each, is_refused

OTHER_KEY = b"another-key-of-more-than-sixty-four-bytes-0123456789-0123456789-abcdefgh"
PUBLIC_KEY = (
    b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n"
    b"q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n-----END PUBLIC KEY-----\n"
)


def attack(world, case):
    user = world.add_user()
    good = world.log_in(user)
    forged = {**signatures(world, good), **headers(world, good), **shapes(good)}
    forged |= {**claims(world, good), **kinds(world, good)}
    try_everywhere(world, case, forged, is_refused)
    try_everywhere(world, case, accepted(world, good), lambda answer: answer.status == 200)


def try_everywhere(world, case, tokens, right):
    def one(item):
        (name, forged), door = item
        answer = world.ask("GET", "/me", token=forged) if door == "Issuer" else world.open(door, forged)
        case(f"{name}, at: {door}", right(answer), answer)

    doors = [*DOORS, "Issuer"]
    each(one, [(item, door) for turn, item in enumerate(tokens.items()) for door in world.some(doors, turn)])


def signatures(world, good):
    """Made without the key, or with it and another algorithm."""
    payload, header = claims_of(good.access), header_of(good.access)
    admin = {**payload, "role": "ADMIN"}
    body, made = good.access.rsplit(".", 1)
    forged = {"a changed role": f"{encode(header)}.{encode(admin)}.{made}"}
    for none in ["none", "None", "NONE", "nOnE", "null", "", " none", "none\u0000", "HS256 ", "hs256", "HS-256"]:
        text = f"{encode({**header, 'alg': none})}.{encode(admin)}"
        forged[f"alg {none!r}, no signature"] = f"{text}."
        forged[f"alg {none!r}, two parts"] = text
        forged[f"alg {none!r}, the old signature"] = f"{text}.{made}"
        forged[f"alg {none!r}, signed"] = f"{text}.{signature(text, world.key)}"
    for alg in ["HS384", "HS512"]:
        forged[f"{alg} with the key of HS256"] = token({**header, "alg": alg}, payload, world.key, alg)
        forged[f"{alg} in the header, HS256 in fact"] = token({**header, "alg": alg}, payload, world.key)
        forged[f"HS256 in the header, {alg} in fact"] = token(header, payload, world.key, alg)
    for alg in ["RS256", "RS512", "PS256", "ES256", "EdDSA", "A128KW", "dir"]:
        for what, key in [("the secret", world.key), ("a public key", PUBLIC_KEY)]:
            forged[f"{alg} with {what} as HMAC key"] = token({**header, "alg": alg}, admin, key)
    for alg in [None, 7, True, [], ["HS256"], {"HS256": 1}]:
        forged[f"alg {alg!r}"] = token({**header, "alg": alg}, payload, world.key)
    forged["no alg"] = token(without(header, "alg"), payload, world.key)
    keys = {
        "an empty key": b"",
        "the key id as key": world.kid.encode(),
        "a public key": PUBLIC_KEY,
        "another key": OTHER_KEY,
        "a key of zeros": bytes(32),
        "the key as it is written": base64.urlsafe_b64encode(world.key).rstrip(b"="),
        "the issuer's name as key": payload["iss"].encode(),
        "half of the key": world.key[:16],
        "the key and more": world.key + b"\n",
    }
    for what, key in keys.items():
        forged[f"signed with {what}"] = token(header, admin, key)
        forged[f"signed with {what}, no kid"] = token(without(header, "kid"), admin, key)
    for length in [1, 16, 31]:
        cut = base64.urlsafe_b64decode(made + "=")[:length]
        forged[f"the first {length} bytes of a signature"] = f"{body}.{encode(cut)}"
    forged["no signature"] = f"{body}."
    forged["a signature of zeros"] = f"{body}.{encode(bytes(32))}"
    forged["the signature twice"] = f"{body}.{made}{made}"
    forged["one bit off"] = (
        f"{body}.{encode(bytes([signed_byte(made) ^ 1]) + base64.urlsafe_b64decode(made + '=')[1:])}"
    )
    forged["the payload of one, the signature of another"] = f"{body}.{signature('a.b', world.key)}"
    return forged


def signed_byte(made):
    return base64.urlsafe_b64decode(made + "=")[0]


def headers(world, good):
    """What a header may bring along: keys, places of keys, extensions."""
    payload, header = claims_of(good.access), header_of(good.access)
    jwk = {"kty": "oct", "k": encode(OTHER_KEY), "alg": "HS256", "kid": world.kid}
    brought = {
        "jwk": jwk,
        "jku": "http://127.0.0.1:9/keys.json",
        "x5u": "http://127.0.0.1:9/key.pem",
        "x5c": [base64.b64encode(OTHER_KEY).decode()],
        "x5t": encode(OTHER_KEY),
        "k": encode(OTHER_KEY),
        "keys": [jwk],
        "zip": "DEF",
    }
    forged = {
        f"another key, and {name} in the header": token({**header, name: value}, payload, OTHER_KEY)
        for name, value in brought.items()
    }
    for crit in [["exp"], ["b64"], [], None, "exp", ["alg"], ["http://example.com/x"]]:
        forged[f"crit {crit!r}"] = token({**header, "crit": crit}, payload, world.key)
    forged["b64 false and critical"] = token({**header, "b64": False, "crit": ["b64"]}, payload, world.key)
    for what, kid in {
        "a path": "../../../../dev/null",
        "SQL": "' UNION SELECT 'key' --",
        "a NUL": f"{world.kid}\u0000",
        "a line end": f"{world.kid}\r\nX: y",
        "10,000 characters": "k" * 5000,
        "nothing": "",
        "an array": [world.kid],
        "a number": 0,
        "true": True,
        "an object": {"kid": world.kid},
        "a URL": "http://127.0.0.1:9/key",
        "a command": "|whoami",
        "the key of a credential": "CRED#x",
        "another key id": "00000000-0000-7000-8000-000000000000",
        "its key id in capitals": world.kid.upper() + "X",
    }.items():
        for signer, key in [("the key", world.key), ("nothing", b"")]:
            forged[f"kid is {what}, signed with {signer}"] = token({**header, "kid": kid}, payload, key)
    for typ in [
        "refresh",
        "JWE",
        "JOSE",
        "logout+jwt",
        "id+jwt",
        "secevent+jwt",
        "",
        "application/",
        "JWT ",
        7,
        ["JWT"],
    ]:
        forged[f"typ {typ!r}"] = token({**header, "typ": typ}, payload, world.key)
    forged["alg twice in the header"] = token(f'{{"alg":"none","alg":"HS256","kid":"{world.kid}"}}', payload, world.key)
    forged["alg twice, once escaped"] = token(
        f'{{"alg":"HS256","\\u0061lg":"none","kid":"{world.kid}"}}', payload, world.key
    )
    for what, text in {
        "an array": "[]",
        "null": "null",
        "a text": '"HS256"',
        "nothing": "",
        "two objects": '{"alg":"HS256"}{"alg":"HS256"}',
        "not UTF-8": b'{"alg":"HS256","x":"\xff"}',
        "with a byte order mark": b'\xef\xbb\xbf{"alg":"HS256"}',
        "nested 5,000 deep": '{"alg":"HS256","x":' + "[" * 2500 + "]" * 2500 + "}",
        "with a comment": '{"alg":"HS256"/**/}',
        "with a trailing comma": '{"alg":"HS256",}',
        "UTF-16": '{"alg":"HS256"}'.encode("utf-16"),
    }.items():
        # Deep nesting in a member that nobody reads is allowed, or not: refused it is without the key.
        key = OTHER_KEY if "deep" in what else world.key
        forged[f"a header that is {what}"] = token(text, payload, key)
    return forged


def shapes(good):
    """The compact form, bent."""
    whole = good.access
    header, payload, made = whole.split(".")
    padded = base64.urlsafe_b64encode(base64.urlsafe_b64decode(made + "=")).decode()
    forged = {
        "a fourth part": f"{whole}.{made}",
        "a fourth part that is empty": f"{whole}.",
        "five parts": f"{whole}.a.b",
        "an empty part in front": f".{whole}",
        "two dots": "..",
        "one dot": ".",
        "no payload": f"{header}..{made}",
        "no header": f".{payload}.{made}",
        "padding after the signature": f"{header}.{payload}.{padded}",
        "padding after the header": f"{header}=.{payload}.{made}",
        "padding after the payload": f"{header}.{payload}=.{made}",
        "other last bits": f"{header}.{payload}.{other_last_bits(made)}",
        "a space inside": f"{header}.{payload[:9]} {payload[9:]}.{made}",
        "quotes around it": f'"{whole}"',
        "the scheme twice": f"Bearer {whole}",
        "a percent sign": whole.replace(".", "%2E"),
        "another alphabet": f"{header}.{payload}.{made[:-2]}+/",
        "capitals": whole.swapcase(),
        "letters that look the same": whole.replace("e", "\u0435"),
        "a tail after a semicolon": f"{whole};x",
        "a tail after a NUL character": f"{whole}%00",
        "the first half": whole[: len(whole) // 2],
        "all but the last character": whole[:-1],
    }
    return forged
