"""Tokens written by hand, right and wrong: no library would make the wrong ones."""

import base64
import hashlib
import hmac
import json

HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def encode(part):
    """base64url without padding, of bytes, of a text, or of what becomes JSON."""
    if not isinstance(part, (bytes, str)):
        part = json.dumps(part)
    if isinstance(part, str):
        part = part.encode()
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signature(text, key, algorithm="HS256"):
    return encode(hmac.new(key, text.encode(), HASHES[algorithm]).digest())


def token(header, payload, key, algorithm="HS256"):
    """A token; header and payload may be texts that are no JSON at all."""
    text = f"{encode(header)}.{encode(payload)}"
    return f"{text}.{signature(text, key, algorithm)}"


def header_of(text):
    return json.loads(decode(text.split(".")[0]))


def claims_of(text):
    return json.loads(decode(text.split(".")[1]))


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


def other_last_bits(part):
    """The same bytes in another spelling: the bits of the last character that decode to nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spare = {2: 16, 3: 4}[len(part) % 4]
    at = alphabet.index(part[-1])
    return part[:-1] + alphabet[at - at % spare + (at + 1) % spare]


def one_time_password(secret, at):
    """The code of an authenticator (RFC 6238) at a time in seconds."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, int(at // 30).to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"
