"""Too much of everything, and too slowly.

Right: what is too large is refused before it is read to its end, what is slow is
given up after the documented seconds, and meanwhile everybody else is served.
Heads have 32 KB and a hundred lines, bodies 64 KB at the issuer and 1 MB at the
chatbot; the first head may take ten seconds, a body four or ten.
"""

import gzip
import resource
import socket
import time
from threading import Thread

from wire import bearer, connect, encoded, exchange, head, place_of, read_answer, send
from world import DOORS, PROBE, each

SERVERS = {"Chatbot, plain HTTP": ("/api/chat", 1 << 20), "Issuer": ("/login", 64 << 10)}
MEGABYTE = 1 << 20
FIRST_HEAD = 10
BODY = {"Chatbot, plain HTTP": 10, "Issuer": 4}
# The issuer takes a thousand by default, the chatbot four times as many.
CONNECTIONS = {"Issuer": 1100}


def attack(world, case):
    token = world.log_in(world.add_user()).access
    # They mostly wait.
    waiting = [Thread(target=slow, args=(world, case, server, token)) for server in SERVERS]
    for thread in waiting:
        thread.start()
    heads(world, case, token)
    bodies(world, case, token)
    endless(world, case, token)
    bombs(world, case, token)
    for thread in waiting:
        thread.join()
    crowd(world, case)
    for server in SERVERS:
        answer = send(world[server], "GET", "/healthz")
        case(f"alive after all of it: {server}", answer.status == 200, answer)


def refused(answer, *statuses):
    """One of these, or cut off while it was still being sent."""
    return answer.status is None or answer.status in statuses


