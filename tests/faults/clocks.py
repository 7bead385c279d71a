"""The wall clocks of the system, which are stepped while it runs.

There are three, because that is where clocks can differ: `aws` is that of the
gateways, the functions and the services of AWS; `issuer` and `plain` are those of
the hosts that the issuer and the chatbot in its container run on. Each is a file
that libfaketime reads whenever a process asks for the time.

A step takes effect at some moment while its file is written, so what a process
saw during a request is known as an interval, and nothing is judged more sharply.
"""

import time
from pathlib import Path

NAMES = ("aws", "issuer", "plain")
# The one for programs with threads: with the other, a thread that reads the file while
# another does now and then sees the time without an offset.
LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")

# Wall time of this process at the zero of its monotonic clock.
_BASE = time.time() - time.monotonic()


def find_library():
    """Returns the file of libfaketime."""
    for pattern in LIBRARIES:
        for found in Path("/").glob(pattern.lstrip("/")):
            return found
    raise SystemExit("libfaketime is missing: the Debian package is called faketime")


class Clocks:
    def __init__(self, folder):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._library = find_library()
        self._world = 0
        # When that much had passed, and how much.
        self._passes = []
        self._skews = dict.fromkeys(NAMES, 0)
        # By clock: when a change began and ended on the monotonic clock, and the
        # offset from then on.
        self._changes = {name: [] for name in NAMES}
        for name in NAMES:
            self._write(name)

    def settings(self, name):
        """The variables that put a process under the clock `name`."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._folder / name),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def skew(self, name, seconds):
        """Sets a clock that many seconds ahead of the right time."""
        self._skews[name] = seconds
        self._write(name)

    def pass_time(self, seconds):
        """Lets that much time pass for everybody at once."""
        self._world += seconds
        for name in NAMES:
            self._write(name)
        self._passes.append((time.monotonic(), seconds))

    def passed(self, start, end):
        """How much time passed at least, by every clock that was not stepped."""
        return end - start + sum(seconds for at, seconds in self._passes if start < at <= end)

    def now(self, name):
        return time.time() + self._world + self._skews[name]

    def readings(self, name, start, end):
        """The earliest and the latest time that the clock may have shown between
        two moments of the monotonic clock."""
        changes = self._changes[name]
        low, high = None, None
        for index, (began, _, offset) in enumerate(changes):
            until = changes[index + 1][1] if index + 1 < len(changes) else end
            first, last = max(start, began), min(end, until)
            if first > last:
                continue
            earliest, latest = _BASE + first + offset, _BASE + last + offset
            low = earliest if low is None else min(low, earliest)
            high = latest if high is None else max(high, latest)
        return low, high

    def _write(self, name):
        offset = self._world + self._skews[name]
        began = time.monotonic()
        # In one step: a process never reads half a file.
        draft = self._folder / f".{name}"
        draft.write_text(f"{offset:+d}\n")
        draft.replace(self._folder / name)
        changes = self._changes[name]
        changes.append((began if changes else 0.0, time.monotonic(), offset))
