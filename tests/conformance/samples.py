"""The sample events, and what the authorizer has to answer to each kind."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from pathlib import Path

EVENTS = Path(__file__).resolve().parents[2] / "events"
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

# The form of the answer by the beginning of a file's name; the chatbot and the
# rotator have theirs read elsewhere.
FORMS = {
    "rest-token": "policy",
    "rest-request": "policy",
    "http-v1": "policy",
    "http-v2": "simple",
    "websocket": "policy",
    "appsync": "appsync",
    "alb": "http",
    "function-url": "http",
    "lattice": "http",
}
NOT_FOR_THE_AUTHORIZER = ("chat-", "rotation-")


def development_secret():
    """The secret of the sample tokens. A text editor's last newline is not part of it."""
    return (EVENTS / "development-secret.txt").read_text().removesuffix("\n")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def sign(header, claims, secret):
    """An HS256 token, by hand: the variants need what libraries refuse to make."""
    parts = [encode(json.dumps(part).encode()) for part in (header, claims)]
    mac = hmac.new(secret.encode(), ".".join(parts).encode(), hashlib.sha256)
    return ".".join([*parts, encode(mac.digest())])


class Sample:
    """One file of events/."""

    def __init__(self, path):
        self.name = path.stem
        kinds = (kind for kind in FORMS if path.stem.startswith(kind))
        self.kind = next(kinds, None)
        self.form = FORMS.get(self.kind)
        self._text = path.read_text()
        self.event = json.loads(self._text)
        tokens = sorted(set(TOKEN.findall(self._text)))
        if self.kind and len(tokens) != 1:
            raise RuntimeError(f"{path.name} must carry one token, it carries {len(tokens)}")
        self.token = tokens[0] if tokens else ""
        if self.token:
            header, claims, _ = self.token.split(".")
            self.header = json.loads(decode(header))
            self.claims = json.loads(decode(claims))

    def with_token(self, token):
        """The same event with another token wherever the first one stands."""
        return json.loads(self._text.replace(self.token, token))

    def without_token(self):
        return _without(self.event, self.token)

    def fresh_claims(self, **changes):
        """The sample's claims under an id of their own."""
        return {**self.claims, "jti": str(uuid.uuid4()), **changes}


def samples():
    """What the authorizer gets, and the names of files that nobody has a rule for."""
    paths = sorted(EVENTS.glob("*.json"))
    ours = [p for p in paths if not p.stem.startswith(NOT_FOR_THE_AUTHORIZER)]
    found = [Sample(path) for path in ours]
    return [s for s in found if s.kind], [s.name for s in found if not s.kind]


def _without(value, token):
    if isinstance(value, dict):
        kept = {}
        for key, inner in value.items():
            if isinstance(inner, str) and token in inner:
                # A TOKEN event always has this member; the others lose a header.
                if key == "authorizationToken":
                    kept[key] = ""
            else:
                kept[key] = _without(inner, token)
        return kept
    if isinstance(value, list):
        kept = [v for v in value if not (isinstance(v, str) and token in v)]
        return [_without(v, token) for v in kept]
    return value
