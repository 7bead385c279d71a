"""The short form: most faults once, several at a time in different parts."""

from clocks import NAMES
from fault_proxy import MODES
from injections import (
    EMERGENCY,
    ENDED_AHEAD,
    FREEZE,
    HOLD,
    IN_USE,
    SERVICE_NAMES,
    STEPS,
    Fault,
    answering,
    cut,
    keys_dropped,
    killed,
    rotating,
    sessions_ended_ahead,
    step_name,
    stepped,
    stopped,
    ten_minutes,
)
from stage import PARTS


def rounds(desk, disk, database):
    stage = desk.stage
    kills = [(f"kill -9: {part}", lambda part=part: killed(stage, part)) for part in PARTS]
    if database.is_postgres:
        kills.insert(0, ("kill: PostgreSQL", database.crashed))
    yield Fault(kills, 1)

    def answers(service, mode, part):
        return f"{SERVICE_NAMES[service]}: {mode}", lambda: answering(stage, service, mode, [part])

    # Each service in another way for each part; the ways that are left over, for
    # parts in the other service's round.
    for one, other in (tuple(SERVICE_NAMES), tuple(reversed(SERVICE_NAMES))):
        broken = [answers(one, mode, part) for mode, part in zip(MODES, IN_USE, strict=False)]
        rest = zip(MODES[len(IN_USE) :], IN_USE[::-1], strict=False)
        yield Fault([*broken, *(answers(other, mode, part) for mode, part in rest)], 7)

    for index in range(len(STEPS)):
        steps = [(clock, STEPS[(index + shift) % len(STEPS)]) for shift, clock in enumerate(NAMES)]
        yield Fault([(step_name(*step), lambda step=step: stepped(stage, *step)) for step in steps], 2.5)

    yield Fault([(ENDED_AHEAD, lambda: sessions_ended_ahead(desk))], 1)

    frozen = [(f"frozen for 10 minutes: {part}", lambda part=part: stopped(stage, part)) for part in IN_USE]
    yield Fault([*frozen, (None, lambda: ten_minutes(stage))], FREEZE)
    yield Fault([("rotation every 3 s", lambda: rotating(desk))], 7)
    yield Fault([(EMERGENCY, lambda: keys_dropped(desk))], HOLD)

    last = [
        (f"network cut: {part} and AWS", lambda part=part: cut(stage, part)) for part in ("issuer", "chatbot-plain")
    ]
    if disk.is_small:
        last.append(("disk full: the issuer's database", disk.full))
    yield Fault(last, 6)
