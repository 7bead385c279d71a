"""A backend of OpenAI's chat completions, streamed, in a process of its own.

It costs as little time as it can: what is measured is what others add to it. Whoever
comes with a key is a chatbot, and counted. Started as a program it prints its port, and
ends no later than its standard input.
"""

import contextlib
import json
import re
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

from function import end
from message import read_message

MODEL = "stand-in"
PIECES = ("All ", "is ", "well", ".")


def question(first_wait_ms=0, rest_wait_ms=0):
    """A question that says how long to wait before the first piece of its answer, and
    before the rest. In its text, since that is what a chatbot hands on unchanged."""
    return f"How are you, after {first_wait_ms} ms, and then after {rest_wait_ms}?"


def completion_request(text):
    return {
        "model": MODEL,
        "messages": [{"role": "user", "content": text}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


class Backend:
    """The process, and where it listens."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def __enter__(self):
        try:
            port = self._process.stdout.readline().strip().decode()
            if not port:
                raise RuntimeError("the backend did not start")
        except BaseException:
            self.__exit__()
            raise
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_):
        end(self._process)
        self._process.stdin.close()
        self._process.stdout.close()


class Answers(socketserver.StreamRequestHandler):
    """One connection. A thread that blocks is woken sooner than a loop of events."""

    disable_nagle_algorithm = True

    def handle(self):
        # Whoever asks may go as soon as it has what it wants.
        with contextlib.suppress(ConnectionError):
            is_new = True
            while request := read_message(self.rfile):
                if request.first_line.startswith("GET "):
                    self._tell_counts()
                    continue
                if "authorization" in request.headers:
                    self.server.count(is_new)
                is_new = False
                self._answer(json.loads(request.body)["messages"][-1]["content"])

    def _tell_counts(self):
        body = json.dumps(self.server.counts).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def _answer(self, text):
        first_wait_ms, rest_wait_ms = map(int, re.findall(r"\d+", text))
        if first_wait_ms:
            time.sleep(first_wait_ms / 1000)
        self.wfile.write(HEAD + EVENTS[0])
        if rest_wait_ms:
            time.sleep(rest_wait_ms / 1000)
        # One by one, as a model's server sends them.
        for event in EVENTS[1:]:
            self.wfile.write(event)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.counts = {"questions": 0, "connections": 0}

    def count(self, is_new):
        # One question at a time is asked here: nobody else counts meanwhile.
        self.counts["questions"] += 1
        self.counts["connections"] += is_new


def _chunk(text):
    return b"%x\r\n%s\r\n" % (len(text), text)


def _event(choices, usage=None):
    said = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": MODEL,
        "choices": choices,
        "usage": usage,
    }
    return _chunk(b"data: %s\n\n" % json.dumps(said).encode())


def _choice(delta, finish_reason=None):
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = [
    *(_event(_choice({"role": "assistant", "content": piece})) for piece in PIECES),
    _event(_choice({}, "stop")),
    _event([], {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}),
    _chunk(b"data: [DONE]\n\n"),
    _chunk(b""),
]


def main():
    with Server(("127.0.0.1", 0), Answers) as server:
        print(server.server_address[1], flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main()
