"""Waiting changes scored one by one or together: python benchmarks/gateway_batching.py [--write]

Callers that never pause ask the gateway's flow (no HTTP, no cache) for a small forest's risk, with five reasons and
without any. How many are scored together is bounded by the column's number; nobody is ever waited for, so with one
caller nothing can be gained. Changes a CPU-second of the whole process, the median of three interleaved rounds.
"""

# ruff: noqa: E402  the path has to be set first
import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import page

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from small_model import build_model

from faultcast.features.catalogue import NAMES
from serving.gateway.flow.cache import Cache, MemoryStore
from serving.gateway.flow.flow import Flow
from serving.scoring.fleet import Fleet
from serving.scoring.sources import FolderSource
from serving.wire.requests import RawFeatures

TOGETHER = (1, 2, 4, 8, 16, 64)
CALLERS = (1, 4, 16, 64)
REASONS = (0, 5)
CHANGES = 400
ROUNDS = 3


async def measure(folder: Path, together: int, callers: int, top: int) -> float:
    """Changes a CPU-second."""
    fleet = Fleet(FolderSource({"champion": folder}))
    await fleet.load()
    cache = Cache(MemoryStore(seconds=1, max_bytes=0))
    flow = Flow(fleet, cache, waiting=10_000, together=together, deadline_seconds=600)
    numbers = iter(range(CHANGES))

    async def caller() -> None:
        for number in numbers:
            known = {"lines_added": number, "lines_deleted": 3, "files": 2}
            await flow.forecast([RawFeatures({**dict.fromkeys(NAMES), **known}, "x")], key=str(number), top=top)

    began = time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    used = time.process_time() - began
    await flow.close()
    await fleet.close()
    return CHANGES / used


def table(folder: Path) -> str:
    """One row for each number of callers and reasons."""
    cells = list(itertools.product(REASONS, CALLERS, TOGETHER))
    found: dict[tuple[int, int, int], list[float]] = {cell: [] for cell in cells}
    for _ in range(ROUNDS):
        for top, callers, together in cells:
            found[top, callers, together].append(asyncio.run(measure(folder, together, callers, top)))
    rows = [page.machine(), "", *page.head("reasons", "callers", *(f"{n} together" for n in TOGETHER))]
    for top, callers in itertools.product(REASONS, CALLERS):
        rates = (f"{median(found[top, callers, together]):,.0f}" for together in TOGETHER)
        rows.append(page.line([str(top), str(callers), *rates]))
    return "\n".join(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = table(build_model(Path(folder) / "model"))
    print(text)
    if options.write:
        page.write("gateway-batching", text)


if __name__ == "__main__":
    main()
