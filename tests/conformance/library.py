"""Other people's token libraries, each in a process of its own.

Both take the same request, so that every case runs once per library.
"""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Refused(Exception):
    """The library does not accept the token."""


class Library:
    def __init__(self, name, command, environment=None):
        self.name = name
        self._command = command
        self._environment = {**os.environ, **(environment or {})}

    def sign(self, claims, secret, algorithm="HS256", kid=None):
        """Returns a token."""
        request = {"do": "sign", "claims": claims, "secret": secret}
        done = self._run({**request, "algorithm": algorithm, "kid": kid})
        if done.returncode != 0:
            raise RuntimeError(f"{self.name} cannot sign: {done.stderr}")
        return done.stdout.strip()

    def verify(self, token, secret, issuer, audience):
        """Returns the claims, or raises Refused."""
        request = {"do": "verify", "token": token, "secret": secret}
        done = self._run({**request, "issuer": issuer, "audience": audience})
        if done.returncode != 0:
            raise Refused(done.stderr.strip())
        return json.loads(done.stdout)

    def _run(self, request):
        return subprocess.run(
            self._command,
            input=json.dumps(request),
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )


def libraries(checks):
    """The libraries below the folder that install.sh fills."""
    checks = Path(checks)
    modules = {"NODE_PATH": str(checks / "node" / "node_modules")}
    return [
        Library("PyJWT", [checks / "pyjwt/bin/python", HERE / "pyjwt_tool.py"]),
        Library("jsonwebtoken", ["node", HERE / "jsonwebtoken_tool.js"], modules),
    ]
