"""Members are compared inside the training rows by time; what forecasts better there is what serves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from synthetic_changes import DAY, make_changes, write_dataset

from faultcast import models
from faultcast.errors import PermanentError, UsageError
from faultcast.models.blend import BOOSTED, EXTRA, FOREST, LINEAR, Blend
from faultcast.training.compare import DEFAULT, candidates, choose, fit_choice
from faultcast.training.launch import train
from faultcast.training.members import Sample, Setting, decay, fit_member
from faultcast.training.simple import Options, fit

NO_TEXT = np.empty((0, 0), dtype=np.float32)
SMALL = {
    FOREST: [Setting(FOREST, 5)], EXTRA: [Setting(EXTRA, 5)], BOOSTED: [Setting(BOOSTED, 6)],
    LINEAR: [Setting(LINEAR, 1)],
}  # fmt: skip


def planted(logit_of, rows=1_200, seed=1, base=-1.0, scale=3.0):
    """Four columns, four changes a day; the labels follow `logit_of` columns and time (0..1)."""
    rng = np.random.default_rng(seed)
    features_NF = rng.normal(size=(rows, 4)).astype(np.float32)
    chance_N = expit(scale * logit_of(features_NF, np.linspace(0, 1, rows)) + base)
    labels_N = (rng.random(rows) < chance_N).astype(float)
    return Sample(features_NF, labels_N, np.ones(rows), np.arange(rows) * DAY // 4)


def straight(x_NF, _):
    return x_NF @ np.array([1.0, -1.0, 0.5, 0.25])


def checkered(x_NF, _):
    return np.sign(x_NF[:, 0] * x_NF[:, 1])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_planted_better_member_is_found(seed):
    two = {name: SMALL[name] for name in (FOREST, LINEAR)}
    found = choose(planted(straight, seed=seed), ripening_days=3, seed=seed, settings=two)
    assert LINEAR in {one.member for one in found.settings}
    found = choose(planted(checkered, seed=seed), ripening_days=3, seed=seed, settings=two)
    assert [one.member for one in found.settings] == [FOREST]


def test_when_the_world_turned_newer_rows_weigh_more():
    def turned(x_NF, at_N):
        return np.where(at_N < 0.55, -1, 1) * x_NF[:, 0]

    settings = {LINEAR: [Setting(LINEAR, 1), Setting(LINEAR, 1, recency=8.0)]}
    (found,) = choose(planted(turned), ripening_days=0, seed=1, settings=settings).settings
    assert found.recency == 8.0
    (found,) = choose(planted(straight, rows=4_000), ripening_days=0, seed=1, settings=settings).settings
    assert found.recency == 0.0


def window_aucs(sample, ripening_days):
    """The comparison's two windows, by hand."""
    found = []
    for start in (360, 480):
        learnt = sample.part(
            np.flatnonzero(sample.committed_at_N <= sample.committed_at_N[start] - ripening_days * DAY)
        )
        judged = sample.part(np.arange(start, start + 120))
        member = fit_member(Setting(LINEAR, 1), learnt, seed=1, trees=1)
        found.append(roc_auc_score(judged.labels_N, member.logits(judged.features_NF, NO_TEXT)))
    return found


def test_the_score_told_is_the_mean_of_two_later_windows():
    """So nothing that had not ripened when a window began, and nothing later, told how good a member is."""
    sample, told = planted(straight, rows=600), []
    choose(sample, ripening_days=10, seed=1, settings={LINEAR: SMALL[LINEAR]}, report=told.append)
    assert told[0]["auc"] == pytest.approx(np.mean(window_aucs(sample, 10)), abs=1e-12)
    with pytest.raises(PermanentError, match="not in time order"):
        choose(sample.part(np.arange(600)[::-1]), ripening_days=10, seed=1)


def test_too_few_faults_to_compare_leave_the_regression():
    rare = planted(straight, rows=200, base=-9.0)
    rare.labels_N[[3, 77, 140, 190]] = 1
    told = []
    found = choose(rare, ripening_days=3, seed=1, report=told.append)
    assert found.settings == (DEFAULT,)
    assert told[-1]["why"] == "too few changes of a class"
    scorer = fit_choice(found, rare, seed=1, trees=10)
    assert np.isfinite(scorer.logits(rare.features_NF, NO_TEXT)).all()
    tiny = rare.part(np.array([2, 3]))
    assert choose(tiny, ripening_days=400, seed=1).settings == (DEFAULT,)


