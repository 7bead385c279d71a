"""What all the attacks left in the logs.

Right is one JSON object per line of a part's log, whatever was sent, and in no
log a token, a password, a secret, a username, or anything that was typed.
"""

import json

from payloads import MARK

# What the command line printed to whoever called it: no log.
PRINTED = "issuer-user-add.log"


def attack(world, case):
    parts = sorted(path for path in (world.data / "log").glob("*.log") if path.name != PRINTED)
    case("every part has a log", len(parts) >= 7, len(parts))
    for path in parts:
        lines = path.read_bytes().split(b"\n")
        # The last one may be in the making.
        broken = [line[:160] for line in lines[:-1] if not is_object(line)]
        case(f"{path.name}: every line is a JSON object", not broken, f"{len(broken)}, {broken[:1]}")
    for path in [*parts, world.data / "local.log"]:
        text = path.read_bytes()
        found = [secret for secret in world.secrets if secret.encode() in text]
        case(
            f"{path.name}: none of {len(world.secrets)} secrets",
            not found,
            [line_with(text, secret) for secret in found[:1]],
        )
        for what, found in [("no token", b"eyJ" in text), ("no hash", b"$argon2" in text)]:
            case(f"{path.name}: {what}", not found)
        # The gateways are no part of what is deployed; they write down which paths were asked for.
        if path.name != "local.log":
            typed = [line for line in text.split(b"\n") if MARK.encode() in line and names_more(line)]
            case(f"{path.name}: nothing that was typed", not typed, typed[:1])


def names_more(line):
    """Whether a line holds more of what was typed than an id: an administrator chooses those of
    consumers and may choose those of users, a client that of its request."""
    told = json.loads(line)
    return MARK in json.dumps({**told, "subject": None, "span": {**told.get("span", {}), "request_id": None}})


def is_object(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def line_with(text, secret):
    found = next((line for line in text.split(b"\n") if secret.encode() in line), b"")
    return found[:160].decode(errors="replace")
