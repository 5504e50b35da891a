"""A model for histories too small to learn from: one forecast learnt across projects.

The rows of all projects are pooled, and each project weighs the same in total, so that a large one does not
drown the others; rows do not weigh by their age, which says nothing across projects. How good that is on a
project that it has never seen is measured by leaving each one out (Zimmermann et al. 2009, "Cross-project
defect prediction"): the model of the others scores it. Those scores, none of which has seen its own project,
are also what the model that is written is calibrated on and its bands are chosen from. Beside each project
stand lines added alone, and the figures of a project are of risks calibrated on the other projects' scores.

Shapes: N changes, F input columns.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import InsufficientSamples
from faultcast.features.catalogue import NAMES
from faultcast.models import artifact, onnx_export
from faultcast.models.bands import choose_bands
from faultcast.models.blend import Blend, Member, to_files
from faultcast.models.manifest import Manifest
from faultcast.models.model import GENERAL
from faultcast.models.normaliser import Normaliser, fit_normaliser
from faultcast.training.calibrate import fit_calibration
from faultcast.training.compare import Choice
from faultcast.training.finish import measure
from faultcast.training.members import Sample
from faultcast.training.rows import Report, Rows, silent
from faultcast.training.simple import Options, fit
from faultcast.validation import metrics

Floats = NDArray[np.float64]

FEWEST_PROJECTS = 3
FEWEST_OF_A_CLASS = 10
DEFAULT = Options(leaf=20, recency=0.0, members="forest")
"""Fixed, as a split by time says little of projects not seen; leaves large enough that none is of one project alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """One repository's changes to source code that had ripened, in time order, with their labels."""

    name: str
    rows: Rows
    as_of: int
    ripening_days: float
    data_fingerprint: str


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    scorer: Blend | Member
    normaliser: Normaliser
    choice: Choice

    def logits(self, rows: Rows) -> Floats:
        return self.scorer.logits(self.normaliser.apply(rows.values_NC), self.scorer.read(rows.texts))


def train_general(
    projects: Sequence[Project], output: Path, seed: int, *, options: Options = DEFAULT, report: Report = silent
) -> Manifest:
    """Leave each project out, learn from all, write the artifact to `output`.

    Args:
        projects: at least `FEWEST_PROJECTS`, each with `FEWEST_OF_A_CLASS` inducing and clean changes.
        output: folder of the artifact.
        seed: the same seed, projects and code give the same bytes.
        options: of kind `simple`.
        report: told "left_out" with each project's figures.

    Raises:
        InsufficientSamples: too few projects, or too few changes of a class in one.
    """
    _check(projects)
    projects = sorted(projects, key=lambda one: one.name)
    scores = [
        _fit([other for other in projects if other is not left_out], seed, options).logits(left_out.rows)
        for left_out in projects
    ]
    figures = {one.name: _figures(place, projects, scores) for place, one in enumerate(projects)}
    for name, found in figures.items():
        report({"event": "left_out", "project": name, **found})
    fitted = _fit(projects, seed, options)
    logits_N, labels_N = np.concatenate(scores), np.concatenate([one.rows.labels_N for one in projects])
    calibration = fit_calibration(logits_N, labels_N)
    files, config = to_files(fitted.scorer, alone=fitted.choice.settings[0].member)
    at_N = np.concatenate([one.rows.committed_at_N for one in projects])
    values_NC = np.concatenate([one.rows.values_NC for one in projects])
    texts = [text for one in projects for text in one.rows.texts]
    manifest = Manifest(
        kind="simple",
        name=GENERAL,
        normaliser=fitted.normaliser,
        calibration=calibration,
        bands=choose_bands(calibration.apply(logits_N), labels_N),
        training_window=(int(at_N.min()), int(at_N.max())),
        label_as_of=max(one.as_of for one in projects),
        ripening_days=float(np.median([one.ripening_days for one in projects])),
        data_fingerprint=_fingerprint(projects),
        code_version=metadata.version("faultcast"),
        seed=seed,
        metrics={
            name: float(np.mean([found[name] for found in figures.values()])) for name in figures[projects[0].name]
        },
        config=config | {"projects": figures},
    )
    return artifact.write(output, *onnx_export.exported(manifest, files, values_NC, texts))


def _check(projects: Sequence[Project]) -> None:
    if len(projects) < FEWEST_PROJECTS:
        raise InsufficientSamples("repositories to learn across", len(projects), FEWEST_PROJECTS)
    for one in projects:
        inducing = int(one.rows.labels_N.sum())
        fewest = min(inducing, len(one.rows) - inducing)
        if fewest < FEWEST_OF_A_CLASS:
            raise InsufficientSamples(f"changes of the rarer class in {one.name}", fewest, FEWEST_OF_A_CLASS)


def _fit(projects: Sequence[Project], seed: int, options: Options) -> _Fitted:
    """One fit to the rows of several projects, each of the same weight."""
    values_NC = np.concatenate([one.rows.values_NC for one in projects])
    at_N = np.concatenate([one.rows.committed_at_N for one in projects])
    labels_N = np.concatenate([one.rows.labels_N for one in projects])
    share_N = np.concatenate([_shares(one.rows) for one in projects])
    order_N = np.argsort(at_N, kind="stable")
    normaliser = fit_normaliser(values_NC)
    sample = Sample(
        normaliser.apply(values_NC[order_N]),
        labels_N[order_N],
        share_N[order_N] * len(at_N) / len(projects),
        at_N[order_N],
    )
    ripening_days = float(np.median([one.ripening_days for one in projects]))
    scorer, choice = fit(sample, ripening_days, seed, options)
    return _Fitted(scorer, normaliser, choice)


def _shares(rows: Rows) -> Floats:
    """What each row weighs, in all 1: each class a half, so that the base rate of a project teaches nothing."""
    share_N = np.empty(len(rows))
    for label in (0, 1):
        of_N = rows.labels_N == label
        share_N[of_N] = rows.weights_N[of_N] / rows.weights_N[of_N].sum() / 2
    return share_N


def _figures(place: int, projects: Sequence[Project], scores: Sequence[Floats]) -> dict[str, float]:
    """One project's figures, calibrated on the scores of the others, beside lines added alone."""
    rows = projects[place].rows
    others = [n for n in range(len(projects)) if n != place]
    calibration = fit_calibration(
        np.concatenate([scores[n] for n in others]), np.concatenate([projects[n].rows.labels_N for n in others])
    )
    found = measure(calibration.apply(scores[place]), rows.labels_N)
    lines_N = np.nan_to_num(rows.values_NC[:, NAMES.index("lines_added")])
    labels_N = rows.labels_N.astype(np.int64)
    alone = {
        "lines_added_auc": metrics.auc(labels_N, lines_N),
        "lines_added_average_precision": metrics.average_precision(labels_N, lines_N),
    }
    counts = {"changes": float(len(rows)), "inducing": float(rows.labels_N.sum())}
    return found | {name: value for name, value in alone.items() if value is not None} | counts


def _fingerprint(projects: Sequence[Project]) -> str:
    return hashlib.sha256("\n".join(one.data_fingerprint for one in projects).encode("ascii")).hexdigest()
