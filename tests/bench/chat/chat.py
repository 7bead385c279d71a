"""Starts what is measured, asks in rounds, and writes and prints the figures."""

import argparse
import contextlib
import json
import random
import signal
import sys
import tempfile
from pathlib import Path

from backend import Backend
from chatbot import TABLE, Chatbot
from connection import Connection
from figures import figures, text
from http_client import Client
from kinds import KINDS, Asker
from local_system import System
from machine import Busyness, machine
from relay import Relay

LOGIN = {"username": "johndoe", "password": "latchkey-local-demo"}

# For caches, and for connections of the chatbot's own.
WARM_UP_ROUNDS = 10

# Longer than what belongs before the first byte could be late.
REST_WAIT_MS = 100


def main():
    # Ended from outside, what it started must end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _arguments()
    out = arguments.target / "bench"
    out.mkdir(parents=True, exist_ok=True)
    result = {"machine": machine(arguments.local), "rounds": arguments.rounds}
    busyness = Busyness()
    try:
        with (out / "chat.log").open("wb") as log:
            samples, calls, result["backend"] = _measure(arguments, log)
    except (RuntimeError, OSError) as error:
        sys.exit(f"not measured: {error}; see {out / 'chat.log'}")
    result["machine"]["others"] = busyness.of_others()
    result["kinds"] = figures(samples, calls)
    (out / "chat.json").write_text(json.dumps(result, indent=1) + "\n")
    print(text(result))


def _arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/chat/run")
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--local", required=True)
    parser.add_argument("--chatbot", required=True)
    parser.add_argument("--rounds", type=int, default=500)
    arguments = parser.parse_args()
    if arguments.rounds < 2:
        parser.error("of fewer than two rounds there is nothing to tell")
    return arguments


def _measure(arguments, log):
    with contextlib.ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        system = opened.enter_context(System(arguments.local, folder, stderr=log))
        backend = opened.enter_context(Backend())
        token = Client(system["Issuer"]).ask("POST", "/login", LOGIN)["token"]

        def chatbot(dynamodb):
            return opened.enter_context(Chatbot(arguments.chatbot, system, backend.url, dynamodb, log)).url

        def asker(kind, url):
            known = token if kind.server != "backend" else None
            return Asker(kind, opened.enter_context(Connection(url, known)))

        relay = opened.enter_context(Relay(system["DynamoDB"], TABLE))
        counted = chatbot(relay.url)
        calls = {kind: _calls(asker(kind, counted), relay) for kind in KINDS if kind.server == "table"}
        urls = {"backend": backend.url, "table": chatbot(system["DynamoDB"]), "memory": chatbot(None)}
        samples = _samples([asker(kind, urls[kind.server]) for kind in KINDS], arguments.rounds)
        return samples, calls, Client(backend.url).ask("GET", "/")


def _calls(asker, relay):
    """The calls to the table for one answer: by its first byte, and after it. Not timed:
    a relay takes its time too."""
    conversation = asker.prepare()
    relay.forget()
    before = []
    asker.ask(conversation, REST_WAIT_MS, at_first_byte=lambda: before.extend(relay.operations()))
    return {"before": before, "after": relay.operations()[len(before) :]}


def _samples(askers, rounds):
    samples = {asker.kind: [] for asker in askers}
    for turn in range(WARM_UP_ROUNDS + rounds):
        # Nobody always comes after the same other.
        for asker in random.sample(askers, len(askers)):
            took = asker.ask(asker.prepare())
            if turn >= WARM_UP_ROUNDS:
                samples[asker.kind].append(took)
    return samples


main()
