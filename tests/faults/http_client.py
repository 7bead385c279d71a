"""HTTP/1.1 as far as the clients of this harness need it, on asyncio.

One connection per request: a process that was killed takes no later request of
another with it.
"""

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Longer than anything in the system may take: a client that goes away early would
# not learn what became of its request.
PATIENCE = 45


@dataclass
class Answer:
    """What came back. Without a status nothing did, or not all of it."""

    status: int | None = None
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    def json(self):
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def failed(self):
        """The question stayed open."""
        return self.status is None or self.status >= 500


async def ask(url, method="GET", token=None, body=None, headers=None, address=None):
    """Sends one request. `body` is sent as JSON, `address` is where it comes from."""
    parts = urlsplit(url)
    payload = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1"]
    lines += [f"Host: {parts.netloc}", "Connection: close", f"Content-Length: {len(payload)}"]
    if body is not None:
        lines.append("Content-Type: application/json")
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    request = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + payload
    try:
        async with asyncio.timeout(PATIENCE):
            return await _exchange(parts.hostname, parts.port, request, address)
    except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
        return Answer()


async def _exchange(host, port, request, address):
    own = (address, 0) if address else None
    reader, writer = await asyncio.open_connection(host, port, local_addr=own, limit=1 << 20)
    try:
        writer.write(request)
        await writer.drain()
        status, headers = await read_head(reader)
        return Answer(int(status.split()[1]), headers, await read_body(reader, headers))
    finally:
        writer.close()


async def read_head(reader):
    """Reads a first line and the headers after it, by lower-case name."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = (line.partition(":") for line in lines)
    return first, {name.strip().lower(): value.strip() for name, _, value in headers}


async def read_body(reader, headers):
    if headers.get("transfer-encoding", "").lower() == "chunked":
        pieces = []
        while size := int((await reader.readline()).split(b";")[0], 16):
            pieces.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(pieces)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()
