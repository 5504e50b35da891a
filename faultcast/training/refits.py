"""Learning again from a part of a history, with the labels that were known then.

Cross-validation asks how good a way of learning is. So each fold learns as a run on that day would have: the last
quarter of its rows is kept for what a kind calibrates on, a ripening time lies between the two, and a label counts
as it was known when the next part began.

N = changes, in time order.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.dataset import DatasetInfo
from faultcast.dataset.split import SECONDS_A_DAY
from faultcast.errors import InsufficientSamples
from faultcast.models import artifact
from faultcast.models.model import Model
from faultcast.training.launch import in_process
from faultcast.training.prequential import Told
from faultcast.training.rows import LEAST_WEIGHT, Rows, TrainingData

FEWEST = 5
"""Inducing and clean changes without which a fold teaches or calibrates nothing."""
_KEPT = 4
"""One row in so many is kept to calibrate on."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Changes in time order with all that was told of them. `texts` may be empty where no kind reads them."""

    values_NC: NDArray[np.float64]  # noqa: N815
    texts: list[str]
    committed_at_N: NDArray[np.int64]  # noqa: N815
    told: Told
    info: DatasetInfo

    def _rows(self, rows: NDArray[np.int64], instant: int, what: str) -> Rows:
        label_N, confidence_N = self.told.at(instant, len(self.committed_at_N))
        kept = rows[~np.isnan(label_N[rows])]
        inducing = int(label_N[kept].sum())
        fewest = min(inducing, len(kept) - inducing)
        if fewest < FEWEST:
            raise InsufficientSamples(f"changes of one class to {what}", fewest, FEWEST)
        return Rows(
            self.values_NC[kept],
            [self.texts[row] for row in kept],
            label_N[kept],
            np.clip(confidence_N[kept], LEAST_WEIGHT, 1.0),
            self.committed_at_N[kept],
        )

    def learnable(self, rows: NDArray[np.int64]) -> TrainingData:
        """What a run could have learnt from when the last of `rows` (ascending) had ripened.

        Raises:
            InsufficientSamples: fewer than `FEWEST` of a class to learn from, or to calibrate on.
        """
        ripening = round(self.info.ripening_days * SECONDS_A_DAY)
        at = self.committed_at_N[rows]
        kept_from = int(at[len(rows) - len(rows) // _KEPT - 1])
        known_until = int(at[-1]) + ripening
        train = self._rows(rows[at <= kept_from - ripening], kept_from, "learn from")
        validation = self._rows(rows[at >= kept_from], known_until, "calibrate on")
        parts = {"train": train, "validation": validation}
        counts = {name: {"changes": len(part), "inducing": int(part.labels_N.sum())} for name, part in parts.items()}
        info = replace(self.info, train_until=kept_from, validation_until=known_until, counts=counts)
        return TrainingData(train, validation, info)


def learn(kind: str, data: TrainingData, seed: int, options: Mapping[str, Any] | None = None) -> Model:
    """A model of a kind that learns in this process, through the artifact that a run would have written."""
    with tempfile.TemporaryDirectory(prefix="faultcast-refit-") as folder:
        in_process(kind, data, Path(folder), seed, options or {})
        return artifact.load(Path(folder))
