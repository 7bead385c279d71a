"""The faults: what each breaks, and how it is mended.

A fault is an asynchronous context: entered it breaks something, left it mends it.
Processes that were killed are not started here: they come back by whoever looks
after them.
"""

import asyncio
import os
import signal
import subprocess
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from clocks import NAMES
from fault_proxy import MODES
from stage import PARTS

SERVICE_NAMES = {"secretsmanager": "Secrets Manager", "dynamodb": "DynamoDB"}
STEPS = (300, -300, 3600, -3600)
CUT_OFF = ("issuer", "authorizer", "chatbot", "chatbot-plain")
# All that every request or many need.
IN_USE = tuple(part for part in PARTS if part != "rotator")
HOLD = 8
BRIEF = 2
# Shorter than what anybody keeps: it must be the wall clock that tells it is old.
FREEZE = 0.5
ENDED_AHEAD = "clock of issuer: +3600 s and back, while older sessions end"
EMERGENCY = "emergency rotation"
DROPS = 3
# How long somebody may take to use what is broken.
PATIENCE = 30


class NothingBroken(Exception):
    """The fault was none: what it breaks was not there, or was not used."""


class Fault:
    """One or more things that are broken at the same time, for `hold` seconds.

    `parts` are pairs of a name and what makes the context; what only belongs to
    the others has no name.
    """

    def __init__(self, parts, hold):
        self._parts, self.hold = parts, hold

    @property
    def names(self):
        return [name for name, _ in self._parts if name]

    def only(self, wanted):
        """The same with those parts alone whose names are wanted; None without any."""
        parts = [(name, make) for name, make in self._parts if name is None or wanted(name)]
        fault = Fault(parts, self.hold)
        return fault if fault.names else None

    @asynccontextmanager
    async def context(self):
        async with AsyncExitStack() as stack:
            for _, make in self._parts:
                await stack.enter_async_context(make())
            yield


@asynccontextmanager
async def killed(stage, part):
    if not stage.kill(part):
        raise NothingBroken(part)
    yield


@asynccontextmanager
async def answering(stage, service, mode, parts=PARTS):
    async with changed(stage.proxies_of(service, parts), mode):
        yield


@asynccontextmanager
async def cut(stage, part):
    """The network between a part and everything of AWS: nothing comes back."""
    async with changed([stage.proxies[part, service] for service in SERVICE_NAMES], "hanging"):
        yield


@asynccontextmanager
async def changed(proxies, mode):
    await asyncio.gather(*(proxy.set_mode(mode) for proxy in proxies))
    try:
        yield
        # A connection that is refused is not seen here.
        patience = time.monotonic() + PATIENCE
        while mode != "refused" and not any(proxy.requests_since for proxy in proxies):
            if time.monotonic() > patience:
                raise NothingBroken([(proxy.part, proxy.service) for proxy in proxies])
            await asyncio.sleep(0.1)
    finally:
        await asyncio.gather(*(proxy.set_mode("ok") for proxy in proxies))


@asynccontextmanager
async def stepped(stage, clock, seconds):
    stage.clocks.skew(clock, seconds)
    try:
        yield
    finally:
        stage.clocks.skew(clock, 0)


@asynccontextmanager
async def stopped(stage, part):
    """Stopped in the middle of whatever it does, and thawed afterwards."""
    pids = stage.pids(part)
    if not pids:
        raise NothingBroken(part)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def ten_minutes(stage):
    """That much time passes for everybody; for whoever is stopped, unnoticed."""
    stage.clocks.pass_time(600)
    yield


@asynccontextmanager
async def rotating(desk):
    """Rotations one after the other for as long as it lasts."""

    async def rotate():
        while True:
            with suppress(RuntimeError):
                # Refused while the one before is under way.
                body = {"SecretId": desk.stage["Secret"]}
                await desk.aws("Secrets Manager", "secretsmanager.RotateSecret", body)
            await asyncio.sleep(3)

    kid, _ = desk.key
    task = asyncio.create_task(rotate())
    try:
        yield
        patience = time.monotonic() + PATIENCE
        while desk.key[0] == kid:
            if time.monotonic() > patience:
                raise NothingBroken("no key was rotated")
            await asyncio.sleep(0.2)
            await desk.read_key()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def keys_dropped(desk):
    """The keys leaked, and all go at once. Whoever has them goes on signing."""
    await desk.drop_keys()
    yield


