"""Attacks the whole system over HTTP, as it runs on one machine, and prints what
got somewhere: nothing may.

    attacks.py LOCAL [--thorough | --sabotaged] [CLASS ...]    LOCAL is the binary of `cargo run -p local`

Every class says in its file what is right, and where that is written.
"""

import argparse
import signal
import sys
import tempfile
import threading
import traceback

import access_rules
import consumers
import conversations
import gateway_cache
import guessing
import injection
import logs
import origins
import oversize
import sabotage
import sessions
import smuggling
import token_forgery
from tally import Tally
from world import SETTINGS, World

# So that what was started is ended, too, when this is.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

# The first mostly waits, so it goes on beside the others; the last looks at what all have left.
CLASSES = {
    "oversize and slow": oversize,
    "token forgery": token_forgery,
    "header smuggling": smuggling,
    "paths and access rules": access_rules,
    "other origins, forms and frames": origins,
    "injection": injection,
    "guessing and enumeration": guessing,
    "sessions and refresh": sessions,
    "consumers and users": consumers,
    "gateway cache": gateway_cache,
    "conversations and limits": conversations,
    "logs": logs,
}


def run(world, name):
    """One class; that it breaks off is a finding too."""
    case = world.tally.attack(name)
    try:
        CLASSES[name].attack(world, case)
    except Exception as error:
        if not world.tally.is_quiet:
            traceback.print_exc(limit=-2)
        case("the attack came to its end", False, type(error).__name__)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("local")
    parser.add_argument("--thorough", action="store_true", help="everything in every field and at every door")
    parser.add_argument(
        "--sabotaged", action="store_true", help="against a system that lets things in: each class must notice"
    )
    parser.add_argument("classes", nargs="*", metavar="class", help=", ".join(CLASSES))
    told = parser.parse_intermixed_args()
    names = [name for name in CLASSES if name in (told.classes or CLASSES)]
    tally = Tally(is_quiet=told.sabotaged)
    settings = sabotage.SETTINGS if told.sabotaged else [*SETTINGS, *conversations.LIMITS]
    with tempfile.TemporaryDirectory() as folder, World(told.local, folder, settings, tally, told.thorough) as world:
        world.start()
        if told.sabotaged:
            if sabotage.sabotaged(world, names, run):
                sys.exit("the attacks do not find everything")
            return
        beside = [threading.Thread(target=run, args=(world, name)) for name in names if name == "oversize and slow"]
        for thread in beside:
            thread.start()
        for name in names:
            if name not in ("oversize and slow", "logs"):
                run(world, name)
        for thread in beside:
            thread.join()
        if "logs" in names:
            run(world, "logs")
    print(tally.table())
    if not tally.is_clean():
        sys.exit("the attacks found something")


if __name__ == "__main__":
    main()
