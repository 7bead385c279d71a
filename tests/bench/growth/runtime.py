"""The authorizer under a bare Lambda Runtime API: one function, one call at a time."""

import json
import os
import socket
import subprocess
import time

PATIENCE_SECS = 60
ARN = "arn:aws:lambda:us-east-1:123456789012:function:authorizer"


class Function:
    def __init__(self, binary, settings):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE_SECS)
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % self._listener.getsockname()[1],
            "AWS_LAMBDA_FUNCTION_NAME": "authorizer",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            **settings,
        }
        self._process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL)
        self._connection = self._reader = None

    def __enter__(self):
        try:
            self._connect()
            self._next()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        for opened in (self._reader, self._connection, self._listener):
            if opened:
                opened.close()

    def ask(self, event):
        """Returns how long the answer took, in seconds, and the answer."""
        body = json.dumps(event).encode()
        deadline = int((time.time() + PATIENCE_SECS) * 1000)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            "Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {ARN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        asked = time.perf_counter()
        self._connection.sendall(head.encode() + body)
        path, answer = self._request()
        took = time.perf_counter() - asked
        if not path.endswith("/response"):
            raise RuntimeError(f"the authorizer answered {path}")
        self._connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        self._next()
        return took, json.loads(answer)

    def _next(self):
        """Waits until it asks for an event."""
        path, _ = self._request()
        if not path.endswith("/invocation/next"):
            raise RuntimeError(f"the authorizer asked for {path}")

    def _connect(self):
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(PATIENCE_SECS)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._connection.makefile("rb")

    def _request(self):
        first = self._reader.readline()
        if not first:
            raise RuntimeError("the authorizer has closed its connection")
        length = 0
        while line := self._reader.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return first.split()[1].decode(), self._reader.read(length)
