"""The Feast definitions: complete against the catalogue, applied by Feast's own command line, both twins readable."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from faultcast.adapters import feature_store  # noqa: F401 - imports Feast without torch
from faultcast.features.catalogue import CATALOGUE
from feature_repo import definitions

from feast import FeatureStore  # isort: skip
from feast.repo_config import load_repo_config  # isort: skip

REPO = Path(definitions.__file__).parent
FEAST = "from feast.cli.cli import cli; cli()"


def test_feast_knows_every_feature_with_its_type() -> None:
    types = {field.name: str(field.dtype).lower() for field in definitions.change_features.features}

    assert types == {feature.name: feature.dtype for feature in CATALOGUE}


def test_labels_are_never_served() -> None:
    assert not definitions.change_labels.online
    assert {view.name for view in definitions.serving.feature_view_projections} == {"change_features", "change_text"}
    assert not any(name in {"label", "confidence"} for view in definitions.serving.feature_view_projections
                   for name in (field.name for field in view.features))  # fmt: skip


def test_no_other_python_file_for_feast_to_execute() -> None:
    assert [path.name for path in REPO.rglob("*.py")] == ["definitions.py"]


def test_feast_apply_from_the_command_line(tmp_path: Path) -> None:
    repo = tmp_path / "feature_repo"
    shutil.copytree(REPO, repo, ignore=shutil.ignore_patterns("__pycache__"))

    done = subprocess.run(
        [sys.executable, "-c", FEAST, "-c", str(repo), "-f", str(repo / "feature_store.yaml"), "apply"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    store = FeatureStore(repo_path=str(repo))
    assert {view.name for view in store.list_feature_views()} == {"change_features", "change_text", "change_labels"}
    assert {service.name for service in store.list_feature_services()} == {"training", "serving"}
    assert (repo / "online.db").is_file()


def test_the_cluster_twin_takes_its_places_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redis", reason="the client of the online store; in the extra `dev`")
    monkeypatch.setenv("FEAST_REGISTRY_URL", "postgresql+psycopg://feast:secret@db:5432/feast")
    monkeypatch.setenv("FEAST_REDIS", "redis:6379")
    monkeypatch.setenv("FEAST_DATA", "s3://bucket/faultcast")

    config = load_repo_config(REPO, REPO / "feature_store.cluster.yaml")

    assert config.registry.registry_type == "sql"
    assert config.registry.path == "postgresql+psycopg://feast:secret@db:5432/feast"
    assert config.offline_store.data == "s3://bucket/faultcast"
    assert config.online_config["connection_string"] == "redis:6379"


def test_the_twins_differ_only_in_places() -> None:
    embedded, cluster = (
        yaml.safe_load((REPO / name).read_text()) for name in ("feature_store.yaml", "feature_store.cluster.yaml")
    )

    assert embedded.keys() == cluster.keys()
    for key in ("project", "provider", "entity_key_serialization_version"):
        assert embedded[key] == cluster[key]
    assert embedded["offline_store"]["type"] == cluster["offline_store"]["type"]
