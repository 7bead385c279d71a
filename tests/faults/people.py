"""People who log in, chat, refresh and log out, and know what was promised to them."""

import asyncio
import secrets
import time
from contextlib import nullcontext

from chat import chat, history
from http_client import ask
from records import DOORS, FOREVER, Session, Token, claims_of

# One conversation is read back in one or two pages.
MESSAGES_PER_CONVERSATION = 20
# The documented time for which a spent refresh token gives the same pair again,
# less what a request takes.
REPLAY_SECONDS = 8
PASSWORD_PATHS = ("/login", "/me/password", "/password-reset")


class Person:
    def __init__(self, desk, username, password, number):
        self.desk, self.username = desk, username
        # More than one while it is not known whether a change was made.
        self.passwords = [password]
        self.address = f"127.0.0.{10 + number % 200}"
        self.token = self.refresh_token = None
        # When the first request was sent that may have spent the refresh token.
        self.may_be_spent = None
        self.conversation, self.said = None, 0
        self.lock = asyncio.Lock()

    async def ask(self, what, path, right, rule, method="POST", token=None, body=None):
        desk = self.desk
        # No more passwords at once than the issuer has room for: who comes on top is
        # told that it is busy, as it should be.
        async with desk.passwords if path in PASSWORD_PATHS else nullcontext():
            start = time.monotonic()
            answer = await ask(desk.stage["Issuer"] + path, method, token, body, address=self.address)
        desk.checker.observe(what, start, answer, right, rule)
        if what in ("login", "refresh"):
            desk.checker.judge_signing(what, start, time.monotonic(), answer)
        return answer

    def take(self, answer, session=None):
        """Remembers a pair."""
        pair = answer.json()
        session = session or Session(claims_of(pair["token"])["sid"])
        self.token = Token.of_user(pair["token"], session)
        self.refresh_token, self.may_be_spent = pair["refresh_token"], None
        return self.token

    async def log_in(self):
        """Whether it worked; it may fail while something is broken."""
        certain = len(self.passwords) == 1
        for password in list(self.passwords):
            right = {200} if certain else {200, 401}
            body = {"username": self.username, "password": password}
            answer = await self.ask("login", "/login", right, "the right password was refused", body=body)
            if answer.status == 200:
                self.passwords = [password]
                self.take(answer)
                return True
            if answer.status != 401:
                return False
        if not certain:
            self.desk.checker.report("lost", "a changed password", "the old or the new one works", 401)
        return False

    def drop_session(self, acknowledged=None):
        self.leave(self.token, self.refresh_token, acknowledged)
        self.token = self.refresh_token = None

    def leave(self, token, refresh_token, acknowledged):
        """Leaves a session behind for whoever tries what is revoked."""
        if acknowledged == 204:
            token.session.ended = time.monotonic()
        elif acknowledged == 202:
            token.session.pending = time.monotonic()
        self.desk.retired.append((token, refresh_token))

    async def refresh(self):
        session, start = self.token.session, time.monotonic()
        first = self.may_be_spent or start
        self.may_be_spent = first
        answer = await self.ask_refresh()
        if answer.status == 200:
            if session.ended < start:
                self.desk.checker.report("an ended session was refreshed", "refresh", 401, 200)
            self.take(answer, session)
        elif answer.status == 401:
            if self.issuer_seconds(first) < REPLAY_SECONDS and session.may_have_ended == FOREVER:
                self.desk.checker.report("a valid refresh token was refused", "refresh", 200, 401)
            session.may_have_ended = min(session.may_have_ended, first)
            self.drop_session()

    async def ask_refresh(self):
        body = {"refresh_token": self.refresh_token}
        return await self.ask("refresh", "/refresh", {200, 401}, "another answer to a refresh", body=body)

    def issuer_seconds(self, since):
        """How many seconds may have passed for the issuer."""
        low, _ = self.desk.clocks.readings("issuer", since, since)
        _, high = self.desk.clocks.readings("issuer", since, time.monotonic())
        return high - low

    async def race(self):
        """Two tabs refresh at once, which must give both the same pair."""
        session, start = self.token.session, time.monotonic()
        self.may_be_spent = start
        answers = await asyncio.gather(self.ask_refresh(), self.ask_refresh())
        given = [answer for answer in answers if answer.status == 200]
        refused = any(answer.status == 401 for answer in answers)
        if self.issuer_seconds(start) < REPLAY_SECONDS:
            if refused and session.may_have_ended == FOREVER:
                self.desk.checker.report("a valid refresh token was refused", "two at once", "one pair for both", 401)
            if len({answer.json()["refresh_token"] for answer in given}) > 1:
                self.desk.checker.report("two pairs for one refresh token", "two at once", "one pair", "two pairs")
        if refused:
            session.may_have_ended = min(session.may_have_ended, start)
            self.drop_session()
        elif given:
            self.take(given[0], session)

    async def chat(self):
        door = self.desk.pick(DOORS)
        stream = door.name.endswith("streaming") and self.desk.chance(0.5)
        if self.conversation is None or self.said >= MESSAGES_PER_CONVERSATION:
            self.conversation, self.said = None, 0
        answer, told, text = await chat(self.desk, door, self.token, self.conversation, stream)
        if answer.status == 200:
            self.conversation, self.said = told["conversation_id"], self.said + 1
            self.desk.messages.acknowledge(self, self.conversation, told["user_message_id"], text)

    async def read_back(self, conversation=None, kept=None):
        """Looks for what was acknowledged. Returns whether that could be seen."""
        if conversation is None:
            if self.conversation is None:
                return False
            conversation = self.conversation
            kept = dict(self.desk.messages.kept[conversation][1])
        found = await history(self.desk, self.desk.pick(DOORS), self.token, conversation)
        if found is None:
            return False
        lost = [text for message_id, text in kept.items() if found.get(message_id) != text]
        if lost:
            self.desk.checker.report(
                "lost", "an acknowledged message", f"{len(kept)} messages", f"{len(kept) - len(lost)}"
            )
        return True

    async def look(self):
        """The issuer knows its own sessions, without any delay."""
        session, token, start = self.token.session, self.token, time.monotonic()
        # Whether its own clock lets it, is known afterwards.
        right = {200, 401}
        answer = await self.ask("me", "/me", right, "a valid token was refused", "GET", token.text)
        if answer.status == 401 and session.may_have_ended == FOREVER and self.is_valid_for_issuer(token, start):
            self.desk.checker.report("a valid token was refused", "me", 200, 401)

    def is_valid_for_issuer(self, token, start):
        low, high = self.desk.clocks.readings("issuer", start, time.monotonic())
        if self.desk.checker.dropped_keys.may_be_dropped(token.kid, time.monotonic()):
            return False
        return high < token.expires - 2 and low > token.issued

    async def log_out(self, scope="this"):
        session, token, start = self.token.session, self.token, time.monotonic()
        session.may_have_ended = min(session.may_have_ended, start)
        answer = await self.ask(
            "logout", "/logout", {204, 202, 401}, "a logout was refused", "POST", token.text, {"scope": scope}
        )
        if answer.status == 401 and self.is_valid_for_issuer(token, start) and session.ended == FOREVER:
            # Where an earlier attempt was cut off, it may have ended the session.
            if session.may_have_ended >= start:
                self.desk.checker.report("a valid token was refused", "logout", 204, 401)
        self.drop_session(answer.status)
        if answer.status in (204, 202):
            # The issuer knows at once, also where others do not know yet.
            await self.ask("me, ended session", "/me", {401}, "an ended session was let in", "GET", token.text)

    async def come_anew(self):
        """Logs in once more, and ends the session before from there. Returns whether
        that was acknowledged."""
        before, refresh_token = self.token, self.refresh_token
        if not await self.log_in():
            return False
        session = before.session
        session.may_have_ended = min(session.may_have_ended, time.monotonic())
        body, right = {"scope": "others"}, {204, 202, 401}
        answer = await self.ask("logout", "/logout", right, "a logout was refused", "POST", self.token.text, body)
        self.leave(before, refresh_token, answer.status)
        return answer.status in (204, 202)

    async def change_password(self):
        if len(self.passwords) > 1:
            return
        [current], new = self.passwords, secrets.token_urlsafe(15)
        body = {"current_password": current, "new_password": new}
        self.passwords = [current, new]
        start = time.monotonic()
        answer = await self.ask(
            "password", "/me/password", {204, 202, 401}, "a password change was refused", "POST", self.token.text, body
        )
        if answer.status in (204, 202):
            self.passwords = [new]
        elif answer.status == 401:
            self.passwords = [current]
            if self.is_valid_for_issuer(self.token, start) and self.token.session.may_have_ended == FOREVER:
                self.desk.checker.report("a valid token was refused", "password", 204, 401)

    async def step(self):
        async with self.lock:
            if self.token is None:
                await self.log_in()
                return
            expires = self.desk.clocks.now("aws") > self.token.expires - 60
            dropped = self.desk.checker.dropped_keys.may_be_dropped(self.token.kid, time.monotonic())
            if self.may_be_spent or expires or dropped:
                # An answer was lost, or the token is no good any more: the same again,
                # as a client does.
                await self.refresh()
                return
            deeds = [(self.chat, 60), (self.refresh, 8), (self.race, 4), (self.look, 6), (self.read_back, 6)]
            deeds += [(self.log_out, 10), (self.come_anew, 4), (self.change_password, 1)]
            await self.desk.weighted(deeds)
