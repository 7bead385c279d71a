"""What was measured on, and what else it did meanwhile."""

import os
import platform
import subprocess
import time
from pathlib import Path


class Busyness:
    """From its making on: the share of a core that others used."""

    def __init__(self):
        self._began, self._before = time.monotonic(), _busy_seconds()

    def of_others(self):
        """All that was started here must have ended: its time counts once it has."""
        everybody, ours = (after - before for after, before in zip(_busy_seconds(), self._before))
        return max(0, everybody - ours) / (time.monotonic() - self._began)


def _busy_seconds():
    """CPU time of the whole machine, and of what this program started and ended."""
    user, nice, system, _idle, _wait, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8]
    )
    everybody = (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    own = os.times()
    return everybody, own.user + own.system + own.children_user + own.children_system


def machine(local):
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = {line.split(":")[1].strip() for line in lines if line.startswith("model name")}
    return {
        "cpu": ", ".join(sorted(models)) or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "commit": _commit(),
        # The release profile strips what a debugger reads.
        "table": "debug build" if b".debug_info" in Path(local).read_bytes() else "release build",
    }


def _commit():
    command = ["git", "-C", Path(__file__).parent, "describe", "--always", "--dirty"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
