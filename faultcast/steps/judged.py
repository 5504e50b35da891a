"""What stages after `validate` read of its verdict."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faultcast.records import Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict: its outcome, the reasons of all rules that did not pass, and the chosen model's test figures."""

    outcome: Outcome
    why: str
    figures: dict[str, Any]


def judged(verdict: str, evaluation: str = "") -> Judged:
    """Read verdict.json and, where it is named, evaluation.json."""
    decided = json.loads(Path(verdict).read_text(encoding="utf-8"))
    why = "; ".join(rule["text"] for rule in decided["reasons"] if rule["outcome"] != Outcome.PASS)
    found = json.loads(Path(evaluation).read_text(encoding="utf-8")) if evaluation else {}
    chosen = found.get("models", {}).get(found.get("chosen"), {})
    figures = {"test": {key: value for key, value in chosen.items() if key != "curves"}} if chosen else {}
    return Judged(Outcome(decided["outcome"]), why, figures)


def tell(verdict: str, outcome: str) -> None:
    """Write the outcome, PASS or another, where a pipeline reads it as a parameter."""
    Path(outcome).write_text(judged(verdict).outcome, encoding="utf-8")