def heads(world, case, token):
    """Large heads, at every door: a token, a header, an address, many headers."""

    def one(item):
        door, size = item
        target = "/me" if door == "Issuer" else PROBE
        url = world[door]
        for what, raw in {
            "a token": head("GET", target, [("Host", "x"), ("Connection", "close"), bearer("e" * size)]),
            "a token in three parts": head(
                "GET", target, [("Host", "x"), ("Connection", "close"), bearer(token + "e" * size)]
            ),
            "a header": head("GET", target, [("Host", "x"), ("Connection", "close"), ("X", "x" * size)]),
            "a header's name": head("GET", target, [("Host", "x"), ("Connection", "close"), ("X" * size, "x")]),
            "many headers": head("GET", target, [("Host", "x"), ("Connection", "close")] + [("X", "x")] * (size // 4)),
            "a query": head("GET", f"{target}?{'x' * size}", [("Host", "x"), ("Connection", "close")]),
            "a path": head("GET", f"{target}/{'x' * size}", [("Host", "x"), ("Connection", "close")]),
            "a method": head("G" * size, target, [("Host", "x"), ("Connection", "close")]),
        }.items():
            answer = exchange(url, raw)
            right = refused(answer, 400, 401, 403, 404, 405, 413, 414, 431)
            case(f"{what} of {size} bytes, at: {door}", right, answer)

    doors = [*DOORS, "Issuer"]
    each(one, [(door, size) for size in [8 << 10, 33 << 10] for door in doors], at_once=4)
    each(one, [(door, MEGABYTE) for door in (doors if world.is_thorough else SERVERS)], at_once=2)
    for server in SERVERS:
        answer = exchange(world[server], head("GET", "/", [("Host", "x"), bearer("e" * (10 * MEGABYTE))]))
        case(f"a token of ten megabytes, at: {server}", refused(answer, 431, 400), answer)


def bodies(world, case, token):
    for server, (route, most) in SERVERS.items():
        headers = [bearer(token), ("Content-Type", "application/json")]
        for size in [most + 1, 2 * most, 10 * MEGABYTE]:
            answer = send(world[server], "POST", route, headers, b'{"x":"' + b"x" * size + b'"}')
            case(f"a body of {size} bytes, at: {server}", refused(answer, 413), answer)
        for what, text in {
            "nested deeply": b'{"username":' + b"[" * 30_000,
            "nested and closed": b'{"message":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
            "a number of 60,000 digits": b'{"message":' + b"9" * 60_000 + b"}",
            "an exponent of 60,000 digits": b'{"max_tokens":1e' + b"9" * 60_000 + b"}",
            "10,000 members": b"{" + b",".join(b'"a%d":1' % number for number in range(5000)) + b"}",
            "10,000 times the same member": b"{" + b'"a":1,' * 10_000 + b'"a":1}',
        }.items():
            answer = send(world[server], "POST", route, headers, text)
            case(f"a body that is {what}, at: {server}", refused(answer, 400, 413), answer)
    answer = send(
        world["Chatbot, plain HTTP"], "POST", "/api/chat", [bearer(token)], b'{"message":"' + b"x" * 33_000 + b'"}'
    )
    case("a message of 33 KB", answer.status == 413, answer)
    for door in DOORS:
        size = 11 * MEGABYTE
        answer = send(
            world[door], "POST", "/api/chat", [bearer(token), ("Content-Type", "application/json")], b"x" * size
        )
        case(f"eleven megabytes, at: {door}", refused(answer, 413), answer)


def endless(world, case, token):
    """Chunks without an end; what counts is how much was taken of them."""

    def one(item):
        server, what, chunk = item
        route, most = SERVERS[server]
        lines = [("Host", "x"), ("Transfer-Encoding", "chunked"), ("Content-Type", "application/json"), bearer(token)]
        taken = 0
        with connect(world[server]) as connection:
            connection.sendall(head("POST", route, lines))
            try:
                # Beyond this it would never end, whatever buffers lie between.
                while taken < 64 * MEGABYTE:
                    connection.sendall(chunk)
                    taken += len(chunk)
            except OSError:
                pass
            answer = read_answer(connection)
        case(f"{what} without an end, at: {server}", taken < 64 * MEGABYTE and refused(answer, 400, 408, 413), answer)

    forms = {
        "large chunks": b"10000\r\n" + b"x" * 65536 + b"\r\n",
        "small chunks": b"1\r\nx\r\n" * 10_000,
        "chunks with extensions": b"1;" + b"x" * 30_000 + b"\r\nx\r\n",
        "one chunk's extension": b"1;" + b"x" * 65_536,
        "a trailer": b"0\r\n" + b"X: x\r\n" * 10_000,
    }
    each(one, [(server, what, chunk) for server in SERVERS for what, chunk in forms.items()], at_once=4)


def bombs(world, case, token):
    """Bodies that would be large if anybody unpacked them."""
    packed = gzip.compress(b'{"message":"' + b" " * (100 * MEGABYTE) + b'"}')
    assert len(packed) < MEGABYTE
    small = gzip.compress(b'{"message":"hello"}')
    for server, (route, _) in SERVERS.items():
        for coding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "identity"]:
            for what, body in [("100 MB", packed), ("a message", small)]:
                headers = [bearer(token), ("Content-Type", "application/json"), ("Content-Encoding", coding)]
                answer = send(world[server], "POST", route, headers, body)
                case(f"{what} in {coding}, at: {server}", refused(answer, 400, 413, 415), answer)
        headers = [
            bearer(token),
            ("Content-Type", "application/json"),
            ("Transfer-Encoding", "gzip, chunked"),
            ("Host", "x"),
        ]
        raw = head("POST", route, [*headers, ("Connection", "close")])
        answer = exchange(world[server], raw + f"{len(small):x}\r\n".encode() + small + b"\r\n0\r\n\r\n")
        case(f"a coding for transfer, at: {server}", refused(answer, 400, 413, 415, 501), answer)


def slow(world, case, server, token):
    """Heads and bodies that do not come to an end, or byte by byte; all of them at once."""
    route, _ = SERVERS[server]
    headers = [("Host", "x"), ("Content-Type", "application/json"), bearer(token)]
    start = head("POST", route, [*headers, ("Content-Length", "1000")])
    chunks = head("POST", route, [*headers, ("Transfer-Encoding", "chunked")])
    forms = {
        "nothing": (b"", b"", FIRST_HEAD),
        "half of a request line": (b"GET /hea", b"", FIRST_HEAD),
        "half of a head": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"", FIRST_HEAD),
        "a head byte by byte": (b"GET / HTTP/1.1\r\nX: ", b"x", FIRST_HEAD),
        "a head line by line": (b"GET / HTTP/1.1\r\n", b"X: x\r\n", FIRST_HEAD),
        "empty lines": (b"", b"\r\n", FIRST_HEAD),
        "no body": (start, b"", BODY[server]),
        "a body byte by byte": (start, b" ", BODY[server]),
        "no chunk": (chunks, b"", BODY[server]),
        "chunks byte by byte": (chunks, b"1\r\nx\r\n", BODY[server]),
    }
    for size in [10 * MEGABYTE, 1 << 33, 1 << 62, (1 << 64) - 1]:
        announced = head("POST", route, [*headers, ("Content-Length", str(size))]) + b"{"
        forms[f"a body that is said to have {size} bytes"] = (announced, b"", BODY[server])

    def one(item):
        what, (begin, more, seconds) = item
        began = time.monotonic()
        with socket.create_connection(place_of(world[server]), timeout=0.5) as connection:
            connection.sendall(begin)
            status = drip(connection, more, began + seconds + world.slack)
        took = time.monotonic() - began
        right = took < seconds + world.slack and status in (b"", b"400", b"408", b"413", b"431")
        case(f"{what}, at: {server}", right, f"{status.decode()} after {took:.0f} s")

    each(one, forms.items(), at_once=len(forms))


def drip(connection, more, until):
    """Sends a little whenever nothing has come back for a while; returns the status that ended it, if any did."""
    while time.monotonic() < until:
        try:
            if more:
                connection.sendall(more)
            answer = connection.recv(4096)
        except TimeoutError:
            continue
        except OSError:
            return b""
        return answer[9:12]
    return b"none"


def crowd(world, case):
    """More connections than there are places; whoever comes then waits, and is served."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    for server, count in CONNECTIONS.items():
        idle = []
        try:
            for _ in range(count):
                connection = connect(world[server])
                connection.sendall(encoded("GET / HTTP/1.1\r\n"))
                idle.append(connection)
            with connect(world[server]) as last:
                last.sendall(head("GET", "/healthz", [("Host", "x"), ("Connection", "close")]))
                for connection in idle:
                    connection.close()
                answer = read_answer(last)
            case(f"{count} connections that say nothing, and one more, at: {server}", answer.status == 200, answer)
        finally:
            for connection in idle:
                connection.close()
