"""From a data set to a calibrated forest with reasons."""

import json

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from faultcast import dataset as datasets, models
from faultcast.errors import InsufficientSamples, NotFound, UsageError
from faultcast.models.reasons import explain
from faultcast.training.__main__ import main
from faultcast.training.calibrate import fit_calibration
from faultcast.training.launch import train


@pytest.fixture(scope="module")
def forest(dataset, tmp_path_factory):
    events = []
    folder = tmp_path_factory.mktemp("simple")
    train("simple", dataset[0], folder, seed=7, report=events.append)
    return folder, events


def test_it_forecasts_later_changes_and_says_how_it_got_there(forest, dataset):
    folder, events = forest
    model = models.load(folder)
    test = dataset[1][dataset[1]["split"] == "test"]
    assert roc_auc_score(test["label"].astype(int), model.risk(test)) > 0.6
    assert [event["event"] for event in events][-2:] == ["fit", "done"]
    manifest = model.manifest
    info = datasets.read(dataset[0])[1]
    assert manifest.data_fingerprint == info.data_fingerprint
    assert manifest.label_as_of == info.train_until > manifest.training_window[1]
    assert set(manifest.metrics) == {"auc", "average_precision", "brier", "ece"}


def test_the_same_seed_gives_the_same_model_and_another_seed_another(forest, dataset, tmp_path):
    folder, _ = forest
    risk = models.load(folder).risk(dataset[1])
    assert main(["--model", "simple", "--dataset", str(dataset[0]), "--output", str(tmp_path / "a")]) == 0
    assert np.array_equal(models.load(tmp_path / "a").risk(dataset[1]), risk)
    trees = {"members": "forest", "trees": 10}
    for name, seed in (("b", 7), ("c", 8), ("d", 8)):
        train("simple", dataset[0], tmp_path / name, seed=seed, options=trees)
    of_b, of_c, of_d = (models.load(tmp_path / name).risk(dataset[1]) for name in "bcd")
    assert np.array_equal(of_c, of_d)
    assert not np.array_equal(of_b, of_c)


def test_reasons_point_at_what_made_the_change_risky(forest, dataset):
    model = models.load(forest[0])
    change = dataset[1].tail(1).assign(lines_added=2_000, author_changes=0)
    (reasons,) = explain(model, change, top=3)
    assert len(reasons) <= 3
    assert {"lines_added", "author_changes"} <= {reason.feature for reason in reasons}
    assert all(reason.effect > 0 for reason in reasons[:2])
    largest = next(reason for reason in reasons if reason.feature == "lines_added")
    # The effect is what it says: the risk of the same change with a typical number of lines is that much lower.
    lowered = model.risk(change.assign(lines_added=largest.typical))[0]
    assert model.risk(change)[0] - lowered == pytest.approx(largest.effect, abs=1e-9)
    calm = dataset[1].tail(1).assign(lines_added=1, author_changes=290)
    assert any(reason.effect < 0 for reason in explain(model, calm, top=99)[0])


def test_calibration_mends_skewed_scores_and_keeps_their_order():
    rng = np.random.default_rng(6)
    true_logit = rng.normal(-1.5, 1, 4_000)
    label = (rng.random(4_000) < 1 / (1 + np.exp(-true_logit))).astype(float)
    skewed = 3 * true_logit + 4  # far too sure, and far too high
    calibration = fit_calibration(skewed[:2_000], label[:2_000])
    mended, raw = calibration.apply(skewed[2_000:]), 1 / (1 + np.exp(-skewed[2_000:]))
    assert brier_score_loss(label[2_000:], mended) < brier_score_loss(label[2_000:], raw) - 0.05
    assert mended.mean() == pytest.approx(label[2_000:].mean(), abs=0.03)
    assert np.array_equal(np.argsort(mended), np.argsort(raw))
    contradicted = fit_calibration(-true_logit, label)
    assert contradicted.slope > 0


def test_what_cannot_be_trained_is_told(tmp_path, dataset, capsys):
    with pytest.raises(UsageError, match="expected one of simple, hybrid"):
        train("oracle", dataset[0], tmp_path, seed=1)
    with pytest.raises(NotFound):
        train("simple", tmp_path / "dataset.parquet", tmp_path, seed=1)
    assert main(["--model", "simple", "--dataset", "none.parquet", "--output", str(tmp_path)]) == 6
    assert "run the assemble stage" in capsys.readouterr().err


def test_one_class_alone_is_insufficient(dataset, tmp_path):
    path = tmp_path / "dataset.parquet"
    table = dataset[1].copy()
    table["label"] = table["label"].where(table["split"] != "train", 0)
    plan = datasets.plan_split(np.arange(900) * 21_600, as_of=899 * 21_600, ripening_days=7, min_test=100)
    datasets.write(table, plan, path)
    with pytest.raises(InsufficientSamples, match="0 inducing changes in the train split"):
        train("simple", path, tmp_path / "out", seed=1)
    assert json.loads((tmp_path / "dataset.json").read_text())["counts"]["train"]["inducing"] == 0
