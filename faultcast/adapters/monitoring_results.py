"""What monitoring found: a document and a page a look, below ``monitoring/`` of the state folder."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faultcast.errors import out_of_space

KEEP = 2016
"""Looks that stay: a week of them every five minutes."""


def folder(home: Path) -> Path:
    """Where the documents are."""
    return home / "monitoring" / "metrics" / "monitoring_results"


def reports(home: Path) -> Path:
    """Where the pages are."""
    return home / "monitoring" / "reports" / "drift_reports"


def save(home: Path, document: dict[str, Any], page: str, at: float) -> tuple[Path, Path]:
    """Write a look's document, which names its page, and the page; each whole or not at all. Let the oldest go.

    Returns:
        (document, page)

    Raises:
        OutOfSpace: the disk is full.
    """
    stamp = f"{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%S}"
    file, report = folder(home) / f"monitoring_{stamp}.json", reports(home) / f"drift_report_{stamp}.html"
    named = document | {"report": str(report.relative_to(home))}
    _write(report, page)  # first, so that no document names a page that is not there
    _write(file, json.dumps(named, indent=1, allow_nan=False))
    for kept in (file, report):
        for old in sorted(kept.parent.glob(f"{kept.stem.removesuffix(stamp)}*{kept.suffix}"))[:-KEEP]:
            old.unlink(missing_ok=True)
    return file, report


def _write(file: Path, text: str) -> None:
    partial = file.with_suffix(".partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        if full := out_of_space(error):
            raise full from error
        raise


def newest(home: Path) -> dict[str, Any] | None:
    """What was found last; None where nothing was, or what lies there is none of ours."""
    for file in sorted(folder(home).glob("monitoring_*.json"), reverse=True)[:1]:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None
    return None
