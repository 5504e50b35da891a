"""Learnt across projects, judged on each project by a model that has never seen it."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_changes import DAY, make_changes

from faultcast import models
from faultcast.errors import InsufficientSamples
from faultcast.models.normaliser import values_of
from faultcast.training.general import DEFAULT, Project, train_general
from faultcast.training.rows import Rows


def project(name, seed, n=300, contrary=False):
    table = make_changes(n, seed, of_text=0.0, of_features=2.0)
    labels_N = table["label"].to_numpy(dtype=float)
    rows = Rows(
        values_of(table),
        [""] * n,
        1 - labels_N if contrary else labels_N,
        np.full(n, 0.9),
        np.arange(n) * DAY // 4 + seed,
    )
    return Project(name, rows, as_of=n * DAY, ripening_days=14.0, data_fingerprint=f"{seed:064x}")


SMALL = replace(DEFAULT, trees=40)
PROJECTS = [project("a", 1), project("b", 2, 500), project("c", 3), project("d", 4)]


def test_each_project_is_forecast_by_a_model_of_the_others(tmp_path):
    told = []
    manifest = train_general(PROJECTS, tmp_path / "general", 7, options=SMALL, report=told.append)
    assert [event["project"] for event in told] == ["a", "b", "c", "d"]
    figures = manifest.config["projects"]
    for one in PROJECTS:
        found = figures[one.name]
        assert (found["changes"], found["inducing"]) == (len(one.rows), one.rows.labels_N.sum())
        assert min(found["auc"], found["lines_added_auc"]) > 0.7
        assert found["ece"] < 0.15
    assert manifest.metrics["auc"] == pytest.approx(np.mean([found["auc"] for found in figures.values()]))
    model = models.load(tmp_path / "general")
    assert (model.name, model.basis, model.manifest.kind) == ("general", "general", "simple")


def test_a_project_teaches_nothing_to_the_model_that_is_judged_on_it(tmp_path):
    """Its labels turned around change its own figures to their mirror image, and no score of it."""
    first = train_general(PROJECTS, tmp_path / "a", 7, options=SMALL).config["projects"]["a"]
    turned = [project("a", 1, contrary=True), *PROJECTS[1:]]
    second = train_general(turned, tmp_path / "b", 7, options=SMALL).config["projects"]["a"]
    assert second["auc"] == pytest.approx(1 - first["auc"])
    assert second["lines_added_auc"] == pytest.approx(1 - first["lines_added_auc"])


def test_the_same_projects_in_any_order_give_the_same_bytes(tmp_path):
    train_general(PROJECTS, tmp_path / "one", 7, options=SMALL)
    train_general(PROJECTS[::-1], tmp_path / "other", 7, options=SMALL)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "other").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_large_project_does_not_drown_the_others(tmp_path):
    """Nine times the rows with the opposite lesson: two projects of one opinion still outweigh it."""
    folder = tmp_path / "general"
    train_general(
        [project("a", 1), project("b", 2), project("giant", 3, 2_700, contrary=True)], folder, 7, options=SMALL
    )
    model, later = models.load(folder), make_changes(200, 9)
    lines = later["lines_added"].to_numpy()
    risk = model.risk_of(values_of(later.assign(source_files=1)), np.empty((200, 0), dtype=np.float32))
    assert risk[lines >= np.quantile(lines, 0.8)].mean() > risk[lines <= np.quantile(lines, 0.2)].mean()


def test_too_few_projects_or_changes_are_told():
    with pytest.raises(InsufficientSamples, match="2 repositories to learn across, at least 3"):
        train_general(PROJECTS[:2], None, 7, options=SMALL)
    clean = project("e", 5)
    clean.rows.labels_N[:] = 0
    clean.rows.labels_N[:4] = 1
    with pytest.raises(InsufficientSamples, match="4 changes of the rarer class in e, at least 10"):
        train_general([*PROJECTS, clean], None, 7, options=SMALL)
