"""As time goes on: a change is scored by what was known on its day, and by nothing that came later."""

import numpy as np
import pytest

from faultcast.errors import PermanentError
from faultcast.training.prequential import Refitting, Told, prequential, what_was_told
from faultcast.training.rows import Rows

DAY = 86_400


class Listener:
    """Writes down what it is told, and scores by how many inducing changes it knows of."""

    def __init__(self):
        self.heard, self.known, self.asked = [], {}, []

    def learn(self, row_N, rows):
        self.heard.append(list(zip(row_N.tolist(), rows.labels_N.tolist(), strict=True)))
        self.known.update(self.heard[-1])
        assert rows.values_NC[:, 0].tolist() == row_N.tolist()

    def score(self, rows):
        assert np.isnan(rows.labels_N).all()
        self.asked.append(rows.values_NC[:, 0].astype(int).tolist())
        return np.full(len(rows), sum(self.known.values()) / 100)


def history(n=10):
    """A change a day."""
    return np.arange(n, dtype=np.float64)[:, None], [""] * n, np.arange(n) * DAY


def fixed(n, **days):
    return np.array([days.get(f"r{row}", np.inf) * DAY for row in range(n)])


def test_a_change_is_clean_once_it_ripened_and_inducing_once_it_was_fixed():
    told = what_was_told(np.arange(4) * DAY, fixed(4, r0=1, r1=9), ripening_days=3, as_of=9 * DAY)
    events = [(row, at // DAY, label) for row, at, label in zip(told.row_E, told.known_at_E, told.label_E, strict=True)]
    assert events == [(0, 1, 1), (1, 4, 0), (2, 5, 0), (3, 6, 0), (1, 9, 1)]
    earlier = what_was_told(np.arange(4) * DAY, fixed(4, r0=1, r1=9), ripening_days=3, as_of=5 * DAY)
    assert earlier.row_E.tolist() == [0, 1, 2]


def test_every_change_is_scored_once_with_what_was_known_when_its_period_began():
    values_NC, texts, at_N = history()
    listener = Listener()
    told = what_was_told(at_N, fixed(10, r0=1, r2=4, r3=6, r6=8), ripening_days=2, as_of=9 * DAY)
    risk_N = prequential(values_NC, texts, at_N, told, listener, first=4, period_days=2)
    assert listener.asked == [[4, 5], [6, 7], [8, 9]]
    assert listener.heard[0] == [(0, 1.0), (1, 0.0), (2, 1.0)]  # of change 2 only the newest word
    assert np.isnan(risk_N[:4]).all()
    assert risk_N[4:].tolist() == [0.02, 0.02, 0.03, 0.03, 0.04, 0.04]


def test_what_becomes_known_later_changes_no_earlier_score():
    rng = np.random.default_rng(8)
    values_NC, at_N = rng.normal(size=(400, 3)), np.sort(rng.integers(0, 400 * DAY, 400))
    fixed_N = np.where(values_NC[:, 0] > 0.5, at_N + rng.integers(1, 200 * DAY, 400), np.inf)

    def scores(first_fixed_N):
        told = what_was_told(at_N, first_fixed_N, 30, as_of=401 * DAY)
        return prequential(values_NC, [""] * 400, at_N, told, Refitting(nearest, every_days=10), first=100)

    now = 250 * DAY
    contradicted_N = np.where(fixed_N > now, np.inf, fixed_N)  # whatever was fixed after that day never was
    one, other = scores(fixed_N), scores(contradicted_N)
    before = at_N <= now
    assert np.array_equal(one[before], other[before], equal_nan=True)
    assert not np.array_equal(one[~before], other[~before])


def nearest(rows: Rows):
    """Share of inducing changes among the five most alike."""
    return lambda asked: np.array([
        rows.labels_N[np.argsort(np.abs(rows.values_NC - value).sum(axis=1))[:5]].mean() for value in asked.values_NC
    ])  # fmt: skip


def test_a_batch_learner_is_fitted_again_only_after_its_days_and_knows_corrections():
    fits = []

    def fit(rows):
        fits.append(rows.labels_N.tolist())
        return lambda asked: np.zeros(len(asked))

    values_NC, texts, at_N = history(12)
    told = what_was_told(at_N, fixed(12, r1=8), ripening_days=1, as_of=11 * DAY)
    prequential(values_NC, texts, at_N, told, Refitting(fit, every_days=4), first=3, period_days=1)
    assert fits == [[0, 0, 0], [0] * 7, [0, 1, *[0] * 9]]


def test_disorder_is_refused():
    values_NC, texts, at_N = history()
    told = what_was_told(at_N, fixed(10), 2, 9 * DAY)
    with pytest.raises(PermanentError, match="not in time order"):
        prequential(values_NC, texts, at_N[::-1], told, Listener(), first=2)
    backwards = Told(told.row_E[::-1], told.known_at_E[::-1], told.label_E[::-1], told.weight_E[::-1])
    with pytest.raises(PermanentError, match="not in time order"):
        prequential(values_NC, texts, at_N, backwards, Listener(), first=2)
