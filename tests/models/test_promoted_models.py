"""`faultcast models`, `promote` and `rollback` on real forests: who serves, and that it scores as it did."""

import json
import os
import pwd

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from faultcast import models
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.cli import main
from faultcast.models import artifact, forest, forest_file
from faultcast.models.normaliser import values_of


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("promoted") / "home"


@pytest.fixture
def shop(home, story, simple, changes, tmp_path, monkeypatch):
    """(path of a repository, its name, the registry): version 1 serves, 2 passed, 3 failed."""
    story.commit("Begin", files={"begin.py": "x = 1\n"})
    monkeypatch.setenv("FAULTCAST_HOME", str(home))
    name, registry = Places(home, str(story.path.resolve())).model_name, Registry(home)
    registry.register(
        name, simple, {"test": {"auc": 0.71, "f1": 0.4, "brier": 0.2}}, "champion", why="passed", verdict="PASS"
    )
    registry.register(
        name, _other(simple, changes, 1, tmp_path), {"test": {"auc": 0.74}}, "challenger", why="better", verdict="PASS"
    )
    registry.archive(
        name, _other(simple, changes, 2, tmp_path), {"test": {"auc": 0.5}}, "FAIL", "AUC 0.500, at least 0.7 expected"
    )
    return str(story.path), name, registry


def _other(simple, changes, seed, tmp_path):
    """A forest that learnt the same with another seed."""
    manifest, _ = artifact.read_files(simple)
    features_NF = manifest.normaliser.apply(values_of(changes))
    fitted = RandomForestClassifier(10, random_state=seed).fit(features_NF, changes["label"])
    artifact.write(tmp_path / f"other{seed}", manifest, forest_file.to_files(forest.of_classifier(fitted)))
    return tmp_path / f"other{seed}"


def typed(capsys, *arguments):
    """(exit code, what --json printed)."""
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_rollback_brings_back_the_very_scores(shop, changes, capsys):
    repository, name, registry = shop
    risk_N = models.load(registry.champion(name).folder).risk(changes)

    code, found = typed(capsys, "promote", repository, "--alias", "challenger", "--to", "champion", "--why", "better")
    assert (code, found["version"], found["entry"]["from_version"]) == (0, "2", "1")
    assert found["entry"]["by"] == pwd.getpwuid(os.getuid()).pw_name
    promoted_N = models.load(registry.champion(name).folder).risk(changes)
    assert not np.array_equal(promoted_N, risk_N)

    code, found = typed(capsys, "rollback", repository, "--why", "too many alarms", "--by", "ana")
    assert (code, found["version"], found["entry"]["kind"]) == (0, "1", "rollback")
    assert np.array_equal(models.load(registry.champion(name).folder).risk(changes), risk_N)

    code, found = typed(capsys, "rollback", repository)
    assert (code, found["error"]["type"]) == (6, "NotFound")
    assert "nothing to roll back to" in found["error"]["message"]


def test_only_a_model_that_passed_may_serve_unless_forced(shop, capsys):
    repository, name, registry = shop
    code, found = typed(capsys, "promote", repository, "--version", 3, "--to", "champion", "--why", "hope")
    assert (code, found["error"]["type"]) == (9, "NotPassed")
    assert "found the verdict FAIL (AUC 0.500, at least 0.7 expected)" in found["error"]["message"]
    assert registry.champion(name).version == "1"

    assert typed(capsys, "promote", repository, "--version", 3, "--to", "shadow", "--why", "watch it")[0] == 0
    code, found = typed(capsys, "promote", repository, "--version", 3, "--to", "champion", "--why", "hope", "--force")
    assert (code, found["entry"]["forced"], found["entry"]["verdict"]) == (0, True, "FAIL")
    assert registry.promotions(name)[-1].forced


def test_what_cannot_be_promoted_is_explained(shop, capsys):
    repository, _, _ = shop
    code, found = typed(capsys, "promote", repository, "--version", 9, "--to", "champion", "--why", "x")
    assert (code, "has no version '9', found 1, 2, 3" in found["error"]["message"]) == (6, True)
    code, found = typed(capsys, "promote", repository, "--alias", "shadow", "--to", "champion", "--why", "x")
    assert (code, "has no shadow" in found["error"]["message"]) == (6, True)
    code, found = typed(capsys, "promote", repository, "--version", 1, "--to", "champion", "--why", "x")
    assert (code, found["entry"]) == (0, None)  # it does already
    code, found = typed(capsys, "promote", repository, "--version", 1, "--to", "champion", "--why", " ")
    assert (code, "expected --why TEXT" in found["error"]["message"]) == (2, True)


def test_models_are_listed_with_what_was_decided(shop, capsys, monkeypatch):
    repository, name, registry = shop
    monkeypatch.setenv("COLUMNS", "160")
    registry.promote(name, "2", "champion", why="better\x1b[31m", by="ana")
    code, found = typed(capsys, "models", repository)
    assert code == 0
    assert [(one["version"], one["aliases"], one["verdict"]) for one in found["versions"]] == [
        ("1", [], "PASS"),
        ("2", ["challenger", "champion"], "PASS"),
        ("3", [], "FAIL"),
    ]
    assert [entry["to_version"] for entry in found["log"]] == ["1", "2", "2"]
    assert main(["models", repository]) == 0
    shown = capsys.readouterr().out
    assert "0.710" in shown
    assert "at least 0.7 expected" in shown
    assert "champion 1 -> 2, promotion by ana: better\\u001b[31m" in shown


def test_a_repository_without_models_says_so(home, story, capsys, monkeypatch):
    story.commit("Begin", files={"begin.py": "x = 1\n"})
    monkeypatch.setenv("FAULTCAST_HOME", str(home))
    code, found = typed(capsys, "models", story.path)
    assert (code, found["error"]["type"]) == (6, "NotFound")
    code, found = typed(capsys, "rollback", story.path)
    assert (code, "has no champion" in found["error"]["message"]) == (6, True)
