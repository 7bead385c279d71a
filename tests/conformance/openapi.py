"""Proves that the issuer answers as its own OpenAPI document says, whatever it
is sent: schemathesis reads the document from the running server and makes up
the requests, once as nobody and once as an administrator. Its registry is in
DynamoDB, by moto.

    openapi.py CHECKS ISSUER [SECONDS]

Documented are status, media type, headers and body of every answer, so that a
5xx or an answer that the document does not know is a failure.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from fake_aws import TABLE, FakeAws

CHECKS, ISSUER, *REST = sys.argv[1:]
SECONDS = REST[0] if REST else "60"
HERE = pathlib.Path(__file__).parent
PASSWORD = "a horse, a battery and a staple"

# Ended from outside, the processes it started must end too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

ANSWERS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
        "ignored_auth",
    ]
)


def settings(folder, aws):
    return {
        **aws.settings,
        "AUTH_TABLE": TABLE,
        "JWT_SECRET": "0123456789abcdef0123456789abcdef",
        "JWT_ISSUER": "https://auth.example.com",
        "JWT_AUDIENCE": "chatbot",
        "ISSUER_LISTEN": "127.0.0.1:0",
        "DATABASE_URL": f"sqlite://{folder}/issuer.db",
        # The requests come from one address, and most of their logins fail.
        "LOGIN_THROTTLE": "off",
    }


def add_administrator(environment):
    add = ["user", "add", "--username", "root", "--role", "ADMIN", "--password-stdin"]
    subprocess.run([ISSUER, *add], env=environment, input=PASSWORD.encode(), check=True, stdout=subprocess.DEVNULL)


def address_of(server):
    """Where the issuer listens, which it says in its log."""
    for line in server.stderr:
        line = json.loads(line)
        if line.get("message") == "listening":
            return line["address"]
    sys.exit("the issuer did not start")


def fuzz(address, who, environment):
    command = [
        f"{CHECKS}/schemathesis/bin/schemathesis",
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"http://{address}/openapi.json",
        "--checks",
        ANSWERS,
        "--max-time",
        SECONDS,
        "--continue-on-failure",
        "--request-timeout",
        "10",
        "--warnings",
        "off",
        "--no-color",
    ]
    print(f"-- as {who}", flush=True)
    return subprocess.run(command, env={**os.environ, **environment}).returncode == 0


def main():
    with tempfile.TemporaryDirectory() as folder, FakeAws(CHECKS) as aws:
        environment = settings(folder, aws)
        add_administrator(environment)
        with open(f"{folder}/log", "wb") as log:
            server = subprocess.Popen([ISSUER, "serve"], env=environment, stderr=subprocess.PIPE)
            try:
                address = address_of(server)
                # A full pipe would stop the issuer.
                drain = subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
                hooks = {
                    "SCHEMATHESIS_HOOKS": "schemathesis_login",
                    "PYTHONPATH": str(HERE),
                    "ISSUER_URL": f"http://{address}",
                    "ISSUER_PASSWORD": PASSWORD,
                }
                passed = [fuzz(address, "nobody", {}), fuzz(address, "an administrator", hooks)]
                if server.poll() is not None:
                    sys.exit("the issuer died")
            finally:
                server.terminate()
                server.wait()
            drain.wait()
    if not all(passed):
        sys.exit("the issuer does not answer as its document says")


main()
