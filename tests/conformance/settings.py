"""Proves that the authorizer does not start with settings that are wrong: it
ends at once, names every fault in one go, and prints no secret.

    settings.py AUTHORIZER
"""

import os
import socket
import subprocess
import sys

from report import check, finish

[AUTHORIZER] = sys.argv[1:]

LONG_ENOUGH = "a-secret-of-more-than-thirty-two-bytes"
TOO_SHORT = "twenty-six-bytes-long-only"
GOOD = {
    "JWT_SECRET": LONG_ENOUGH,
    "JWT_ISSUER": "https://auth.example.com",
    "JWT_AUDIENCE": "chatbot",
}

CASES = [
    ("no secret", {"JWT_SECRET": None}, ["JWT_SECRET"]),
    ("an empty secret", {"JWT_SECRET": ""}, ["JWT_SECRET"]),
    ("two secrets", {"JWT_SECRET_ARN": "jwt/shared"}, ["JWT_SECRET", "JWT_SECRET_ARN"]),
    ("a secret of 26 bytes", {"JWT_SECRET": TOO_SHORT}, ["26", "32"]),
    ("an unknown algorithm", {"JWT_ALGORITHMS": "HS999"}, ["JWT_ALGORITHMS"]),
    ("a number that is none", {"JWT_LEEWAY_SECONDS": "soon"}, ["JWT_LEEWAY_SECONDS"]),
    ("a number out of range", {"JWT_LEEWAY_SECONDS": "301"}, ["JWT_LEEWAY_SECONDS"]),
    ("no issuer", {"JWT_ISSUER": None}, ["JWT_ISSUER"]),
    ("no audience", {"JWT_AUDIENCE": None}, ["JWT_AUDIENCE"]),
    (
        "five faults at once",
        {
            "JWT_SECRET": None,
            "JWT_ISSUER": None,
            "JWT_AUDIENCE": None,
            "JWT_ALGORITHMS": "HS999",
            "KEY_CACHE_SECONDS": "soon",
        },
        ["JWT_SECRET", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_ALGORITHMS", "KEY_CACHE_SECONDS"],
    ),
]


# Takes calls and answers none: an authorizer that went on would hang there.
SILENCE = socket.create_server(("127.0.0.1", 0))
SILENT_ADDRESS = f"127.0.0.1:{SILENCE.getsockname()[1]}"


def start(changes):
    """Returns the exit status and all that was printed."""
    settings = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    environment = {
        **settings,
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": SILENT_ADDRESS,
        "AWS_LAMBDA_FUNCTION_NAME": "authorizer",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{SILENT_ADDRESS}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    done = subprocess.run(
        [AUTHORIZER], env=environment, capture_output=True, text=True, timeout=20
    )
    return done.returncode, done.stdout + done.stderr


for name, changes, words in CASES:
    try:
        status, output = start(changes)
    except subprocess.TimeoutExpired:
        check(f"does not start: {name}", False, "still running after 20 s")
        continue
    # All of the words: the first fault must not hide the others.
    named = all(word in output for word in words)
    check(f"does not start: {name}", status != 0 and named, output)
    printed = [secret for secret in (LONG_ENOUGH, TOO_SHORT) if secret in output]
    check(f"prints no secret: {name}", printed == [], output)
finish()
