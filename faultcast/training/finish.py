"""From a fitted scorer to an artifact: calibration, bands and metrics, all on validation data."""

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from faultcast.models import artifact
from faultcast.models.bands import choose_bands
from faultcast.models.calibration import Calibration
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import Normaliser
from faultcast.training.rows import TrainingData

_LEAST_SLOPE = 0.05


def fit_calibration(logits_N: NDArray[np.float64], labels_N: NDArray[np.float64]) -> Calibration:
    """Platt's two numbers by maximum likelihood, with his smoothed targets.

    The slope is kept at 0.05 or above: where validation data contradict the model, risks move to the
    base rate, but their order stays what the model said.
    """
    positives = labels_N.sum()
    high, low = (positives + 1) / (positives + 2), 1 / (len(labels_N) - positives + 2)
    targets_N = np.where(labels_N > 0, high, low)

    def loss_and_gradient(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z_N = parameters[0] * logits_N + parameters[1]
        error_N = 1 / (1 + np.exp(-np.clip(z_N, -36, 36))) - targets_N
        loss = float(np.mean(np.logaddexp(0, z_N) - targets_N * z_N))
        return loss, np.array([np.mean(error_N * logits_N), np.mean(error_N)])

    start = np.array([1.0, 0.0])
    best = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", bounds=[(_LEAST_SLOPE, None), (None, None)])
    return Calibration(slope=float(best.x[0]), intercept=float(best.x[1]))


def measure(risk_N: NDArray[np.float64], labels_N: NDArray[np.float64]) -> dict[str, float]:
    """AUC, average precision and Brier score."""
    return {
        "auc": float(roc_auc_score(labels_N, risk_N)),
        "average_precision": float(average_precision_score(labels_N, risk_N)),
        "brier": float(brier_score_loss(labels_N, risk_N)),
    }


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
    """Calibrate, choose bands, measure, write the artifact to `output`; returns its manifest."""
    labels_N = data.validation.labels_N
    calibration = fit_calibration(validation_logits_N, labels_N)
    risk_N = calibration.apply(validation_logits_N)
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
        metrics=measure(risk_N, labels_N),
        config=learnt.config,
    )
    return artifact.write(output, manifest, learnt.files)
