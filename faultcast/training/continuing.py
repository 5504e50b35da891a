"""The regression that goes on learning, as a learner for `prequential`: told labels as they become known."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from faultcast.models.normaliser import Normaliser, fit_normaliser
from faultcast.training.calibrate import fit_calibration
from faultcast.training.incremental import choose_penalty
from faultcast.training.online import WINDOW, Online, fresh
from faultcast.training.prequential import Floats, Places
from faultcast.training.rows import Rows

_CALIBRATED_ON = 1_000


@dataclass(slots=True, eq=False)
class Continuing:
    """What it is told first decides on normaliser and penalty, which stay; then only what is new is learnt.

    Calibrated test-then-learn: each row is scored just before it is learnt, and Platt's or another map is
    fitted to the newest `_CALIBRATED_ON` of those scores. Of what it is told first the last quarter is so used.
    """

    ripening_days: float
    window: int = WINDOW
    _online: Online | None = None
    _normaliser: Normaliser | None = None
    _scored: dict[int, tuple[float, float]] = field(default_factory=dict)  # row -> logit, newest label

    def learn(self, row_N: Places, rows: Rows) -> None:
        """Learn rows whose labels have just become known, or have changed."""
        online, features_NF, before = self._begin(rows)
        for part in (slice(0, before), slice(before, len(rows))):
            labels_N = rows.labels_N[part]
            if len(online.ledger.key_M) and len(labels_N):
                logits_N = online.scorer().logits(features_NF[part], features_NF[part])
                self._remember(row_N[part], logits_N, labels_N)
            online.learn(row_N[part].astype(np.uint64), features_NF[part], labels_N, rows.weights_N[part])

    def score(self, rows: Rows) -> Floats:
        """Risks (float64 array_N, 0..1); one half for all as long as nothing was learnt."""
        if self._online is None or self._normaliser is None:
            return np.full(len(rows), 0.5)
        features_NF = self._normaliser.apply(rows.values_NC)
        newest = list(self._scored.values())[-_CALIBRATED_ON:]
        logits_N, labels_N = np.array(newest).reshape(-1, 2).T
        calibration = fit_calibration(logits_N, labels_N)
        return calibration.apply(self._online.scorer().logits(features_NF, features_NF))

    def _begin(self, rows: Rows) -> tuple[Online, NDArray[np.float32], int]:
        """The learner, the rows as its input, and how many of them are learnt before any is scored."""
        if self._online is not None and self._normaliser is not None:
            return self._online, self._normaliser.apply(rows.values_NC), 0
        self._normaliser = fit_normaliser(rows.values_NC)
        penalty = choose_penalty(rows, self._normaliser, self.ripening_days)
        self._online = fresh(len(self._normaliser.columns), penalty, self.window)
        return self._online, self._normaliser.apply(rows.values_NC), len(rows) * 3 // 4

    def _remember(self, row_N: Places, logits_N: Floats, labels_N: Floats) -> None:
        for row, logit, label in zip(row_N.tolist(), logits_N.tolist(), labels_N.tolist(), strict=True):
            # A row told of again keeps the score that it had before it was ever learnt.
            self._scored[row] = (self._scored.pop(row, (logit,))[0], label)
