"""Refresh tokens used twice, sessions that are planted, and what stays open after
a session has ended.

Right: a refresh token that is spent gives the very same pair for ten seconds
more and ends its session otherwise; a session is only ever begun by the issuer
and ended for good, at every door within the documented delay (README, "How it
works": the gateway's cache and the registry's).
"""

import time

from forgery import claims_of, header_of, token
from wire import bearer, send
from world import DOORS, each, is_refused


def attack(world, case):
    replay(world, case)
    races(world, case)
    forged_refresh(world, case)
    fixation(world, case)
    others_sessions(world, case)
    endings = Endings(world)
    doors = [world.some(DOORS, turn, of=2) for turn, _ in enumerate(ENDINGS)]
    each(lambda item: ended(world, case, endings, *item), zip(ENDINGS.items(), doors), at_once=6)


def refresh(world, refresh_token):
    answer = world.ask("POST", "/refresh", {"refresh_token": refresh_token})
    return answer, (world.session(answer) if answer.status == 200 else None)


def replay(world, case):
    first = world.log_in(world.add_user())
    _, second = refresh(world, first.refresh)
    _, again = refresh(world, first.refresh)
    same = again is not None and (again.refresh, again.access) == (second.refresh, second.access)
    case("a racing client gets the very same pair", same)
    _, third = refresh(world, second.refresh)
    case("a session goes on", third is not None)
    answer, _ = refresh(world, first.refresh)
    case("a token whose successor was used", answer.status == 401, answer)
    for what, session in [("newest", third), ("spent", second)]:
        answer, _ = refresh(world, session.refresh)
        case(f"it ends the session: the {what} refresh token", answer.status == 401, answer)
        answer = world.ask("GET", "/me", token=session.access)
        case(f"it ends the session: the {what} access token", answer.status == 401, answer)


def races(world, case):
    for number in range(5):
        session = world.log_in(world.add_user())
        raced = each(lambda _: refresh(world, session.refresh), range(12), at_once=12)
        pairs = {pair.refresh for _, pair in raced if pair}
        case(f"a race for one refresh token, {number}: one generation", len(pairs) == 1, len(pairs))
        statuses = {answer.status for answer, _ in raced}
        case(f"a race for one refresh token, {number}: all or 401", statuses <= {200, 401}, statuses)
        answer, following = refresh(world, pairs.pop())
        case(f"a race for one refresh token, {number}: the session goes on", following is not None, answer)


def forged_refresh(world, case):
    mine, theirs = world.log_in(world.add_user()), world.log_in(world.add_user())
    claims, header = claims_of(mine.refresh), header_of(mine.refresh)
    victim = claims_of(theirs.refresh)
    body, made = mine.refresh.rsplit(".", 1)
    forged = {
        "an access token": mine.access,
        "signed with the shared key": world.sign(claims),
        "signed with the shared key, another's": world.sign(victim),
        "another's subject": body_of(header, {**claims, "sub": victim["sub"]}) + "." + made,
        "another's session": body_of(header, {**claims, "sid": victim["sid"]}) + "." + made,
        "all of another's but the signature": body_of(header, victim) + "." + made,
        "the next generation": body_of(header, {**claims, "gen": "1"}) + "." + made,
        "a later end": body_of(header, {**claims, "exp": claims["exp"] + 86400}) + "." + made,
        "alg none": body_of({**header, "alg": "none"}, victim) + ".",
        "an empty key": token(header, victim, b""),
        "the key of its id": token(header, victim, claims["jti"].encode()),
        "a fourth part": mine.refresh + "." + made,
        "no signature": body + ".",
        "padding": mine.refresh + "=",
        "a scheme": "Bearer " + mine.refresh,
        "a space": mine.refresh + " ",
        "nothing": "",
        "ten kilobytes": "x" * 10_000,
    }
    for what, text in forged.items():
        answer, _ = refresh(world, text)
        case(f"a forged refresh token: {what}", answer.status == 401, answer)
    for name, value in [("sub", victim["sub"]), ("user_id", victim["sub"]), ("sid", victim["sid"]), ("role", "ADMIN")]:
        answer = world.ask("POST", "/refresh", {"refresh_token": mine.refresh, name: value})
        told = claims_of(answer.member("access_token")) if answer.status == 200 else {}
        own = not told or (told["sub"], told["sid"], told["role"]) == (claims["sub"], claims["sid"], "USER")
        case(f"a refresh with a {name} beside it", own and answer.status in (200, 400), answer)
    answer, _ = refresh(world, theirs.refresh)
    case("another's session has not moved", answer.status == 200, answer)


