"""Bands, the baseline, the normaliser: small parts with rules that can be told in a sentence."""

import numpy as np
import pandas as pd
import pytest

from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.models.bands import choose_bands
from faultcast.models.baseline import Baseline, fit_baseline
from faultcast.models.normaliser import fit_normaliser
from faultcast.models.reasons import explain
from faultcast.records import Band


def table_of(lines):
    return pd.DataFrame({name: [0] * len(lines) for name in NAMES}).assign(lines_added=lines)


def test_high_means_twice_the_base_rate_on_validation():
    rng = np.random.default_rng(2)
    risk = rng.beta(1, 4, 2000)  # 20 % inducing, calibrated by construction
    label = (rng.random(2000) < risk).astype(float)
    bands = choose_bands(risk, label)
    assert bands.medium == pytest.approx(label.mean())
    assert label[risk >= bands.high].mean() >= 2 * label.mean()
    assert (risk >= bands.high).sum() >= 40
    assert [bands.of(one) for one in (0.0, bands.medium, bands.high)] == [Band.LOW, Band.MEDIUM, Band.HIGH]


def test_a_model_that_knows_nothing_calls_nothing_high():
    label = np.tile([1.0, 0.0, 0.0, 0.0], 50)
    bands = choose_bands(np.full(200, 0.25), label)
    assert bands.medium == 0.25
    assert bands.high == 0.5
    assert bands.of(0.25) is Band.MEDIUM


@pytest.mark.parametrize("base", [0.0, 1.0, 0.45])
def test_thresholds_stay_in_order_whatever_the_base_rate(base):
    rng = np.random.default_rng(4)
    bands = choose_bands(rng.random(300), (rng.random(300) < base).astype(float))
    assert 0 < bands.medium < bands.high < 1


def test_the_baseline_rises_with_every_line_and_says_what_it_is():
    baseline = fit_baseline(table_of([1, 18, 400]))
    rank = baseline.risk(table_of([0, 1, 18, 19, 5_000, 500_000]))
    assert np.all(np.diff(rank) > 0)
    assert rank[0] == 0
    assert rank[2] == 0.5
    assert rank[-1] < 1
    assert baseline.basis == "lines_added"
    assert baseline.band(rank[1]) is Band.LOW
    assert baseline.band(rank[4]) is Band.HIGH


def test_the_baseline_gives_the_one_reason_it_has():
    (reasons,) = explain(Baseline(typical_lines=18), table_of([412]))
    assert [reason.feature for reason in reasons] == ["lines_added"]
    assert reasons[0].text.startswith("412 lines added in text files, typically 18 (+0.1")
    assert explain(Baseline(typical_lines=18), table_of([18])) == [()]


def test_a_missing_value_is_not_a_zero():
    values = np.zeros((100, len(NAMES)))
    cognitive = NAMES.index("cognitive")
    values[:, cognitive] = np.arange(100)
    values[::4, cognitive] = np.nan
    normaliser = fit_normaliser(values)
    assert [(c.feature, c.kind) for c in normaliser.columns] == [("cognitive", "value"), ("cognitive", "missing")]
    asked = np.full((3, len(NAMES)), np.nan)
    asked[1, cognitive] = normaliser.typical["cognitive"]
    asked[2, cognitive] = 0
    features = normaliser.apply(asked)
    assert features[0, 0] == features[1, 0] != features[2, 0]  # filled with what is typical ...
    assert features[0, 1] > 0 > features[1, 1]  # ... and marked


def test_deltas_keep_their_sign_when_squeezed():
    values = np.zeros((3, len(NAMES)))
    values[:, NAMES.index("cyclomatic_delta")] = [-50, 0, 50]
    below, zero, above = fit_normaliser(values).apply(values)[:, 0]
    assert below == -above
    assert zero == 0


def test_every_feature_can_be_put_into_words():
    typical = pd.DataFrame({f.name: [1] if f.dtype == "bool" else [3] for f in CATALOGUE})

    class Everything(Baseline):
        typical_C = np.ones(len(NAMES))  # noqa: N815

        def risk_of(self, values_NC, _text_ND):
            return np.nansum(values_NC, axis=1) / 100

    (reasons,) = explain(Everything(), typical, top=99)
    assert len(reasons) == sum(f.dtype != "bool" for f in CATALOGUE)  # flags are typical already
    assert all(reason.effect == pytest.approx(0.02) and reason.text for reason in reasons)
    (unknown,) = explain(Everything(), typical.astype(float).assign(cognitive=np.nan), top=99)
    assert any(reason.text.startswith("unknown: cognitive") and reason.value is None for reason in unknown)
