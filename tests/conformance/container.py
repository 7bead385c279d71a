"""Proves that what a Dockerfile describes runs: its program, among nothing but
what the base image has, as a user who is not root, with a root that nobody can
write to, answers its health check and stops when it is told to.

    container.py DOCKERFILE PROGRAM
"""

import pathlib
import signal
import socket
import sys
import tempfile
import urllib.error
import urllib.request

from image import LIBRARIES, Image, can_be_run, libraries
from report import check, finish

DOCKERFILE, PROGRAM = sys.argv[1:]

# One that is free: who asks has to know it beforehand.
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]

SETTINGS = {
    "JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "JWT_ISSUER": "https://auth.example.com",
    "JWT_AUDIENCE": "chatbot",
    "ISSUER_LISTEN": f"0.0.0.0:{PORT}",
    "ISSUER_BEHIND_TLS_PROXY": "true",
    "TRUSTED_PROXIES": "none",
}


def answer(path):
    """The status of an answer, or what came instead of one."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=10).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:
        return str(error)


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


def runs(image, program, folder):
    root = folder / "root"
    image.lay_out(root, program)
    process = image.start(root, SETTINGS)
    try:
        for line in process.stdout:
            if b'"listening"' in line:
                break
        else:
            check("it starts", False, "it ended before it listened")
            return
        check("it starts", True)
        check("it answers its health check", answer("/healthz") == 200, answer("/healthz"))
        check("it is ready: its database is in the volume", answer("/readyz") == 200, answer("/readyz"))
        users, capabilities, mounts = identity(process)
        wanted = image.user.split(":")[0]
        check("it runs as that user, whichever way it is asked", set(users) == {wanted}, users)
        check("it has no capability", int(capabilities, 16) == 0, capabilities)
        check("its root cannot be written to", mounts.get("/") == "ro", mounts)
        for volume in image.volumes:
            check(f"its volume can: {volume}", mounts.get(volume) == "rw", mounts)
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        check("it ends when it is told to, and well", process.wait(timeout=60) == 0, process.returncode)
    finally:
        process.kill()
        process.wait()


image = Image(DOCKERFILE)
described(image, PROGRAM)
if can_be_run():
    with tempfile.TemporaryDirectory() as folder:
        # The user of the image has to get there.
        pathlib.Path(folder).chmod(0o755)
        runs(image, PROGRAM, pathlib.Path(folder))
else:
    print("not run: this needs root, to mount and to change the user")
finish()
