"""Attacks the whole system over HTTP, as it runs on one machine, and prints
what got somewhere: nothing may.

    attacks.py LOCAL [CLASS ...]    LOCAL is the binary of `cargo run -p local`
"""

import signal
import sys
import tempfile

import access_rules
import injection
import logs
import origins
import smuggling
import token_forgery
from tally import Tally
from world import SETTINGS, World

# So that what was started is ended, too, when this is.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

CLASSES = {
    "token forgery": token_forgery,
    "header smuggling": smuggling,
    "paths and access rules": access_rules,
    "other origins, forms and frames": origins,
    "injection": injection,
    "logs": logs,
}


def main():
    local, *chosen = sys.argv[1:]
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, World(local, folder, SETTINGS, tally) as world:
        world.start()
        for name, attack in CLASSES.items():
            if chosen and attack.__name__ not in chosen:
                continue
            attack.attack(world, tally.attack(name))
    print(tally.table())


if __name__ == "__main__":
    main()
