"""A logistic regression that goes on learning and never needs the rows of long ago again.

What is sought is the full fit: weights that minimise ``penalty / 2 * |w|^2`` plus the log loss of every row
learnt, each class weighing the same in total and each row by its label's confidence. Kept of the rows:

* the newest `window` to ``2 * window``, as they are; their part of the loss is exact;
* of the older ones the second-order expansion of their loss about the fit at the time when they left the
  window (a Laplace approximation, Spiegelhalter and Lauritzen 1990): a matrix and a vector for each class.
  Kept by class, because what a class weighs depends on what comes later;
* of each row a ledger entry: key, label, weight, and the score at which it was expanded.

Rows leave the window by count alone, so it does not matter in which pieces they came. A row learnt before is
ignored if nothing changed; if its label or weight did, it is taken out of what it went into, exactly, and
learnt like a new one.

**Bound**: on rows not learnt from, probabilities differ from those of the full fit by at most `BOUND`, with a
penalty of 30 or more and up to ``3 * WINDOW`` rows, even where what counts turns into something unrelated
meanwhile; up to ``2 * WINDOW`` rows they do not differ at all. tests/training/test_online.py holds it.

Shapes: N rows given, F input columns, G = F + 1 with the constant, M rows ever learnt, R rows of the window.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from faultcast.models.linear import Linear

Floats = NDArray[np.float64]

WINDOW = 4_000
BOUND = 0.02
_MOST_STEPS = 100
_CLOSE = 1e-9
_HARDLY = 1e-6
"""Penalty of the constant: none to speak of, but enough for a solution to exist where one class is absent."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """One entry for every row learnt. `score_M` is NaN while the row is in the window."""

    key_M: NDArray[np.uint64]  # noqa: N815
    label_M: Floats  # noqa: N815
    weight_M: Floats  # noqa: N815
    score_M: Floats  # noqa: N815


@dataclass(slots=True, eq=False)
class Online:
    """The state of the learner; `online_file` keeps it."""

    penalty: float
    window: int
    weights_G: Floats  # noqa: N815
    ledger: Ledger
    rows_RG: Floats  # noqa: N815
    place_R: NDArray[np.int64]  # noqa: N815  each row's entry in the ledger
    precision_2GG: Floats  # noqa: N815
    linear_2G: Floats  # noqa: N815
    solved: bool = False
    _entry: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._entry = {int(key): place for place, key in enumerate(self.ledger.key_M)}

    def learn(
        self, key_N: NDArray[np.uint64], features_NF: NDArray[np.float32], label_N: Floats, weight_N: Floats
    ) -> int:
        """Learn rows, each with its key; returns how many were new or had changed."""
        asked = [n for n, key in enumerate(key_N) if self._differs(int(key), label_N[n], weight_N[n])]
        with_constant_NG = np.column_stack([features_NF.astype(np.float64), np.ones(len(features_NF))])
        for n in asked:
            if int(key_N[n]) in self._entry:
                self._take_out(self._entry[int(key_N[n])], with_constant_NG[n])
        done = 0
        while done < len(asked):
            # No more than fit into the window, so that what leaves it depends on the count of rows alone.
            part = asked[done : done + 2 * self.window - len(self.place_R)]
            self._append(key_N[part], with_constant_NG[part], label_N[part], weight_N[part])
            done += len(part)
            if len(self.place_R) >= 2 * self.window:
                self._condense()
        self.solved = self.solved and not asked
        return len(asked)

    def scorer(self) -> Linear:
        """The fit as it is now."""
        self._solve()
        return Linear(self.weights_G[:-1].copy(), float(self.weights_G[-1]))

    def _differs(self, key: int, label: float, weight: float) -> bool:
        entry = self._entry.get(key)
        return entry is None or (self.ledger.label_M[entry], self.ledger.weight_M[entry]) != (label, weight)

    def _append(self, key_N: NDArray[np.uint64], rows_NG: Floats, label_N: Floats, weight_N: Floats) -> None:
        places = [self._entry.setdefault(int(key), len(self._entry)) for key in key_N]
        new = len(self._entry) - len(self.ledger.key_M)
        grown = Ledger(
            np.append(self.ledger.key_M, np.zeros(new, dtype=np.uint64)),
            *(
                np.append(kept, np.zeros(new))
                for kept in (self.ledger.label_M, self.ledger.weight_M, self.ledger.score_M)
            ),
        )
        grown.key_M[places], grown.label_M[places], grown.weight_M[places] = key_N, label_N, weight_N
        grown.score_M[places] = np.nan
        self.ledger = grown
        self.rows_RG = np.concatenate([self.rows_RG, rows_NG])
        self.place_R = np.append(self.place_R, np.array(places, dtype=np.int64))

    def _take_out(self, entry: int, row_G: Floats) -> None:
        score = self.ledger.score_M[entry]
        if np.isnan(score):
            stays_R = self.place_R != entry
            self.rows_RG, self.place_R = self.rows_RG[stays_R], self.place_R[stays_R]
            return
        self._expand(np.array([entry]), row_G[None, :], np.array([score]), sign=-1.0)

    def _condense(self) -> None:
        self.solved = False
        self._solve()
        old_RG, old_R = self.rows_RG[: self.window], self.place_R[: self.window]
        score_R = old_RG @ self.weights_G
        self.ledger.score_M[old_R] = score_R
        self._expand(old_R, old_RG, score_R, sign=1.0)
        self.rows_RG, self.place_R = self.rows_RG[self.window :], self.place_R[self.window :]

    def _expand(self, places: NDArray[np.int64], rows_RG: Floats, score_R: Floats, sign: float) -> None:
        """Add (or take away) the second-order expansion of rows' log loss about their scores."""
        label_R, weight_R = self.ledger.label_M[places], self.ledger.weight_M[places]
        risk_R = _sigmoid(score_R)
        curve_R = risk_R * (1 - risk_R)
        pull_R = label_R - risk_R + curve_R * score_R
        for label in (0, 1):
            of_R = label_R == label
            rows, weight = rows_RG[of_R], sign * weight_R[of_R]
            self.precision_2GG[label] += (rows * (weight * curve_R[of_R])[:, None]).T @ rows
            self.linear_2G[label] += (weight * pull_R[of_R]) @ rows

    def _class_weights(self) -> Floats:
        totals = np.array([self.ledger.weight_M[self.ledger.label_M == label].sum() for label in (0, 1)])
        return np.array([totals.sum() / (2 * total) if total > 0 else 1.0 for total in totals])

    def _solve(self) -> None:
        """Newton's method with halved steps, on the exact loss of the window and the expansion of the rest."""
        if self.solved:
            return
        class_2 = self._class_weights()
        penalty_G = np.append(np.full(len(self.weights_G) - 1, self.penalty), _HARDLY)
        matrix_GG = np.tensordot(class_2, self.precision_2GG, 1) + np.diag(penalty_G)
        vector_G = class_2 @ self.linear_2G
        label_R = self.ledger.label_M[self.place_R]
        weight_R = self.ledger.weight_M[self.place_R] * class_2[label_R.astype(np.int64)]

        def loss(at_G: Floats) -> float:
            score_R = self.rows_RG @ at_G
            exact = weight_R @ (np.logaddexp(0, score_R) - label_R * score_R)
            return float(at_G @ matrix_GG @ at_G / 2 - vector_G @ at_G + exact)

        at_G, now = self.weights_G, loss(self.weights_G)
        for _ in range(_MOST_STEPS):
            risk_R = _sigmoid(self.rows_RG @ at_G)
            gradient_G = matrix_GG @ at_G - vector_G + (weight_R * (risk_R - label_R)) @ self.rows_RG
            curved_RG = self.rows_RG * (weight_R * risk_R * (1 - risk_R))[:, None]
            step_G = np.linalg.solve(matrix_GG + curved_RG.T @ self.rows_RG, gradient_G)
            size = 1.0
            while (then := loss(at_G - size * step_G)) > now and size > _CLOSE:
                size /= 2
            at_G, now = at_G - size * step_G, min(then, now)
            if np.abs(step_G).max() < _CLOSE:
                break
        self.weights_G, self.solved = at_G, True


def fresh(num_columns: int, penalty: float, window: int = WINDOW) -> Online:
    """A learner of `num_columns` input columns that has learnt nothing."""
    width, none = num_columns + 1, np.empty(0)
    return Online(
        penalty=penalty,
        window=window,
        weights_G=np.zeros(width),
        ledger=Ledger(np.empty(0, dtype=np.uint64), none, none, none),
        rows_RG=np.empty((0, width)),
        place_R=np.empty(0, dtype=np.int64),
        precision_2GG=np.zeros((2, width, width)),
        linear_2G=np.zeros((2, width)),
    )


def _sigmoid(score_N: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(score_N, -36, 36))))
