"""Runs the tests of the rotation function against moto's Secrets Manager.

    rotation.py CHECKS CARGO-ARGUMENT...

The arguments are those of `cargo test` that build the tests.
"""

import os
import signal
import subprocess
import sys

from fake_aws import FakeAws

CHECKS, *ARGUMENTS = sys.argv[1:]

# Ended from outside, the processes it started must end too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

with FakeAws(CHECKS) as fake:
    address = {"LATCHKEY_SECRETS_MANAGER_URL": fake.settings["AWS_ENDPOINT_URL"]}
    # The system as a whole brings a Secrets Manager of its own, and a secret in a
    # field comes to the same calls as a plain one. moto does one thing at a time,
    # and takes longer where several are asked of it.
    options = ["--skip", "system::", "--skip", "a_field_outlives", "--test-threads", "1"]
    command = ["cargo", "test", *ARGUMENTS, "--", *options]
    status = subprocess.run(command, env={**os.environ, **address}).returncode
sys.exit(status)
