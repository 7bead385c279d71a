"""One connection that stays open, as a client's would."""

import http.client
import json
from urllib.parse import urlsplit


class Client:
    def __init__(self, url, token=None):
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method, path, body=None, headers=()):
        """Returns the answer's JSON; anything but success is an error here."""
        sent = {**self._headers, **dict(headers)}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: status {answer.status}")
        return json.loads(text) if text else None
