"""The model that `predictor.py` serves: a forest of 100 trees on 2,000 seeded rows as wide as the catalogue."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from faultcast.features.catalogue import CATALOGUE
from faultcast.models import artifact, forest as trees, forest_file, onnx_export
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import Normaliser, fit_normaliser

SEED, ROWS, TREES, LEAF = 5, 2_000, 100, 20


def rows(count: int, seed: int = SEED) -> NDArray[np.float64]:
    """Catalogue values within each feature's range (float64 array_NC)."""
    rng = np.random.default_rng(seed)
    columns = []
    for feature in CATALOGUE:
        low, high = feature.minimum or 0.0, min(40.0 if feature.maximum is None else feature.maximum, 40.0)
        if feature.dtype == "bool":
            columns.append(rng.integers(0, 2, count).astype(float))
        elif feature.dtype == "int64":
            columns.append(rng.integers(int(low), int(high) + 1, count).astype(float))
        else:
            columns.append(rng.uniform(low, high, count).round(3))
    return np.column_stack(columns)


def forest() -> tuple[RandomForestClassifier, Normaliser, NDArray[np.float64]]:
    """The estimator, always the same; its normaliser, and what it was taught with."""
    values_NC = rows(ROWS)
    noise_N = np.random.default_rng(SEED).normal(0, 12, ROWS)
    labels_N = (values_NC[:, 0] + values_NC[:, 1] - values_NC[:, 14] + noise_N > 25).astype(int)
    normaliser = fit_normaliser(values_NC)
    estimator = RandomForestClassifier(TREES, min_samples_leaf=LEAF, random_state=SEED, n_jobs=1)
    return estimator.fit(normaliser.apply(values_NC), labels_N), normaliser, values_NC


def write(folder: Path) -> None:
    """Its artifact, with the graph."""
    estimator, normaliser, values_NC = forest()
    manifest = Manifest(
        kind="simple", name="benchmark", normaliser=normaliser, calibration=Calibration(1.0, 0.0),
        bands=Bands(0.3, 0.6), training_window=(0, 1), label_as_of=1, ripening_days=7.0, data_fingerprint="0" * 64,
        code_version="0", seed=SEED, metrics={},
    )  # fmt: skip
    files = forest_file.to_files(trees.of_classifier(estimator))
    artifact.write(folder, *onnx_export.exported(manifest, files, values_NC, [""] * len(values_NC)))
