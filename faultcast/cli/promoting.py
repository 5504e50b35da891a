"""``faultcast models``, ``faultcast promote`` and ``faultcast rollback``."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from faultcast import settings
from faultcast.steps import promote as step
from faultcast.steps.promote import Moved
from faultcast.wording import MISSING, day, number, plain

_FIGURES = {"AUC": "auc", "F1": "f1", "Brier": "brier"}
_MEASURED_ON = ("test.", "", "validation_")
"""Where a figure is looked for: on later history first."""


def promote(options: argparse.Namespace) -> int:
    """Let an alias point to a version."""
    found = step.promote(
        options.repository,
        settings.load(),
        options.to,
        version=options.version or "",
        alias=options.alias,
        why=options.why,
        by=options.by,
        force=options.force,
    )
    return _tell(found, options)


def rollback(options: argparse.Namespace) -> int:
    """Bring the champion before back."""
    return _tell(step.rollback(options.repository, settings.load(), why=options.why, by=options.by), options)


def _tell(found: Moved, options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(asdict(found), indent=2))
        return 0
    console = Console(highlight=False, soft_wrap=True, markup=False)
    if found.entry is None:
        console.print(f"Version {found.version} is the {found.alias} already; nothing was written down.")
        return 0
    console.print(plain(_line(asdict(found.entry)), 500))
    if found.alias == "champion" and not options.quiet:
        console.print("`faultcast score` asks it from now on; a running server or a saved state when made anew.")
    return 0


def models(options: argparse.Namespace) -> int:
    """Show what is registered, and how the aliases came to be where they are."""
    found = step.models(options.repository, settings.load())
    versions = [asdict(one) | {"metrics": metrics} for one, metrics in found.versions]
    log = [asdict(entry) for entry in found.log]
    if options.json:
        print(json.dumps({"model": found.model, "versions": versions, "log": log}, indent=2))
        return 0
    console = Console(highlight=False, markup=False)
    console.print(_table(found.model, versions))
    console.print("Promotions, oldest first" if log else "No promotion yet.")
    for entry in log:
        console.print(f"  {plain(_line(entry), 500)}", soft_wrap=True)
    return 0


def _table(title: str, versions: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, collapse_padding=True)
    for name in ("version", "aliases", "verdict", *_FIGURES, "registered", "why"):
        table.add_column(name, justify="right" if name in _FIGURES else "left", overflow="fold")
    for one in versions:
        figures = [number(_figure(one["metrics"], name), 3) for name in _FIGURES.values()]
        said = [one["version"], ", ".join(one["aliases"]), one["verdict"] or MISSING]
        table.add_row(*said, *figures, day(int(one["created_at"])), plain(one["why"]))
    return table


def _figure(metrics: dict[str, float], name: str) -> float | None:
    return next((metrics[place + name] for place in _MEASURED_ON if place + name in metrics), None)


def _line(entry: dict[str, Any]) -> str:
    """
    >>> _line({"at": "2026-01-02T03:04:05+00:00", "alias": "champion", "from_version": "1", "to_version": "2",
    ...        "kind": "promotion", "by": "ana", "why": "better", "verdict": "FAIL", "forced": True, "state": "done"})
    '2026-01-02T03:04:05+00:00 champion 1 -> 2, promotion by ana, forced although FAIL: better'
    """
    forced = f", forced although {entry['verdict'] or 'no verdict was given'}" if entry["forced"] else ""
    state = "" if entry["state"] == "done" else f" ({entry['state']})"
    moved = f"{entry['alias']} {entry['from_version'] or 'none'} -> {entry['to_version']}"
    done = f"{entry['kind']} by {entry['by']}{forced}{state}"
    return f"{entry['at']} {moved}, {done}: {entry['why'] or 'no reason given'}"
