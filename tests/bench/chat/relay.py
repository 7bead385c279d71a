"""A relay before DynamoDB's stand-in that notes which calls come through it."""

import contextlib
import socket
import socketserver
import threading
from urllib.parse import urlsplit

from message import read_message


class Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, url, table):
        super().__init__(("127.0.0.1", 0), _Calls)
        parts = urlsplit(url)
        self.target = parts.hostname, parts.port
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        self._table = f'"{table}"'.encode()
        self._operations = []

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def note(self, request):
        """Of this table only: what is asked of others is kept and asked again by time."""
        if self._table in request.body:
            self._operations.append(request.headers["x-amz-target"].partition(".")[2])

    def operations(self):
        """Those since they were forgotten, in their order."""
        return list(self._operations)

    def forget(self):
        self._operations.clear()


class _Calls(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        with (
            contextlib.suppress(ConnectionError),
            socket.create_connection(self.server.target) as upstream,
            upstream.makefile("rb") as answers,
        ):
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := read_message(self.rfile):
                self.server.note(request)
                upstream.sendall(request.raw_head + request.body)
                answer = read_message(answers)
                if answer is None:
                    return
                self.wfile.write(answer.raw_head + answer.body)
