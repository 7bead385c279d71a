"""What belongs to another caller of the chatbot, and more than one's share.

Right: another's conversation is as unknown as one that never was (README, "The
chatbot": its id gives 404), an idempotency key is its owner's alone, and limits
hold however many ask at once.
"""

import json
import time
import uuid

from wire import bearer, send, send_json
from world import DOORS, each

REQUESTS_PER_MINUTE, TOKENS_PER_DAY = 10, 20_000
# Where these limits are set; the others have none, or that of the settings.
LIMITS = [
    f"chatbot:CHAT_REQUESTS_PER_MINUTE={REQUESTS_PER_MINUTE}",
    f"chatbot:CHAT_TOKENS_PER_DAY={TOKENS_PER_DAY}",
]
LIMITED = ["HTTP API, policy response", "Load balancer", "Function URL"]


def attack(world, case):
    mine, theirs = (world.log_in(world.add_user("ADMIN")).access for _ in range(2))
    foreign(world, case, theirs)
    cursors(world, case, mine, theirs)
    keys(world, case, mine, theirs)
    limits(world, case)


def chat(world, door, token, message="hello", headers=(), **more):
    return send_json(world[door], "POST", "/api/chat", {"message": message, **more}, [bearer(token), *headers])


def foreign(world, case, theirs):
    plain = "Chatbot, plain HTTP"
    kept = chat(world, plain, theirs, "for my eyes").member("conversation_id")
    never = str(uuid.UUID(kept)).replace(kept[-6:], "abcdef")

    def one(door):
        # Requests that are refused are counted as well, so each door has an attacker of its own.
        mine = world.log_in(world.add_user("ADMIN")).access
        for method, place, value in [
            ("GET", "/api/conversations/{}", None),
            ("GET", "/api/conversations/{}/messages", None),
            ("PATCH", "/api/conversations/{}", {"title": "taken"}),
            ("DELETE", "/api/conversations/{}", None),
            ("POST", "/api/chat", {"message": "hello", "conversation_id": "{}"}),
            ("POST", "/api/chat", {"message": "hello", "conversation_id": "{}", "stream": True}),
        ]:
            answers = []
            for name in (kept, never):
                target = place.format(name)
                if value is None:
                    answers.append(send(world[door], method, target, [bearer(mine)]))
                else:
                    body = json.loads(json.dumps(value).replace("{}", name))
                    answers.append(send_json(world[door], method, target, body, [bearer(mine)]))
            right = answers[0].status == 404 and answers[0].body == answers[1].body
            case(f"{method} {place} of another, at: {door}", right, answers[0])
        for name in [
            kept.upper(),
            f"{{{kept}}}",
            kept.replace("-", ""),
            f"urn:uuid:{kept}",
            f" {kept}",
            f"{kept}#MSG",
            f"../{kept}",
        ]:
            answer = chat(world, door, mine, conversation_id=name)
            case(
                f"another's conversation as {name.replace(kept, 'id')[:20]!r}, at: {door}",
                answer.status in (400, 404, 429),
                answer,
            )

    each(one, DOORS, at_once=4)
    seen = send(world[plain], "GET", f"/api/conversations/{kept}", [bearer(theirs)])
    case("another's conversation is as it was", seen.status == 200 and seen.member("title") != "taken", seen)
    listed = send(world[plain], "GET", f"/api/conversations/{kept}/messages", [bearer(theirs)])
    case("nothing was said in it", len(listed.member("messages")) == 2, listed)


def cursors(world, case, mine, theirs):
    """A cursor is a place in one's own list."""
    plain = "Chatbot, plain HTTP"
    own = [chat(world, plain, mine, f"mine {number}").member("conversation_id") for number in range(3)]
    others = [chat(world, plain, theirs, f"theirs {number}").member("conversation_id") for number in range(3)]
    last = others[-1]
    message = send(world[plain], "GET", f"/api/conversations/{last}/messages", [bearer(theirs)]).member("messages")[0][
        "id"
    ]
    for door in DOORS:
        for what, cursor in [
            ("another's conversation", last),
            ("another's message", message),
            ("the end of time", "ffffffff-ffff-7fff-bfff-ffffffffffff"),
            ("one's own", own[-1]),
        ]:
            answer = world.open(door, mine, f"/api/conversations?limit=100&cursor={cursor}")
            strange = [name for name in others if name.encode() in answer.body]
            case(f"a cursor that is {what}, at: {door}", answer.status == 200 and not strange, answer)
            answer = world.open(door, mine, f"/api/conversations/{own[0]}/messages?cursor={cursor}")
            case(f"messages from {what}, at: {door}", answer.status == 200 and b"theirs" not in answer.body, answer)
        for cursor in ["x", "", "g", "MSG%23x", "CONV%23" + last, last.upper(), "0" * 36, "..", "%00", "9" * 5000]:
            answer = world.open(door, mine, f"/api/conversations?cursor={cursor}")
            case(f"a cursor {cursor[:12]!r}, at: {door}", answer.status == 400, answer)
        for limit in ["0", "-1", "101", "1e9", "4294967297", "x", "", "1.5", "NaN"]:
            answer = world.open(door, mine, f"/api/conversations?limit={limit}")
            case(f"a limit of {limit!r}, at: {door}", answer.status == 400, answer)


