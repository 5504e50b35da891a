"""``faultcast metrics``."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faultcast import settings
from faultcast.adapters.repositories import canonical, opened, pseudonyms, refresh
from faultcast.errors import UsageError
from faultcast.history import Skipped
from faultcast.steps.metrics import COLUMNS, MetricsRow, metrics as read_metrics

Write = Callable[[list[MetricsRow]], None]


def metrics(options: argparse.Namespace) -> int:
    """Write the 14 change metrics of every change."""
    now = settings.load()
    location = canonical(options.repository)
    refresh(location, now)
    skipped: list[Skipped] = []
    changes = 0
    with opened(location, now) as source, _destination(options) as write:
        tip = source.tip(options.revision)
        total, parts = read_metrics(source, tip, pseudonyms(now), now.num_workers)
        for rows in _shown(parts, total, skipped, quiet=options.quiet):
            changes += len(rows)
            write(rows)
    if options.json:
        left_out = [{"commit": one.commit, "what": one.what, "reason": one.reason} for one in skipped]
        heading = {"repository": location, "revision": tip, "commits": total, "changes": changes}
        print(json.dumps({**heading, "output": options.output, "skipped": left_out}, indent=2))
    elif not options.quiet:
        where = f" in {options.output}" if options.output else ""
        left_out_of = f"; of {len(skipped):,} commits something was skipped (--json tells)" if skipped else ""
        print(f"{changes:,} changes of {total:,} commits{where}{left_out_of}", file=sys.stderr)
    return 0


def _shown(
    parts: Iterable[tuple[int, list[MetricsRow], tuple[Skipped, ...]]],
    total: int,
    skipped: list[Skipped],
    *,
    quiet: bool,
) -> Iterator[list[MetricsRow]]:
    """Pass on the rows and tell how far they are, to a person only: what draws costs more than a small history."""
    show: Callable[[dict[str, object]], None] | None = None
    view: Any = nullcontext()
    if not quiet and sys.stderr.isatty():
        from faultcast.progress.view import ProgressView

        view = show = ProgressView()
    done = 0
    with view:
        if show:
            show({"event": "start", "stage": "metrics", "total": total, "unit": "commits"})
        for commits, rows, left_out in parts:
            yield rows
            done += commits
            skipped.extend(left_out)
            if show:
                show({"event": "advance", "stage": "metrics", "done": done, "total": total, "unit": "commits"})


@contextmanager
def _destination(options: argparse.Namespace) -> Iterator[Write]:
    """Where rows go: a file, whole or not at all, or stdout; nowhere with --json alone."""
    if options.output is None:
        yield list[MetricsRow].clear if options.json else _csv(sys.stdout)
        return
    path = Path(options.output)
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(f"--output {options.output}: found {path.suffix or 'no ending'}, expected .csv or .parquet")
    if not path.parent.is_dir():
        raise UsageError(f"--output {options.output}: found no folder {path.parent}. Make it first.")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix == ".csv":
            with partial.open("w", encoding="utf-8", newline="") as file:
                yield _csv(file)
        else:
            from faultcast.steps.metrics_table import parquet

            with parquet(partial) as write:
                yield write
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _csv(file: Any) -> Write:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)

    def write(rows: list[MetricsRow]) -> None:
        writer.writerows((commit, _instant(at), *values) for commit, at, *values in rows)

    return write


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
