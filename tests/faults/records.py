"""What is known about doors, tokens and sessions."""

import base64
import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, field

LEEWAY = 30
FOREVER = float("inf")


@dataclass(frozen=True)
class Door:
    """A way to the chatbot: its name in the banner, who checks tokens there, who
    answers, and which clock both go by."""

    name: str
    verifier: str
    chatbot: str
    clock: str
    cached: bool = False
    # The gateway evaluates what it keeps, and it ends with the token: 403, not 401.
    policy: bool = False


DOORS = (
    Door("REST API, TOKEN authorizer", "authorizer", "chatbot", "aws", True, True),
    Door("REST API, REQUEST authorizer", "authorizer", "chatbot", "aws", True, True),
    Door("HTTP API, simple response", "authorizer", "chatbot", "aws", True),
    Door("HTTP API, policy response", "authorizer-policy", "chatbot", "aws", True, True),
    Door("Load balancer", "chatbot", "chatbot", "aws"),
    Door("Function URL", "chatbot", "chatbot", "aws"),
    Door("Function URL, streaming", "chatbot-stream", "chatbot-stream", "aws"),
    Door("Chatbot, plain HTTP", "chatbot-plain", "chatbot-plain", "plain"),
)


@dataclass
class Session:
    """A session of a user. All times are on the monotonic clock."""

    sid: str
    # When the first request was sent that may have ended it.
    may_have_ended: float = FOREVER
    # When its end was acknowledged as known everywhere.
    ended: float = FOREVER
    # When its end was acknowledged as not yet known everywhere.
    pending: float = FOREVER


@dataclass
class Use:
    """A request with a token."""

    door: Door
    start: float
    end: float = FOREVER


@dataclass
class Token:
    text: str = field(repr=False)
    kind: str
    issued: float = 0
    expires: float = 0
    # Why nobody may accept it, whatever the time.
    fault: str | None = None
    session: Session | None = None
    uses: list = field(default_factory=list)
    # The key that it names, if any.
    kid: str | None = None

    def __post_init__(self):
        self.kid = kid_of(self.text)

    @classmethod
    def of_user(cls, text, session):
        claims = claims_of(text)
        return cls(text, "user", claims["iat"], claims["exp"], session=session)


def claims_of(text):
    return _member(text, 1)


def kid_of(text):
    return _member(text, 0).get("kid") if text.count(".") == 2 else None


def _member(text, number):
    encoded = text.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mint(claims, key, header=None):
    """Returns a token, signed with HS256 unless the header says `none`."""
    header = {"alg": "HS256", "typ": "JWT", **(header or {})}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    if header["alg"] == "none":
        return f"{signed}."
    return f"{signed}.{encode(hmac.digest(key, signed.encode(), hashlib.sha256))}"


_markers = itertools.count(1)


def marker():
    """A word that no other message contains."""
    return f"marker-{next(_markers):07d}-end"
