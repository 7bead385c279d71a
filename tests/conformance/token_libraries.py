"""Proves that our tokens are ordinary JWTs: what two widely used libraries sign
our command line accepts, what it mints they accept, and what must be refused
is refused although such a library made it.

    token_libraries.py CHECKS ISSUER
"""

import json
import os
import subprocess
import sys
import time
import uuid

from library import Refused, libraries
from report import check, finish

CHECKS, ISSUER = sys.argv[1:]

# Long enough for HS512 too: a library that warns about a short key would hide
# what the case is about.
SECRET = "conformance-secret-of-sixty-four-bytes-0123456789-0123456789-abc"
OTHER_SECRET = SECRET.swapcase()
ISS = "https://auth.example.com"
AUD = "chatbot"
NOW = int(time.time())


def claims(**changes):
    """An access token as the issuer would mint it; None takes a claim away."""
    whole = {
        "iss": ISS,
        "aud": AUD,
        "sub": "123456",
        "username": "johndoe",
        "name": "John Doe",
        "email": "john@example.com",
        "type": "access",
        "role": "USER",
        "jti": str(uuid.uuid4()),
        "iat": NOW,
        "exp": NOW + 1800,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def issuer(*arguments, text=None):
    """Runs the command line with the settings of this check and no others."""
    settings = {"JWT_SECRET": SECRET, "JWT_ISSUER": ISS, "JWT_AUDIENCE": AUD}
    return subprocess.run(
        [ISSUER, "token", *arguments],
        input=text,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def seen(done):
    return f"exit {done.returncode}, stdout {done.stdout!r}, stderr {done.stderr!r}"


def accepted(name, token):
    done = issuer("verify", "--json", text=token)
    try:
        principal = json.loads(done.stdout)
    except ValueError:
        principal = {}
    wanted = {"sub": "123456", "username": "johndoe", "role": "USER"}
    same = wanted.items() <= principal.items()
    check(name, done.returncode == 0 and same, seen(done))


def refused(name, token, *reasons):
    done = issuer("verify", text=token)
    told = any(reason in done.stdout + done.stderr for reason in reasons)
    wanted = " or ".join(reasons)
    check(f"{name}: refused, {wanted}", done.returncode == 1 and told, seen(done))


def library_to_ours(library):
    made_by = f"made by {library.name}"
    accepted(f"{made_by}: accepted", library.sign(claims(), SECRET))
    lower = library.sign(claims(role="user"), SECRET)
    accepted(f"{made_by}, role in lower case: accepted", lower)
    several = library.sign(claims(aud=["other", AUD]), SECRET)
    accepted(f"{made_by}, several audiences: accepted", several)

    def case(what, *reasons, secret=SECRET, algorithm="HS256", **changes):
        token = library.sign(claims(**changes), secret, algorithm)
        refused(f"{made_by}, {what}", token, *reasons)

    case("another secret", "bad_signature", secret=OTHER_SECRET)
    # Such a token has no third part either, whichever is looked at first.
    case("alg none", "algorithm", "malformed", algorithm="none")
    case("alg HS512", "algorithm", algorithm="HS512")
    case("expired", "expired", iat=NOW - 7200, exp=NOW - 3600)
    case("no exp", "malformed", "expired", exp=None)
    case("another audience", "audience", aud="payroll")
    case("another issuer", "issuer", iss="https://evil.example.com")
    case("a refresh token", "token_type", type="refresh")
    case("not valid yet", "not_yet_valid", nbf=NOW + 3600)
    case("a lifetime of a day", "lifetime", exp=NOW + 86400)
    case("an unknown role", "role", role="ROOT")


def ours_to_library(libraries):
    user = ["--sub", "123456", "--username", "johndoe", "--name", "John Doe"]
    user += ["--email", "john@example.com", "--role", "USER"]
    for what, more, lifetime in [
        ("minted", [], 1800),
        ("minted for 15 minutes", ["--lifetime-seconds", "900"], 900),
    ]:
        done = issuer("mint", *user, *more)
        token = done.stdout.strip()
        check(f"{what}: a token on stdout", token.count(".") == 2, seen(done))
        accepted(f"{what}: accepted by ourselves", token)
        for library in libraries:
            verified_by(library, what, token, lifetime)


def verified_by(library, what, token, lifetime):
    name = f"{what}: accepted by {library.name}"
    try:
        found = library.verify(token, SECRET, ISS, AUD)
    except Refused as refusal:
        check(name, False, refusal)
        return
    wanted = {"sub": "123456", "username": "johndoe", "name": "John Doe"}
    wanted |= {"email": "john@example.com", "role": "USER", "type": "access"}
    same = wanted.items() <= found.items()
    check(name, same and found["exp"] - found["iat"] == lifetime, found)

    for what_not, secret, iss, aud in [
        ("another secret", OTHER_SECRET, ISS, AUD),
        ("another issuer", SECRET, "https://evil.example.com", AUD),
        ("another audience", SECRET, ISS, "payroll"),
    ]:
        try:
            answer = library.verify(token, secret, iss, aud)
            check(f"{what}, {what_not}: refused by {library.name}", False, answer)
        except Refused:
            check(f"{what}, {what_not}: refused by {library.name}", True)


LIBRARIES = libraries(CHECKS)
for each in LIBRARIES:
    library_to_ours(each)
ours_to_library(LIBRARIES)
finish()
