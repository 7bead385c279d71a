"""HTTP by hand: what is sent goes out byte by byte as it is written here.

A client library would repair most of these requests before anybody saw them.
"""

import json
import socket
import time
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

# Long, because it only ends what would never end.
PATIENCE = 60


class Answer:
    """Status, headers and body; the status is None where the connection was closed instead."""

    def __init__(self, status=None, headers=(), body=b""):
        self.status = status
        self.headers = [(name.lower(), value) for name, value in headers]
        self.body = body

    def header(self, name):
        return next((value for sent, value in self.headers if sent == name), None)

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def member(self, name):
        """A member of a JSON object, None where there is neither."""
        told = self.json()
        return told.get(name) if isinstance(told, dict) else None


def place_of(url):
    return urlsplit(url).hostname, urlsplit(url).port


def connect(url):
    return socket.create_connection(place_of(url), timeout=PATIENCE)


def read_answer(connection, method="GET"):
    """The next answer on a connection."""
    response = HTTPResponse(connection, method=method)
    try:
        response.begin()
        return Answer(response.status, response.getheaders(), response.read())
    except (HTTPException, OSError):
        return Answer()
    finally:
        response.close()


def exchange(url, raw, method="GET"):
    """Sends bytes and reads one answer."""
    with connect(url) as connection:
        try:
            connection.sendall(raw)
        except OSError:
            # Refused before all of it was read; what was said can be read yet.
            pass
        return read_answer(connection, method)


def head(method, target, headers):
    """The head of a request; texts go out as UTF-8, bytes as they are."""
    lines = [f"{method} ".encode() + encoded(target) + b" HTTP/1.1"]
    lines += [encoded(name) + b": " + encoded(value) for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


def send(url, method, target, headers=(), body=b""):
    """One request and its answer; host and length are added, and nothing else.

    Who is told to come again, because this cannot be answered now, does: a machine may be busy
    with something else. A server that never answers is told apart by that.
    """
    host, port = place_of(url)
    headers = [("Host", f"{host}:{port}"), ("Connection", "close"), *headers]
    if body:
        headers.append(("Content-Length", str(len(body))))
    raw, began = head(method, target, headers) + encoded(body), time.monotonic()
    while True:
        answer = exchange(url, raw, method)
        is_told = answer.status == 503 and answer.header("retry-after")
        if not is_told or time.monotonic() - began > PATIENCE:
            return answer


def send_json(url, method, target, value, headers=()):
    body = json.dumps(value).encode()
    return send(url, method, target, [("Content-Type", "application/json"), *headers], body)


def bearer(token):
    return ("Authorization", b"Bearer " + encoded(token))
