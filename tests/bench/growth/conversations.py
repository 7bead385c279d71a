"""What lists and histories take, by the number of conversations and of messages."""

import random
import tempfile
import time
from pathlib import Path

from http_client import Client
from local_system import System
from quartiles import point
from table_file import TableFile, renamed

SIZES = (10, 100, 1000, 10_000)
ROUNDS = 300
TABLE = "latchkey-chat"
PASSWORD = "latchkey-local-demo"
# As many entries in each answer, however many there are to choose from.
PAGE = 10

# What the system checks of a token stays known for as long as this asks.
SETTINGS = [f"chatbot-plain:{name}=300" for name in ("REGISTRY_CACHE_SECONDS", "KEY_CACHE_SECONDS")]
SETTINGS.append("chatbot-plain:KEY_MAX_STALE_SECONDS=3600")


def conversations(arguments):
    with tempfile.TemporaryDirectory() as folder, System(arguments.local, folder, SETTINGS) as system:
        asks = _prepare(system, Path(folder) / "data/dynamodb.db")
        samples = {what: [] for what in asks}
        order = list(asks)
        for turn in range(ROUNDS + 1):
            # Nobody always comes after the same other.
            random.shuffle(order)
            for what in order:
                began = time.perf_counter()
                answer = asks[what]()
                took = time.perf_counter() - began
                _expect(what, answer)
                # The first round is for the caches.
                if turn:
                    samples[what].append(took)

    def curve(kind):
        return [point(size, samples[kind, size]) for size in SIZES]

    caption = [
        "Median time of an answer over HTTP to a user who is signed in, and its quartiles;",
        f"{ROUNDS} of each, asked in turns; 0 is at the bottom.",
        f"Chatbot and DynamoDB's stand-in (SQLite behind HTTP) as `local` runs them{arguments.debug_build}.",
    ]
    listed = {
        "title": "Conversations of one caller",
        "panels": [
            _panel("The first page of the list", "conversations of the caller", curve("list")),
            _panel("The history of one of them", "conversations of the caller", curve("history")),
        ],
        "caption": [*caption, f"A page has {PAGE} conversations; the history is of two messages."],
    }
    read = {
        "title": "Messages of one conversation",
        "panels": [_panel("The last page of its history", "messages of the conversation", curve("page"))],
        "caption": [
            *caption,
            f"A page has {PAGE} messages.",
            "A conversation takes 2000 messages; the last point lies beyond.",
        ],
    }
    return {"conversations": listed, "messages": read}


def _panel(title, x, points):
    return {"title": title, "x": x, "unit": "time", "curves": {"one answer": points}}


def _prepare(system, file):
    """Returns what is asked for, by kind and size."""
    issuer = Client(system["Issuer"])
    admin = Client(system["Issuer"], _sign_in(issuer, "admin"))
    asks = {}
    for size in SIZES:
        print(f"making {size} conversations and {size} messages", flush=True)
        user = Client(system["Chatbot, plain HTTP"], _new_user(issuer, admin, f"owner-of-{size}"))
        # The newest one, which the others are made of, is on the first page.
        begun = user.ask("POST", "/api/chat", {"message": "Hello"})
        _repeat_conversation(file, begun["conversation_id"], size)
        asks["list", size] = _get(user, f"/api/conversations?limit={PAGE}")
        asks["history", size] = _get(user, f"/api/conversations/{begun['conversation_id']}/messages")

        reader = Client(system["Chatbot, plain HTTP"], _new_user(issuer, admin, f"reader-of-{size}"))
        begun = reader.ask("POST", "/api/chat", {"message": "Hello"})
        _repeat_messages(file, begun, size)
        path = f"/api/conversations/{begun['conversation_id']}/messages?limit={PAGE}"
        asks["page", size] = _get(reader, path)
    return asks


def _get(client, path):
    return lambda: client.ask("GET", path)


def _sign_in(issuer, username):
    return issuer.ask("POST", "/login", {"username": username, "password": PASSWORD})["token"]


def _new_user(issuer, admin, username):
    user = admin.ask("POST", "/admin/users", {"username": username, "name": username})
    reset = {"reset_token": user["reset_token"], "new_password": PASSWORD}
    issuer.ask("POST", "/password-reset", reset)
    return _sign_in(issuer, username)


def _repeat_conversation(file, newest, size):
    with TableFile(file) as table:
        rows = [row for row in table.rows(TABLE, "OWNER#") if newest in row[0] + row[1]]
        ids = (_earlier(newest, number) for number in range(1, size))
        table.add(TABLE, (renamed(row, newest, other) for other in ids for row in rows))


def _repeat_messages(file, begun, size):
    """Repeats question and answer; what the conversation says of its messages is of
    no account to who reads them."""
    with TableFile(file) as table:
        rows = table.rows(TABLE, "OWNER#", "MSG#")
        rows = [row for row in rows if begun["conversation_id"] in row[0]]
        own = {row[1]: row[1].removeprefix("S:MSG#") for row in rows}
        copies = (
            renamed(row, own[row[1]], _earlier(own[row[1]], 2 * number))
            for number in range(1, size // len(rows))
            for row in rows
        )
        table.add(TABLE, copies)


def _earlier(id, number):
    """An id of `number` milliseconds before: version 7 begins with the time."""
    millis = int(id[:13].replace("-", ""), 16) - number
    digits = f"{millis:012x}"
    return f"{digits[:8]}-{digits[8:]}{id[13:]}"


def _expect(what, answer):
    """That the stand-in holds what was put into it, and that a page is a page."""
    kind, size = what
    entries = answer["conversations" if kind == "list" else "messages"]
    expected = 2 if kind == "history" else PAGE
    has_more = kind != "history" and size > PAGE
    if len(entries) != expected or ("next_cursor" in answer) != has_more:
        raise RuntimeError(f"{what}: {len(entries)} entries, more: {'next_cursor' in answer}")