@pytest.mark.parametrize("member", [FOREST, EXTRA, BOOSTED, LINEAR])
def test_rare_faults_count_as_much_as_all_the_rest(member):
    """At a base rate of some 3 % the scores still span both sides of even odds, as balanced classes make them."""
    rare = planted(straight, rows=4_000, base=-9.0)
    assert 0.01 < rare.labels_N.mean() < 0.06
    fitted = fit_member(SMALL[member][0], rare, seed=1, trees=40)
    logits_N = fitted.logits(rare.features_NF, NO_TEXT)
    assert logits_N[rare.labels_N > 0].mean() > 0 > logits_N[rare.labels_N == 0].mean()
    later = planted(straight, rows=4_000, base=-9.0, seed=2)
    assert roc_auc_score(later.labels_N, fitted.logits(later.features_NF, NO_TEXT)) > 0.9


@pytest.mark.parametrize("member", [FOREST, EXTRA, BOOSTED])
def test_the_same_seed_gives_the_same_bits_and_another_others(member):
    sample = planted(checkered, rows=400)
    ones = [fit_member(SMALL[member][0], sample, seed=s, trees=9).margin(sample.features_NF) for s in (1, 1, 2)]
    assert np.array_equal(ones[0], ones[1])
    assert not np.array_equal(ones[0], ones[2])


def test_weights_halve_as_often_as_told():
    weights_N = decay(np.array([0, 10, 20, 30]) * DAY, recency=3.0)
    assert weights_N[1:] / weights_N[:-1] == pytest.approx(2.0)
    assert decay(np.array([5, 5]), 3.0).tolist() == decay(np.array([0, 9]), 0.0).tolist() == [1.0, 1.0]


def test_with_few_faults_the_regression_leans_on_its_anchor():
    """Six faults say little: the order stays that of the anchor. A thousand let every column count."""
    few, many = planted(straight, rows=200, base=-9.0), planted(straight, rows=4_000)
    few.labels_N[:] = 0
    few.labels_N[np.argsort(-few.features_NF[:, 2])[[1, 4, 9, 20, 33, 60]]] = 1
    setting = Setting(LINEAR, 3_000)
    leaning = fit_member(setting, replace(few, anchor=2), seed=1, trees=1)
    assert np.corrcoef(leaning.logits(few.features_NF, NO_TEXT), few.features_NF[:, 2])[0, 1] > 0.99
    upright = fit_member(setting, few, seed=1, trees=1)
    assert np.corrcoef(upright.logits(few.features_NF, NO_TEXT), few.features_NF[:, 2])[0, 1] < 0.98
    told = fit_member(Setting(LINEAR, 30), replace(many, anchor=2), seed=1, trees=1)
    assert roc_auc_score(many.labels_N, told.logits(many.features_NF, NO_TEXT)) > 0.9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_as_good_the_regression_alone_stands(seed):
    found = choose(planted(straight, seed=seed), ripening_days=3, seed=seed, settings=SMALL)
    assert [one.member for one in found.settings] == [LINEAR]


def test_options_narrow_what_is_compared():
    assert {member: len(found) for member, found in candidates().items()} == {
        FOREST: 4,
        EXTRA: 4,
        BOOSTED: 4,
        LINEAR: 6,
    }
    assert candidates(leaf=9, recency=0.0, members=(EXTRA,)) == {EXTRA: [Setting(EXTRA, 9)]}
    sample = planted(straight, rows=300)
    scorer, choice = fit(sample, 3, 1, Options(trees=5, leaf=9, members="forest+extra"))
    assert {one.member for one in choice.settings} <= {FOREST, EXTRA}
    assert {one.size for one in choice.settings} == {9}
    with pytest.raises(UsageError, match="Unknown members oracle"):
        fit(sample, 3, 1, Options(members="oracle+forest"))
    assert np.isfinite(scorer.logits(sample.features_NF, NO_TEXT)).all()


def test_a_blend_serves_from_its_folder_as_it_was_fitted(tmp_path):
    """Trained, written, loaded; its manifest says what it is made of."""
    table = write_dataset(make_changes(500), tmp_path / "dataset.parquet")
    events = []
    train("simple", tmp_path / "dataset.parquet", tmp_path / "model", seed=3, report=events.append)
    model = models.load(tmp_path / "model")
    config = model.manifest.config
    chosen = next(event["chosen"] for event in events if event["event"] == "compared").split("+")
    assert set(config["members"]) == set(chosen)
    assert {event["member"] for event in events if event["event"] == "trial"} == {FOREST, EXTRA, BOOSTED, LINEAR}
    assert isinstance(model.scorer, Blend) == (len(chosen) > 1)
    test = table[table["split"] == "test"]
    assert roc_auc_score(test["label"].astype(int), model.risk(test)) > 0.6
