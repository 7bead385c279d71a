"""Those who must not get in: with forged tokens, with ended sessions, with tokens
that run out; and consumers, who sign their own."""

import secrets
import time

from chat import chat
from http_client import ask
from records import DOORS, FOREVER, LEEWAY, Token, encode, mint

CONSUMER_SECONDS = 120
# Of a user's token.
LIFETIME = 900
# The latest of the keys that leaked; a ring has four at most.
LEAKED = 8


def _claims(desk, subject, role, issued, expires):
    """The claims of an access token, as the issuer makes them."""
    claims = {"iss": desk.stage["Issuer"], "aud": "chatbot", "sub": subject, "type": "access", "role": role}
    return {**claims, "jti": secrets.token_hex(8), "iat": issued, "exp": expires}


class Stranger:
    """Sends what was never a token of this system."""

    def __init__(self, desk):
        self.desk = desk

    def forgeries(self):
        """Texts that nobody may accept, by what is wrong with them."""
        kid, key = self.desk.key
        now, header, wrong = int(self.desk.clocks.now("aws")), {"kid": kid}, secrets.token_bytes(32)
        claims = _claims(self.desk, secrets.token_hex(8), "ADMIN", now, now + LIFETIME)
        yield "garbage", secrets.token_urlsafe(60)
        yield "another key", mint(claims, wrong, header)
        yield "no key id and another key", mint(claims, wrong)
        yield "an unknown key id", mint(claims, key, {"kid": secrets.token_hex(8)})
        yield "algorithm none", mint(claims, b"", {**header, "alg": "none"})
        yield "another issuer", mint({**claims, "iss": "https://elsewhere.example"}, key, header)
        yield "another audience", mint({**claims, "aud": "reports"}, key, header)
        yield "a refresh token's type", mint({**claims, "type": "refresh"}, key, header)
        yield "no role", mint({name: claims[name] for name in claims if name != "role"}, key, header)
        yield "a lifetime of a day", mint({**claims, "exp": claims["iat"] + 86_400}, key, header)
        yield "no end", mint({name: claims[name] for name in claims if name != "exp"}, key, header)
        if real := self.desk.any_token():
            head, _, signature = real.text.split(".")
            forged = encode(b'{"sub":"x","role":"ADMIN"}')
            yield "changed claims", f"{head}.{forged}.{signature}"
            yield "a cut signature", real.text[:-4]

    async def step(self):
        fault, text = self.desk.pick(list(self.forgeries()))
        await chat(self.desk, self.desk.pick(DOORS), Token(text, "forged", fault=fault))


class LateComer:
    """Sends tokens around the end of their time, made with the right key."""

    def __init__(self, desk):
        self.desk = desk

    async def step(self):
        kid, key = self.desk.key
        now, ends_in = int(self.desk.clocks.now("aws")), self.desk.pick((-600, -LEEWAY - 3, -LEEWAY + 1, 2, 60))
        claims = _claims(self.desk, "late", "USER", now + ends_in - LIFETIME, now + ends_in)
        token = Token(mint(claims, key, {"kid": kid}), "short-lived", claims["iat"], claims["exp"])
        door = self.desk.pick(DOORS)
        for _ in range(2):
            await chat(self.desk, door, token)


class Thief:
    """Has keys that leaked, and goes on signing with them after they were dropped."""

    def __init__(self, desk):
        self.desk = desk

    async def step(self):
        if not self.desk.leaked:
            return
        kid, key = self.desk.pick(self.desk.leaked[-LEAKED:])
        now = int(self.desk.clocks.now("aws"))
        claims = _claims(self.desk, "thief", "ADMIN", now, now + LIFETIME)
        token = Token(mint(claims, key, {"kid": kid}), "stolen key's", claims["iat"], claims["exp"])
        await chat(self.desk, self.desk.pick(DOORS), token)


class Returner:
    """Comes back with tokens of ended sessions."""

    def __init__(self, desk):
        self.desk = desk

    async def step(self):
        if not self.desk.retired:
            return
        token, refresh_token = self.desk.pick(self.desk.retired)
        await chat(self.desk, self.desk.pick(DOORS), token)
        session = token.session
        if session.ended == FOREVER and session.pending == FOREVER:
            return
        # The issuer knows at once, also where others do not know yet.
        issuer = self.desk.stage["Issuer"]
        if self.desk.chance(0.3):
            start = time.monotonic()
            answer = await ask(f"{issuer}/me", token=token.text)
            self.desk.checker.observe("me, ended session", start, answer, {401}, "let in (ended session)")
        elif refresh_token and self.desk.chance(0.3):
            start = time.monotonic()
            answer = await ask(f"{issuer}/refresh", "POST", body={"refresh_token": refresh_token})
            self.desk.checker.observe("refresh, ended session", start, answer, {401}, "an ended session was refreshed")


class Consumer:
    def __init__(self, desk, key, secret):
        self.desk, self._key, self._secret = desk, key, secret

    async def step(self):
        now = int(self.desk.clocks.now("aws"))
        claims = {"iss": self._key, "iat": now, "exp": now + CONSUMER_SECONDS}
        fault = None
        secret = self._secret
        if self.desk.chance(0.2):
            fault, secret = "another consumer's key", secrets.token_bytes(32)
        token = Token(mint(claims, secret), "consumer", now, claims["exp"], fault)
        await chat(self.desk, self.desk.pick(DOORS), token)


class Guesser:
    """Logs in with wrong passwords, slowly enough for nobody to be throttled."""

    def __init__(self, desk):
        self.desk = desk

    async def step(self):
        person = self.desk.pick(self.desk.people)
        body = {"username": person.username, "password": "not the password"}
        async with self.desk.passwords:
            start = time.monotonic()
            answer = await ask(f"{self.desk.stage['Issuer']}/login", "POST", body=body, address="127.0.1.1")
        self.desk.checker.observe("wrong password", start, answer, {401, 429}, "a wrong password was accepted")
