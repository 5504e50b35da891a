"""A fold learns what could have been known on its day."""

import numpy as np
import pytest

from faultcast.dataset import DatasetInfo
from faultcast.errors import InsufficientSamples
from faultcast.features.catalogue import NAMES
from faultcast.training.prequential import what_was_told
from faultcast.training.refits import Past

DAY = 86_400


def past(rows=200, late=0, every=4):
    """One change a day, each clean after ten days; every fourth is found inducing `late` days after it was made."""
    at = np.arange(rows) * DAY
    first_fixed_at = np.full(rows, np.inf)
    first_fixed_at[::every] = at[::every] + late * DAY
    told = what_was_told(at, first_fixed_at, 10.0, int(at[-1]) + 400 * DAY)
    info = DatasetInfo(int(at[-1]), 10.0, 0, 0, {}, "d")
    return Past(np.zeros((rows, len(NAMES))), [""] * rows, at, told, info)


def test_the_newest_label_by_then_counts():
    told = past(late=30).told
    day_20, _ = told.at(20 * DAY, 200)
    assert day_20[:11].tolist() == [0.0] * 11
    assert np.isnan(day_20[11:]).all()
    day_40, _ = told.at(40 * DAY, 200)
    assert day_40[:12].tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]


def test_parts_lie_a_ripening_time_apart_and_end_before_what_is_judged():
    learnt = past(late=5).learnable(np.arange(160))
    assert learnt.validation.committed_at_N[0] - learnt.train.committed_at_N[-1] >= 10 * DAY
    assert learnt.validation.committed_at_N[-1] == 159 * DAY
    assert learnt.info.validation_until == 169 * DAY
    assert len(learnt.train) > 2 * len(learnt.validation)


def test_a_fix_that_landed_later_teaches_nothing():
    """Found after 300 days, every fault was still unknown when its fold learnt: all looked clean."""
    with pytest.raises(InsufficientSamples):
        past(late=300).learnable(np.arange(160))
    assert past(late=5).learnable(np.arange(160)).train.labels_N.sum() > 20


def test_appending_history_changes_no_fold():
    short, long = past(200, late=30).learnable(np.arange(160)), past(260, late=30).learnable(np.arange(160))
    assert np.array_equal(short.train.labels_N, long.train.labels_N)
    assert np.array_equal(short.validation.labels_N, long.validation.labels_N)
