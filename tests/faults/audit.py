"""Whether what was acknowledged is still there."""

import asyncio

from chat import chat
from records import DOORS

# What is looked at after each fault; at the end it is everything.
SAMPLE = 4


async def look(desk, sample=SAMPLE):
    """Logs people in, tries the sessions that ended last, and reads messages back. Called when all is well, so
    whatever cannot be seen now is lost."""
    people = desk.people if sample is None else desk.random.sample(desk.people, min(sample, len(desk.people)))
    await asyncio.gather(*(_person(desk, person) for person in people))
    await asyncio.gather(*(chat(desk, desk.pick(DOORS), token) for token, _ in desk.retired[-3 * SAMPLE :]))
    kept = list(desk.messages.kept.items())
    if sample is not None:
        kept = desk.random.sample(kept, min(sample, len(kept)))
    owners = {}
    for conversation, (person, messages) in kept:
        owners.setdefault(person, []).append((conversation, dict(messages)))
    await asyncio.gather(*(_read(desk, person, all_of) for person, all_of in owners.items()))


async def _person(desk, person):
    answer = await desk.administer("read a user", f"/admin/users/{person.user_id}", {200}, "GET")
    if answer is not None and answer.status == 200 and answer.json()["username"] != person.username:
        desk.checker.report("lost", "a user", person.username, "another")
    async with person.lock:
        if person.token is None:
            await person.log_in()


async def _read(desk, person, conversations):
    async with person.lock:
        if person.token is None and not await person.log_in():
            return
        for conversation, messages in conversations:
            await person.read_back(conversation, messages)


async def intruders(desk):
    """Looks into the chatbot's table for messages that should never have arrived."""
    start, items = None, 0
    while True:
        body = {"TableName": "latchkey-chat", **({"ExclusiveStartKey": start} if start else {})}
        page = await desk.aws("DynamoDB", "DynamoDB_20120810.Scan", body)
        for item in page["Items"]:
            items += 1
            text = item.get("text", {}).get("S", "")
            mark = text.partition(" ")[0]
            if mark in desk.checker.must_not_arrive:
                desk.checker.report(
                    "reached the chatbot", desk.checker.must_not_arrive[mark], "nothing kept", "a message"
                )
        start = page.get("LastEvaluatedKey")
        if not start:
            return items


async def doors(desk):
    """Whether each door answers a fresh token, and login and refresh work."""
    prober = desk.prober
    if not await prober.log_in():
        return False

    answers = await asyncio.gather(*(chat(desk, door, prober.token) for door in DOORS))
    await prober.refresh()
    return all(answer.status == 200 for answer, _, _ in answers) and prober.may_be_spent is None
