"""Whether this machine has time for what runs on it.

Everything in the system gives up after a second or some, and says *unavailable*
then. Where other programs take the processors, that is no fault of the system.
"""

import asyncio
import os
import time

# Waiting processes per processor beyond which nothing is in time.
CROWD = 4
LATE_SECONDS = 0.3
REMEMBERED_SECONDS = 10
TICK = 0.1


class Machine:
    def __init__(self):
        self._late_at = 0.0
        self._watch = asyncio.create_task(self._keep_time())

    async def _keep_time(self):
        while True:
            asleep = time.monotonic()
            await asyncio.sleep(TICK)
            if time.monotonic() > asleep + TICK + LATE_SECONDS:
                self._late_at = time.monotonic()

    def is_busy(self):
        crowded = os.getloadavg()[0] > CROWD * os.cpu_count()
        return crowded or time.monotonic() < self._late_at + REMEMBERED_SECONDS

    def close(self):
        self._watch.cancel()
