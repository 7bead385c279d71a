"""Runs `infra/manage smoke` against a system on this machine, and against ones
with a fault each, which it has to find.

    smoke.py CHECKS LOCAL    LOCAL is the binary of `cargo run -p local`
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local_system import System
from report import check, finish
from spoilt_gateway import SpoiltGateway

# So that what was started is ended, too, when this is.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

MANAGE = Path(__file__).parents[2] / "infra/manage"
USER, ADMIN, PASSWORD = "johndoe", "admin", "latchkey-local-demo"
RULES = json.dumps(
    [
        {"methods": ["*"], "path": "/api/admin*", "role": "ADMIN"},
        {"methods": ["*"], "path": "/api/*", "role": "USER"},
    ]
)
FORBIDDEN = ["--forbidden", "/api/admin/users"]
GATEWAYS = {
    "REST API, TOKEN authorizer": "rest",
    "REST API, REQUEST authorizer": "rest",
    "HTTP API, simple response": "http",
    "HTTP API, policy response": "http",
}
# Where a rotation is made as well; one takes ten seconds.
WHOLE = ["REST API, TOKEN authorizer", "HTTP API, policy response"]

# What each fault must make fail, and nothing else. A stop is part of it: what
# follows cannot be learnt any more.
SPOILT = {
    "lets_everything_in": {
        "no token: 401",
        "no token: WWW-Authenticate",
        "something that is no token: 401",
        "something that is no token: WWW-Authenticate",
        "a token with a changed role: 401",
        "a token with a changed role: WWW-Authenticate",
        "a token with a changed signature: 401",
        "a token with a changed signature: WWW-Authenticate",
        "a forbidden route without a token: 401",
        "a forbidden route: 403",
        "the token after its logout: 401 within 2 s",
        "the revoked token, in the end: 401",
    },
    "refuses_everything": {"a token: 200"},
    "has_no_challenge": {
        "no token: WWW-Authenticate",
        "something that is no token: WWW-Authenticate",
        "a token with a changed role: WWW-Authenticate",
        "a token with a changed signature: WWW-Authenticate",
    },
    "takes_no_token_for_one": {
        "no token: 401",
        "no token: WWW-Authenticate",
        "a forbidden route without a token: 401",
    },
    "breaks_on_garbage": {
        "something that is no token: 401",
        "something that is no token: WWW-Authenticate",
    },
    "forgets_signatures": {
        "a token with a changed role: 401",
        "a token with a changed role: WWW-Authenticate",
        "a token with a changed signature: 401",
        "a token with a changed signature: WWW-Authenticate",
        "the token after its logout: 401 within 2 s",
        "the revoked token, in the end: 401",
    },
    "forgets_the_role_in_signatures": {
        "a token with a changed role: 401",
        "a token with a changed role: WWW-Authenticate",
    },
    "forbids_nothing": {"a forbidden route: 403"},
    "forbids_everybody": {"the forbidden route as an administrator: let in"},
    "knows_no_such_route": {
        "a forbidden route without a token: 401",
        "the forbidden route as an administrator: let in",
    },
    "forgets_logouts": {
        "the token after its logout: 401 within 2 s",
        "the revoked token, in the end: 401",
    },
    "remembers_a_logout_once": {
        "the token after its logout: 401 within 10 s",
        "the revoked token, in the end: 401",
    },
    "takes_a_logout_back": {"the revoked token, in the end: 401"},
    "refuses_after_a_logout": {"a new token after a logout: 200"},
}
SPOILT_ROTATION = {
    "drops_the_old_key": {"tokens of the old and the new key, all the time: 200"},
    "is_late_with_the_new_key": {"tokens of the old and the new key, all the time: 200"},
}


class Smoke:
    def __init__(self, checks, system):
        self._system = system
        self._environment = {
            "PATH": f"{Path(checks).resolve()}/awscli/bin:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": system["Secrets Manager"],
            "LATCHKEY_ADMIN_PASSWORD": PASSWORD,
        }

    def manage(self, *arguments, password=PASSWORD):
        done = subprocess.run(
            [MANAGE, *arguments],
            input=f"{password}\n",
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told = done.stdout + done.stderr
        if "eyJ" in told or (password and password in told) or PASSWORD in told:
            raise AssertionError(f"{arguments[0]} prints a secret")
        return done

    def run(self, gateway, *options, password=PASSWORD):
        """The exit status, and the checks that failed."""
        who = ["--issuer", self._system["Issuer"], "--user", USER]
        done = self.manage("smoke", "--api", gateway, *who, *options, password=password)
        failed = set(re.findall(r"^FAIL  ([^(\n]*?)(?: \(.*\))?$", done.stdout, re.MULTILINE))
        return done, failed


def sound(smoke, system, rotation):
    for gateway, door in GATEWAYS.items():
        options = ["--front-door", door, "--revoked-within", "60"]
        # Simple answers are kept for all routes, so they do not go with rules.
        if "simple" not in gateway:
            options += [*FORBIDDEN, "--admin", ADMIN]
        whole = gateway in WHOLE
        done, failed = smoke.run(system[gateway], *options, *(rotation if whole else []))
        passed = done.returncode == 0 and not failed and ("0 skipped" in done.stdout) == whole
        check(f"{gateway}: {done.stdout.splitlines()[-1]}", passed, done.stdout + done.stderr)


def spoilt(smoke, gateway, fault, expected, *options):
    """A case: its name, whether smoke found the fault and only that, and what it told."""
    # Waiting for what never comes is kept short; what comes has time.
    within = next((bound for name in expected for bound in re.findall(r"401 within (\d+) s", name)), "60")
    with SpoiltGateway(fault, gateway) as front:
        done, failed = smoke.run(front.url, *FORBIDDEN, "--revoked-within", within, *options)
    passed = done.returncode == 1 and failed == expected
    return f"an API that {fault.replace('_', ' ')} fails", passed, done.stdout + done.stderr


def faults_elsewhere(smoke, system):
    gateway = system["REST API, TOKEN authorizer"]
    within = ["--revoked-within", "60"]

    done, failed = smoke.run(gateway, password="not the password")
    check("a wrong password fails", done.returncode == 1 and failed == {"log in"}, done.stdout)

    done, failed = smoke.run("http://127.0.0.1:9")
    check("an API that is not there fails", done.returncode == 1 and failed == {"a token: 200"}, done.stdout)

    done, failed = smoke.run(gateway, *within, "--secret", "no-such-secret")
    check("a secret that is not there fails", done.returncode == 1 and failed == {"a rotation begins"}, done.stdout)

    rotation = ["--secret", system["Secret"], "--signs-within", "1"]
    done, failed = smoke.run(gateway, *within, *rotation)
    late = {"tokens name a new key within 1 s"}
    check("an issuer that keeps its key fails", done.returncode == 1 and failed == late, done.stdout)


def wrong_use(smoke, system):
    gateway = system["REST API, TOKEN authorizer"]
    done, _ = smoke.run(gateway, password="")
    check("no password is wrong use", done.returncode == 2 and "no password" in done.stderr, done.stderr)
    done, _ = smoke.run("http://api.example.com")
    check("a password is sent over TLS only", done.returncode == 2 and "https" in done.stderr, done.stderr)


def main():
    checks, local = sys.argv[1:]
    rules = [f"{part}:ACCESS_RULES={RULES}" for part in ("authorizer", "authorizer-policy")]
    with tempfile.TemporaryDirectory() as folder, System(local, folder, rules) as system:
        smoke = Smoke(checks, system)
        rotation = ["--secret", system["Secret"], "--signs-within", "60"]
        sound(smoke, system, rotation)
        rest = system["REST API, TOKEN authorizer"]
        # They mostly wait.
        with ThreadPoolExecutor(4) as several:
            cases = several.map(lambda case: spoilt(smoke, rest, *case, "--admin", ADMIN), SPOILT.items())
            for case in cases:
                check(*case)
        for fault, expected in SPOILT_ROTATION.items():
            check(*spoilt(smoke, rest, fault, expected, *rotation))
        faults_elsewhere(smoke, system)
        wrong_use(smoke, system)
        done = smoke.manage("rotate", "--secret", system["Secret"])
        check("rotate begins a rotation", done.returncode == 0 and "VersionId" in done.stdout, done.stderr)
    finish()


if __name__ == "__main__":
    main()
