"""The whole system on this machine, as `cargo run -p local` starts it."""

import re
import subprocess
import sys
from pathlib import Path

from function import end


class System:
    """The system of `local`, with its addresses by the names in its banner."""

    def __init__(
        self, local, folder, settings=(), options=("--port-base", "0"), environment=None, stderr=None
    ):
        command = [local, *options, "--data", Path(folder) / "data"]
        for setting in settings:
            command += ["--set", setting]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            text=True,
            start_new_session=True,
        )
        try:
            banner = self._banner()
        except BaseException:
            end(self._process)
            raise
        self._places = dict(re.findall(r"^  (\S.*?)  *((?:http|arn:)\S+)$", banner, re.MULTILINE))

    def _banner(self):
        lines = []
        # Its last line; without it the system did not come up.
        while not (lines and "Ctrl-C" in lines[-1]):
            lines.append(self._process.stdout.readline())
            if not lines[-1]:
                sys.exit("local did not start")
        return "".join(lines)

    @property
    def pid(self):
        return self._process.pid

    def __getitem__(self, name):
        return self._places[name]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self._process)
