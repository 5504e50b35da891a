"""What is to be trained, and the command that trains it: the same in every launcher."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faultcast.training.rows import Report

PROGRAM = "faultcast.training"
"""The module that every launcher runs."""
ONE_PROCESS = ("simple", "incremental")
"""Kinds that more processes would not make faster."""


@dataclass(frozen=True, slots=True)
class Order:
    """One training. `dataset` is a dataset.parquet, `output` the artifact's folder; both may lie on a shared volume."""

    model: str
    dataset: Path
    output: Path
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> list[str]:
        """What follows ``python -m faultcast.training``."""
        return [
            "--model", self.model, "--dataset", str(self.dataset), "--output", str(self.output),
            "--seed", str(self.seed), "--options", json.dumps(dict(self.options), sort_keys=True), "--progress",
        ]  # fmt: skip

    def fingerprint(self, *more: str) -> str:
        """Of all that decides the model, where `more` tells the data and the program; 40 hexadecimal digits.

        The two paths don't count: the same training elsewhere is the same training.
        """
        told = [self.model, str(self.seed), json.dumps(dict(self.options), sort_keys=True), *more]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:40]


Launcher = Callable[[Order, Report], None]
"""Carries an order out and returns when it is done; the report is told of its progress. Raises StageFailed."""
