"""A process to be killed: keeps predictions as fast as it can, and tells each one's number once it is acknowledged."""

import asyncio
import os
import sys
from pathlib import Path

from prediction_log_story import told

from faultcast.adapters.prediction_log import PredictionLog
from faultcast.adapters.prediction_log.sqlite_store import SqliteStore

CLIENTS = 32


async def _write(path: Path, run: str) -> None:
    log = PredictionLog(SqliteStore(path))
    numbers = iter(range(10**9))

    async def client() -> None:
        while True:
            number = next(numbers)
            await log.append(told(number, run))
            os.write(1, f"{number}\n".encode())

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(_write(Path(sys.argv[1]), sys.argv[2]))
