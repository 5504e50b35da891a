"""Past changes that look most like one change."""

import numpy as np
import pytest

from faultcast.features.catalogue import NAMES
from faultcast.models.similar import FEWEST, nearest

LINES, HOUR = NAMES.index("lines_added"), NAMES.index("hour")


def changes(count: int, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    values_NC = random.poisson(5, (count, len(NAMES))).astype(float)
    values_NC[random.uniform(size=values_NC.shape) < 0.1] = np.nan
    return values_NC


def test_a_change_is_nearest_to_itself_then_to_what_differs_little() -> None:
    values_NC = changes(200)
    change_C = values_NC[70].copy()
    values_NC[120] = change_C
    values_NC[120, HOUR] = 3.0 if change_C[HOUR] != 3.0 else 4.0
    found = nearest(change_C, values_NC, 3)
    assert [one.row for one in found[:2]] == [70, 120]
    assert found[0].distance == 0.0
    assert found[0].distance < found[1].distance < found[2].distance


def test_equally_near_ones_come_in_the_order_given() -> None:
    values_NC = np.repeat(changes(30), 2, axis=0)
    found = nearest(values_NC[11], values_NC, 2)
    assert [one.row for one in found] == [10, 11]


def test_one_odd_number_does_not_decide() -> None:
    """A generated file of a million lines is still like the changes that it is like in all else."""
    values_NC = changes(200)
    values_NC[:, LINES] = 10.0 + np.arange(200) % 5
    change_C = values_NC[9].copy()
    change_C[LINES] = 1e6
    assert nearest(change_C, values_NC, 1)[0].row == 9


def test_it_finds_the_kind_that_a_change_is_of() -> None:
    """Two kinds that differ in a tenth of the features, seeded: nearly all neighbours are of the same kind."""
    random = np.random.default_rng(5)
    kind_N = random.integers(0, 2, 400)
    values_NC = random.poisson(6, (400, len(NAMES))).astype(float)
    values_NC[:, :9] += 12 * kind_N[:, np.newaxis]
    same = [
        kind_N[one.row] == kind_N[at] for at in range(0, 400, 8) for one in nearest(values_NC[at], values_NC, 6)[1:]
    ]
    assert np.mean(same) > 0.9


@pytest.mark.parametrize("values_NC", [changes(FEWEST - 1), np.ones((50, len(NAMES)))], ids=["too few", "all alike"])
def test_without_scales_there_are_no_neighbours(values_NC: np.ndarray) -> None:
    assert nearest(values_NC[0], values_NC) == []
