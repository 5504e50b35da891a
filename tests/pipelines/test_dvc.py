"""`dvc repro` runs the stages, and a second time nothing; real DVC in processes of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from story import Story

from faultcast.steps.__main__ import STAGES, main

ROOT = Path(__file__).resolve().parents[2]
ORDER = [
    "mine", "label", "describe", "materialize", "assemble", "train@simple", "train@hybrid", "validate", "decide",
    "score", "report",
]  # fmt: skip


def run(folder: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FAULTCAST_", "MLFLOW_"))}
    environment |= {
        "FAULTCAST_HOME": str(folder / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder / "site"),
        "HOME": str(folder),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def ran(told: str) -> list[str]:
    return [line.split("'")[1] for line in told.splitlines() if line.startswith("Running stage")]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `dvc repro` needs of a checkout, and a repository whose path has a space."""
    folder = tmp_path / "checkout"
    for name in ("faultcast", "feature_repo"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def test_dvc_runs_the_stages_once_and_again_only_what_a_change_reaches(checkout: Path, tmp_path: Path) -> None:
    repository = tmp_path / "a shop"
    told = Story(repository)
    for n in range(4):
        told.commit(f"add part {n}", day=n, files={f"part{n}.py": f"a = {n}\n"})
    run(checkout, "dvc", "init", "--no-scm", "-q")
    python = (sys.executable, "-m", "faultcast.steps")
    run(checkout, *python, "pin", f"repository={repository}", "revision=HEAD", "params=params.yaml")
    pinned = yaml.safe_load((checkout / "params.yaml").read_text("utf-8"))
    assert (pinned["repository"], len(pinned["revision"]), pinned["seed"]) == (str(repository), 40, 7)

    first = run(checkout, "dvc", "repro")
    assert sorted(ran(first)) == sorted(ORDER)
    assert "<html" in (checkout / "run" / "report.html").read_text("utf-8")

    second = run(checkout, "dvc", "repro")
    assert ran(second) == []
    assert "up to date" in second

    params = checkout / "params.yaml"
    params.write_text(params.read_text("utf-8").replace("window_days: 90", "window_days: 30"), "utf-8")
    status = run(checkout, "dvc", "status")
    assert [line.rstrip(":") for line in status.splitlines() if not line.startswith((" ", "\t"))] == ["score"]


def test_every_stage_of_the_file_is_one_that_can_be_run_with_its_own_names() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    assert {name.partition("@")[0] for name in ORDER} == stages.keys()
    assert stages.keys() <= set(STAGES)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([], "found no stage, expected one of pin, mine"),
        (["mind"], "found ['mind']"),
        (["mine", "history=x"], "found history; mine expects repository, revision, history"),
        (["assemble", "store=a", "features=b", "dataset=c", "as_of=now"], "invalid literal for int()"),
    ],
)
def test_what_is_typed_wrong_is_told(typed: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 2
    assert said in capsys.readouterr().err
