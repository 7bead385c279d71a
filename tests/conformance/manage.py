"""Runs `infra/manage` with stand-ins for the tools that it calls.

    manage.py

What the real tools do with the commands is not tested here.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from report import check, finish

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "infra/manage"
RUST = next(
    line.split('"')[1] for line in (ROOT / "rust-toolchain.toml").read_text().splitlines() if line.startswith("channel")
)
ISSUER = "JwtIssuer=https://auth.example.com"
# In the place of the number that says what is deployed.
REVISION = " Revision=HASH"

# What each tool prints, by its first arguments.
TOOLS = {
    "cargo": {"--version": f"cargo {RUST} (0000000 2026-01-01)", "lambda --version": "cargo-lambda 1.9.2 (0000000)"},
    "zig": {"version": "0.17.1"},
    "sam": {"--version": "SAM CLI, version 1.170.0"},
    "node": {"--version": "v18.0.0"},
    "python3": {"--version": "Python 3.9.0"},
    "npm": {},
    "npx": {},
    "issuer": {},
    "aws": {
        "--version": "aws-cli/2.0.0 Python/3.11",
        "sts get-caller-identity": "arn:aws:iam::123456789012:user/ada",
        "cloudformation describe-stacks --stack-name latchkey-dev --output text --query Stacks[0].[": "dev\tdev",
        "cloudformation describe-stacks --stack-name latchkey-blue --output text --query Stacks[0].[": "prod",
        "cloudformation describe-stacks --stack-name latchkey-dev --output text --query Stacks[0].Parameters": "false",
        "cloudformation describe-stacks": "of-the-stack",
        "iam list-entities-for-policy": "",
    },
}

STAND_IN = """#!/bin/sh
PATH=/usr/bin:/bin
echo "$(basename "$0") $*" >>"$CALLS"
case "$*" in
{cases}
esac
"""


class Tools:
    """A folder of stand-ins that is the whole path, and what they were called with."""

    def __init__(self, changed=None):
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self._calls = folder / "calls"
        for name, prints in {**TOOLS, **(changed or {})}.items():
            if prints is None:
                continue
            cases = "\n".join(
                f"'{arguments}'*) {'exit 1' if text is None else f'echo {chr(39)}{text}{chr(39)}'} ;;"
                for arguments, text in prints.items()
            )
            (folder / name).write_text(STAND_IN.format(cases=cases))
            (folder / name).chmod(0o755)
        # Of the machine's own tools, only those without which no script runs.
        for name in "bash env sh cat cut sed grep head tail sort dirname basename sha256sum".split():
            for place in ("/usr/bin", "/bin"):
                if not (folder / name).exists() and Path(place, name).exists():
                    (folder / name).symlink_to(Path(place, name))

    def run(self, *arguments, told="", **environment):
        self._calls.write_text("")
        done = subprocess.run(
            [MANAGE, *arguments],
            input=told,
            env={"PATH": self._folder.name, "CALLS": str(self._calls), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        # Asking changes nothing.
        calls = [
            line
            for line in self._calls.read_text().splitlines()
            if not any(asking in line for asking in ("describe-stacks", "list-entities-for-policy"))
        ]
        return done, calls

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._folder.cleanup()


def told(done):
    return f"status {done.returncode}\n{done.stdout}{done.stderr}"


def doctor():
    with Tools() as tools:
        done, calls = tools.run("doctor")
        check("doctor: new enough", done.returncode == 0 and "FAULT" not in done.stdout, told(done))
        check("doctor: asks AWS nothing unless told to", not any("sts" in call for call in calls), calls)
        done, _ = tools.run("doctor", "--credentials")
        check("doctor: who AWS knows", "user/ada" in done.stdout and done.returncode == 0, told(done))

    worse = {
        "cargo": {"--version": "cargo 1.94.0", "lambda --version": "cargo-lambda 1.9.1"},
        "zig": None,
        "sam": {"--version": "SAM CLI, version 1.99.0"},
        "node": {"--version": "v16.20.2"},
        "aws": {"--version": "aws-cli/2.0.0", "sts": None},
    }
    with Tools(worse) as tools:
        done, _ = tools.run("doctor", "--credentials")
        found = [line for line in done.stdout.splitlines() if line.startswith("FAULT")]
        for fault in [
            f"Rust is 1.94.0, and rust-toolchain.toml asks for {RUST}",
            "cargo-lambda is 1.9.1, and 1.9.2 is needed",
            "zig is missing",
            # As text, 1.99.0 would be newer than 1.170.0.
            "SAM CLI is 1.99.0, and 1.170.0 is needed",
            "Node.js is 16.20.2, and 18.0.0 is needed",
            "AWS does not know who you are",
        ]:
            check(f"doctor: {fault}", any(fault in line for line in found), told(done))
        check("doctor: these and no others", len(found) == 6 and done.returncode == 1, told(done))


def called(name, tools, arguments, expected, **given):
    done, calls = tools.run(*arguments, **given)
    calls = [re.sub(r" Revision=[0-9a-f]{64}\b", REVISION, call) for call in calls]
    check(name, done.returncode == 0 and calls == expected, f"{calls}\n{told(done)}")


def refused(name, tools, arguments, why, **given):
    """Ends with an error that says why, and nothing was called."""
    done, calls = tools.run(*arguments, **given)
    check(name, done.returncode != 0 and why in done.stderr and not calls, f"{calls}\n{told(done)}")


def build_and_deploy():
    def compiled(processor):
        return [f"cargo lambda build --release {processor} -p {name}" for name in ("authorizer", "chatbot", "rotator")]

    with Tools() as tools:
        called("build: arm64", tools, ["build"], ["sam build --parameter-overrides Architecture=arm64"])
        x86 = ["sam build --parameter-overrides Architecture=x86_64"]
        called("build: --arch", tools, ["build", "--arch", "x86_64"], x86)
        called("build: ARCH", tools, ["build"], x86, ARCH="x86_64")
        called("build: for CDK", tools, ["build", "cdk"], compiled("--arm64"))
        called("build: for CDK, x86_64", tools, ["build", "cdk", "--arch", "x86_64"], compiled("--x86-64"))
        refused("build: another processor", tools, ["build", "--arch", "riscv"], "not riscv")

        parameters = f"{ISSUER} Stage=dev Architecture=arm64 RetainData=false"
        called("deploy-sam: dev", tools, ["deploy-sam", ISSUER], [
            f"sam build --parameter-overrides {parameters}", f"sam deploy --parameter-overrides {parameters}{REVISION}"])
        parameters = f"{ISSUER} RetainData=true Stage=dev Architecture=x86_64"
        called(
            "deploy-sam: what is given wins over what is preset", tools,
            ["deploy-sam", "--arch", "x86_64", ISSUER, "RetainData=true", "--", "--no-confirm-changeset"], [
                f"sam build --parameter-overrides {parameters}",
                f"sam deploy --parameter-overrides {parameters}{REVISION} --no-confirm-changeset"])
        parameters = f"{ISSUER} Stage=prod Architecture=arm64 RetainData=true DeploymentType=Canary10Percent5Minutes"
        called("deploy-sam: prod keeps what samconfig.toml sets", tools, ["deploy-sam", "--stage", "prod", ISSUER], [
            f"sam build --parameter-overrides {parameters}",
            f"sam deploy --config-env prod --parameter-overrides {parameters}{REVISION}"])
        spaced = 'ChatSystemPrompt=Say "hi" twice.'
        quoted = 'ChatSystemPrompt="Say \\"hi\\" twice."'
        parameters = f"{ISSUER} {quoted} Stage=dev Architecture=arm64 RetainData=false"
        called("deploy-sam: a value with spaces and quotes is whole", tools, ["deploy-sam", ISSUER, spaced], [
            f"sam build --parameter-overrides {parameters}", f"sam deploy --parameter-overrides {parameters}{REVISION}"])
        deployed = [tools.run("deploy-sam", ISSUER, f"Consumers={word}")[1][-1] for word in ("on", "off", "off")]
        on, off, again = (re.search(r"Revision=(\S+)", call).group(1) for call in deployed)
        check("deploy-sam: other parameters are another revision", on != off and off == again, deployed)
        given = "a" * 64
        _, calls = tools.run("deploy-sam", ISSUER, f"Revision={given}")
        check("deploy-sam: a revision of one's own", calls[-1].count("Revision=") == 1 and given in calls[-1], calls)
        done, calls = tools.run("deploy-sam", "--stage", "blue", ISSUER)
        check("deploy-sam: a stage of one's own", "--stack-name latchkey-blue" in calls[-1], told(done))
        done, calls = tools.run("deploy-cdk", ISSUER)
        deployed = f"npx cdk deploy -c {ISSUER} -c Stage=dev -c Architecture=arm64 -c RetainData=false"
        check("deploy-cdk", [*compiled("--arm64"), deployed] == [c for c in calls if c != "npm ci"], told(done))
        refused("deploy-sam: without an issuer", tools, ["deploy-sam"], "JwtIssuer")
        refused("deploy-sam: the stage twice", tools, ["deploy-sam", ISSUER, "Stage=prod"], "--stage")
        refused("deploy-cdk: neither option nor parameter", tools, ["deploy-cdk", ISSUER, "--force"], "--force")
        done, calls = tools.run("test", "--locked")
        check("test", calls == ["cargo test --workspace --locked"], told(done))
        done, calls = tools.run("local", "--port-base", "0")
        check("local", calls == ["cargo run -p local -- --port-base 0"], told(done))
    with Tools({"sam": {"build": None}}) as tools:
        done, calls = tools.run("deploy-sam", ISSUER)
        check("deploy-sam: nothing is deployed that was not built", done.returncode and len(calls) == 1, calls)


def rotate():
    of_the_stack = ["aws secretsmanager rotate-secret --secret-id of-the-stack"]
    with Tools() as tools:
        called("rotate: the secret of the stack", tools, ["rotate"], of_the_stack)
        named = ["aws secretsmanager rotate-secret --secret-id another"]
        called("rotate: a secret by name", tools, ["rotate", "--secret", "another"], named)
        emergency = ["rotate", "--emergency"]
        called("rotate: --emergency is the issuer's", tools, emergency, ["issuer key rotate --emergency"])
        why = "another secret"
        refused("rotate: --emergency on another secret", tools, emergency, why, JWT_SECRET_ARN="other")
    with Tools({"aws": {"cloudformation": None}}) as tools:
        refused("rotate: no such stack", tools, ["rotate"], "cannot read the stack")


def destroy():
    deleted = ["sam delete --stack-name latchkey-dev --no-prompts"]
    with Tools() as tools:
        called("destroy: after the name was typed", tools, ["destroy"], deleted, told="latchkey-dev\n")
        refused("destroy: another name typed", tools, ["destroy"], "nothing was deleted", told="yes\n")
        refused("destroy: nobody to ask", tools, ["destroy"], "nothing was deleted")
        by_cdk = [
            "aws cloudformation delete-stack --stack-name latchkey-dev",
            "aws cloudformation wait stack-delete-complete --stack-name latchkey-dev",
        ]
        called("destroy: a stack of CDK", tools, ["destroy", "--cdk"], by_cdk, told="latchkey-dev\n")
        for arguments in (["--stage", "prod"], ["--stack", "Chat-Production"], ["--stage", "blue"]):
            stack = arguments[1] if "--stack" in arguments else f"latchkey-{arguments[1]}"
            name = f"destroy: {stack} is production"
            refused(name, tools, ["destroy", *arguments], "--yes-prod", told=f"{stack}\n")
        production = ["destroy", "--stage", "prod", "--yes-prod"]
        refused("destroy: --yes-prod asks as well", tools, production, "nothing was deleted", told="y\n")
        deleted = ["sam delete --stack-name latchkey-prod --no-prompts"]
        called("destroy: --yes-prod", tools, production, deleted, told="latchkey-prod\n")
        done, _ = tools.run("destroy", "--stage", "test")
        stays = "secret  of-the-stack" in done.stdout and "table   of-the-stack" in done.stdout
        check("destroy: says what stays", stays, told(done))
        done, _ = tools.run("destroy")
        check("destroy: says what goes", "go with it" in done.stdout, told(done))
    borne = {**TOOLS["aws"], "iam list-entities-for-policy": "issuer-of-shop"}
    with Tools({"aws": borne}) as tools:
        refused("destroy: a policy that is attached", tools, ["destroy"], "issuer-of-shop", told="latchkey-dev\n")
    with Tools({"aws": {**TOOLS["aws"], "iam list-entities-for-policy": None}}) as tools:
        refused("destroy: policies that cannot be seen", tools, ["destroy"], "cannot see", told="latchkey-dev\n")
    with Tools({"aws": {"cloudformation": None}}) as tools:
        refused("destroy: what cannot be read", tools, ["destroy"], "cannot read the stack", told="latchkey-dev\n")


def old_shells():
    """The bash of macOS takes an empty list for a variable that is not set."""
    bare = re.findall(r'(?<!\+)"\$\{\w+\[@\]\}"', MANAGE.read_text())
    check("no list is read that an old bash would not find", bare == [], bare)


def main():
    old_shells()
    doctor()
    build_and_deploy()
    rotate()
    destroy()
    with Tools() as tools:
        done, calls = tools.run("deploy")
        check("a verb that is none", done.returncode == 2 and not calls, told(done))
    finish()


if __name__ == "__main__":
    os.environ.pop("ARCH", None)
    main()
