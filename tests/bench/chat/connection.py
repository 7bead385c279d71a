"""A connection that stays open, and when the first byte of an answer came through it."""

import json
import socket
import time
from urllib.parse import urlsplit

from message import read_head

PATIENCE_SECS = 60


class Connection:
    def __init__(self, url, token=None):
        parts = urlsplit(url)
        self._host = parts.netloc
        self._authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE_SECS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._reader.close()
        self._socket.close()

    def ask(self, path, body, at_first_byte=lambda: None):
        """Returns how long the first byte of the first event took from the request on,
        in seconds, and all events."""
        request = self._request(path, json.dumps(body).encode())
        began = time.perf_counter()
        self._socket.sendall(request)
        head = read_head(self._reader)
        if head is None:
            raise RuntimeError(f"{path} is not answered: the connection was closed")
        if not head.headers.get("content-type", "").startswith("text/event-stream"):
            raise RuntimeError(f"{path} is answered without events: {head.first_line}")
        left = self._chunk_size()
        events = self._reader.read(1)
        took = time.perf_counter() - began
        at_first_byte()
        left -= 1
        while True:
            events += self._reader.read(left)
            # The end of the line is not part of a chunk.
            self._reader.readline()
            left = self._chunk_size()
            if not left:
                break
        self._reader.readline()
        return took, events.decode()

    def _chunk_size(self):
        line = self._reader.readline()
        if not line:
            raise RuntimeError("an answer broke off")
        return int(line, 16)

    def _request(self, path, payload):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\n{self._authorization}"
            f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        return head.encode() + payload