def body_of(header, claims):
    return token(header, claims, b"").rsplit(".", 1)[0]


def fixation(world, case):
    """A session that somebody else has chosen."""
    user, other = world.add_user(), world.log_in(world.add_user())
    chosen = "01a20258-e918-78d1-a3b7-76ae3324a911"
    body = {"username": user.username, "password": user.password}
    for what, more, headers in [
        ("in the body", {"sid": chosen, "session": chosen, "session_id": chosen, "sub": chosen, "role": "ADMIN"}, []),
        ("in a cookie", {}, [("Cookie", f"sid={chosen}; session={chosen}")]),
        ("in headers", {}, [("X-Session-Id", chosen), ("Session", chosen)]),
        ("in a token of another", {}, [bearer(other.access)]),
        ("in a request id", {}, [("X-Request-Id", chosen)]),
        ("with a refresh token", {"refresh_token": other.refresh}, []),
    ]:
        answer = world.ask("POST", "/login", {**body, **more}, headers=headers)
        if answer.status == 400:
            case(f"a session chosen {what} is refused", True)
            continue
        session = world.session(answer)
        claims = claims_of(session.access)
        own = claims["sid"] not in (chosen, other.sid) and (claims["sub"], claims["role"]) == (user.id, "USER")
        case(f"a session chosen {what}", own, claims["role"])
    sids = [world.log_in(user).sid for _ in range(3)]
    case("every login is a session of its own", len(set(sids)) == 3)


def others_sessions(world, case):
    mine, theirs = world.log_in(world.add_user()), world.log_in(world.add_user())
    answer = world.ask("DELETE", f"/sessions/{theirs.sid}", None, mine.access)
    case("to end another's session", answer.status == 404, answer)
    listed = world.ask("GET", "/sessions", token=mine.access)
    case("to see another's session", theirs.sid.encode() not in listed.body, listed)
    for what, secret in [("an access", theirs.access), ("a refresh", theirs.refresh)]:
        answer = revoke(world, secret, mine)
        case(f"to revoke {what} token of another", answer.status == 403, answer)
        answer = form(world, "/introspect", secret, [bearer(mine.access)])
        case(f"to ask about {what} token", answer.status == 403, answer)
    for credentials in ["Basic ", "Basic YWRtaW46YWRtaW4=", "Basic Og==", "Basic !!!", "Basic YTpiOmM="]:
        answer = form(world, "/introspect", theirs.access, [("Authorization", credentials)])
        case(f"to ask as {credentials!r}", answer.status == 401, answer)
    answer = world.ask("GET", "/me", token=theirs.access)
    case("another's session goes on", answer.status == 200, answer)


def form(world, route, secret, headers):
    headers = [("Content-Type", "application/x-www-form-urlencoded"), *headers]
    return send(world.issuer, "POST", route, headers, f"token={secret}")


def revoke(world, secret, session):
    return form(world, "/revoke", secret, [bearer(session.access)])


# Which of two sessions each of them ends: the one that it is done in, or by, and the other one.
ENDINGS = {
    "a logout": ["this"],
    "a logout everywhere": ["this", "other"],
    "a logout of the others": ["other"],
    "an end from elsewhere": ["this"],
    "a changed password": ["other"],
    "a user who is disabled": ["this", "other"],
    "a user who is deleted": ["this", "other"],
    "an end by an administrator": ["this", "other"],
    "a new password by token": ["this", "other"],
    "a revoked access token": ["this"],
    "a revoked refresh token": ["this"],
    "a refresh token used twice": ["this"],
}


