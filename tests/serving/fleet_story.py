"""A home with a run, a past and a real registry of small models, and a `faultcast` that promotes in it."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

from small_model import build_model

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Registry
from faultcast.features import Past
from faultcast.features.catalogue import NAMES
from faultcast.models import artifact
from faultcast.models.bands import Bands
from serving.wire.requests import RawFeatures

LARGE = RawFeatures({**dict.fromkeys(NAMES), "lines_added": 40, "source_files": 2}, "change a lot")


@cache
def _learnt():
    """Manifest and files of the one small forest that all models here share: learning it takes a second."""
    with TemporaryDirectory() as folder:
        return artifact.read_files(build_model(Path(folder) / "model"))


def model_in(folder, low=0.3, **changed):
    """A small model; with another `low` it bands otherwise, and so is another one."""
    manifest, files = _learnt()
    artifact.write(folder, replace(manifest, bands=Bands(low, 0.6), **changed), files)
    return folder


def home_of(folder):
    """`now`, `places`, `registry`: versions 1 (champion), 2 (challenger) and 3, all passed."""
    repository = folder / "shop"
    repository.mkdir(parents=True)
    now = settings.Settings(home=folder / ".faultcast")
    places = Places(now.home.resolve(), str(repository))
    registry = Registry(now.home)
    for version, alias in ((1, "champion"), (2, "challenger"), (3, None)):
        model = model_in(folder / f"model-{version}", low=version / 10)
        registry.register(places.model_name, model, {"auc": 0.7}, alias, why="first", by="ana", verdict="PASS")
    run_again(places)
    return SimpleNamespace(now=now, places=places, registry=registry, repository=repository)


def run_again(places):
    """What a run leaves behind that serving reads: the past, and where it lies."""
    places.folder.mkdir(parents=True, exist_ok=True)
    past = places.folder / "past.json.z"
    Past().save(past)
    artifacts = {"describe/past": str(past)}
    runs.save(runs.Run(places.location, places.repo_id, "0" * 40, 1, "", artifacts), places)


def faultcast(found, *arguments):
    """The command line on that home, in a process of its own."""
    environment = {**os.environ, "FAULTCAST_HOME": str(found.now.home)}
    done = subprocess.run(
        [sys.executable, "-m", "faultcast", *arguments], env=environment, cwd=Path(found.repository).parent,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
