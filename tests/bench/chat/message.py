"""Messages of HTTP/1.1, as far as the programs of this benchmark exchange them."""

from dataclasses import dataclass


@dataclass
class Message:
    """A head, as it came and as it reads, and a body where the head says how long."""

    raw_head: bytes
    first_line: str
    headers: dict
    body: bytes = b""


def read_head(reader):
    """Returns the next message without its body; None once the other end has closed."""
    lines = []
    while line := reader.readline():
        if line == b"\r\n":
            break
        lines.append(line)
    else:
        return None
    first, *others = [line.decode("latin-1").strip() for line in lines]
    headers = (line.partition(":") for line in others)
    named = {name.lower(): value.strip() for name, _, value in headers}
    return Message(b"".join(lines) + b"\r\n", first, named)


def read_message(reader):
    """Returns the next message; None once the other end has closed."""
    message = read_head(reader)
    if message:
        message.body = reader.read(int(message.headers.get("content-length", 0)))
    return message
