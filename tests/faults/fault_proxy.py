"""A service of AWS as one part of the system reaches it, with faults in between.

Each part has a proxy of its own for each service, so that it is known what that
part was told, and when it was told something good for the last time.
"""

import asyncio
import json
import random
import time
from datetime import UTC, datetime
from email.utils import formatdate

from http_client import read_body, read_head

THROTTLED = {
    "secretsmanager": "ThrottlingException",
    "dynamodb": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
}
SLOW_SECONDS = 0.7
# How far AWS lets the time in a signature differ from its own.
SIGNATURE_SECONDS = 300
MODES = ("slow", "throttled", "error", "refused", "hanging", "garbage", "truncated", "denied", "patchy")
# In these some answers are right.
ANSWERING = ("ok", "slow", "patchy")
# Of every two answers one fails: of a few calls in a row, and their second attempts,
# one or another does.
PATCHY_SHARE = 0.5


class FaultProxy:
    def __init__(self, service, part, clocks):
        self.service, self.part = service, part
        self._clocks = clocks
        self._upstream = None
        self._mode = "ok"
        self._changed = asyncio.Event()
        self._server = None
        self._port = 0
        self._connections = set()
        # When a good answer was sent, the latest last, and since when the mode is
        # what it is, both on the monotonic clock.
        self.good_at = []
        self.mode_since = time.monotonic()
        # Requests since then.
        self.requests_since = 0

    @property
    def mode(self):
        return self._mode

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    async def start(self, upstream_port):
        self._upstream = upstream_port
        await self._listen()

    async def set_mode(self, mode):
        before, self._mode = self._mode, mode
        self.mode_since, self.requests_since = time.monotonic(), 0
        self._changed.set()
        self._changed = asyncio.Event()
        if mode == "refused":
            self._server.close()
            for writer in list(self._connections):
                writer.transport.abort()
        elif before == "refused":
            await self._listen()

    async def stop(self):
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()

    def last_good(self, until):
        """When the part was told something good for the last time before `until`."""
        for at in reversed(self.good_at):
            if at <= until:
                return at
        return 0.0

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=1 << 20)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        self._connections.add(writer)
        try:
            while True:
                first, headers = await read_head(reader)
                body = await read_body(reader, headers) if "content-length" in headers else b""
                self.requests_since += 1
                if not await self._answer(first, headers, body, writer):
                    return
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(self, first, headers, body, writer):
        """Whether the connection may be used again."""
        mode = self._mode
        if mode == "patchy":
            mode = "error" if random.random() < PATCHY_SHARE else "ok"
        if mode in ("hanging", "refused"):
            # Until it is over; what comes then is for nobody.
            await self._changed.wait()
            return False
        if mode == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        elif mode != "ok":
            status, text, length = self._wrong(mode)
            return await self._send(writer, status, text, length)
        if self._is_skewed(headers):
            wrong = {"__type": "InvalidSignatureException", "message": "Signature not yet current or expired"}
            return await self._send(writer, 400, json.dumps(wrong).encode())
        status, text = await self._forward(first, headers, body)
        if self._mode not in ANSWERING:
            # Broken meanwhile: the answer is lost on the way.
            return False
        sent = await self._send(writer, status, text)
        if sent and status == 200:
            self.good_at.append(time.monotonic())
            del self.good_at[:-4096]
        return sent

    def _wrong(self, mode):
        if mode == "garbage":
            return 200, b"<html>welcome to the hotel</html>", None
        if mode == "truncated":
            return 200, b'{"ARN":"arn:aws', 4000
        code, status = {
            "throttled": (THROTTLED[self.service], 400),
            "denied": ("AccessDeniedException", 400),
            "error": ("InternalServerError", 500),
        }[mode]
        return status, json.dumps({"__type": code, "message": "injected"}).encode(), None

    def _is_skewed(self, headers):
        stamp = headers.get("x-amz-date")
        if stamp is None:
            return False
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        return abs(signed - self._clocks.now("aws")) > SIGNATURE_SECONDS

    async def _forward(self, first, headers, body):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._upstream, limit=1 << 20)
        try:
            dropped = ("connection", "content-length", "host")
            kept = [f"{name}: {value}" for name, value in headers.items() if name not in dropped]
            kept += ["host: 127.0.0.1", "connection: close", f"content-length: {len(body)}"]
            writer.write("\r\n".join([first, *kept, "", ""]).encode("latin-1") + body)
            status, headers = await read_head(reader)
            return int(status.split()[1]), await read_body(reader, headers)
        finally:
            writer.close()

    async def _send(self, writer, status, body, length=None):
        told = len(body) if length is None else length
        head = [f"HTTP/1.1 {status} x", "content-type: application/x-amz-json-1.1", f"content-length: {told}"]
        # Whoever signs sets its own clock right by this. Not what the stand-in says:
        # its HTTP library keeps a date, which a clock that is set back never reaches.
        head.append(f"date: {formatdate(self._clocks.now('aws'), usegmt=True)}")
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        await writer.drain()
        return length is None
