"""How stages pass on that a history is too small to learn from: an artifact that only says so."""

import json
from pathlib import Path
from typing import Any

_MARK = "insufficient.json"


def mark(folder: Path, insufficient: dict[str, Any]) -> None:
    """Write the mark in place of an artifact."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text(json.dumps(insufficient), encoding="utf-8")


def marked(folder: Path) -> bool:
    """Whether a folder holds the mark instead of an artifact."""
    return (folder / _MARK).is_file()
