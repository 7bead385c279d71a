"""What a running system has to do: let in, refuse, forbid, revoke, rotate."""

import time

from client import call, kid, secrets_manager, seen, signed_otherwise, tampered, tokens_in
from report import Report

PAUSE = 0.5
# How often tokens of both keys are used once the new one signs.
USES_AFTERWARDS = 5
# One refusal alone could come from one process of several.
REFUSALS_IN_A_ROW = 3


class Stop(Exception):
    """What makes the checks that follow pointless."""


class Smoke:
    def __init__(self, options, password, admin_password):
        self.options = options
        self.report = Report()
        self.password = password
        self.admin_password = admin_password

    def run(self):
        try:
            session = self.log_in("log in", self.options.user, self.password)
            self.lets_in(session)
            self.refuses(session["access_token"])
            self.forbids(session["access_token"])
            self.revokes(session["access_token"])
            second = self.log_in("log in again", self.options.user, self.password)
            self.accepted("a new token after a logout", second["access_token"])
            second = self.rotates(second)
            self.refused("the revoked token, in the end", session["access_token"])
            self.log_out(second["access_token"])
        except Stop as stop:
            print(f"stopped: {stop}", flush=True)
        return self.report.finish()

    def issuer(self, path, body, token=None):
        return call(self.options.issuer + path, "POST", token, body)

    def api(self, token=None):
        return self.route(self.options.allowed, token)

    def route(self, route, token):
        method, path = route
        body = {"message": "smoke test"} if method in ("POST", "PUT", "PATCH") else None
        return call(self.options.api + path, method, token, body)

    def log_in(self, name, user, password):
        answer = self.issuer("/login", {"username": user, "password": password})
        tokens = tokens_in(answer)
        if not self.report.check(name, tokens is not None, seen(answer)):
            raise Stop("the issuer gives no token")
        return tokens

    def log_out(self, token):
        answer = self.issuer("/logout", {"scope": "this"}, token)
        return self.report.check("log out", answer.status == 204, seen(answer))

    def accepted(self, name, token):
        answer = self.api(token)
        return self.report.check(f"{name}: 200", answer.status == 200, seen(answer))

    def refused(self, name, token):
        answer = self.api(token)
        return self.report.check(f"{name}: 401", answer.status == 401, seen(answer))

    def lets_in(self, session):
        if not self.accepted("a token", session["access_token"]):
            raise Stop("nothing can be learnt from refusals where nothing is let in")

    def refuses(self, token):
        for name, bad in [
            ("no token", None),
            ("something that is no token", "smoke"),
            ("a token with a changed role", tampered(token)),
            ("a token with a changed signature", signed_otherwise(token)),
        ]:
            answer = self.api(bad)
            self.report.check(f"{name}: 401", answer.status == 401, seen(answer))
            if self.options.front_door == "http":
                # An HTTP API cannot add headers to the answers of its own.
                continue
            challenge = answer.headers.get("WWW-Authenticate") or ""
            self.report.check(f"{name}: WWW-Authenticate", challenge.startswith("Bearer"), "no such header")

    def forbids(self, token):
        forbidden = self.options.forbidden
        if forbidden is None:
            self.report.skip("a forbidden route: 403", "no --forbidden")
            return
        # A REST API answers 403 to everybody where there is no such route.
        answer = self.route(forbidden, None)
        self.report.check("a forbidden route without a token: 401", answer.status == 401, seen(answer))
        answer = self.route(forbidden, token)
        self.report.check("a forbidden route: 403", answer.status == 403, seen(answer))
        if self.options.admin is None:
            self.report.skip("the forbidden route as an administrator", "no --admin")
            return
        admin = self.log_in("log in as an administrator", self.options.admin, self.admin_password)
        answer = self.route(forbidden, admin["access_token"])
        # The service behind may not know the route either.
        let_in = answer.status not in (0, 401, 403) and answer.status < 500
        self.report.check("the forbidden route as an administrator: let in", let_in, seen(answer))
        self.log_out(admin["access_token"])

    def revokes(self, token):
        if not self.log_out(token):
            raise Stop("without a logout there is no revocation to wait for")
        bound = self.options.revoked_within
        started = time.monotonic()
        in_a_row = 0
        while in_a_row < REFUSALS_IN_A_ROW:
            answer = self.api(token)
            in_a_row = in_a_row + 1 if answer.status == 401 else 0
            late = time.monotonic() - started > bound
            if answer.status not in (200, 401) or (late and not in_a_row):
                break
            if not in_a_row:
                time.sleep(PAUSE)
        took = time.monotonic() - started
        self.report.check(
            f"the token after its logout: 401 within {bound:g} s",
            in_a_row == REFUSALS_IN_A_ROW,
            f"{seen(answer)} after {took:.1f} s",
        )

    def rotates(self, session):
        """Begins a rotation and uses tokens from before and after; returns the last session."""
        if self.options.secret is None:
            self.report.skip("a rotation", "no --secret")
            return session
        version = self.begin_rotation()
        old = session["access_token"]
        if version is not None:
            self.published(version)
        fresh = self.log_in("log in after the rotation began", self.options.user, self.password)
        self.accepted("a token from before the rotation", old)
        self.accepted("a token from after it", fresh["access_token"])
        self.log_out(fresh["access_token"])
        if self.options.signs_within is None:
            self.report.skip("tokens of the new key", "no --signs-within; a deployed issuer takes hours")
            return session
        return self.signs(session)

    def begin_rotation(self):
        answer = secrets_manager("rotate-secret", self.options.secret)
        version = answer.get("VersionId")
        self.report.check("a rotation begins", bool(version), answer.get("error", "no version"))
        return version

    def published(self, version):
        bound = self.options.published_within
        started = time.monotonic()
        while True:
            answer = secrets_manager("describe-secret", self.options.secret)
            current = "AWSCURRENT" in answer.get("VersionIdsToStages", {}).get(version, [])
            if current or time.monotonic() - started > bound:
                break
            time.sleep(PAUSE)
        name = f"the new version of the secret: current within {bound:g} s"
        self.report.check(name, current, answer.get("error", "the rotation did not get that far"))

    def signs(self, session):
        """Refreshes until a new key signs; no token may be refused meanwhile."""
        bound = self.options.signs_within
        old = session["access_token"]
        started = time.monotonic()
        uses = refusals = since_change = 0
        while True:
            tokens = tokens_in(self.issuer("/refresh", {"refresh_token": session["refresh_token"]}))
            if tokens is None:
                self.report.check("refresh during the rotation", False, "no tokens")
                raise Stop("the issuer gives no token")
            session = tokens
            for token in (old, session["access_token"]):
                uses += 1
                refusals += self.api(token).status != 200
            if since_change or kid(session["access_token"]) != kid(old):
                since_change += 1
            if since_change == USES_AFTERWARDS or (not since_change and time.monotonic() - started > bound):
                break
            time.sleep(PAUSE)
        self.report.check(
            f"tokens name a new key within {bound:g} s", since_change > 0, "the issuer still signs with the old one"
        )
        self.report.check(
            "tokens of the old and the new key, all the time: 200", not refusals, f"{refusals} of {uses} refused"
        )
        return session
