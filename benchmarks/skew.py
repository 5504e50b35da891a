"""No skew: the row of every commit, computed at serving from the change's JSON, against the row stored for training.

    python benchmarks/skew.py PATH … [--workers N] [--write]

Training: the history is mined in one pass and written to Parquet, every change described in order, the rows put into
Arrow, as the stages do. Serving: each commit is read again alone, as `faultcast change` does, made into JSON text,
parsed as the server parses it, and scored by a `Scorer` that knows the past as of that commit; every 250 commits that
past is one that was saved and loaded again, as a server's is. All columns of the catalogue must be equal in value and
type, and the text in every character. A merge is not described in training and not asked here; ``refused`` are changes
that the server takes for too large.

``rows/s`` are whole round trips a CPU-second on one process: reading git, writing and parsing JSON, measuring,
describing. ``--write`` puts the table into benchmarks/results.md, between its marks.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from page import head, line, machine, name_of, write

from faultcast.errors import BadChange
from faultcast.features import NAMES, Past, Touched, describe, is_measured
from faultcast.features.measured import touched_history
from faultcast.features.table import to_rows, to_table
from faultcast.history import Pseudonyms, Repository, mine, open_repository, store
from faultcast.models.baseline import Baseline
from faultcast.records import Commit
from serving.scoring.scorer import Scorer
from serving.wire.change import to_instance
from serving.wire.instances import parse_v1

RELOADED_EVERY = 250
_KEY = b"benchmark" * 4
_SHOWN = 5


@dataclass
class Found:
    """What one history, or a part of it, came to."""

    commits: int = 0
    different: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    columns: Counter[str] = field(default_factory=Counter)
    json_bytes: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


class Listener:
    """A model that keeps the texts that it was given; its risk is that of lines added alone."""

    name, basis, reads_text = "listener", "lines_added", True
    typical_C = Baseline().typical_C
    band = Baseline().band
    risk = Baseline().risk
    risk_of = Baseline().risk_of

    def __init__(self) -> None:
        self.texts: list[str] = []

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        self.texts = texts
        return np.empty((len(texts), 0), dtype=np.float32)


def asked(repository: Repository, commit: str, scorer: Scorer, listener: Listener) -> tuple[dict[str, Any], str, int]:
    """The row and the text of one commit by way of JSON, and how long that JSON is."""
    read = repository.commit(commit, Pseudonyms(_KEY))
    blobs = [blob for file in filter(is_measured, read.files) for blob in (file.old_blob, file.new_blob) if blob]
    body = json.dumps({"instances": [to_instance(read, dict(repository.blobs(blobs)))]}).encode()
    (answer,) = scorer.score(parse_v1(body), top=0)
    return dict(answer.values), listener.texts[0], len(body)


def part(location: str, history: Path, mine_of: int, of: int) -> Found:
    """Every `of`-th commit of a history, asked and compared; the past is kept by all processes alike."""
    found = Found()
    listener = Listener()
    with open_repository(Path(location)) as repository, tempfile.TemporaryDirectory() as folder:
        past = served = Past()
        started = time.monotonic()
        for at, (commit, touched) in enumerate(touched_history(repository, store.HistoryFile(history))):
            if at % RELOADED_EVERY == 0:
                past.save(Path(folder) / "past")
                served = Past.load(Path(folder) / "past")
            if not commit.is_merge and at % of == mine_of:
                _compare(repository, commit, touched, (past, served), listener, found)
            past.observe(commit, touched)
            served.observe(commit, touched)
        found.wall_seconds = time.monotonic() - started
    return found


def _compare(
    repository: Repository, commit: Commit, touched: Touched, pasts: tuple[Past, Past], listener: Listener, found: Found
) -> None:
    (stored,) = to_rows(to_table([describe(commit, pasts[0], touched)], "benchmark"))
    before = time.process_time()
    try:
        values, text, size = asked(repository, commit.id, Scorer(listener, "", "", past=pasts[1]), listener)
    except BadChange as error:
        found.refused.append(f"{commit.id[:12]}: {error}")
        return
    finally:
        found.cpu_seconds += time.process_time() - before
        found.commits += 1
    found.json_bytes += size
    wrong = [name for name in NAMES if repr(values[name]) != repr(stored.values[name])]  # also 1 for 1.0
    wrong += ["text"] if text != stored.text else []
    if wrong:
        found.different.append(f"{commit.id[:12]}: {', '.join(wrong)}")
        found.columns.update(wrong)


def measured(location: str, workers: int) -> Found:
    """A whole history, on as many processes."""
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
        path = Path(folder) / "history.parquet"
        with open_repository(Path(location)) as repository:
            _, batches = mine(repository, repository.tip("HEAD"), Pseudonyms(_KEY))
            store.write((batch for batch, *_ in batches), path)
        with ProcessPoolExecutor(workers) as pool:
            parts = list(pool.map(partial(part, location, path, of=workers), range(workers)))
    total = Found(wall_seconds=max(one.wall_seconds for one in parts))
    for one in parts:
        total.commits += one.commits
        total.different += one.different
        total.refused += one.refused
        total.columns += one.columns
        total.json_bytes += one.json_bytes
        total.cpu_seconds += one.cpu_seconds
    return total


def table(found: Sequence[tuple[str, Found]]) -> Iterator[str]:
    """The lines of the table."""
    yield from head(
        "repository", "changes", "values compared", "rows that differ", "refused", "JSON MB", "rows/s (CPU)"
    )
    for name, one in found:
        values = (one.commits - len(one.refused)) * (len(NAMES) + 1)
        counts = (one.commits, values, len(one.different), len(one.refused))
        rate = one.commits / max(one.cpu_seconds, 1e-9)
        yield line([name, *(f"{count:,}" for count in counts), f"{one.json_bytes / 1e6:,.0f}", f"{rate:,.0f}"])


def main() -> int:
    """Measure, tell, and fail where a row differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("locations", nargs="+", metavar="PATH")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = []
    for location in options.locations:
        one = measured(location, options.workers)
        found.append((name_of(location), one))
        print(
            "\n".join(table(found[-1:])),
            one.columns.most_common(_SHOWN),
            *one.different[:_SHOWN],
            *one.refused[:_SHOWN],
            sep="\n",
        )
    if options.write:
        write("skew", "\n".join([*table(found), "", f"{len(NAMES)} columns and the text of each change. {machine()}."]))
    return 1 if any(one.different for _, one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
