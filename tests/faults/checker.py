"""What must hold, whatever breaks.

Each request is judged when it ends, by what was certain about its token and about
the services behind whoever checked it. Where two answers are right, because a
clock was stepped or a logout was under way meanwhile, both are.
"""

import time
from collections import Counter

from dropped_keys import DroppedKeys
from records import FOREVER, LEEWAY, kid_of
from stage import CACHE_SECONDS

# The settings of `local`, in seconds.
REGISTRY_CACHE = 1
KEYS_HARD_LIMIT = 4
KEYS_SOFT_LIMIT = 1
# An age is counted in whole seconds, so a limit can be passed by almost one.
WHOLE_SECOND = 1
# Between what a proxy has sent and what a process has made of it.
ON_THE_WAY = 0.3
# What was acknowledged as pending is delivered so soon after the table is back.
# The pause after each failure doubles, so it follows the length of the outage.
DELIVERY = 20
# A second more or less where two clocks were read one after the other.
READING = 2


class Checker:
    def __init__(self, stage, machine):
        self._stage, self._machine = stage, machine
        # Unanswered without a fault, while the machine had no time.
        self.crowded_out = 0
        self.requests = 0
        self.by_status = Counter()
        self.wrong = []
        # When everything was well again after the last fault; `None` while one lasts.
        self.settled = time.monotonic()
        # By what was asked for: when the last request that succeeded or failed began.
        self.last_success, self.last_failure = {}, {}
        self.must_not_arrive = {}
        self.dropped_keys = DroppedKeys(KEYS_HARD_LIMIT + WHOLE_SECOND + ON_THE_WAY)

    def report(self, rule, what, expected, seen):
        entry = f"{rule}: {what}: expected {expected}, saw {seen}"
        self.wrong.append(entry)
        print(f"WRONG {entry}", flush=True)

    def is_excused(self, start):
        """Whether a request that began then may stay without an answer."""
        return self.settled is None or start < self.settled

    def observe(self, what, start, answer, right, rule):
        """Judges an answer by its status alone. `right` are the statuses that fit
        apart from those that say *unavailable*."""
        self.requests += 1
        self.by_status[answer.status] += 1
        if answer.failed:
            self.last_failure[what] = max(start, self.last_failure.get(what, 0))
            if self.is_excused(start):
                return
            if self._machine.is_busy():
                self.crowded_out += 1
            else:
                self.report("unavailable without a fault", what, sorted(right), answer.status)
        elif answer.status not in right:
            self.report(rule, what, f"{sorted(right)} or unavailable", answer.status)
        else:
            self.last_success[what] = max(start, self.last_success.get(what, 0))

    def judge(self, token, use, answer, mark):
        """Judges the answer of the chatbot, or of whoever stands before it."""
        what = f"{use.door.name}, {token.kind} token"
        why_not = self.must_refuse(token, use)
        why_open = self.may_refuse(token, use)
        no = {401, 403} if use.door.policy and not token.fault and self._may_be_over(token, use) else {401}
        if why_not:
            self.must_not_arrive[mark] = f"{what}, {why_not}"
            self.observe(what, use.start, answer, no, f"let in, or another answer than no ({why_not})")
        elif why_open:
            self.observe(what, use.start, answer, {200} | no, f"neither yes nor no ({why_open})")
        else:
            self.observe(what, use.start, answer, {200}, "a valid token was refused")
        if answer.status == 200 and not why_not:
            self._judge_freshness(token, use, what)

    def _may_be_over(self, token, use):
        """Whether its time may be over, for whatever other reason it is refused."""
        _, high = self._stage.clocks.readings(use.door.clock, use.start, use.end)
        return high >= token.expires + LEEWAY - READING

    def must_refuse(self, token, use):
        """Why nobody may let this request in, or None."""
        if token.fault:
            return token.fault
        # The gateway may keep an answer for a while.
        kept = CACHE_SECONDS if use.door.cached else 0
        low, _ = self._stage.clocks.readings(use.door.clock, use.start - kept, use.end)
        if low >= token.expires + LEEWAY + 1:
            return "expired"
        if since := self._revoked_since(token):
            fresh = since + REGISTRY_CACHE
            if not any(p.start < fresh for p in self._behind(token, use)):
                return "revoked"
        gone = self.dropped_keys.gone(token.kid)
        if not any(p.start < gone for p in self._behind(token, use)):
            return "signed with a dropped key"
        return None

    def may_refuse(self, token, use):
        """Why somebody may refuse this request, or None."""
        if token.session and token.session.may_have_ended <= use.end:
            return "revoked meanwhile"
        if self._may_be_over(token, use):
            return "expires"
        low, _ = self._stage.clocks.readings(use.door.clock, use.start, use.end)
        if low < token.issued - LEEWAY + READING:
            return "issued later"
        if self.dropped_keys.may_be_dropped(token.kid, use.end):
            return "its key is being dropped"
        # A gateway that keeps a refusal has it from before.
        kept = CACHE_SECONDS if use.door.cached else 0
        if token.kid and self.dropped_keys.are_being_dropped(use.start - kept, use.end):
            return "not everybody knows its key"
        return None

    def _revoked_since(self, token):
        """Since when everybody who asks the table is told that a token is revoked."""
        session = token.session
        if session is None:
            return None
        since = session.ended
        if session.pending < FOREVER:
            proxy = self._stage.proxies["issuer", "dynamodb"]
            if proxy.mode == "ok" and self.settled is not None:
                since = min(since, max(session.pending, proxy.mode_since, self.settled) + DELIVERY)
        return since if since < FOREVER else None

    @staticmethod
    def _behind(token, use):
        """The requests whose decision may be behind this one: itself, and with a
        gateway those that it may have kept the answer to."""
        yield use
        if use.door.cached:
            for other in token.uses:
                if other.door == use.door and other.end + CACHE_SECONDS > use.start:
                    yield other

    def _judge_freshness(self, token, use, what):
        """Nobody may be let in on the word of services that say nothing any more."""
        behind = list(self._behind(token, use))
        table = self._stage.proxies[use.door.verifier, "dynamodb"]
        limit = REGISTRY_CACHE + ON_THE_WAY
        if not self._was_told(table, behind, use, limit):
            self.report("let in on an old reading of the table", what, "unavailable", 200)
        if token.kind == "consumer":
            return
        store = self._stage.proxies[use.door.verifier, "secretsmanager"]
        limit = KEYS_HARD_LIMIT + WHOLE_SECOND + ON_THE_WAY
        if store.mode == "denied" and store.mode_since + KEYS_SOFT_LIMIT + WHOLE_SECOND < use.start:
            # A refusal ends the copy at once.
            limit = KEYS_SOFT_LIMIT + WHOLE_SECOND + ON_THE_WAY
        if not self._was_told(store, behind, use, limit):
            self.report("let in with keys that are too old", what, "unavailable", 200)

    def _was_told(self, service, behind, use, limit):
        """Whether one of the requests came soon enough after something good."""
        passed = self._stage.clocks.passed
        return any(passed(service.last_good(min(p.end, use.end)), p.start) <= limit for p in behind)

    def judge_signing(self, what, start, end, answer):
        """The issuer signs with nothing older than its lease."""
        store = self._stage.proxies["issuer", "secretsmanager"]
        limit = KEYS_HARD_LIMIT + WHOLE_SECOND + ON_THE_WAY
        if answer.status == 200 and self._stage.clocks.passed(store.last_good(end), start) > limit:
            self.report("signed with keys that are too old", what, "unavailable", 200)
        if answer.status == 200 and start > self.dropped_keys.gone(kid_of(answer.json()["token"])):
            self.report("signed with a dropped key", what, "the new key", 200)
