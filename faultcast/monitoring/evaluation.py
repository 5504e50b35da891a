"""One look at everything: the document that `faultcast monitor` writes and the gateway answers from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from faultcast.monitoring.drifted import drift
from faultcast.monitoring.settled import Settled, performance
from faultcast.monitoring.stats import instant, stats
from faultcast.monitoring.window import Window
from faultcast.validation.reference import Frozen

SCHEMA = 1
REACH_DAYS = 30.0
"""How far back drift looks for enough changes where the last hours had too few."""


@dataclass(frozen=True, slots=True)
class Model:
    """Whose answers are judged, and what it was taught with."""

    name: str = ""
    version: str = ""
    reference: Frozen | None = None


def evaluate(
    last_hours: Window,
    reach: Window,
    model: Model,
    outcomes: Sequence[Settled],
    *,
    min_samples: int,
    ripening_days: float,
    seed: int = 7,
) -> dict[str, Any]:
    """The document; docs/monitoring.md describes it.

    Args:
        last_hours: the window that is judged.
        reach: a longer one with the same end, for drift where the other has too few changes.
        model: the champion.
        outcomes: predictions whose labels are known.
        min_samples: changes, and labelled predictions, below which nothing is decided.
        ripening_days: after which a change without a known fault counts as clean.
        seed: of the bootstrap.
    """
    since, as_of = last_hours.start, last_hours.end
    found = drift(reach, model.reference, since=since, min_rows=min_samples, version=model.version)
    measured = performance(outcomes, as_of=as_of, ripening_days=ripening_days, min_samples=min_samples, seed=seed)
    return {
        "schema": SCHEMA,
        "evaluated_at": instant(as_of),
        "model": {"model_name": model.name, "model_version": model.version},
        "stats": stats(last_hours),
        "drift": found,
        "performance": measured,
    }
