"""Small artifacts of both kinds, written without training: made weights are enough to be loaded, or refused."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier

from faultcast.features.catalogue import CATALOGUE
from faultcast.models import artifact, forest, forest_file, hybrid, onnx_export, tokens
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.manifest import Manifest
from faultcast.models.network import Network
from faultcast.models.normaliser import fit_normaliser, values_of
from faultcast.models.sizes import NetworkConfig

SIZES = NetworkConfig(vocabulary=400, max_tokens=32, width=16, heads=2, layers=1, hidden=16)


@pytest.fixture(scope="session")
def changes():
    """120 changes; `label` follows lines_added."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame({
        f.name: rng.integers(0, 2, 120) == 1 if f.dtype == "bool" else rng.integers(1, 40, 120) for f in CATALOGUE
    })  # fmt: skip
    table["text"] = [f"change {i}\n\n<file> a{i % 3}.py\n+x = {i}\n-y" for i in range(120)]
    table["label"] = (table["lines_added"] + rng.integers(0, 10, 120) > 25).astype(int)
    return table


def manifest(kind, normaliser, config=None):
    return Manifest(
        kind=kind,
        name=kind,
        normaliser=normaliser,
        calibration=Calibration(1.0, 0.0),
        bands=Bands(0.3, 0.6),
        training_window=(0, 86_400),
        label_as_of=90_000,
        ripening_days=7.0,
        data_fingerprint="d" * 64,
        code_version="0",
        seed=1,
        metrics={"auc": 0.5},
        config=config or {},
    )


@pytest.fixture(scope="session")
def good(changes, tmp_path_factory):
    """Folder with a model of each kind: `simple` a forest, `hybrid` with random weights. Copy before you change them."""
    base = tmp_path_factory.mktemp("good")
    normaliser = fit_normaliser(values_of(changes))
    fitted = RandomForestClassifier(20, random_state=0).fit(normaliser.apply(values_of(changes)), changes["label"])
    files = forest_file.to_files(forest.of_classifier(fitted))
    write(base / "simple", manifest("simple", normaliser), files, changes)
    torch.manual_seed(1)
    files = hybrid.to_files(Network(SIZES, len(normaliser.columns)), tokens.fit_tokenizer(list(changes["text"]), 400))
    write(base / "hybrid", manifest("hybrid", normaliser, hybrid.to_config(SIZES)), files, changes)
    return base


def write(folder, manifest, files, changes):
    """An artifact as training writes it: with the graphs that serve."""
    values, texts = values_of(changes), list(changes["text"])
    return artifact.write(folder, *onnx_export.exported(manifest, files, values, texts))


@pytest.fixture
def simple(good, tmp_path):
    """Folder of a forest."""
    return Path(shutil.copytree(good / "simple", tmp_path / "simple"))


@pytest.fixture
def hybrid_folder(good, tmp_path):
    """Folder of a hybrid with random weights."""
    return Path(shutil.copytree(good / "hybrid", tmp_path / "hybrid"))
