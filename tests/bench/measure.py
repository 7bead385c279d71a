"""Starts moto, has the candidates measured, and writes the report.

    measure.py ROOT TARGET [--rounds N] [--strict]
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import report

ISSUER, AUDIENCE = "https://auth.example.com", "chatbot"
AWS = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}
LAMBDA = {
    "AWS_LAMBDA_FUNCTION_NAME": "authorizer",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "5",
}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("root", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--strict", action="store_true", help="fail where a bar is missed")
    return parser.parse_args()


class Moto:
    """Secrets Manager, on a core that the candidates do not use."""

    def __init__(self, checks, core):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = "127.0.0.1:%d" % probe.getsockname()[1]
        host, port = self.address.split(":")
        command = ["taskset", "-c", str(core), checks / "moto/bin/moto_server", "-H", host, "-p", port]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(command, env={"PATH": os.environ["PATH"], **AWS}, **quiet)

    def __enter__(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://{self.address}/moto-api/", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError("moto does not answer")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def create_secret(self, name, value):
        """Returns the secret's ARN."""
        scope = "test/20260101/us-east-1/secretsmanager/aws4_request"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "secretsmanager.CreateSecret",
            # moto looks at the scope of a signature, not at the signature.
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
        }
        body = {"Name": name, "SecretString": value, "ClientRequestToken": secrets.token_hex(16)}
        request = urllib.request.Request(f"http://{self.address}/", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["ARN"]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def event(root, secret):
    """The sample event with a token of today."""
    sample = json.loads((root / "events/rest-token.json").read_text())
    header, claims, _ = sample["authorizationToken"].removeprefix("Bearer ").split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
    now = int(time.time())
    claims = encode(json.dumps({**claims, "iat": now, "exp": now + 3600}, separators=(",", ":")).encode())
    signature = hmac.digest(secret.encode(), f"{header}.{claims}".encode(), hashlib.sha256)
    return json.dumps({**sample, "authorizationToken": f"Bearer {header}.{claims}.{encode(signature)}"})


def ring(secret):
    """The same secret as a key ring, which is one fetch where a plain secret is
    two: a plain one has a predecessor that has to be asked for."""
    key = {"kty": "oct", "kid": "current", "alg": "HS256", "k": encode(secret.encode())}
    return json.dumps({"keys": [key]})


def candidates(args, moto, secret):
    checks = args.root / ".checks/bench"
    plain = moto.create_secret("plain", secret)
    common = {
        "PATH": os.environ["PATH"],
        **AWS,
        **LAMBDA,
        "AWS_ENDPOINT_URL": f"http://{moto.address}",
        "JWT_SECRET_ARN": plain,
        "JWT_ISSUER": ISSUER,
        "JWT_AUDIENCE": AUDIENCE,
    }

    def candidate(name, command, emulated=False, answer_of=None, **settings):
        command = [str(word) for word in command]
        environment = {**common, **settings}
        return {
            "name": name,
            "command": command,
            "environment": environment,
            "emulated": emulated,
            "answer_of": answer_of,
        }

    authorizer = [args.target / "release/authorizer"]
    node = [shutil.which("node"), checks / "node/runtime.js"]
    python = [checks / "python/bin/python", "-m", "awslambdaric", "authorizer.handler"]
    # On Lambda nothing warns either, and writing the warning takes time.
    quiet = {"AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true"}
    task_root = {"LAMBDA_TASK_ROOT": str(checks / "python"), "PYTHONPATH": str(checks / "python")}
    listed = [
        candidate("ours", authorizer, emulated=True),
        candidate("ours_ring", authorizer, JWT_SECRET_ARN=moto.create_secret("ring", ring(secret))),
        candidate("floor", [args.target / "release/floor"], emulated=True, answer_of="ours"),
        candidate("node_guide", [*node, checks / "node/guide.js"], **quiet),
        candidate("node_key", [*node, checks / "node/key_object.js"], **quiet),
        candidate("node_fast", [*node, checks / "node/fast_jwt.js"], **quiet),
        candidate("python", python, **task_root),
    ]
    return plain, listed


def emulator(root):
    kind = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    [path] = root.glob(f".checks/sam/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{kind}")
    return path


def measure(args, out):
    """Returns what the host measured. The last core is the candidates', the first
    everybody else's."""
    cores = sorted(os.sched_getaffinity(0))
    secret = secrets.token_urlsafe(36)
    with Moto(args.root / ".checks", cores[0]) as moto:
        plain, listed = candidates(args, moto, secret)
        plan = {
            "rounds": args.rounds,
            "calls": 100,
            "lead": 10,
            "warm_up": 2000,
            "event": event(args.root, secret),
            "secret": {"address": moto.address, "id": plain},
            "emulator": str(emulator(args.root)),
            "logs": str(out),
            "candidates": listed,
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(plan, file)
            file.flush()
            command = ["taskset", "-c", str(cores[-1]), args.target / "release/host", file.name]
            host = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
            try:
                measured, _ = host.communicate()
            finally:
                end(host)
    if host.returncode:
        sys.exit(f"the host failed; what the candidates said is in {out}")
    return json.loads(measured)


def end(host):
    """Ends the host where it has not ended, and all that it left behind."""
    try:
        os.killpg(host.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    host.wait()


def busy_seconds():
    """CPU time of the whole machine, and of what this program started and ended."""
    user, nice, system, _idle, _wait, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    everybody = (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    own = os.times()
    return everybody, own.user + own.system + own.children_user + own.children_system


def output(*command):
    command = [str(word) for word in command]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def sizes(args, binary, *manifest):
    """What a Rust function weighs: the file, the archive as it is uploaded, and
    the crates in it."""
    path = args.target / "release" / binary
    with tempfile.TemporaryDirectory() as folder:
        bootstrap = Path(folder, "bootstrap")
        shutil.copy(path, bootstrap)
        output("zip", "-9", "-q", "-j", f"{folder}/function.zip", bootstrap)
        zipped = Path(folder, "function.zip").stat().st_size
    tree = output(
        "cargo", "tree", "--locked", "-p", binary, "--edges", "normal", "--prefix", "none", *manifest
    )
    crates = {line.removesuffix(" (*)") for line in tree.splitlines()}
    return {"binary": path.stat().st_size, "zipped": zipped, "crates": len(crates)}


def machine(args):
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = {line.split(":")[1].strip() for line in lines if line.startswith("model name")}
    listed = output(args.root / ".checks/bench/python/bin/python", "-m", "pip", "freeze").splitlines()
    lock = json.loads((args.root / "tests/bench/peers/package-lock.json").read_text())
    wanted = lock["packages"][""]["dependencies"]
    names = ("awslambdaric", "boto3", "pyjwt")
    return {
        "cpu": ", ".join(sorted(models)) or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "commit": output("git", "-C", args.root, "describe", "--always", "--dirty"),
        "rustc": output("rustc", "--version"),
        "node": output("node", "--version"),
        "python": output(args.root / ".checks/bench/python/bin/python", "--version"),
        "libraries": [f"{name} {version}" for name, version in wanted.items()]
        + [line.replace("==", " ") for line in listed if line.lower().startswith(names)],
    }


def main():
    # Ended from outside, what it started must end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    args = arguments()
    out = args.target / "bench"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    os.chdir(args.root)
    result = {"machine": machine(args)}
    floor = ("--manifest-path", args.root / "tests/bench/Cargo.toml")
    built = {"ours": sizes(args, "authorizer"), "floor": sizes(args, "floor", *floor)}
    begun, before = time.monotonic(), busy_seconds()
    measured = measure(args, out)
    everybody, ours = (after - start for start, after in zip(before, busy_seconds()))
    # Of one core: what is measured beside others who work is worth less.
    result["machine"]["others"] = max(0, everybody - ours) / (time.monotonic() - begun)
    (out / "samples.json").write_text(json.dumps(measured))
    result.update(report.result(measured, built))
    (out / "result.json").write_text(json.dumps(result, indent=2) + "\n")
    print(report.text(result))
    if args.strict and not all(bar["met"] for bar in result["bars"]):
        sys.exit(1)


main()
