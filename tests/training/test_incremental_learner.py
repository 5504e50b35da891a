"""An artifact that goes on learning: later runs learn what is new and end where learning everything ends."""

import hashlib
import json

import numpy as np
import pytest
import safetensors.numpy
from sklearn.metrics import brier_score_loss, roc_auc_score
from synthetic_changes import DAY, make_changes

from faultcast import models
from faultcast.dataset import DatasetInfo
from faultcast.errors import UnsafeArtifact
from faultcast.models.normaliser import values_of
from faultcast.training.continuing import Continuing
from faultcast.training.incremental import Options, train_incremental
from faultcast.training.launch import train
from faultcast.training.online import BOUND
from faultcast.training.prequential import prequential, what_was_told
from faultcast.training.rows import Rows, TrainingData

CHANGES = make_changes(1_500, of_text=0.0, of_features=2.0)


def rows(part, labels=None):
    table = CHANGES[part]
    labels_N = table["label"].to_numpy(dtype=float) if labels is None else labels[part]
    at_N = np.arange(1_500)[part] * DAY // 4
    return Rows(values_of(table), [""] * len(table), labels_N, np.full(len(table), 0.9), at_N)


def data(end, labels=None, start=0):
    """What may be learnt from when `end` rows have ripened; the 200 that follow are for validation."""
    info = DatasetInfo(end * DAY, 7.0, end * DAY // 4, 2 * end * DAY // 4, {}, f"{end}")
    return TrainingData(rows(slice(start, end), labels), rows(slice(end, end + 200)), info)


def risk(folder):
    return models.load(folder).risk(CHANGES[1_300:])


def learn(given, output, before=None, **options):
    events = []
    came_before = {"continue_from": str(before)} if before else {}
    train_incremental(given, output, 7, options=Options(window=250, **came_before, **options), report=events.append)
    return events[0]


def test_going_on_learns_only_what_is_new_and_ends_near_the_full_fit(tmp_path):
    assert learn(data(700), tmp_path / "a", penalty=100.0)["anew"] == "nothing came before"
    event = learn(data(1_000), tmp_path / "b", tmp_path / "a")
    assert (event["new"], event["changed"], event["anew"]) == (300, 0, "")
    event = learn(data(1_300), tmp_path / "c", tmp_path / "b")
    assert (event["new"], event["changed"], event["anew"]) == (300, 0, "")
    train_incremental(data(1_300), tmp_path / "full", 7, options=Options(penalty=100.0))
    went_on, full = risk(tmp_path / "c"), risk(tmp_path / "full")
    assert 0 < np.abs(went_on - full).max() <= 2 * BOUND  # another normaliser (700 rows, not 1,300) and calibration
    assert roc_auc_score(CHANGES["label"][1_300:], went_on) > 0.7


def test_a_label_that_has_changed_since_is_corrected(tmp_path):
    wrong = CHANGES["label"].to_numpy(dtype=float).copy()
    wrong[:60] = 0
    learn(data(1_000, wrong), tmp_path / "wrong", penalty=100.0)
    event = learn(data(1_000), tmp_path / "mended", tmp_path / "wrong")
    assert event["new"] == 0
    assert event["changed"] == (CHANGES["label"][:60] == 1).sum() > 10
    learn(data(1_000), tmp_path / "right", penalty=100.0)
    assert np.abs(risk(tmp_path / "mended") - risk(tmp_path / "right")).max() <= BOUND
    again = learn(data(1_000), tmp_path / "again", tmp_path / "mended")
    assert (again["new"], again["changed"]) == (0, 0)
    assert np.array_equal(risk(tmp_path / "again"), risk(tmp_path / "mended"))


@pytest.mark.parametrize(
    ("given", "options", "why"),
    [
        (lambda: data(1_280), {}, "1280 rows are twice the 640"),
        (lambda: data(900, start=100), {}, "100 rows that it learnt are no longer in the history"),
        (lambda: data(700), {"penalty": 5.0}, "another penalty"),
    ],
)
def test_where_going_on_would_mislead_it_starts_anew_and_says_why(tmp_path, given, options, why):
    learn(data(640), tmp_path / "a", penalty=100.0)
    event = learn(given(), tmp_path / "b", tmp_path / "a", **options)
    assert why in event["anew"]
    assert event["new"] == len(given().train)


def test_another_kind_and_other_features_are_no_start(tmp_path, dataset):
    train("simple", dataset[0], tmp_path / "simple", seed=7, options={"trees": 10, "members": "forest"})
    assert learn(data(700), tmp_path / "b", tmp_path / "simple")["anew"] == "simple keeps nothing to go on from"
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    manifest["features"][0][0] = "moon"
    (tmp_path / "b" / "manifest.json").write_text(json.dumps(manifest))
    assert "other features" in learn(data(700), tmp_path / "c", tmp_path / "b")["anew"]


def test_by_the_launcher_it_is_the_same_again(tmp_path, dataset):
    train("incremental", dataset[0], tmp_path / "a", seed=7)
    train("incremental", dataset[0], tmp_path / "b", seed=7, options={"continue_from": str(tmp_path / "a")})
    train("incremental", dataset[0], tmp_path / "c", seed=7)
    for name in ("linear.safetensors", "manifest.json", "state.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "c" / name).read_bytes()
    one, other = (models.load(tmp_path / name).risk(dataset[1]) for name in "ab")
    assert np.abs(one - other).max() < 1e-9


@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.update(label=a["label"] + 2),
        lambda a: a.update(key=a["key"][:1].repeat(len(a["key"]))),
        lambda a: a.update(place=a["place"] + 10**6),
        lambda a: a.update(precision=a["precision"] * np.nan),
        lambda a: a.update(rows=a["rows"][:, 1:].copy()),
        lambda a: a.update(weight=a["weight"].astype(np.float32)),
        lambda a: a.pop("score"),
    ],
)
def test_a_state_that_training_does_not_write_is_refused(tmp_path, change):
    learn(data(700), tmp_path / "a", penalty=100.0)
    path = tmp_path / "a" / "state.safetensors"
    arrays = safetensors.numpy.load(path.read_bytes())
    change(arrays)
    path.write_bytes(safetensors.numpy.save(arrays))
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text())
    manifest["files"]["state.safetensors"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "a" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UnsafeArtifact, match=r"state\.safetensors"):
        learn(data(800), tmp_path / "b", tmp_path / "a")


def test_as_time_goes_on_it_forecasts_and_its_risks_mean_what_they_say():
    labels_N = CHANGES["label"].to_numpy(dtype=float)
    at_N = np.arange(1_500) * DAY // 4
    fixed_N = np.where(labels_N > 0, at_N + 20 * DAY, np.inf)
    told = what_was_told(at_N, fixed_N, ripening_days=15, as_of=int(at_N[-1]))
    values_NC = values_of(CHANGES)
    risk_N = prequential(values_NC, [""] * 1_500, at_N, told, Continuing(15.0, window=250), first=600)[600:]
    assert roc_auc_score(labels_N[600:], risk_N) > 0.7
    base = labels_N[600:].mean()
    assert brier_score_loss(labels_N[600:], risk_N) < base * (1 - base) * 0.95