@asynccontextmanager
async def keys_dropped_amid_rotations(desk):
    """And again and again, while rotations run so slowly that it happens between two
    steps of one: none of them may bring a dropped key back."""
    async with answering(desk.stage, "secretsmanager", "slow", ["rotator"]), rotating(desk):
        for _ in range(DROPS):
            await asyncio.sleep(desk.random.uniform(1, 6))
            await desk.drop_keys()
        yield


@asynccontextmanager
async def sessions_ended_ahead(desk):
    """People end sessions ten minutes old while the issuer's clock is an hour ahead."""
    people = desk.random.sample(desk.people, 3)
    async with AsyncExitStack() as stack:
        for person in people:
            # They do nothing else meanwhile.
            await stack.enter_async_context(person.lock)
            await until(lambda person=person: _has_token(person))
        desk.stage.clocks.pass_time(600)
        await stack.enter_async_context(stepped(desk.stage, "issuer", 3600))
        for person in people:
            await until(person.come_anew)
        yield


async def until(deed):
    """Tries it until it is done."""
    patience = time.monotonic() + PATIENCE
    while not await deed():
        if time.monotonic() > patience:
            raise NothingBroken(deed)
        await asyncio.sleep(0.2)


async def _has_token(person):
    return person.token is not None or await person.log_in()


@asynccontextmanager
async def pending_when_set_right(stage):
    """Sessions end while the issuer's clock is ahead and the table is away; then
    the clock is set right."""
    async with answering(stage, "dynamodb", "refused", ["issuer"]):
        async with stepped(stage, "issuer", 300):
            await asyncio.sleep(HOLD)
        yield


class Disk:
    """A small disk for the issuer's database, which can be filled."""

    def __init__(self, folder, megabytes):
        self.folder = Path(folder) / "disk"
        self.folder.mkdir(mode=0o777)
        self._ballast = self.folder / "ballast"
        self._mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=1777", "tmpfs", str(self.folder)]
        # Only who may mount has one; elsewhere this fault is left out.
        self.is_small = subprocess.run(self._mount, capture_output=True, check=False).returncode == 0

    @asynccontextmanager
    async def full(self):
        try:
            with self._ballast.open("wb", buffering=0) as ballast, suppress(OSError):
                while True:
                    ballast.write(bytes(4096))
            yield
        finally:
            self._ballast.unlink()

    def close(self):
        if self.is_small:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)


def every_fault(desk, disk, database):
    """Every fault there is, in the order in which a full run injects them."""
    stage, faults = desk.stage, []

    def add(name, make, hold=HOLD, *more):
        faults.append(Fault([(name, make), *more], hold))

    for part in PARTS:
        add(f"kill -9: {part}", lambda part=part: killed(stage, part), BRIEF)
    if database.is_postgres:
        add("kill: PostgreSQL", database.crashed, BRIEF)
    for service, title in SERVICE_NAMES.items():
        for mode in MODES:
            add(f"{title}: {mode}", lambda service=service, mode=mode: answering(stage, service, mode))
    for part in CUT_OFF:
        add(f"network cut: {part} and AWS", lambda part=part: cut(stage, part))
    for clock in NAMES:
        for seconds in STEPS:
            add(step_name(clock, seconds), lambda c=clock, s=seconds: stepped(stage, c, s), 4)
    add(ENDED_AHEAD, lambda: sessions_ended_ahead(desk), BRIEF)
    add("clock of issuer: set right while revocations wait", lambda: pending_when_set_right(stage), BRIEF)
    passing = (None, lambda: ten_minutes(stage))
    for part in IN_USE:
        add(f"frozen for 10 minutes: {part}", lambda part=part: stopped(stage, part), FREEZE, passing)
    add("rotation every 3 s", lambda: rotating(desk), 20)
    add(EMERGENCY, lambda: keys_dropped(desk))
    add("emergency rotations between the steps of others", lambda: keys_dropped_amid_rotations(desk))
    if disk.is_small:
        add("disk full: the issuer's database", disk.full, 6)
    return faults


def step_name(clock, seconds):
    return f"clock of {clock}: {seconds:+d} s and back"
