"""One line per case, and an exit status at the end."""

import sys

_failed = 0
_passed = 0


def check(name, passed, seen=None):
    """Prints the case; a failed one with what was seen instead."""
    global _failed, _passed
    if passed:
        _passed += 1
        print(f"ok    {name}", flush=True)
        return
    _failed += 1
    print(f"FAIL  {name}", flush=True)
    if seen is not None:
        print(f"      saw: {seen}", flush=True)


def finish():
    """Ends the process; a case that failed makes it fail, and so does having none."""
    if _failed or not _passed:
        sys.exit(f"{_failed} of {_failed + _passed} cases failed")
