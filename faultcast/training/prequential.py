"""Test, then learn, as time goes on: each change is scored before anything that came later is known.

A change becomes known long after it was committed: as inducing when its first fix lands, as clean when it has
ripened without one, and as both, one after the other, when it is fixed late. `what_was_told` turns a history
into these events, and `prequential` walks through it: at the start of each period the learner is told all that
became known up to then, and then scores the changes of the period. Dawid 1984; with late labels as in Cabral
et al. 2019, "Class imbalance evolution and verification latency in just-in-time defect prediction".

A learner is anything that can `learn` and `score`: `incremental.Continuing` goes on learning, `Refitting`
makes a learner of any fit.

Shapes: N changes in time order, E events in order of the instant at which they became known.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from faultcast.dataset.split import SECONDS_A_DAY
from faultcast.errors import PermanentError
from faultcast.training.rows import Rows

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

CLEAN_CONFIDENCE = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What became known of which change when: rows, unix seconds (ascending), 1 inducing or 0 clean, confidence."""

    row_E: Places  # noqa: N815
    known_at_E: NDArray[np.int64]  # noqa: N815
    label_E: Floats  # noqa: N815
    weight_E: Floats  # noqa: N815

    def at(self, instant: int, rows: int) -> tuple[Floats, Floats]:
        """Each of so many rows' newest label by then (array_N: 1 inducing, 0 clean, NaN unknown) and its confidence."""
        upto = int(np.searchsorted(self.known_at_E, instant, side="right"))
        label_N, confidence_N = np.full(rows, np.nan), np.ones(rows)
        label_N[self.row_E[:upto]] = self.label_E[:upto]  # of several the last, newest one stays
        confidence_N[self.row_E[:upto]] = self.weight_E[:upto]
        return label_N, confidence_N


class Learner(Protocol):
    """What `prequential` asks. A row number is a change's identity from call to call."""

    def learn(self, row_N: Places, rows: Rows) -> None:
        """Be told labels that have just become known; a change told before has got another label."""

    def score(self, rows: Rows) -> Floats:
        """Risks (float64 array_N, 0..1) of changes whose labels are not given (NaN)."""


def what_was_told(
    committed_at_N: NDArray[np.int64],
    first_fixed_at_N: Floats,
    ripening_days: float,
    as_of: int,
    confidence_N: Floats | None = None,
) -> Told:
    """The events of a history up to `as_of`.

    Args:
        committed_at_N: unix seconds, ascending.
        first_fixed_at_N: unix seconds at which the first fix of each change landed; infinite where there is none.
        ripening_days: after which a change without a fix counts as clean.
        as_of: unix seconds; what became known later is left out.
        confidence_N: of inducing labels (1 where absent); clean ones have `CLEAN_CONFIDENCE`.
    """
    ripe_at_N = committed_at_N + ripening_days * SECONDS_A_DAY
    sure_N = np.ones(len(committed_at_N)) if confidence_N is None else confidence_N
    clean = np.flatnonzero((ripe_at_N <= as_of) & (first_fixed_at_N > ripe_at_N))
    inducing = np.flatnonzero(first_fixed_at_N <= as_of)
    row_E = np.concatenate([clean, inducing])
    known_at_E = np.concatenate([ripe_at_N[clean], first_fixed_at_N[inducing]])
    label_E = np.repeat([0.0, 1.0], [len(clean), len(inducing)])
    weight_E = np.concatenate([np.full(len(clean), CLEAN_CONFIDENCE), sure_N[inducing]])
    order = np.lexsort((row_E, known_at_E))
    return Told(row_E[order], np.ceil(known_at_E[order]).astype(np.int64), label_E[order], weight_E[order])


def prequential(
    values_NC: Floats,
    texts: list[str],
    committed_at_N: NDArray[np.int64],
    told: Told,
    learner: Learner,
    *,
    first: int,
    period_days: float = 7.0,
) -> Floats:
    """Score the changes from row `first` on, each by what was known when its period began.

    Args:
        values_NC: raw catalogue values of the changes, in time order.
        texts: their texts.
        committed_at_N: unix seconds, ascending.
        told: from `what_was_told`.
        learner: has learnt nothing yet.
        first: row of the first change to score; what was known at its instant is learnt before.
        period_days: how long the learner goes without being told anything new. A period begins with a
            change, and ends before the first change that is this much younger.

    Returns:
        Risks, float64 array_N; NaN before `first`.

    Raises:
        PermanentError: the changes or the events are not in time order.
    """
    if np.any(np.diff(committed_at_N) < 0) or np.any(np.diff(told.known_at_E) < 0):
        raise PermanentError("Changes and what was told of them are not in time order; sort both by their instants")
    risk_N, done = np.full(len(committed_at_N), np.nan), 0
    while first < len(committed_at_N):
        begins = int(committed_at_N[first])
        known = int(np.searchsorted(told.known_at_E, begins, side="right"))
        if known > done:
            learner.learn(*_newest(values_NC, texts, committed_at_N, told, slice(done, known)))
        after = int(np.searchsorted(committed_at_N, begins + period_days * SECONDS_A_DAY, side="left"))
        period = np.arange(first, max(after, first + 1))
        unknown_N = np.full(len(period), np.nan)
        asked = Rows(values_NC[period], [texts[n] for n in period], unknown_N, unknown_N, committed_at_N[period])
        risk_N[period] = learner.score(asked)
        first, done = int(period[-1]) + 1, known
    return risk_N


def _newest(
    values_NC: Floats, texts: list[str], committed_at_N: NDArray[np.int64], told: Told, events: slice
) -> tuple[Places, Rows]:
    """The last that was told of each change among some events, in order of the changes."""
    last = {int(row): event for event, row in enumerate(told.row_E[events], start=events.start)}
    rows = np.array(sorted(last), dtype=np.int64)
    at = [last[row] for row in rows.tolist()]
    found = Rows(
        values_NC[rows], [texts[row] for row in rows], told.label_E[at], told.weight_E[at], committed_at_N[rows]
    )
    return rows, found


@dataclass(slots=True, eq=False)
class Refitting:
    """A learner of any fit: it keeps all that it was told, and fits anew every `every_days` before it scores.

    `fit` is given rows in time order with the labels as they are known by then, and returns how to score.
    """

    fit: Callable[[Rows], Callable[[Rows], Floats]]
    every_days: float = 90.0
    _kept: dict[int, tuple[Floats, str, float, float, int]] = field(default_factory=dict)
    _fitted_at: float = -np.inf
    _score: Callable[[Rows], Floats] | None = None

    def learn(self, row_N: Places, rows: Rows) -> None:
        """Keep the rows, in place of what was told of them before."""
        for n, row in enumerate(row_N.tolist()):
            self._kept[row] = (
                rows.values_NC[n], rows.texts[n], rows.labels_N[n], rows.weights_N[n], int(rows.committed_at_N[n])
            )  # fmt: skip

    def score(self, rows: Rows) -> Floats:
        """Fit anew if it is time, then score."""
        now = int(rows.committed_at_N[0])
        if self._score is None or now - self._fitted_at >= self.every_days * SECONDS_A_DAY:
            values, texts, labels, weights, committed_at = zip(
                *(self._kept[row] for row in sorted(self._kept)), strict=True
            )
            self._score = self.fit(
                Rows(np.array(values), list(texts), np.array(labels), np.array(weights), np.array(committed_at))
            )
            self._fitted_at = now
        return self._score(rows)
