"""The issuer's database: a file on a small disk, or a PostgreSQL of its own."""

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

SERVE = Path(__file__).parents[1] / "postgres/serve"


class Sqlite:
    is_postgres = False
    disk_megabytes = 24

    def start(self, folder):
        return f"sqlite://{folder}/issuer.db"

    def stop(self):
        pass


class Postgres:
    is_postgres = True
    disk_megabytes = 400
    _process = None

    def start(self, folder):
        """Returns its address. It ends with its standard input, so with this process."""
        self._process = subprocess.Popen(
            [SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder)}
        )
        return self._process.stdout.readline().strip() or sys.exit("no PostgreSQL is installed")

    def stop(self):
        if self._process is None:
            return
        self._process.stdin.close()
        self._process.wait(30)

    async def _obey(self, word):
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        await asyncio.to_thread(self._process.stdout.readline)

    @asynccontextmanager
    async def crashed(self):
        await self._obey("crash")
        try:
            yield
        finally:
            await self._obey("start")
