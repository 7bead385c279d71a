"""Instructions per call of one case of the benchmark `decision`, by callgrind."""

import re
import subprocess

# The difference of the two is what is counted: without what the process does
# before its first call and after its last.
FEW, MANY = 50, 250


def cases(binary):
    told = subprocess.run([binary, "cases"], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()


def instructions(binary, case):
    return (_collected(binary, case, MANY) - _collected(binary, case, FEW)) / (MANY - FEW)


def _collected(binary, case, times):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary]
    command += ["count", case, str(times)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        raise RuntimeError(f"{case} cannot be counted: {done.stderr[-500:]}")
    return int(found[1])
