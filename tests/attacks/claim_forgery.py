"""Tokens with the right signature and wrong claims, and tokens made for something else."""

import json
import time

from forgery import claims_of, header_of, token, without

# What `JWT_LEEWAY_SECONDS` is by default, and what a run may take at most.
LEEWAY, SLOWEST = 30, 120


def claims(world, good):
    """Signed with the right key, so that only the claim is wrong."""
    payload, now = claims_of(good.access), int(time.time())
    wrong = {
        "iss": [
            None,
            "",
            "https://evil.example.com",
            payload["iss"] + "/",
            payload["iss"] + "\u0000",
            payload["iss"].upper(),
            [payload["iss"]],
            {"x": 1},
            7,
            f" {payload['iss']}",
        ],
        "aud": [
            None,
            "",
            "Chatbot",
            "chatbot ",
            "chatbot,other",
            [],
            ["other"],
            {"chatbot": 1},
            7,
            [["chatbot"]],
            ["chatbot", 7],
            True,
        ],
        "sub": [None, "", 7, ["x"], "consumer:shop", "a\u0000b", "a\r\nb", "x" * 256, {"$ne": None}],
        "type": [None, "refresh", "Access", "", 7, ["access"], "id", True],
        "role": [None, "", "ROOT", "ADMIN,USER", ["ADMIN"], 1, {"ADMIN": True}, "ADMIN\u0000"],
        "jti": ["", 7, ["x"], "a\u0000b", "x" * 256],
        "sid": ["", 7, ["x"], "a\r\nb", "x" * 256],
        "username": [7, ["x"], {"x": 1}],
        "exp": [
            None,
            "",
            str(now + 900),
            [now + 900],
            True,
            {},
            0,
            -1,
            now - 3600,
            now - LEEWAY - 1,
            1e300,
            2**53 + 1,
            2**63,
            2**64,
            -(2**63),
            now + 3600 * 24,
        ],
        "iat": [None, "", str(now), [now], True, now + LEEWAY + SLOWEST, 1e300, now - 3600 * 24, 2**64],
        "nbf": [None, "", str(now), [now], now + LEEWAY + SLOWEST, 1e300],
    }
    # An iat that is null counts as wrong, one that is not there does not.
    forged = {
        f"{name} {value!r:.60}": world.sign({**payload, name: value})
        for name, values in wrong.items()
        for value in values
    }
    for name in ["iss", "aud", "sub", "type", "role", "exp"]:
        forged[f"no {name}"] = world.sign(without(payload, name))
    forged["a lifetime of an hour and a second"] = world.sign({**payload, "iat": now, "exp": now + 3601})
    forged["no iat, and an end tomorrow"] = world.sign({**without(payload, "iat"), "exp": now + 3600 * 24})
    text = json.dumps(payload)[:-1]
    raw = {
        "exp twice": f'{text},"exp":{now + 900}}}',
        "exp twice, once escaped": f'{text},"\\u0065xp":{now + 900}}}',
        "role twice": f'{text},"role":"ADMIN"}}',
        "sub twice": f'{text},"sub":"{payload["sub"]}"}}',
        "exp 1e400": text.replace(f'"exp": {payload["exp"]}', '"exp":1e400') + "}",
        "exp NaN": text.replace(f'"exp": {payload["exp"]}', '"exp":NaN') + "}",
        "exp Infinity": text.replace(f'"exp": {payload["exp"]}', '"exp":Infinity') + "}",
        "exp in hexadecimal": text.replace(f'"exp": {payload["exp"]}', '"exp":0x7fffffff') + "}",
        "exp with a leading zero": text.replace(f'"exp": {payload["exp"]}', f'"exp":0{payload["exp"]}') + "}",
        "two objects": text + "}{}",
        "an array": "[" + text + "}]",
        "null": "null",
        "nothing": "",
        "a lone surrogate": text + ',"name":"\\ud800"}',
        "not UTF-8": text.encode() + b',"name":"\xff"}',
        "a byte order mark": b"\xef\xbb\xbf" + text.encode() + b"}",
    }
    forged |= {f"a payload with {what}": world.sign(payload) for what, payload in raw.items()}
    return forged


def kinds(world, good):
    """Tokens made for something else."""
    user = world.add_user()
    reset = world.admin("POST", f"/admin/users/{user.id}/password-reset")["reset_token"]
    world.keep_secret(reset)
    refresh, now = claims_of(good.refresh), int(time.time())
    return {
        "a refresh token": good.refresh,
        "a refresh token signed anew": world.sign(refresh),
        "a refresh token for this audience": world.sign({**refresh, "aud": "chatbot", "role": "USER"}),
        "an access token with the type of a refresh token": world.sign({**claims_of(good.access), "type": "refresh"}),
        "a password reset token": reset,
        "a reset token in three parts": ".".join([reset] * 3),
        "a name and password": "YWRtaW46YWRtaW4=",
        "an id token": world.sign(
            {"iss": claims_of(good.access)["iss"], "aud": "chatbot", "sub": user.id, "nonce": "n", "exp": now + 900}
        ),
    }


def accepted(world, good):
    """What must get in, or the refusals would prove nothing."""
    payload, header, now = claims_of(good.access), header_of(good.access), int(time.time())
    again = {**payload, "iat": now, "exp": now + 900}
    return {
        "the token itself": good.access,
        "no kid": token(without(header, "kid"), payload, world.key),
        "no typ": token(without(header, "typ"), payload, world.key),
        "typ at+jwt": world.sign(payload, typ="at+jwt"),
        "typ application/AT+JWT": world.sign(payload, typ="application/AT+JWT"),
        "jku that nobody reads": world.sign(payload, jku="http://127.0.0.1:9/"),
        "several audiences": world.sign({**payload, "aud": ["other", "chatbot"]}),
        "a role in lower case": world.sign({**payload, "role": "user"}),
        "a lifetime of an hour": world.sign({**payload, "iat": now, "exp": now + 3600}),
        "an end with a fraction and an exponent": world.sign({**again, "exp": float(now + 900) + 0.5}),
        "a clock that is ahead": world.sign({**again, "iat": now + LEEWAY // 2, "nbf": now + LEEWAY // 2}),
    }