def keys(world, case, mine, theirs):
    """Idempotency keys."""
    for door in DOORS:
        key = [("Idempotency-Key", f"key-of-mine-{DOORS.index(door)}")]
        first = chat(world, door, theirs, "for my eyes", key)
        if first.status == 429:
            continue
        other = chat(world, door, mine, "for my eyes", key)
        told = other.status == 200 and other.member("message_id") != first.member("message_id")
        case(f"the key of another with the same body, at: {door}", told or other.status == 429, other)
        again = chat(world, door, theirs, "for my eyes", key)
        case(
            f"one's own key again, at: {door}",
            again.member("message_id") == first.member("message_id") or again.status == 429,
            again,
        )
        changed = chat(world, door, theirs, "something else", key)
        case(f"one's own key with another body, at: {door}", changed.status in (422, 429), changed)
        # What HTTP trims is no part of it.
        for odd in ["\u00e9", "a b", "x" * 256, "a\tb"]:
            answer = chat(world, door, mine, "hello", [("Idempotency-Key", odd)])
            case(f"a key {odd[:5]!r}, at: {door}", answer.status in (400, 429), answer)
        two = chat(world, door, mine, "hello", [("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
        # Some pass on the last of two headers alone, some both as one.
        passes_on_one = door.startswith(("HTTP API", "Function URL")) or door == "Load balancer"
        case(f"two keys, at: {door}", two.status in (400, 429) or passes_on_one, two)
    plain = "Chatbot, plain HTTP"
    for number in range(3):
        key = [("Idempotency-Key", f"raced-{number}")]
        raced = each(lambda _: chat(world, plain, mine, "once", key), range(8))
        made = {answer.member("message_id") for answer in raced if answer.status == 200}
        statuses = {answer.status for answer in raced}
        case(f"a race for one key, {number}", len(made) == 1 and statuses <= {200, 409}, statuses)


def limits(world, case):
    """More requests, and more tokens, than one may have: at once, and through several doors."""
    token = world.log_in(world.add_user()).access
    completion = {"model": "echo", "messages": [{"role": "user", "content": "hello"}]}

    def ask(number):
        door = LIMITED[number % len(LIMITED)]
        if number % 2:
            return send_json(world[door], "POST", "/v1/chat/completions", completion, [bearer(token)])
        return chat(world, door, token)

    began = int(time.time() // 60)
    answers = each(ask, range(5 * REQUESTS_PER_MINUTE), at_once=16)
    minutes = int(time.time() // 60) - began + 1
    taken = sum(answer.status == 200 for answer in answers)
    others = [answer for answer in answers if answer.status != 200]
    case("requests of a minute", 1 <= taken <= REQUESTS_PER_MINUTE * minutes, f"{taken} in {minutes} minutes")
    case(
        "the rest is told when to come again",
        all(answer.status == 429 and answer.header("retry-after") for answer in others),
    )

    greedy = world.log_in(world.add_user()).access
    # A fifth of a day's tokens, and more as it is set aside; in words of one letter, which are
    # more tokens than one would think.
    long = "a " * 4000
    answers = each(
        lambda number: chat(world, LIMITED[number % 3], greedy, long),
        range(REQUESTS_PER_MINUTE),
        at_once=REQUESTS_PER_MINUTE,
    )
    statuses = [answer.status for answer in answers]
    case("tokens of a day: some are refused", 429 in statuses and set(statuses) <= {200, 429}, statuses)
    used = world.open("Load balancer", greedy).member("tokens_used")
    case("tokens of a day: no more than there are", used is not None and used <= TOKENS_PER_DAY, used)
    for what, more in [
        ("max_tokens", {"max_tokens": 2**32 - 1}),
        ("a negative one", {"max_tokens": -1}),
        ("none", {"max_tokens": 0}),
    ]:
        answer = chat(world, "Load balancer", greedy, long, **more)
        case(f"{what} gets nobody more", answer.status in (400, 413, 429), answer)
