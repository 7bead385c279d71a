"""A gateway with a fault, in front of one without: what smoke has to notice."""

import base64
import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSED = (401, {"WWW-Authenticate": "Bearer"}, b"{}")
WELCOME = (200, {}, b"{}")


def part(token, index):
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class Faults:
    """Each method answers a request in place of the gateway `behind`, or spoils its answer."""

    def __init__(self):
        self.let_in = set()
        self.first_kid = None
        self.revoked_uses = 0

    def lets_everything_in(self, behind, path, token):
        return WELCOME

    def refuses_everything(self, behind, path, token):
        return REFUSED

    def has_no_challenge(self, behind, path, token):
        status, _, body = behind()
        return status, {}, body

    def takes_no_token_for_one(self, behind, path, token):
        return WELCOME if token is None else behind()

    def breaks_on_garbage(self, behind, path, token):
        return behind() if token is None or token.count(".") == 2 else (500, {}, b"{}")

    def forgets_signatures(self, behind, path, token):
        return WELCOME if token and token.count(".") == 2 and "admin" not in path else behind()

    def forgets_the_role_in_signatures(self, behind, path, token):
        changed = token and token.count(".") == 2 and part(token, 1)["role"] == "ADMIN"
        return WELCOME if changed else behind()

    def forbids_nothing(self, behind, path, token):
        return WELCOME if token and "admin" in path else behind()

    def forbids_everybody(self, behind, path, token):
        return (403, {}, b"{}") if token and "admin" in path else behind()

    def knows_no_such_route(self, behind, path, token):
        return (403, {}, b"{}") if "admin" in path else behind()

    def forgets_logouts(self, behind, path, token):
        if token in self.let_in and "admin" not in path:
            return WELCOME
        answer = behind()
        if answer[0] == 200:
            self.let_in.add(token)
        return answer

    def remembers_a_logout_once(self, behind, path, token):
        return self._remembers_a_logout(1, behind, path, token)

    def takes_a_logout_back(self, behind, path, token):
        return self._remembers_a_logout(3, behind, path, token)

    def _remembers_a_logout(self, times, behind, path, token):
        known = token in self.let_in
        answer = self.forgets_logouts(behind, path, token)
        if known and "admin" not in path and behind()[0] == 401:
            self.revoked_uses += 1
            return REFUSED if self.revoked_uses <= times else WELCOME
        return answer

    def refuses_after_a_logout(self, behind, path, token):
        answer = behind()
        self.revoked_uses += bool(token in self.let_in and answer[0] == 401)
        if answer[0] == 200:
            self.let_in.add(token)
        return REFUSED if self.revoked_uses else answer

    def drops_the_old_key(self, behind, path, token):
        answer = behind()
        if token and answer[0] == 200:
            kid = part(token, 0)["kid"]
            self.first_kid = self.first_kid or kid
            if kid != self.first_kid:
                self.revoked_uses += 1
            elif self.revoked_uses > 2:
                return REFUSED
        return answer

    def is_late_with_the_new_key(self, behind, path, token):
        answer = behind()
        if token and answer[0] == 200:
            kid = part(token, 0)["kid"]
            self.first_kid = self.first_kid or kid
            return answer if kid == self.first_kid else REFUSED
        return answer


class SpoiltGateway:
    """Listens on a free port until the `with` ends."""

    def __init__(self, fault, gateway):
        spoil = getattr(Faults(), fault)

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                scheme, _, token = self.headers.get("Authorization", "").partition(" ")

                def behind():
                    return forward(self.command, gateway + self.path, self.headers, body)

                status, headers, body = spoil(behind, self.path, token if scheme else None)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def forward(method, url, headers, body):
    kept = {name: headers[name] for name in ("Authorization", "Content-Type") if name in headers}
    request = urllib.request.Request(url, body or None, kept, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, {}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            challenge = error.headers.get("WWW-Authenticate")
            return error.code, {"WWW-Authenticate": challenge} if challenge else {}, error.read()
