"""One look at real files: a model that carries its reference, predictions in the log, what is found kept and answered."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from looks import asked, farther, teach

from faultcast import models
from faultcast.adapters import monitoring_results, prediction_log
from faultcast.cli import main
from faultcast.models.folder import REFERENCE
from faultcast.settings import Settings, for_child, load
from serving.gateway import schemas
from serving.gateway.watched import Watched


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    return teach(tmp_path_factory.mktemp("taught"))


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MIN_SAMPLES_FOR_DECISION", "100")
    return replace(load(), monitoring_interval_seconds=1)


def test_training_freezes_what_it_learnt_from(taught: tuple[Path, pd.DataFrame]) -> None:
    folder, _ = taught
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    assert REFERENCE in listed
    assert models.load(folder).manifest.kind == "simple"  # which scores without reading it


@pytest.mark.parametrize(("factor", "status"), [(1.0, "no_drift"), (30.0, "drift")])
def test_the_command_tells_whether_what_is_asked_has_moved(
    taught: tuple[Path, pd.DataFrame], now: Settings, capsys: pytest.CaptureFixture[str], factor: float, status: str
) -> None:
    model, later = taught
    asked(now, model, farther(later, factor))
    assert main(["monitor", "--model", str(model), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["drift"]["status"] == status, found["drift"]["text"]
    assert found["stats"]["predictions"]["answered"] == len(later)
    kept = monitoring_results.newest(now.home)
    assert kept is not None
    assert now.home / kept.pop("report") == Path(found["report"])
    assert kept == {name: found[name] for name in found if name not in ("file", "report")}
    assert Path(found["file"]).name.startswith("monitoring_")
    assert main(["monitor", "--model", str(model)]) == 0
    assert f"Drift: {status.replace('_', ' ')}" in capsys.readouterr().out


def test_with_nothing_there_it_says_so(now: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor"]) == 0
    said = capsys.readouterr().out
    assert "0 predictions" in said
    assert "Drift: unknown" in said


def test_a_server_looks_by_itself_and_answers_from_what_it_found(
    taught: tuple[Path, pd.DataFrame], now: Settings
) -> None:
    model, later = taught
    asked(now, model, later)
    log = prediction_log.opened(now)
    told: list[int | None] = []
    looked = asyncio.Event()

    def tell(drifted: int | None) -> None:
        told.append(drifted)
        looked.set()

    async def serve() -> tuple[dict[str, object], dict[str, object]]:
        watched = Watched(now, log, "", tell)
        assert (await watched.drift())["checked_at"] is None
        await watched.start()
        await looked.wait()
        await watched.stop()
        return dict(await watched.drift()), dict(await watched.stats())

    drift, stats = asyncio.run(asyncio.wait_for(serve(), 120))
    log.close()
    assert told == [None]  # no champion here: nothing to compare with
    assert schemas.DriftStatus.model_validate(drift).status == "unknown"
    assert drift["checked_at"] is not None
    assert schemas.MonitoringStats.model_validate(stats).predictions == len(later)
    assert stats["details"]["latency_seconds"]["p99"] == pytest.approx(0.004)

    async def started_again() -> object:
        return (await Watched(now, log, "", tell).drift())["checked_at"]

    assert asyncio.run(started_again()) == drift["checked_at"]  # it need not look first


def test_only_so_many_files_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitoring_results, "KEEP", 3)
    for minute in range(5):
        monitoring_results.save(tmp_path, {"minute": minute}, f"minute {minute}", minute * 60.0)
    assert len(list(monitoring_results.folder(tmp_path).iterdir())) == 3
    pages = sorted(monitoring_results.reports(tmp_path).iterdir())
    assert [page.read_text() for page in pages] == ["minute 2", "minute 3", "minute 4"]
    report = "monitoring/reports/drift_reports/drift_report_19700101T000400.html"
    assert monitoring_results.newest(tmp_path) == {"minute": 4, "report": report}
    assert tmp_path / report == pages[-1]


def test_a_child_has_the_same_settings_but_no_secret_that_it_has_no_use_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    given = replace(load(), home=tmp_path, seed=11, prediction_log="postgresql://host/name")
    environment = for_child(given, keep=("prediction_log",))
    assert "secret" not in environment.values()
    for name in [name for name in environment if name.startswith("FAULTCAST_")]:
        monkeypatch.setenv(name, environment[name])
    monkeypatch.delenv("GITHUB_TOKEN")
    assert load() == replace(given, github_token="")
    assert np.isclose(load().monitoring_lookback_hours, 24)
