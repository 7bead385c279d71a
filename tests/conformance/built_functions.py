"""Proves that the chatbot and the rotator answer their sample events as `sam
build` leaves them, under AWS's own emulator of Lambda.

    built_functions.py CHECKS CHATBOT ROTATOR
"""

import json
import re
import signal
import sys

import samples
from fake_aws import FakeAws
from function import Function
from report import check, finish
from samples import EVENTS

CHECKS, CHATBOT, ROTATOR = sys.argv[1:]

# Ended from outside, the processes it started must end too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def event(name):
    return json.loads((EVENTS / f"{name}.json").read_text())


def context_of(request):
    """What the authorizer said, where this kind of gateway puts it."""
    authorizer = request["requestContext"]["authorizer"]
    return authorizer.get("lambda", authorizer)


def chats(function, name):
    request = event(name)
    message = json.loads(request["body"])["message"]
    answer = function.call(request)
    said = json.loads(answer.get("body", "{}")).get("response", "")
    hello = answer.get("statusCode") == 200 and f"your message was: {message}" in said
    check(f"{name}: answered", hello, answer)

    stranger = event(name)
    del stranger["requestContext"]["authorizer"]
    status = function.call(stranger).get("statusCode")
    check(f"{name}, nobody vouches for the caller: 401", status == 401, status)

    late = event(name)
    context_of(late)["exp"] = "1650000000"
    status = function.call(late).get("statusCode")
    check(f"{name}, the token has ended since: 401", status == 401, status)


def streams(function, name):
    """A stream is metadata as JSON, eight zero bytes, and the body."""
    request = event(name)
    request["body"] = json.dumps({"message": "Hello", "stream": True})
    metadata, _, body = function.call(request).get("text", "").partition("\0" * 8)
    told = json.loads(metadata or "{}")
    kind = told.get("headers", {}).get("content-type")
    check(f"{name}, streamed: 200, events", (told.get("statusCode"), kind) == (200, "text/event-stream"), metadata)
    names = re.findall(r"^event: (\w+)$", body, re.MULTILINE)
    whole = names[:2] == ["start", "delta"] and names[-2:] == ["usage", "done"]
    check(f"{name}, streamed: from start to done", whole, names)

    del request["requestContext"]["authorizer"]
    metadata, _, _ = function.call(request).get("text", "").partition("\0" * 8)
    status = json.loads(metadata or "{}").get("statusCode")
    check(f"{name}, streamed, nobody vouches for the caller: 401", status == 401, metadata)


def checks_tokens_itself(function, name):
    """Doors without an authorizer in front."""
    request = event(name)
    request["body"] = json.dumps({"message": "Hello"})
    answer = function.call(request)
    check(f"{name}: the token is checked and the caller answered", answer.get("statusCode") == 200, answer)

    key = "multiValueHeaders" if "multiValueHeaders" in request else "headers"
    token = request[key].pop("authorization")
    # An authorizer's words mean nothing where none can have spoken.
    request["requestContext"]["authorizer"] = event("chat-rest")["requestContext"]["authorizer"]
    status = function.call(request).get("statusCode")
    check(f"{name}, no token: 401", status == 401, status)

    text = token[0] if isinstance(token, list) else token
    forged = text[:-4] + ("AAAA" if not text.endswith("AAAA") else "BBBB")
    request[key]["authorization"] = [forged] if isinstance(token, list) else forged
    status = function.call(request).get("statusCode")
    check(f"{name}, another signature: 401", status == 401, status)


def rotates(aws):
    """All four steps, each twice: Secrets Manager may repeat any of them."""
    request = event("rotation-create-secret")
    token = request["ClientRequestToken"]
    secret = aws.create_secret("rotated", samples.development_secret())
    aws.begin_rotation(secret, token)
    settings = {
        **aws.settings,
        "ROTATION_SIGN_AFTER_SECONDS": "14400",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
    }
    with Function(CHECKS, ROTATOR, settings) as function:
        for step in ["createSecret", "setSecret", "testSecret", "finishSecret"]:
            for time in ["", " again"]:
                answer = function.call({**request, "SecretId": secret, "Step": step})
                check(f"rotation, {step}{time}: done", answer is None, answer)
        stranger = {**request, "SecretId": secret, "ClientRequestToken": token[::-1]}
        answer = function.call(stranger) or {}
        check("rotation, a version that is not pending: refused", "errorType" in answer, answer)
    ring = json.loads(aws.read_secret(secret, "AWSCURRENT"))
    check("rotation: the plain secret is a ring of two keys", len(ring["keys"]) == 2, len(ring["keys"]))
    stages = aws.stages(secret)
    check("rotation: the new version is current", "AWSCURRENT" in stages.get(token, []), stages)
    # On the current version the label stands for nothing; Secrets Manager takes it
    # off itself when a rotation has succeeded.
    pending = [version for version, labels in stages.items() if "AWSPENDING" in labels]
    check("rotation: no version is left pending", pending in ([], [token]), stages)


with Function(CHECKS, CHATBOT, {"CHAT_BACKEND": "echo"}) as chatbot:
    for path in sorted(EVENTS.glob("chat-*.json")):
        chats(chatbot, path.stem)
    answer = chatbot.call({"hello": "world"})
    check("chatbot, an object of no known kind: an error", "errorType" in answer, answer)
with Function(CHECKS, CHATBOT, {"CHAT_RESPONSE_MODE": "stream"}) as chatbot:
    streams(chatbot, "chat-rest")
verifier = {
    "JWT_SECRET": samples.development_secret(),
    "JWT_ISSUER": "https://auth.example.com",
    "JWT_AUDIENCE": "chatbot",
    # The samples are good until 2100.
    "JWT_MAX_LIFETIME_SECONDS": "0",
}
with Function(CHECKS, CHATBOT, verifier) as chatbot:
    for sample in ("alb", "alb-multi-value", "function-url"):
        checks_tokens_itself(chatbot, sample)
with FakeAws(CHECKS) as fake:
    rotates(fake)
finish()
