"""Where a request ends, and the next one on its connection begins."""

import re

from wire import bearer, connect, head
from world import GATEWAYS, PROBE, each

SERVERS = ["Chatbot, plain HTTP", "Issuer"]


def answers(url, raw):
    """The statuses of all the answers that a connection brings until it is closed."""
    with connect(url) as connection:
        read = b""
        try:
            connection.sendall(raw)
            while more := connection.recv(65536):
                read += more
        except OSError:
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", read)]


def bounds_in_doubt(world, case, mine):
    """Where one reader sees one request and the next one two."""
    lengths = {
        "chunks and a length": ["Content-Length: {n}", "Transfer-Encoding: chunked"],
        "chunks and a length, the other way round": ["Transfer-Encoding: chunked", "Content-Length: {n}"],
        "an unknown coding": ["Content-Length: 5", "Transfer-Encoding: xchunked"],
        "chunked, but not last": ["Transfer-Encoding: chunked, identity"],
        "identity": ["Content-Length: 5", "Transfer-Encoding: identity"],
        "chunked and something else": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
        "chunked behind a vertical tab": ["Transfer-Encoding: \x0bchunked"],
        "chunked in quotes": ['Transfer-Encoding: "chunked"'],
        "chunked with a space before the colon": ["Transfer-Encoding : chunked", "Content-Length: 5"],
        "two lengths": ["Content-Length: 5", "Content-Length: {n}"],
        "two lengths in one line": ["Content-Length: 5, {n}"],
        "a length with a sign": ["Content-Length: +5"],
        "a negative length": ["Content-Length: -5"],
        "a length in hexadecimal": ["Content-Length: 0x5"],
        "a length with a space inside": ["Content-Length: 5 5"],
        "a length and a space before the colon": ["Content-Length : 5"],
        "a length that is folded": ["X: a", " Content-Length: 5"],
        "a length beyond 64 bits": ["Content-Length: 18446744073709551621"],
    }
    chunks = {
        "a chunk of 0x0": "0x0\r\n\r\n",
        "a chunk of -1": "-1\r\n\r\n",
        "a chunk beyond 64 bits": "fffffffffffffffff\r\n\r\n",
        "chunks with bare line feeds": "0\n\n",
        "a chunk that is longer than it says": "1\r\naaaa\r\n0\r\n\r\n",
        "a chunk size with a space": "0 0\r\n\r\n",
    }
    forms = {name: (lines, "0\r\n\r\n") for name, lines in lengths.items()}
    forms |= {name: (["Transfer-Encoding: chunked"], body) for name, body in chunks.items()}

    def one(item):
        server, (name, (lines, body)) = item
        token = f"Host: x\r\nAuthorization: Bearer {mine}\r\n"
        inner = f"GET {PROBE if server != 'Issuer' else '/me'} HTTP/1.1\r\n{token}Connection: close\r\n\r\n"
        target = "/login" if server == "Issuer" else "/api/chat"
        lines = "\r\n".join(lines).format(n=len(body) + len(inner))
        outer = f"POST {target} HTTP/1.1\r\n{token}{lines}\r\n\r\n{body}"
        seen = answers(world[server], (outer + inner).encode())
        case(f"{name}, at: {server}", seen in ([400], []), seen)

    each(one, [(server, form) for form in forms.items() for server in SERVERS])


def one_connection(world, case, mine):
    """What one request on a connection may do, the next one may not."""
    for server in SERVERS:
        target = "/me" if server == "Issuer" else PROBE
        with_token = head("GET", target, [("Host", "x"), bearer(mine)])
        without, last = (head("GET", target, [("Host", "x"), *close]) for close in ([], [("Connection", "close")]))
        seen = answers(world[server], with_token + without + with_token + last)
        case(f"tokens do not stay with a connection, at: {server}", seen == [200, 401, 200, 401], seen)
    for gateway in GATEWAYS:
        with_token = head("GET", PROBE, [("Host", "x"), bearer(mine)])
        seen = answers(world[gateway], with_token + head("GET", PROBE, [("Host", "x"), ("Connection", "close")]))
        case(f"tokens do not stay with a connection, at: {gateway}", seen == [200, 401], seen)
