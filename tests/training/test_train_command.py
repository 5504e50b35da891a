"""``faultcast train``, typed as a person would, on a seeded data set."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from synthetic_changes import make_changes, write_dataset

from faultcast import models
from faultcast.cli import main

Ask = Callable[..., tuple[int, Any, str]]
FEW = '{"trees": 20, "leaf": 5}'


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))

    def train(*typed: object) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = main(["train", *map(str, typed)])
        told = capsys.readouterr()
        return code, (json.loads(told.out) if "--json" in typed else told.out), told.err

    return train


def test_a_model_is_trained_judged_and_logged_but_never_registered(dataset: Any, ask: Ask, tmp_path: Path) -> None:
    where = ("--dataset", dataset[0], "--output", tmp_path / "out", "--model", "simple", "--options", FEW)
    code, found, _ = ask(*where, "--json")

    assert code == 0
    one = found["models"]["simple"]
    assert models.load(Path(one["artifact"])).manifest.kind == "simple"
    assert 0.5 < one["auc"] <= 1
    assert {"average_precision", "brier", "ece", "auc_interval"} <= one.keys()
    assert found["lines_added"]["auc"] == pytest.approx(one["auc"] - one["auc_over"]["lines_added"]["difference"])
    assert (found["chosen"], found["registered"], one["reused"]) == ("simple", False, False)
    client = MlflowClient(f"sqlite:///{tmp_path}/home/mlflow.db")
    experiment = client.get_experiment_by_name("faultcast")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.params["option_trees"] == "20"
    assert run.data.metrics["validation_auc"] > 0.5
    assert client.search_registered_models() == []

    code, again, _ = ask(*where)
    assert "(trained before)" in again, "the same training is not done twice"
    assert "Nothing is registered" in again
    assert "lines added" in again
    _, other, _ = ask(*where, "--seed", 8, "--json")
    assert "models" in other, other
    assert other["models"]["simple"]["reused"] is False


def test_hyper_parameters_are_searched_first(dataset: Any, ask: Ask, tmp_path: Path) -> None:
    where = ("--dataset", dataset[0], "--output", tmp_path / "out", "--model", "incremental")
    code, found, _ = ask(*where, "--tune", "--trials", 2, "--json")
    assert code == 0
    assert found["models"]["incremental"]["options"], "what was found is what was trained with"
    assert any((tmp_path / "out" / "tuning").iterdir())


def test_incremental_goes_on_from_what_it_learnt_before(ask: Ask, tmp_path: Path) -> None:
    history, where = make_changes(), ("--output", tmp_path / "out", "--model", "incremental")
    write_dataset(history.head(700), tmp_path / "dataset.parquet")
    _, first, told = ask("--dataset", tmp_path / "dataset.parquet", *where, "--json")
    assert f"learnt {first['rows']['train']} changes anew: nothing came before" in told
    write_dataset(history, tmp_path / "dataset.parquet")
    _, second, told = ask("--dataset", tmp_path / "dataset.parquet", *where, "--json")

    assert "went on: " in told
    assert second["rows"]["train"] > first["rows"]["train"]
    assert second["models"]["incremental"]["options"] == {}, "where it went on from is nothing that was asked for"
    assert [one.name for one in (tmp_path / "out").iterdir() if one.is_dir()] == ["incremental"]


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (("--dataset", "absent.parquet"), 6, "absent.parquet: found no file"),
        (("some/repository", "--dataset", "x"), 2, "Found both REPO and --dataset"),
        (("--trials", 0), 2, "Found --trials 0, expected at least 1"),
        (("--num-workers", 0), 2, "Found --num-workers 0, expected 1 to 256"),
        ((), 6, "found no finished run"),
    ],
)
def test_what_cannot_be_trained_is_explained(ask: Ask, typed: tuple[object, ...], code: int, said: str) -> None:
    ended, _, told = ask(*typed)
    assert ended == code
    assert said in told


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--launcher", "trainjob"), "needs FAULTCAST_TRAINER_IMAGE and FAULTCAST_SHARED_VOLUME"),
        (("--options", FEW), "--options are of one kind"),
        (("--model", "simple", "--options", '{"tree": 20}'), "Unknown options tree; expected some of trees"),
        (("--model", "simple", "--options", "absent.json"), "absent.json: expected a JSON object"),
    ],
)
def test_wrong_wishes_are_told(dataset: Any, ask: Ask, tmp_path: Path, typed: tuple[object, ...], said: str) -> None:
    ended, _, told = ask("--dataset", dataset[0], "--output", tmp_path, *typed)
    assert ended == 2
    assert said in told
