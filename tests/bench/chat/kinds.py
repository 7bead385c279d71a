"""What is asked, and how."""

import json
from dataclasses import dataclass

from backend import completion_request, question

CHAT, COMPLETIONS = "/api/chat", "/v1/chat/completions"
LAST_EVENTS = {CHAT: "event: done\n", COMPLETIONS: "data: [DONE]\n"}
WAIT_MS = 50


@dataclass(frozen=True)
class Kind:
    name: str
    # Who is asked: the backend itself, or a chatbot by where it keeps things.
    server: str
    path: str
    wait_ms: int = 0
    is_second: bool = False


KINDS = (
    Kind("the backend itself", "backend", COMPLETIONS),
    Kind("chatbot, /api/chat, new conversation", "table", CHAT),
    Kind("chatbot, /api/chat, second message", "table", CHAT, is_second=True),
    Kind("chatbot, /v1/chat/completions", "table", COMPLETIONS),
    Kind("chatbot without a table, /api/chat", "memory", CHAT),
    Kind("chatbot without a table, /v1/chat/completions", "memory", COMPLETIONS),
    Kind("the backend itself", "backend", COMPLETIONS, WAIT_MS),
    Kind("chatbot, /api/chat, new conversation", "table", CHAT, WAIT_MS),
    Kind("chatbot, /v1/chat/completions", "table", COMPLETIONS, WAIT_MS),
)


class Asker:
    """Asks one kind of question over one connection."""

    def __init__(self, kind, connection):
        self.kind, self._connection = kind, connection

    def prepare(self):
        """Returns the conversation to ask in, where there has to be one. Each has a
        question of its own, so that the history is as long for all of them."""
        if not self.kind.is_second:
            return None
        events = self._events(self._connection.ask(CHAT, {"message": question(), "stream": True}))
        begun = next(line for line in events.splitlines() if line.startswith("data: "))
        return json.loads(begun.removeprefix("data: "))["conversation_id"]

    def ask(self, conversation, rest_wait_ms=0, **options):
        """Returns how long the first byte took, in seconds."""
        text = question(self.kind.wait_ms, rest_wait_ms)
        if self.kind.path == COMPLETIONS:
            body = completion_request(text)
        else:
            body = {"message": text, "stream": True}
            if conversation:
                body["conversation_id"] = conversation
        answer = self._connection.ask(self.kind.path, body, **options)
        self._events(answer)
        return answer[0]

    def _events(self, answer):
        """That it is an answer to the end, and no error that came late."""
        _, events = answer
        if LAST_EVENTS[self.kind.path] not in events:
            raise RuntimeError(f"{self.kind.name}: an answer did not come to its end")
        return events
