"""Breaks the whole system while it is used, and judges every answer.

    faults.py LOCAL [--minutes N | --short | --soak N] [--database postgres] [--only TEXT]

LOCAL is the binary of `cargo run -p local`. Prints one line per fault: how often it
was injected, how many requests were judged meanwhile, how many answers were wrong,
and the longest time until all was well again. Exits with 1 after a wrong answer.
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import audit
from checker import Checker
from clocks import Clocks
from database import Postgres, Sqlite
from desk import Desk
from injections import Disk, every_fault
from machine import Machine
from short import rounds
from soak import soak
from stage import Stage
from table import Table

# In memory where there is room: the services of AWS are stand-ins here that wait for
# the disk, and whoever else writes to it makes them late.
MEMORY, ROOM_BYTES = Path("/dev/shm"), 1 << 30

# Within this time after a fault everything has to be well again: the longest pause
# of whoever starts processes, and of whoever asks a service again, and the work
# that piled up.
RECOVERY_SECONDS = 30
# So many times longer where other programs take the processors.
BUSY_FACTOR = 4
# How long all has to be well before a fault counts as over.
QUIET_SECONDS = 2


async def recover(desk, checker, machine):
    """Waits until all is well. Returns how long after the fault the last request
    began that failed, or None where it did not get well in time."""
    mended = time.monotonic()
    quiet_since = None
    limit = RECOVERY_SECONDS + QUIET_SECONDS
    while time.monotonic() < mended + (BUSY_FACTOR * limit if machine.is_busy() else limit):
        began = time.monotonic()
        if not await audit.doors(desk):
            quiet_since = None
            await asyncio.sleep(0.2)
            continue
        quiet_since = quiet_since or began
        last_failure = max(checker.last_failure.values(), default=0)
        if last_failure > quiet_since:
            quiet_since = None
        elif time.monotonic() > quiet_since + QUIET_SECONDS:
            checker.settled = time.monotonic()
            return max(0.0, last_failure - mended)
        await asyncio.sleep(0.3)
    return None


async def inject(fault, desk, checker, machine, table):
    requests, wrong, began = checker.requests, len(checker.wrong), time.monotonic()
    checker.settled = None
    async with fault.context():
        await asyncio.sleep(fault.hold)
    desk.check_workers()
    recovery = await recover(desk, checker, machine)
    if recovery is None:
        failing = sorted(what for what, at in checker.last_failure.items() if at > checker.last_success.get(what, 0))
        checker.report(
            "did not recover", ", ".join(fault.names), f"well within {RECOVERY_SECONDS} s", f"failing: {failing}"
        )
    else:
        await audit.look(desk)
    table.add(fault.names, checker.requests - requests, len(checker.wrong) - wrong, recovery)
    print(f"{time.monotonic() - began:5.1f} s  {', '.join(fault.names)}", flush=True)
    return recovery is not None


async def break_it(desk, checker, machine, faults, minutes, rounds_wanted):
    """Injects each fault in turn. Returns the table."""
    table, until = Table(), time.monotonic() + minutes * 60
    count = 0
    while count < rounds_wanted or time.monotonic() < until:
        for fault in faults:
            if not await inject(fault, desk, checker, machine, table):
                return table
            if count >= rounds_wanted and time.monotonic() > until:
                break
        count += 1
    return table


async def run(options, folder):
    clocks = Clocks(folder / "clocks")
    database = Postgres() if options.database == "postgres" else Sqlite()
    disk = Disk(folder, database.disk_megabytes)
    if not disk.is_small:
        print("left out, since nothing can be mounted here: disk full")
    stage = Stage(options.local, folder, clocks)
    try:
        await stage.start(database.start(disk.folder))
        machine = Machine()
        checker = Checker(stage, machine)
        desk = Desk(stage, checker, options.seed, options.pace)
        await desk.open()
        try:
            if options.soak:
                return await soak(desk, checker, options.soak)
            faults = (rounds if options.short else every_fault)(desk, disk, database)
            faults = [fault for fault in (fault.only(options.is_wanted) for fault in faults) if fault]
            table = await break_it(desk, checker, machine, faults, options.minutes, 1)
            await audit.look(desk, None)
        finally:
            machine.close()
            await desk.close()
        kept = await audit.intruders(desk)
        table.print()
        print(
            f"{checker.requests} requests, {desk.messages.count()} acknowledged messages, {kept} items kept,"
            f" {checker.crowded_out} unanswered for want of processors, {len(desk.people)} users, {stage.restarts} restarts of servers, answers {dict(checker.by_status)}"
        )
        return not checker.wrong
    finally:
        try:
            await stage.stop()
        finally:
            database.stop()
            disk.close()


def place():
    """Where the data of a run goes; None: where such data goes on this machine."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return MEMORY if has_room else None


def end(*_):
    # Once: whoever is told so twice still ends what it started.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(143)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("local")
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--soak", type=float, default=0)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--only", help="faults whose name contains this")
    parser.add_argument("--leave-out", action="append", default=[], help="and those that contain this")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--pace", type=float, default=0.5, help="how long everybody rests between requests")
    parser.add_argument("--keep", help="a folder for logs and data, which is kept")
    options = parser.parse_args()
    options.is_wanted = lambda name: (
        (not options.only or options.only in name) and not any(text in name for text in options.leave_out)
    )
    print(f"seed {options.seed}", flush=True)
    # So that what was started is ended, too, when this is.
    signal.signal(signal.SIGTERM, end)
    if options.keep:
        Path(options.keep).mkdir(parents=True)
        well = asyncio.run(run(options, Path(options.keep)))
    else:
        with tempfile.TemporaryDirectory(prefix="faults.", dir=place()) as folder:
            Path(folder).chmod(0o755)
            well = asyncio.run(run(options, Path(folder)))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
