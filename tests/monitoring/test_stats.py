"""What can be told before any label: counts, doubt, latency."""

import numpy as np
import pytest
from windows import FEATURES, NOW, window_of

from faultcast.monitoring.stats import stats
from faultcast.monitoring.window import Window


def test_counts_and_shares():
    values_NF = np.zeros((10, FEATURES))
    values_NF[0, :] = np.nan
    risk_N = np.array([0.9, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    shadow = np.arange(10) >= 8
    found = stats(window_of(values_NF, risk_N, changes=["a", "a", *"bcdefghi"][:10], shadow=shadow, hours=4.0))
    assert found["predictions"] == {
        "total": 10, "looked_at": 10, "answered": 8, "shadow": 2, "distinct_changes": 7, "per_hour": 2.0
    }  # fmt: skip
    assert found["bands"] == {"low": 7, "medium": 0, "high": 1}
    assert found["risk"]["mean"] == pytest.approx(0.25)
    assert sum(found["risk"]["histogram"]) == 8
    proxies = found["proxy_metrics"]
    assert proxies["unsure_share"] == proxies["high_share"] == proxies["missing_share"] == 1 / 8
    assert proxies["repeated_share"] == 1 / 8
    assert found["latency_seconds"]["p99"] == 0.004
    assert [one["predictions"] for one in found["models"]] == [10]


def test_nothing_was_asked():
    empty = np.empty(0)
    window = Window(NOW - 1, NOW, 0, empty, empty, empty, [], [], [], empty.astype(bool), empty.astype(bool), {})
    found = stats(window)
    assert found["predictions"]["total"] == 0
    assert found["models"] == []
    assert set(found["latency_seconds"].values()) == set(found["proxy_metrics"].values()) == {None}
