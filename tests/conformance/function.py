"""The authorizer as Lambda runs it: under AWS's runtime interface emulator."""

import json
import os
import platform
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

EMULATORS = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, what):
    """Returns once something listens, or raises."""
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{what} does not listen")


def end(process):
    """Ends a process and all that it started."""
    # Asked first: the emulator has to end the function, which is in a process
    # group of its own.
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def emulator(checks):
    """The emulator that AWS ships inside its SAM command line."""
    name = f"aws-lambda-rie-{EMULATORS[platform.machine().lower()]}"
    [path] = Path(checks).glob(f"sam/lib/python3*/site-packages/samcli/local/rapid/{name}")
    return path


class Function:
    """One execution environment, cold at the first call.

    One call at a time: the emulator does not survive two at once.
    """

    def __init__(self, checks, binary, settings):
        self._port = free_port()
        command = [emulator(checks), "--log-level", "error"]
        # Its own default is every address of the machine.
        command += ["--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"]
        command += ["--runtime-api-address", f"127.0.0.1:{free_port()}"]
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_NAME": "authorizer",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "5",
            **settings,
        }
        self._process = subprocess.Popen(
            [*command, binary],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self):
        try:
            wait_for_port(self._port, self._process, "the Lambda emulator")
        except RuntimeError:
            end(self._process)
            raise
        return self

    def __exit__(self, *_):
        end(self._process)

    def call(self, event):
        """Returns the answer; one that is not JSON as {"text": ...}."""
        url = f"http://127.0.0.1:{self._port}/2015-03-31/functions/function/invocations"
        request = urllib.request.Request(url, data=json.dumps(event).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                body = answer.read().decode()
        except urllib.error.HTTPError as failure:
            # How the emulator says that the process ended before it answered.
            body = failure.read().decode()
        try:
            return json.loads(body)
        except ValueError:
            return {"text": body}