class Endings:
    """What ends sessions; each method returns the answer to it."""

    def __init__(self, world):
        self._world, self._ask = world, world.ask

    def named(self, what):
        return getattr(self, what.replace(" ", "_"))

    def a_logout(self, user, this, other):
        return self._ask("POST", "/logout", {"scope": "this"}, this.access)

    def a_logout_everywhere(self, user, this, other):
        return self._ask("POST", "/logout", {"scope": "all"}, this.access)

    def a_logout_of_the_others(self, user, this, other):
        return self._ask("POST", "/logout", {"scope": "others"}, this.access)

    def an_end_from_elsewhere(self, user, this, other):
        return self._ask("DELETE", f"/sessions/{this.sid}", None, other.access)

    def a_changed_password(self, user, this, other):
        new = user.password[::-1] + "-changed"
        self._world.keep_secret(new)
        passwords = {"current_password": user.password, "new_password": new}
        answer = self._ask("POST", "/me/password", passwords, this.access)
        old = self._world.try_login(user.username, user.password)
        return answer if old.status == 401 else old

    def a_user_who_is_disabled(self, user, this, other):
        return self._ask("PATCH", f"/admin/users/{user.id}", {"disabled": True}, self._world.admin_token)

    def a_user_who_is_deleted(self, user, this, other):
        return self._ask("DELETE", f"/admin/users/{user.id}", None, self._world.admin_token)

    def an_end_by_an_administrator(self, user, this, other):
        return self._ask("DELETE", f"/admin/users/{user.id}/sessions", None, self._world.admin_token)

    def a_new_password_by_token(self, user, this, other):
        secret = self._world.admin("POST", f"/admin/users/{user.id}/password-reset")["reset_token"]
        new = user.password[::-1] + "-reset"
        self._world.keep_secret(secret, new)
        return self._ask("POST", "/password-reset", {"reset_token": secret, "new_password": new})

    def a_revoked_access_token(self, user, this, other):
        return revoke(self._world, this.access, this)

    def a_revoked_refresh_token(self, user, this, other):
        return revoke(self._world, this.refresh, this)

    def a_refresh_token_used_twice(self, user, this, other):
        _, second = refresh(self._world, this.refresh)
        refresh(self._world, second.refresh)
        answer, _ = refresh(self._world, this.refresh)
        return answer


def ended(world, case, endings, ending, doors):
    """After an ending nothing of what ended opens anything, and the rest goes on."""
    what, which = ending
    user = world.add_user()
    sessions = {"this": world.log_in(user), "other": world.log_in(user)}
    for door in doors:
        # So that the gateways have an answer in their cache.
        for name, session in sessions.items():
            answer = world.open(door, session.access)
            case(f"before {what}, {name} at: {door}", answer.status == 200, answer)
    answer = endings.named(what)(user, sessions["this"], sessions["other"])
    # The end is what a token that is used twice is refused with.
    case(f"{what} is done", answer.status == 401 if "twice" in what else answer.status in (200, 204), answer)
    for name, session in sessions.items():
        is_over = name in which
        me = world.ask("GET", "/me", token=session.access)
        case(f"after {what}, {name}: /me", me.status == (401 if is_over else 200), me)
        again, _ = refresh(world, session.refresh)
        case(f"after {what}, {name}: /refresh", again.status == (401 if is_over else 200), again)
        for door in doors:
            # A door may know already that it was refreshed, which ends nothing.
            answer = until_refused(world, door, session) if is_over else world.open(door, session.access)
            right = is_refused(answer) if is_over else answer.status == 200
            case(f"after {what}, {name} at: {door}", right, answer)
            # And it stays so.
            answer = world.open(door, session.access)
            case(f"after {what}, {name} again at: {door}", right and answer.status == (401 if is_over else 200), answer)


def until_refused(world, door, session):
    began = time.monotonic()
    while True:
        answer = world.open(door, session.access)
        if answer.status != 200 or time.monotonic() - began > world.slack:
            return answer
