"""The promotion log: which model version became what, when, by whom and why.

MLflow keeps no history of aliases. One JSON object a line, appended and synced before the alias moves.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Promotion:
    """One line. `at` is ISO 8601 in UTC; versions are "" where there was none."""

    at: str
    by: str
    model: str
    alias: str
    from_version: str
    to_version: str
    why: str


def append(log: Path, promotion: Promotion) -> None:
    """Add one line, safe on disk when this returns; a line that a crash tore stays alone."""
    with log.open("a+b") as file:
        torn = False
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
        file.write((b"\n" if torn else b"") + json.dumps(asdict(promotion)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(log: Path, model: str) -> list[Promotion]:
    """Every promotion of a model, oldest first; torn lines are left out."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    found = [Promotion(**json.loads(line)) for line in lines if line.endswith("}")]
    return [promotion for promotion in found if promotion.model == model]
