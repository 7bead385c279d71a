"""The official OpenAI clients for Python and Node.js talk to the chatbot, with a
token as their key.

    chat_clients.py CHECKS LOCAL    LOCAL is the binary of `cargo run -p local`
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from local_system import System
from report import check, finish

# So that what was started is ended, too, when this is.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

HERE = Path(__file__).parent
USER, PASSWORD = "johndoe", "latchkey-local-demo"
TEXT = "Hello John Doe, your message was: How are you?"
# As `echo` counts: a word is a token.
USAGE = [3, 9, 12]
# Doors whose address is in the banner under these names; the first two streams
# come as they are made, the others all at once.
DOORS = [
    "REST API, TOKEN authorizer",
    "Function URL, streaming",
    "Chatbot, plain HTTP",
    "HTTP API, simple response",
    "Load balancer",
]
EXPECTED = {
    "models": ["echo"],
    "whole": {"text": TEXT, "finish": "stop", "usage": USAGE},
    "streamed": {"text": TEXT, "finish": "stop", "usage": USAGE, "several": True},
    "streamed without usage": {"text": TEXT, "finish": "stop", "usage": None, "several": True},
    "parts of text, instructions and history": {"text": TEXT, "finish": "stop"},
    "another model": "NotFoundError 404",
    "a wrong key": "AuthenticationError 401",
    "no answer to nothing": "BadRequestError 400",
}


def log_in(issuer):
    body = json.dumps({"username": USER, "password": PASSWORD}).encode()
    request = urllib.request.Request(f"{issuer}/login", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["token"]


def main():
    checks, local = (Path(argument).resolve() for argument in sys.argv[1:])
    clients = {
        "Python": [checks / "openai/bin/python", HERE / "openai_client.py"],
        "Node.js": ["node", HERE / "openai_client.mjs"],
    }
    settings = [f"{part}:CHAT_REQUESTS_PER_MINUTE=0" for part in ("chatbot", "chatbot-stream", "chatbot-plain")]
    with tempfile.TemporaryDirectory() as folder, System(local, folder, settings) as system:
        token = log_in(system["Issuer"])
        for door in DOORS:
            for name, command in clients.items():
                # Node looks for packages beside the script, unless it is told.
                environment = {**os.environ, "NODE_PATH": str(checks / "node/node_modules")}
                done = subprocess.run(
                    command,
                    input=json.dumps({"base_url": f"{system[door]}/v1", "token": token}),
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=120,
                )
                if done.returncode != 0:
                    check(f"{name} through {door}", False, done.stderr)
                    continue
                told = json.loads(done.stdout)
                for what, expected in EXPECTED.items():
                    # A gateway refuses a wrong key itself, with the same status.
                    seen = told.get(what)
                    check(f"{name} through {door}: {what}", seen == expected, seen)
                check(f"{name} through {door}: nothing else", set(told) == set(EXPECTED), sorted(told))
    finish()


if __name__ == "__main__":
    main()
