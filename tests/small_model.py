"""A small real model, written in a moment."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from faultcast.features.catalogue import CATALOGUE
from faultcast.models import artifact, forest, forest_file, onnx_export
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser


def build_model(folder, **changed):
    """Write a small forest that fears large changes by newcomers."""
    rng = np.random.default_rng(3)
    values = rng.poisson(6, (300, len(CATALOGUE))).astype(float)
    labels = (values[:, 0] - values[:, 14] + rng.normal(0, 2, 300) > 2).astype(int)
    normaliser = fit_normaliser(values)
    trees = RandomForestClassifier(20, max_depth=5, random_state=3, n_jobs=1).fit(normaliser.apply(values), labels)
    manifest = Manifest(
        kind="simple", name="story", normaliser=normaliser, calibration=Calibration(1.0, 0.0), bands=Bands(0.3, 0.6),
        training_window=(0, 1), label_as_of=1, ripening_days=7.0, data_fingerprint="0" * 64, code_version="0", seed=3,
        metrics={}, **changed,
    )  # fmt: skip
    files = forest_file.to_files(forest.of_classifier(trees))
    artifact.write(folder, *onnx_export.exported(manifest, files, values, [""] * len(values)))
    return folder
