"""Proves that the chatbot and the rotator answer their sample events as `sam
build` leaves them, under AWS's own emulator of Lambda.

    built_functions.py CHECKS CHATBOT ROTATOR
"""

import json
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
with FakeAws(CHECKS) as fake:
    rotates(fake)
finish()
