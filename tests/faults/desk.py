"""Everybody who uses the system, at work until the end."""

import asyncio
import base64
import json
import random
import secrets

from chat import Messages
from http_client import ask
from people import Person
from strangers import Consumer, Guesser, LateComer, Returner, Stranger, Thief

ADMIN, PASSWORD = "admin", "latchkey-local-demo"
PEOPLE = 8
CONSUMERS = 2
# Ended sessions that are still tried: the latest, and some of the others.
RETIRED = 200
# How often somebody tries to drop the keys.
ATTEMPTS = 5


class Desk:
    def __init__(self, stage, checker, seed, pace):
        self.stage, self.checker, self.clocks = stage, checker, stage.clocks
        self.messages = Messages()
        self.passwords = asyncio.Semaphore(2)
        self.random = random.Random(seed)
        self.pace = pace
        self.people, self.retired, self.key = [], [], None
        # Keys with their secrets, which went because somebody else has them.
        self.leaked = []
        self.admin = Person(self, ADMIN, PASSWORD, 0)
        self.prober = None
        self._tasks = []

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def weighted(self, deeds):
        [(deed, _)] = self.random.choices(deeds, [weight for _, weight in deeds])
        return deed()

    def any_token(self):
        held = [person.token for person in self.people if person.token]
        return self.pick(held) if held else None

    async def aws(self, service, target, body):
        """Asks a stand-in itself, past every fault."""
        signature = "Credential=x/20250101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0"
        headers = {
            "X-Amz-Target": target,
            "X-Amz-Date": "20250101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 {signature}",
        }
        answer = await ask(self.stage[service], "POST", body=body, headers=headers)
        if answer.status != 200:
            raise RuntimeError(f"{target}: {answer.status} {answer.body[:200]!r}")
        return answer.json()

    async def _ring(self):
        """The keys that there are, as whoever can read the secret can see them."""
        body = {"SecretId": self.stage["Secret"], "VersionStage": "AWSCURRENT"}
        told = await self.aws("Secrets Manager", "secretsmanager.GetSecretValue", body)
        return json.loads(told["SecretString"])["keys"]

    async def read_key(self):
        """Learns the key that signs now."""
        now = self.clocks.now("aws")
        oldest_first = sorted(await self._ring(), key=lambda key: key.get("sign_from") or 0)
        ready = [key for key in oldest_first if (key.get("sign_from") or 0) <= now]
        # By a clock that is put back the only key may have no time yet.
        self.key = _id_and_secret(ready[-1] if ready else oldest_first[0])

    async def drop_keys(self):
        """They leaked: has the issuer's own command drop all of them at once, again
        where a rotation came between."""
        for _ in range(ATTEMPTS):
            leaked = [_id_and_secret(key) for key in await self._ring()]
            self.checker.dropped_keys.attempt(kid for kid, _ in leaked)
            self.leaked += leaked
            told = await self.stage.issuer_command("key", "rotate", "--emergency", "--yes")
            if told is None:
                self.checker.dropped_keys.acknowledge()
                await self.read_key()
                return
        raise RuntimeError(f"the keys were not dropped: {told}")

    async def open(self):
        """Makes the people and the consumers, and lets them begin."""
        await self.read_key()
        await self.admin.log_in()
        self.prober = await self.new_person()
        people = await asyncio.gather(*(self.new_person() for _ in range(PEOPLE)))
        self.people = list(people)
        consumers = [await self._new_consumer(number) for number in range(CONSUMERS)]
        workers = [(person, 1) for person in self.people] + [(consumer, 2) for consumer in consumers]
        workers += [(Stranger(self), 1.5), (LateComer(self), 3), (Thief(self), 1), (Returner(self), 1.5), (Guesser(self), 60)]
        workers += [(Registrar(self), 20), (KeyReader(self), 4)]
        self._tasks = [asyncio.create_task(self._work(worker, rest)) for worker, rest in workers]

    async def _work(self, worker, rest):
        while True:
            await worker.step()
            await asyncio.sleep(self.random.uniform(0.2, 1.8) * rest * self.pace)

    def check_workers(self):
        """Raises what a worker ended with."""
        for task in self._tasks:
            if task.done():
                task.result()

    async def close(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def administer(self, what, path, right, method="POST", body=None):
        """Asks for something as the administrator, logged in again where needed."""
        admin = self.admin
        for _ in range(2):
            async with admin.lock:
                if admin.token is None and not await admin.log_in():
                    return None
                token = admin.token.text
            answer = await admin.ask(what, path, right | {401}, f"{what} was refused", method, token, body)
            if answer.status != 401:
                return answer
            admin.token = None
        return None

    async def new_person(self):
        """Makes a user and sets the password, or returns None where that failed."""
        username = f"person-{secrets.token_hex(5)}"
        answer = await self.administer(
            "create a user", "/admin/users", {201}, body={"username": username, "name": username}
        )
        if answer is None or answer.status != 201:
            return None
        person = Person(self, username, secrets.token_urlsafe(15), len(self.people))
        person.user_id = answer.json()["id"]
        body = {"reset_token": answer.json()["reset_token"], "new_password": person.passwords[0]}
        for _ in range(60):
            # A lost answer leaves a token that was used, and a password that is set.
            answer = await person.ask(
                "set a password", "/password-reset", {204, 202, 401}, "a reset was refused", body=body
            )
            if answer.status in (204, 202, 401):
                return person
            await asyncio.sleep(0.5)
        return None

    async def _new_consumer(self, number):
        key, secret = f"key-{number}", secrets.token_hex(24)
        await self.administer("create a consumer", "/consumers", {201}, body={"username": f"shop-{number}"})
        body = {"key": key, "secret": secret, "algorithm": "HS256"}
        answer = await self.administer("create a credential", f"/consumers/shop-{number}/jwt", {201}, body=body)
        if answer is None or answer.status != 201:
            raise RuntimeError("no consumer could be made")
        return Consumer(self, key, secret.encode())


def _id_and_secret(key):
    return key["kid"], base64.urlsafe_b64decode(key["k"] + "==")


class Registrar:
    """Makes users now and then, who must be there from then on."""

    def __init__(self, desk):
        self._desk = desk

    async def step(self):
        person = await self._desk.new_person()
        if person:
            self._desk.people.append(person)
        if len(self._desk.retired) > RETIRED:
            del self._desk.retired[: len(self._desk.retired) // 4]


class KeyReader:
    def __init__(self, desk):
        self._desk = desk

    async def step(self):
        await self._desk.read_key()
