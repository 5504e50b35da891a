"""The registry on a real MLflow with SQLite. A model is any folder of files."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from faultcast.adapters.registry import Promotion, Registry, folder_digest
from faultcast.adapters.registry.promotions import FileLines, Log
from faultcast.errors import NotFound, NotPassed, Unavailable, UnsafeArtifact, UsageError

MODEL = "faultcast-shop-12345678"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home") / ".faultcast"
    Registry(home)  # the first database takes a second to make
    return home


@pytest.fixture(scope="module")
def registry(home: Path) -> Registry:
    return Registry(home)


def model_in(folder: Path, weights: str) -> Path:
    (folder / "tokenizer").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    (folder / "tokenizer" / "tokenizer.json").write_text(weights)
    return folder


def test_a_model_goes_from_training_to_champion(registry: Registry, tmp_path: Path) -> None:
    model = model_in(tmp_path / "model", "one")
    assert registry.champion("faultcast-first") is None

    run = registry.log_training("simple", {"trees": 300, "seed": 7}, {"auc": 0.7}, model, {"kind": "simple"})
    figures = {"brier": 0.2, "recall_at": {"20": 0.5}, "curves": [1], "name": "x"}
    version = registry.register(
        "faultcast-first", model, figures, "champion", run_id=run, why="beats lines added", verdict="PASS"
    )

    champion = registry.champion("faultcast-first")
    assert champion is not None
    assert (champion.version, champion.run_id) == (version, run) == ("1", run)
    assert champion.metrics == {"auc": 0.7, "brier": 0.2, "recall_at.20": 0.5}
    assert folder_digest(champion.folder) == folder_digest(model)
    assert registry.champion("faultcast-first", "challenger") is None


def test_promotions_are_written_down_and_only_real_ones(registry: Registry, tmp_path: Path) -> None:
    one, two = (model_in(tmp_path / name, name) for name in ("one", "two"))
    registry.register(MODEL, one, {}, "champion", why="first", by="ana", verdict="PASS")
    registry.register(MODEL, two, {}, "challenger", why="shadow", verdict="PASS")
    registry.promote(MODEL, "2", "champion", why="better for a week", by="bob")
    registry.promote(MODEL, "2", "champion", why="said twice")

    log = registry.promotions(MODEL)

    assert [(line.by, line.alias, line.from_version, line.to_version, line.why) for line in log] == [
        ("ana", "champion", "", "1", "first"),
        ("faultcast", "challenger", "", "2", "shadow"),
        ("bob", "champion", "1", "2", "better for a week"),
    ]
    assert all(line.at.endswith("+00:00") for line in log)


def test_doing_it_again_finds_what_is_there(registry: Registry, tmp_path: Path) -> None:
    model = model_in(tmp_path / "model", "again")

    first = registry.register("faultcast-again", model, {"auc": 0.6}, None)  # killed before the alias moved
    assert registry.champion("faultcast-again") is None
    second = registry.register("faultcast-again", model, {"auc": 0.6}, "champion", verdict="PASS")

    assert first == second == "1"
    assert len(registry.promotions("faultcast-again")) == 1


def test_a_refused_model_is_kept_with_the_reason_and_no_alias(registry: Registry, tmp_path: Path) -> None:
    good, bad = model_in(tmp_path / "good", "good"), model_in(tmp_path / "bad", "bad")
    registry.register("faultcast-kept", good, {}, "champion", why="passed", verdict="PASS")
    assert registry.archive("faultcast-kept", bad, {"auc": 0.5}, "FAIL", "AUC 0.5", card="# bad") == "2"
    assert registry.archive("faultcast-kept", bad, {}, "INCONCLUSIVE", "too few") == "2"
    assert registry.archive("faultcast-kept", good, {}, "FAIL", "no better than itself") == "1"

    versions = registry.versions("faultcast-kept")

    assert [(one.verdict, one.why, one.aliases) for one, _ in versions] == [
        ("PASS", "passed", ("champion",)),
        ("INCONCLUSIVE", "too few", ()),
    ]
    assert versions[1][1] == {"auc": 0.5}
    card = registry._client.download_artifacts(versions[1][0].run_id, "model-card.md", str(tmp_path))
    assert Path(card).read_text() == "# bad"
    with pytest.raises(NotPassed, match="found the verdict INCONCLUSIVE"):
        registry.promote("faultcast-kept", "2", "champion")
    with pytest.raises(UsageError, match="expected both"):
        registry.archive("faultcast-kept", bad, {}, "FAIL", "")


def test_a_run_of_the_pipeline_backend_is_joined_not_ended(registry: Registry, tmp_path: Path) -> None:
    theirs = registry._client.create_run(registry._runs.experiment()).info.run_id

    run = registry.log_training("hybrid", {"layers": 2}, {"auc": 0.7}, model_in(tmp_path / "m", "x"), run_id=theirs)

    assert run == theirs
    assert registry._client.get_run(run).info.status == "RUNNING"


def test_a_run_that_breaks_off_is_marked_as_failed(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="MLflow did not do what was asked"):
        registry.log_training("bad name", {"a?b": 1}, {}, model_in(tmp_path / "m", "x"))

    runs = registry._client.search_runs([registry._runs.experiment()], "tags.`mlflow.runName` = 'bad name'")
    assert [run.info.status for run in runs] == ["FAILED"]


def test_a_model_that_was_tampered_with_is_refused(registry: Registry, tmp_path: Path) -> None:
    registry.register("faultcast-tampered", model_in(tmp_path / "m", "good"), {}, "champion", verdict="PASS")
    champion = registry.champion("faultcast-tampered")
    assert champion is not None
    (champion.folder / "manifest.json").write_text('{"evil": true}')

    with pytest.raises(UnsafeArtifact, match="register the model again"):
        registry.champion("faultcast-tampered")


def test_what_is_not_there_is_named(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        registry.promote("faultcast-nobody", "1", "champion")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="expected a folder with manifest"):
        registry.register(MODEL, tmp_path / "empty", {}, "champion")


def test_a_torn_line_in_the_log_costs_nothing_else(tmp_path: Path) -> None:
    log = tmp_path / "promotions.jsonl"
    Log(FileLines(log)).intend(Promotion("2024", "ana", MODEL, "champion", "", "1", "x"))
    with log.open("ab") as file:
        file.write(b'{"at": "2024", "by": "a')
    Log(FileLines(log)).intend(Promotion("2025", "bob", MODEL, "champion", "1", "2", "y"))

    assert [entry.to_version for entry in Log(FileLines(log)).entries(MODEL)] == ["1", "2"]


def test_a_second_process_finds_the_database_and_nobody_hears_of_it(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from faultcast.adapters.registry import Registry; "
        "print(Registry(Path(sys.argv[1])).champion(sys.argv[2]))"
    )
    for folder in (home.parent / "new home with spaces",):
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder), "faultcast-nobody"], capture_output=True, text=True, check=True
        )
        assert (done.stdout, done.stderr) == ("None\n", "")
        assert not list(folder.glob(".mlflow.db*"))
        with sqlite3.connect(folder / "mlflow.db") as connection:
            assert connection.execute("SELECT count(*) FROM registered_models").fetchone()


def test_a_server_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(Unavailable, match="did not do what was asked"):
        Registry(tmp_path, "http://127.0.0.1:9").champion(MODEL)
