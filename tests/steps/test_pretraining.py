"""Repositories that were learnt from lend what they know to one that is too small."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from synthetic_changes import DAY, make_changes

from faultcast import dataset as datasets, models
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.cli.pretraining import lines
from faultcast.errors import InsufficientSamples, NotFound, UnsafeArtifact, UsageError
from faultcast.models.baseline import Baseline
from faultcast.settings import Settings
from faultcast.steps.pretrain import pretrain, read_projects
from faultcast.steps.score import score
from faultcast.steps.stand_in import stand_in
from faultcast.training.general import DEFAULT

SIZES = {"shop": 700, "bank": 600, "tiny": 150}
SMALL = replace(DEFAULT, trees=20)


def assembled(folder, n, seed):
    """A data set as a run leaves it; below 300 changes nothing can be learnt from it alone."""
    at = np.arange(n) * DAY // 4
    changes = make_changes(n, seed, of_text=0.0, of_features=2.0).assign(source_files=1)
    too_small = InsufficientSamples("changes to source code older than 7 days", n, 300) if n < 300 else None
    plan = (
        datasets.unsplit(at, int(at[-1]), 7)
        if too_small
        else datasets.plan_split(at, as_of=int(at[-1]), ripening_days=7, min_test=100)
    )
    datasets.write(datasets.assemble(changes, plan), plan, folder / "dataset.parquet", too_small)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home").resolve()
    for seed, (name, n) in enumerate(SIZES.items()):
        places = Places(home, f"/work/{name}")
        artifacts = {"assemble/dataset": str(assembled(home / name, n, seed))}
        runs.save(runs.Run(f"/work/{name}", places.repo_id, "0" * 40, 0, "", artifacts), places)
    return home


def located(*names):
    return [f"/work/{name}" for name in names]


@pytest.fixture(scope="module")
def general(home):
    """An archive learnt from all three."""
    pretrain(located(*SIZES), home / "general.zip", Settings(home=home), options=SMALL)
    return home / "general.zip"


def test_only_changes_that_had_ripened_are_learnt_from(home):
    for project in read_projects(located(*SIZES), home):
        assert project.rows.committed_at_N.max() <= project.as_of - 7 * DAY
        assert np.isin(project.rows.labels_N, (0, 1)).all()


def test_repositories_without_a_run_are_named_and_nothing_is_run(home):
    with pytest.raises(NotFound, match=r"2 repositories.*`faultcast run /work/moon`; `faultcast run /work/mars`"):
        pretrain(located("shop", "moon", "bank", "mars"), home / "none", Settings(home=home), options=SMALL)
    with pytest.raises(UsageError, match="named twice"):
        pretrain(located("shop", "bank", "shop"), home / "none", Settings(home=home), options=SMALL)
    assert not (home / "none").exists()


def test_the_archive_is_the_same_twice_and_is_never_written_over(home, general):
    again = home / "again.zip"
    manifest = pretrain(located(*reversed(SIZES)), again, Settings(home=home), options=SMALL)
    assert again.read_bytes() == general.read_bytes()
    assert [line.split()[0] for line in lines(manifest)[2:]] == ["bank", "shop", "tiny", "mean"]
    with pytest.raises(UsageError, match="exists already"):
        pretrain(located(*SIZES), again, Settings(home=home), options=SMALL)


def test_it_ranks_a_history_too_small_and_no_other(home, general):
    now = Settings(home=home, general_model=str(general))
    small, large = (datasets.read(home / name / "dataset.parquet") for name in ("tiny", "shop"))
    assert stand_in(*small, now).basis == "general"
    assert isinstance(stand_in(*large, now), Baseline)
    assert isinstance(stand_in(*small, Settings(home=home)), Baseline)


def test_the_score_stage_says_that_it_is_of_other_projects(home, general, tmp_path, monkeypatch):
    monkeypatch.setenv("FAULTCAST_HOME", str(home))
    monkeypatch.setenv("FAULTCAST_GENERAL_MODEL", str(general))
    (tmp_path / "registration").write_text(json.dumps({"registered": False, "version": ""}))
    score("/work/tiny", str(home / "tiny"), str(tmp_path / "registration"), str(tmp_path), str(tmp_path / "found"))
    found = json.loads((tmp_path / "found").read_text())
    assert found["model"] == {"name": "general", "version": "", "basis": "general"}
    assert any(change["reasons"] for change in found["changes"])


def test_a_model_of_one_repository_or_a_forged_archive_is_refused(home, general, tmp_path):
    small = datasets.read(home / "tiny" / "dataset.parquet")
    (tmp_path / "forged.zip").write_bytes(general.read_bytes()[:-30])
    with pytest.raises(UnsafeArtifact):
        stand_in(*small, Settings(home=home, general_model=str(tmp_path / "forged.zip")))
    with pytest.raises(NotFound):
        stand_in(*small, Settings(home=home, general_model=str(tmp_path / "absent.zip")))
    folder = tmp_path / "own"
    pretrain(located(*SIZES), folder, Settings(home=home), options=SMALL)
    assert models.load(folder).basis == "general"
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"name": "general"', '"name": "simple"'))
    with pytest.raises(UsageError, match="learnt from one repository"):
        stand_in(*small, Settings(home=home, general_model=str(folder)))
