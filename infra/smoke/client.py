"""Talks to issuer and API, and to the secret with AWS's command line."""

import base64
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

# Longer than any gateway waits for what is behind it.
ANSWER_SECONDS = 35
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would take the token along to wherever it leads."""

    def redirect_request(self, *_):
        return None


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        try:
            self.body = json.loads(body)
        except ValueError:
            self.body = None

    def text(self, name):
        value = self.body.get(name) if isinstance(self.body, dict) else None
        return value if isinstance(value, str) else None


def opener(url):
    handlers = [NoRedirects()]
    if urllib.parse.urlsplit(url).hostname in LOOPBACK:
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def call(url, method="GET", token=None, body=None):
    """An answer with its status; 0 stands for none at all."""
    headers = {"User-Agent": "latchkey-smoke"}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with opener(url).open(request, timeout=ANSWER_SECONDS) as answer:
            return Answer(answer.status, answer.headers, answer.read(1 << 20))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read(1 << 20))
    except (OSError, ValueError):
        return Answer(0, {}, b"")


def seen(answer):
    return f"status {answer.status}" if answer.status else "no answer"


def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def tokens_in(answer):
    """The pair that an issuer gave, or None: without one there is nothing to go on with."""
    tokens = {name: answer.text(name) for name in ("access_token", "refresh_token")}
    if answer.status != 200 or not all(tokens.values()):
        return None
    try:
        tampered(tokens["access_token"])
    except (ValueError, TypeError):
        return None
    return tokens


def tampered(token):
    """The token of an administrator, with the signature of somebody else's."""
    header, claims, signature = token.split(".")
    return f"{header}.{encoded({**decoded(claims), 'role': 'ADMIN'})}.{signature}"


def signed_otherwise(token):
    header, claims, signature = token.split(".")
    # The first letter: the last one holds bits that decoders may leave out.
    return f"{header}.{claims}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def kid(token):
    return decoded(token.split(".")[0]).get("kid")


def secrets_manager(operation, secret):
    """What AWS's command line answers, or `error` with what it says."""
    command = ["aws", "secretsmanager", operation, "--output", "json", "--secret-id", secret]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            return json.loads(done.stdout)
        return {"error": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "aws failed"}
    except FileNotFoundError:
        return {"error": "AWS's command line (aws) is not installed"}
    except subprocess.TimeoutExpired:
        return {"error": "aws did not end"}
    except ValueError:
        return {"error": "aws did not answer with JSON"}
