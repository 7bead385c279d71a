"""The whole system, with a proxy of faults before each service of AWS that a part
uses, and clocks that can be stepped."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from fault_proxy import FaultProxy

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from local_system import System  # noqa: E402

FUNCTIONS = ("authorizer", "authorizer-policy", "chatbot", "chatbot-stream", "rotator")
SERVERS = ("issuer", "chatbot-plain")
PARTS = FUNCTIONS + SERVERS
CLOCK_OF = {"issuer": "issuer", "chatbot-plain": "plain"}
SERVICES = {"secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER", "dynamodb": "AWS_ENDPOINT_URL_DYNAMODB"}
PORTS = 13
PORT_OFFSETS = {"dynamodb": 6, "secretsmanager": 7}
CACHE_SECONDS = 2
# Set for a part that ends with who started it.
LIFELINE = "LATCHKEY_LOCAL_LIFELINE"

# Long enough for one more start of whatever supervises a server elsewhere.
RESTART_PAUSE = 0.3


def free_port_base():
    """Returns the first of as many ports in a row as `local` takes."""
    while True:
        base = random.randrange(20_000, 32_000)
        with contextlib.ExitStack() as held:
            try:
                for port in range(base, base + PORTS):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base


class Stage:
    def __init__(self, local, folder, clocks):
        self._local, self._folder, self.clocks = local, Path(folder), clocks
        self._database_url = None
        self.proxies = {(part, service): FaultProxy(service, part, clocks) for part in PARTS for service in SERVICES}
        self.system = None
        self._environments = {}
        # The servers that were started here, since `local` starts each only once.
        self._own = {}
        self._supervision = None
        self.restarts = 0

    async def start(self, database_url):
        self._database_url = database_url
        base = free_port_base()
        for (_, service), proxy in self.proxies.items():
            await proxy.start(base + PORT_OFFSETS[service])
        settings = [f"{part}:{name}={value}" for part in PARTS for name, value in self._settings(part).items()]
        environment = {**os.environ, **self.clocks.settings("aws")}
        self.log = (self._folder / "local.stderr").open("wb")
        self.system = await asyncio.to_thread(
            System,
            self._local,
            self._folder,
            settings,
            options=["--port-base", str(base), "--cache-seconds", str(CACHE_SECONDS)],
            environment=environment,
            stderr=self.log,
        )
        for name in SERVERS:
            [pid] = self.pids(name)
            self._environments[name] = self._launch_of(pid)
        self._supervision = asyncio.create_task(self._supervise())
        return self

    def _settings(self, part):
        settings = self.clocks.settings(CLOCK_OF.get(part, "aws"))
        for service, variable in SERVICES.items():
            settings[variable] = self.proxies[part, service].url
        if part not in ("issuer", "rotator"):
            settings["CONSUMERS"] = "on"
        if part.startswith("chatbot"):
            settings["CHAT_TOKENS_PER_DAY"] = "0"
        if part == "issuer":
            settings["DATABASE_URL"] = self._database_url
        return settings

    def __getitem__(self, name):
        return self.system[name]

    def proxies_of(self, service, parts=PARTS):
        return [self.proxies[part, service] for part in parts]

    def pids(self, part):
        """The processes of a part, told by what they were started as."""
        found = []
        for pid in self._children():
            command = _read(pid, "cmdline").split(b"\0")
            if b"part" not in command:
                continue
            name = command[command.index(b"part") + 1].decode()
            variables = _read(pid, "environ").split(b"\0")
            function = [v.partition(b"=")[2].decode() for v in variables if v.startswith(b"AWS_LAMBDA_FUNCTION_NAME=")]
            if function:
                name = function[0]
            elif name == "chatbot":
                name = "chatbot-plain"
            if name == part:
                found.append(pid)
        return found

    def all_processes(self):
        """Every process by a name of its own; `local` has gateways and stand-ins."""
        processes = {"local": [self.system.pid]}
        processes.update((part, self.pids(part)) for part in PARTS)
        return processes

    def _children(self):
        parents = {self.system.pid, os.getpid()}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                status = _read(int(entry.name), "stat")
                fields = status[status.rfind(b")") + 2 :].split()
                if len(fields) > 1 and int(fields[1]) in parents and fields[0] != b"Z":
                    yield int(entry.name)

    def kill(self, part):
        """Kills every process of a part without a warning. Returns how many."""
        pids = self.pids(part)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)

    async def issuer_command(self, *arguments):
        """Runs a command of the issuer as on its host. Returns what it complained of,
        or None where it did what it should."""
        command, environment = self._environments["issuer"]
        command = [*command[: command.index("issuer") + 1], *arguments]
        # It ends by itself.
        environment = {name: value for name, value in environment.items() if name != LIFELINE}
        child = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        _, complaint = await child.communicate()
        return None if child.returncode == 0 else complaint.decode(errors="replace")

    @staticmethod
    def _launch_of(pid):
        command = [os.fsdecode(word) for word in _read(pid, "cmdline").split(b"\0")[:-1]]
        pairs = (os.fsdecode(pair).partition("=") for pair in _read(pid, "environ").split(b"\0")[:-1])
        return command, {name: value for name, _, value in pairs}

    async def _supervise(self):
        """Starts a server again when it has gone: what systemd or a container's
        host does where it is deployed."""
        while True:
            await asyncio.sleep(RESTART_PAUSE)
            for name in SERVERS:
                own = self._own.get(name)
                if own is not None and own.poll() is None:
                    continue
                if own is None and self.pids(name):
                    continue
                command, environment = self._environments[name]
                with (self._folder / "data/log" / f"{name}.log").open("ab") as log:
                    self._own[name] = subprocess.Popen(
                        command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
                    )
                self.restarts += 1

    async def stop(self):
        if self._supervision:
            self._supervision.cancel()
        for own in self._own.values():
            # Its standard input is its lifeline.
            own.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(own.wait, 5)
            if own.poll() is None:
                own.kill()
        if self.system:
            await asyncio.to_thread(self.system.__exit__)
        for proxy in self.proxies.values():
            await proxy.stop()


def _read(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
