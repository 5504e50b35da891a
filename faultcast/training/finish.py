"""From a fitted scorer to an artifact: calibration, bands and metrics, all on validation data."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import InsufficientSamples
from faultcast.features.catalogue import NAMES
from faultcast.models import artifact, onnx_export
from faultcast.models.bands import choose_bands
from faultcast.models.folder import REFERENCE
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import Normaliser
from faultcast.training.calibrate import cross_fitted_risk, fit_calibration
from faultcast.training.rows import TrainingData
from faultcast.validation import metrics
from faultcast.validation.reference import freeze


def measure(risk_N: NDArray[np.float64], labels_N: NDArray[np.float64]) -> dict[str, float]:
    """AUC, average precision, Brier score and expected calibration error (`ece`).

    Raises:
        InsufficientSamples: only one class.
    """
    classes_N = labels_N.astype(np.int64)
    found = {
        "auc": metrics.auc(classes_N, risk_N),
        "average_precision": metrics.average_precision(classes_N, risk_N),
        "brier": metrics.brier(classes_N, risk_N),
        "ece": metrics.expected_calibration_error(classes_N, risk_N),
    }
    known = {name: value for name, value in found.items() if value is not None}
    if len(known) < len(found):
        raise InsufficientSamples("classes of label", len(np.unique(classes_N)), 2)
    return known


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a kind's fit ends with: the artifact's files and sizes, and the normaliser they go with."""

    kind: str
    files: dict[str, bytes]
    config: dict[str, Any]
    normaliser: Normaliser


def finish(
    output: Path, data: TrainingData, learnt: Learnt, validation_logits_N: NDArray[np.float64], seed: int
) -> Manifest:
    """Calibrate, choose bands, measure, write the artifact to `output`; returns its manifest.

    Brier score and calibration error are those of risks calibrated on the other blocks of validation
    rows (`cross_fitted_risk`): measured on the rows it was fitted to, any calibration looks good.

    Raises:
        ExportMismatch: what would serve says other risks than what was learnt; nothing is written.
    """
    labels_N = data.validation.labels_N
    calibration = fit_calibration(validation_logits_N, labels_N)
    risk_N = calibration.apply(validation_logits_N)
    honest = measure(cross_fitted_risk(validation_logits_N, labels_N, calibration.method), labels_N)
    first, last = int(data.train.committed_at_N[0]), int(data.train.committed_at_N[-1])
    manifest = Manifest(
        kind=learnt.kind,
        name=learnt.kind,
        normaliser=learnt.normaliser,
        calibration=calibration,
        bands=choose_bands(risk_N, labels_N),
        training_window=(first, last),
        label_as_of=data.info.train_until,
        ripening_days=data.info.ripening_days,
        data_fingerprint=data.info.data_fingerprint,
        code_version=metadata.version("faultcast"),
        seed=seed,
        metrics=measure(risk_N, labels_N) | {name: honest[name] for name in ("brier", "ece")},
        config=learnt.config,
    )
    reference = freeze(data.train.values_NC, data.validation.values_NC, NAMES, risk_N)
    asked = data.validation
    manifest, files = onnx_export.exported(manifest, learnt.files, asked.values_NC, asked.texts)
    return artifact.write(output, manifest, files | {REFERENCE: reference})
