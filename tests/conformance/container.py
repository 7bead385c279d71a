"""Proves that what a Dockerfile describes runs: its program, among nothing but
what the base image has, as a user who is not root, with a root that nobody can
write to, answers its health check and stops when it is told to, with what has
begun brought to its end.

    container.py issuer|chatbot PROGRAM

Running it takes root, and a machine that lets root mount; anywhere else this
fails, unless LATCHKEY_CONTAINER=described asks for the description alone.
"""

import http.client
import json
import os
import pathlib
import signal
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request

from image import LIBRARIES, Image, can_be_run, libraries
from report import check, finish
from samples import sign

NAME, PROGRAM = sys.argv[1:]

# One that is free: who asks has to know it beforehand.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]

SECRET = "0123456789abcdef0123456789abcdef"
ISSUER = "https://auth.example.com"
# How long `docker stop` waits before it kills.
GRACE_SECONDS = 10
VERIFIER = {"JWT_SECRET": SECRET, "JWT_ISSUER": ISSUER, "JWT_AUDIENCE": "chatbot"}


def request(path, token=None, message=None):
    """The status and the body of an answer, or what came instead of one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None
    if message is not None:
        data = json.dumps({"message": message}).encode()
        headers["Content-Type"] = "application/json"
    asked = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return None, str(error)


def answers(what, path, status=200, **rest):
    found = request(path, **rest)
    check(what, found[0] == status, found)
    return found[1]


def described(image, program):
    user = image.user.split(":")
    check("its user is a number, and not root's", all(part.isdigit() and int(part) for part in user), image.user)
    check("its base has no shell", image.base.startswith("gcr.io/distroless/"), image.base)
    check("an engine stops it with SIGTERM", image.stop_signal == "SIGTERM", image.stop_signal)
    linked = {path.name for path in libraries(program)}
    linked = {name for name in linked if not name.startswith("ld-linux")}
    check("its program needs no library that the base lacks", linked <= LIBRARIES, linked - LIBRARIES)


def identity(process):
    """What the kernel says of a process: its users, its capabilities, its root."""
    folder = pathlib.Path(f"/proc/{process.pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    mounts = [line.split() for line in (folder / "mountinfo").read_text().splitlines()]
    inside = {mount[4]: mount[5].split(",")[0] for mount in mounts}
    return status["Uid"].split(), status["CapEff"].strip(), inside


def says(process, word):
    """Whether a line with this message comes before the end of its output."""
    return any(f'"{word}"'.encode() in line for line in process.stdout)


class Issuer:
    dockerfile = "infra/issuer/Dockerfile"
    settings = {
        **VERIFIER,
        "ISSUER_LISTEN": f"0.0.0.0:{PORT}",
        "ISSUER_BEHIND_TLS_PROXY": "true",
        "TRUSTED_PROXIES": "none",
    }

    def works(self):
        answers("it is ready: its database is in the volume", "/readyz")

    def ends(self, process):
        process.send_signal(signal.SIGTERM)
        return time.monotonic()


class Chatbot:
    dockerfile = "infra/ecs/Dockerfile"
    settings = {**VERIFIER, "PORT": str(PORT), "CHAT_BACKEND": "echo"}

    def works(self):
        answers("it is ready", "/readyz")
        page = answers("it has a page", "/")
        check("the page is one", "<html" in page.lower(), page[:200])
        answers("no token: 401", "/api/chat", 401, message="hello")
        forged = token("another-secret-of-more-than-32-bytes")
        answers("a token that somebody else signed: 401", "/api/chat", 401, message="hello", token=forged)
        answers("a token that has ended: 401", "/api/chat", 401, message="hello", token=token(SECRET, -3600))
        said = answers("a token: 200", "/api/chat", message="hello", token=token(SECRET))
        check("it answers the message", "your message was: hello" in said, said)

    def ends(self, process):
        """What has begun when it is told to end is answered, and nobody who says
        nothing more keeps it from ending in time."""
        message = json.dumps({"message": "last words"}).encode()
        head = [
            "POST /api/chat HTTP/1.1",
            f"Host: 127.0.0.1:{PORT}",
            f"Authorization: Bearer {token(SECRET)}",
            "Content-Type: application/json",
            f"Content-Length: {len(message)}",
            # The answer to this says that somebody is waiting for the body.
            "Expect: 100-continue",
        ]
        with self.begin(head) as connection, self.begin(head):
            told = time.monotonic()
            process.send_signal(signal.SIGTERM)
            check("it says that it is stopping", says(process, "stopping"))
            refused = request("/healthz")
            check("it takes no more requests", refused[0] is None, refused)
            try:
                connection.sendall(message)
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                found = answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                found = None, repr(error)
            check("the request that had begun is answered", found[0] == 200 and "last words" in found[1], found)
            # The other one is still there.
            ended = process.stdout.read().decode()
            check("every answer was kept", "before every answer was kept" not in ended, ended)
        return told

    @staticmethod
    def begin(head):
        """A connection with the head of a request whose body is asked for."""
        connection = socket.create_connection(("127.0.0.1", PORT), timeout=30)
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        begun = b""
        while not begun.endswith(b"\r\n\r\n"):
            part = connection.recv(4096)
            if not part:
                break
            begun += part
        check("a request has begun", begun.startswith(b"HTTP/1.1 100 "), begun)
        return connection


def token(secret, seconds=600):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "chatbot", "sub": "1", "username": "ada", "name": "Ada", "type": "access"}
    claims |= {"role": "USER", "jti": "1", "iat": now + seconds - 900, "exp": now + seconds}
    return sign({"alg": "HS256", "typ": "JWT"}, claims, secret)


def runs(image, kind, program, folder):
    root = folder / "root"
    image.lay_out(root, program)
    process = image.start(root, kind.settings)
    try:
        if not says(process, "listening"):
            check("it starts", False, "it ended before it listened")
            return
        check("it starts", True)
        answers("it answers its health check", "/healthz")
        users, capabilities, mounts = identity(process)
        wanted = image.user.split(":")[0]
        check("it runs as that user, whichever way it is asked", set(users) == {wanted}, users)
        check("it has no capability", int(capabilities, 16) == 0, capabilities)
        check("its root cannot be written to", mounts.get("/") == "ro", mounts)
        for volume in image.volumes:
            check(f"its volume can: {volume}", mounts.get(volume) == "rw", mounts)
        kind.works()
        told = kind.ends(process)
        process.stdout.read()
        check("it ends when it is told to, and well", process.wait(timeout=60) == 0, process.returncode)
        took = time.monotonic() - told
        check("it ends before `docker stop` would kill it", took < GRACE_SECONDS, f"{took:.1f} s")
    finally:
        process.kill()
        process.wait()


kind = {"issuer": Issuer, "chatbot": Chatbot}[NAME]()
image = Image(kind.dockerfile)
described(image, PROGRAM)
if can_be_run():
    with tempfile.TemporaryDirectory() as folder:
        # The user of the image has to get there.
        pathlib.Path(folder).chmod(0o755)
        runs(image, kind, PROGRAM, pathlib.Path(folder))
elif os.environ.get("LATCHKEY_CONTAINER") == "described":
    print("not run, as LATCHKEY_CONTAINER asks")
else:
    check("it can be run: this needs root, to mount and to change the user", False)
finish()
