"""Asking the chatbot through a door."""

import json
import time

from http_client import Answer, ask
from records import Use, marker


def read_events(body):
    """The members of all events, and which events there were."""
    told, names = {}, []
    for line in body.decode(errors="replace").splitlines():
        name, _, value = line.partition(": ")
        if name == "event":
            names.append(value)
        elif name == "data" and value.startswith("{"):
            told.update(json.loads(value))
    return told, names


class Messages:
    """The messages that were acknowledged, by conversation."""

    def __init__(self):
        # Of each conversation: its user, and the texts with their ids.
        self.kept = {}

    def acknowledge(self, user, conversation, message_id, text):
        self.kept.setdefault(conversation, (user, {}))[1][message_id] = text

    def count(self):
        return sum(len(messages) for _, messages in self.kept.values())


async def chat(desk, door, token, conversation=None, stream=False):
    """Sends one message and has the answer judged. Returns it with what it said."""
    mark = marker()
    body = {"message": f"{mark} How are you?"}
    if conversation:
        body["conversation_id"] = conversation
    if stream:
        body["stream"] = True
    use = Use(door, time.monotonic())
    token.uses.append(use)
    answer = await ask(f"{desk.stage[door.name]}/api/chat", "POST", token.text, body)
    use.end = time.monotonic()
    told = answer.json()
    if answer.status == 200 and answer.headers.get("content-type", "").startswith("text/event-stream"):
        told, names = read_events(answer.body)
        if "done" not in names:
            # It broke off: an answer that says so, or no answer.
            answer = Answer(told.get("status") if "error" in names else None)
    desk.checker.judge(token, use, answer, mark)
    if answer.status == 200 and not stream and mark not in told.get("response", ""):
        desk.checker.report("another's answer", door.name, "an answer to what was asked", "another")
    return answer, told, f"{mark} How are you?"


async def history(desk, door, token, conversation):
    """The messages of a conversation by id, or None where nobody could tell."""
    found, cursor = {}, ""
    while True:
        use = Use(door, time.monotonic())
        token.uses.append(use)
        url = f"{desk.stage[door.name]}/api/conversations/{conversation}/messages{cursor}"
        answer = await ask(url, token=token.text)
        use.end = time.monotonic()
        if answer.status == 404:
            desk.checker.requests += 1
            return found
        desk.checker.judge(token, use, answer, marker())
        if answer.status != 200:
            return None
        told = answer.json()
        found.update((message["id"], message["text"]) for message in told["messages"])
        if not told.get("next_cursor"):
            return found
        cursor = f"?cursor={told['next_cursor']}"
