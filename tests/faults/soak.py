"""Hours of use without a fault: memory and descriptors must not grow."""

import asyncio
import time
from pathlib import Path

# Caches and pools fill at first; what is there after this time is compared with.
WARM_UP_SECONDS = 60
SAMPLE_SECONDS = 10
# A process may grow by this much over the whole time: what the allocator keeps for
# itself, and the bounded caches that the warm-up did not fill.
MEMORY_SHARE, MEMORY_KIB = 1.25, 8 * 1024
DESCRIPTORS = 16


def _measure(stage):
    """Resident KiB and open descriptors of each process."""
    measured = {}
    for part, pids in stage.all_processes().items():
        for pid in pids:
            status = Path(f"/proc/{pid}/status").read_text()
            [resident] = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")]
            measured[part, pid] = resident, len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return measured


async def soak(desk, checker, minutes):
    """Whether all stayed well."""
    until = time.monotonic() + minutes * 60
    await asyncio.sleep(min(WARM_UP_SECONDS, minutes * 20))
    first, requests = _measure(desk.stage), checker.requests
    while time.monotonic() < until:
        await asyncio.sleep(SAMPLE_SECONDS)
        desk.check_workers()
    last = _measure(desk.stage)
    well = not checker.wrong
    print(f"{'process':<18} {'KiB at first':>12} {'at the end':>12} {'descriptors':>12} {'at the end':>12}")
    for process, (memory, descriptors) in first.items():
        if process not in last:
            print(f"{process[0]:<18} ended")
            well = False
            continue
        later_memory, later_descriptors = last[process]
        grew = later_memory > memory * MEMORY_SHARE + MEMORY_KIB or later_descriptors > descriptors + DESCRIPTORS
        well = well and not grew
        print(
            f"{process[0]:<18} {memory:>12} {later_memory:>12} {descriptors:>12} {later_descriptors:>12}{'  GREW' if grew else ''}"
        )
    print(
        f"{checker.requests - requests} requests after the warm-up, {len(checker.wrong)} wrong or unanswered,"
        f" {checker.crowded_out} unanswered for want of processors"
    )
    return well
