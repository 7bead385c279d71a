"""The system under attack, and who is in it."""

import json
import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forgery
from wire import bearer, send, send_json

# Behind this folder, where files may have the same names.
sys.path.append(str(Path(__file__).parents[1] / "conformance"))

from local_system import System  # noqa: E402

ADMIN, DEMO_PASSWORD = "admin", "latchkey-local-demo"

GATEWAYS = [
    "REST API, TOKEN authorizer",
    "REST API, REQUEST authorizer",
    "HTTP API, simple response",
    "HTTP API, policy response",
]
# Where the chatbot checks tokens itself.
DIRECT = [
    "Load balancer",
    "Load balancer, multi-value",
    "Function URL",
    "Function URL, streaming",
    "Chatbot, plain HTTP",
]
DOORS = GATEWAYS + DIRECT
AUTHORIZERS = ["authorizer", "authorizer-policy"]
CHATBOTS = ["chatbot", "chatbot-stream", "chatbot-plain"]
VERIFIERS = AUTHORIZERS + CHATBOTS

# A user may call all but the models, what is the administrators', and the change of a title.
RULES = [
    {"methods": ["*"], "path": "/api/*", "role": "USER"},
    {"methods": ["*"], "path": "/v1/*", "role": "USER"},
    {"methods": ["*"], "path": "/v1/models*", "role": "ADMIN"},
    {"methods": ["*"], "path": "/api/admin*", "role": "ADMIN"},
    {"methods": ["PATCH"], "path": "/api/conversations/*", "role": "SUPERVISOR"},
]
SETTINGS = [
    *(f"{part}:CONSUMERS=on" for part in VERIFIERS),
    *(f"{part}:ACCESS_RULES={json.dumps(RULES)}" for part in VERIFIERS),
    "issuer:TRUSTED_PROXIES=127.0.0.1",
]

# What opens with any token that is accepted.
PROBE = "/api/usage"


class User:
    def __init__(self, id, username, password, role):
        self.id, self.username, self.password, self.role = id, username, password, role


class Session:
    def __init__(self, answer):
        self.access, self.refresh = answer["access_token"], answer["refresh_token"]

    @property
    def sid(self):
        return forgery.claims_of(self.access)["sid"]


class World:
    """A running system. Everybody in it logs in from an address of their own, so that no class
    of attacks spends what another one needs of the throttle."""

    def __init__(self, local, folder, settings, tally, is_thorough=False):
        self.tally, self.is_thorough = tally, is_thorough
        # In seconds, beyond what is documented: for a slow machine.
        self.slack = 30
        self.data = Path(folder) / "data"
        self._system = System(local, folder, settings)
        self._in_front = {}
        self._addresses = iter(range(1 << 16))
        self.secrets = {DEMO_PASSWORD}

    def start(self):
        """Looks up what an attacker does not have: the key, and an administrator."""
        ring = self._secret()
        [key] = ring["keys"]
        self.kid, self.key = key["kid"], forgery.decode(key["k"])
        self.keep_secret(key["k"])
        self._admin = self.log_in(User(None, ADMIN, DEMO_PASSWORD, "ADMIN"))

    def _secret(self):
        headers = [("X-Amz-Target", "secretsmanager.GetSecretValue")]
        answer = send_json(self._system["Secrets Manager"], "POST", "/", {"SecretId": self._system["Secret"]}, headers)
        return json.loads(answer.json()["SecretString"])

    def __getitem__(self, name):
        return self._in_front.get(name) or self._system[name]

    def put_in_front(self, name, url):
        """Has something else answer in place of a door or the issuer; None takes it away."""
        self._in_front[name] = url

    def __enter__(self):
        self._system.__enter__()
        return self

    def __exit__(self, *told):
        self._system.__exit__(*told)

    @property
    def issuer(self):
        return self["Issuer"]

    def some(self, items, turn, of=3):
        """A part of the items, another one with each turn; all of them where there is time."""
        return items if self.is_thorough else items[turn % of :: of]

    def keep_secret(self, *texts):
        """Remembers what no log and no finding may hold."""
        self.secrets.update(texts)
        self.tally.keep_secret(*texts)

    def address(self):
        """An address that nobody came from yet (RFC 2544)."""
        number = next(self._addresses)
        return f"198.18.{number // 256}.{number % 256}"

    def ask(self, method, target, value=None, token=None, address=None, headers=()):
        """A request to the issuer, by way of its proxy."""
        headers = [("X-Forwarded-For", address or self.address()), *headers]
        if token is not None:
            headers.append(bearer(token))
        if value is None:
            return send(self.issuer, method, target, headers)
        return send_json(self.issuer, method, target, value, headers)

    def admin(self, method, target, value=None):
        """A request of an administrator, which must not fail."""
        answer = self.ask(method, target, value, self._admin.access)
        if answer.status is None or answer.status >= 400:
            raise RuntimeError(f"{method} {target}: {answer.status} {answer.member('error')}")
        return answer.json()

    @property
    def admin_token(self):
        return self._admin.access

    def add_user(self, role="USER"):
        """A new user who can log in."""
        username, password = f"user-{secrets.token_hex(6)}", f"pass-{secrets.token_urlsafe(18)}"
        self.keep_secret(username, password)
        made = self.admin("POST", "/admin/users", {"username": username, "role": role})
        self.keep_secret(made["reset_token"])
        body = {"reset_token": made["reset_token"], "new_password": password}
        assert self.ask("POST", "/password-reset", body).status == 204
        return User(made["id"], username, password, role)

    def try_login(self, username, password, address=None, **more):
        body = {"username": username, "password": password, **more}
        return self.ask("POST", "/login", body, address=address)

    def log_in(self, user, address=None, **more):
        answer = self.try_login(user.username, user.password, address, **more)
        if answer.status != 200:
            raise RuntimeError(f"a login: {answer.status} {answer.member('error')}")
        return self.session(answer)

    def session(self, answer):
        session = Session(answer.json())
        self.keep_secret(*(token.rsplit(".", 1)[1] for token in (session.access, session.refresh)))
        return session

    def sign(self, claims, **header):
        """A token as the issuer would sign it."""
        return forgery.token({"typ": "JWT", "alg": "HS256", "kid": self.kid, **header}, claims, self.key)

    def open(self, door, token, target=PROBE, method="GET", headers=()):
        """A request at a door, with a token where there is one."""
        sent = [bearer(token)] if token is not None else []
        return send(self[door], method, target, [*sent, *headers])


def each(function, items, at_once=8):
    """Calls the function with every item, several at once; the first failure is raised."""
    with ThreadPoolExecutor(at_once) as threads:
        return list(threads.map(function, items))


def is_refused(answer):
    """401 with a challenge, or as an HTTP API says it, which has none to give."""
    challenge = answer.header("www-authenticate") or answer.header("x-amzn-remapped-www-authenticate")
    has_said_so = answer.json() == {"message": "Unauthorized"} or (challenge or "").startswith("Bearer")
    return answer.status == 401 and has_said_so
