"""What monitoring found: a file a look, below ``monitoring/metrics/monitoring_results`` of the state folder."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faultcast.errors import out_of_space

KEEP = 2016
"""Files that stay: a week of looks every five minutes."""


def folder(home: Path) -> Path:
    """Where the files are."""
    return home / "monitoring" / "metrics" / "monitoring_results"


def save(home: Path, document: dict[str, Any], at: float) -> Path:
    """Write one, whole or not at all, and let the oldest go.

    Raises:
        OutOfSpace: the disk is full.
    """
    place = folder(home)
    file = place / f"monitoring_{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%S}.json"
    partial = file.with_suffix(".partial")
    try:
        place.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(document, indent=1, allow_nan=False), encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        if full := out_of_space(error):
            raise full from error
        raise
    for old in sorted(place.glob("monitoring_*.json"))[:-KEEP]:
        old.unlink(missing_ok=True)
    return file


def newest(home: Path) -> dict[str, Any] | None:
    """What was found last; None where nothing was, or what lies there is none of ours."""
    for file in sorted(folder(home).glob("monitoring_*.json"), reverse=True)[:1]:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None
    return None
