"""What keeping every prediction costs, and what is left after a writer was killed 200 times.

    python benchmarks/prediction_log.py [--predictions 8000] [--kills 200] [--folder FOLDER] [--write]

Clients in one event loop wait until each prediction is kept, as requests do. Peer: SQLite as plainly as it can be used
with the same promise, one synced transaction a prediction (write-ahead log, synchronous=FULL) in a thread beside the
loop, the same table, indexes and columns. Rounds of both are interleaved. The writer that is killed, and the check of
what it left, are those of tests/adapters/test_prediction_log_killed.py.
"""

import argparse
import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from page import head, line, machine, write

from faultcast.adapters.prediction_log import PredictionLog
from faultcast.adapters.prediction_log.rows import FeatureSets, row
from faultcast.adapters.prediction_log.sqlite_store import SqliteStore
from faultcast.features.catalogue import NAMES
from faultcast.records import LoggedPrediction

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "adapters"))
from prediction_log_kills import kill_writers
from prediction_log_story import told

CLIENTS = (1, 16, 64)
ROUNDS = 3
SYNCS = 300
Append = Callable[[LoggedPrediction], Awaitable[None]]


class Measured:
    """One round: seconds that each append took, wall and processor seconds of all."""

    def __init__(self, took: list[float], wall: float, processor: float) -> None:
        self.took, self.wall, self.processor = sorted(took), wall, processor

    def quantile(self, share: float) -> float:
        """Milliseconds."""
        return self.took[min(len(self.took) - 1, int(share * len(self.took)))] * 1000


def prediction(number: int) -> LoggedPrediction:
    """One with all features of the catalogue."""
    features = {name: None if at % 9 == 0 else number / (at + 1) for at, name in enumerate(NAMES)}
    return replace(told(number, run=f"r{os.urandom(4).hex()}"), features=features)


async def measured(append: Append, clients: int, predictions: int) -> Measured:
    """So many clients, each with its next prediction once its last one is kept."""
    todo = [prediction(number) for number in range(predictions)]
    took = []

    async def client() -> None:
        while todo:
            one = todo.pop()
            started = time.perf_counter()
            await append(one)
            took.append(time.perf_counter() - started)

    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Measured(took, time.perf_counter() - wall, time.process_time() - processor)


def grouped(folder: Path, clients: int, predictions: int) -> Measured:
    """Ours."""
    with closing(PredictionLog(SqliteStore(folder / f"ours-{os.urandom(4).hex()}.db"))) as log:
        return asyncio.run(measured(log.append, clients, predictions))


def plain(folder: Path, clients: int, predictions: int) -> Measured:
    """The peer: a thread, a transaction a prediction."""
    store, sets = SqliteStore(folder / f"plain-{os.urandom(4).hex()}.db"), FeatureSets()
    with closing(store), ThreadPoolExecutor(1) as thread:

        async def append(one: LoggedPrediction) -> None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(thread, lambda: store.write([row(one, sets)], sets))

        return asyncio.run(measured(append, clients, predictions))


def sync_milliseconds(folder: Path) -> float:
    """Median of appending 4 KB to a file and syncing it."""
    took = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - started)
    return statistics.median(took) * 1000


def table(folder: Path, predictions: int) -> list[str]:
    """A row for each number of clients."""
    rows = head(
        "clients", "writer", "predictions a second", "p50, ms", "p99, ms", "slowest, ms", "processor us a prediction"
    )
    for clients in CLIENTS:
        count = min(predictions, 500 * clients)
        found: dict[str, list[Measured]] = {"ours": [], "plain": []}
        for _ in range(ROUNDS):
            found["ours"].append(grouped(folder, clients, count))
            found["plain"].append(plain(folder, clients, min(count, 800)))
        for name, writer in (("ours", "one sync a group"), ("plain", "one transaction a prediction")):
            rounds = found[name]
            middle = [
                statistics.median(len(one.took) / one.wall for one in rounds),
                *(statistics.median(one.quantile(share) for one in rounds) for share in (0.5, 0.99, 1.0)),
                statistics.median(one.processor / len(one.took) * 1e6 for one in rounds),
            ]
            rate, p50, p99, slowest, processor = middle
            cells = (f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{slowest:.1f}", f"{processor:.0f}")
            rows.append(line((str(clients), writer, *cells)))
    return rows


def kills(folder: Path, count: int) -> str:
    """What 200 kills left, in words."""
    started = time.perf_counter()
    seen = kill_writers(folder / "killed.db", count, seed=5)
    return (
        f"Killed by -9 at {count} random moments with 32 predictions on their way ({time.perf_counter() - started:.0f} "
        f"s): {seen['acknowledged']:,} predictions acknowledged, **{seen['lost']} lost**, {seen['changed']} changed, "
        f"{seen['twice']} twice; {seen['torn_tails']} torn tails, all dropped when the file was opened next; "
        f"{seen['not_whole']} files that SQLite's quick_check refuses; {seen['unacknowledged']:,} kept that nobody had "
        "been told of yet."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--predictions", type=int, default=8_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="on the disk that is meant (default: a temporary folder)")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder = Path(place)
        said = (
            f"`python benchmarks/prediction_log.py`, {machine()}. {len(NAMES)} features a prediction; medians of "
            f"{ROUNDS} interleaved rounds; appending 4 KB and syncing takes {sync_milliseconds(folder):.2f} ms here."
        )
        text = "\n".join([said, "", *table(folder, options.predictions), "", kills(folder, options.kills)])
    print(text)
    if options.write:
        write("prediction_log", text)


if __name__ == "__main__":
    main()
