"""Kind `incremental`: a logistic regression that goes on learning."""

from dataclasses import asdict, dataclass
from pathlib import Path

from sklearn.linear_model import LogisticRegression

from faultcast.models.linear import Linear, to_files
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser
from faultcast.training.finish import Learnt, finish
from faultcast.training.rows import Report, TrainingData, silent


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    penalty: float = 1.0  # L2, as in scikit-learn's 1 / C


def train_incremental(
    data: TrainingData, output: Path, seed: int, *, options: Options | None = None, report: Report = silent
) -> Manifest:
    """Fit, calibrate and write the artifact to `output`."""
    options = options or Options()
    normaliser = fit_normaliser(data.train.values_NC)
    fitted = LogisticRegression(C=1 / options.penalty, class_weight="balanced", max_iter=1_000)
    fitted.fit(normaliser.apply(data.train.values_NC), data.train.labels_N, sample_weight=data.train.weights_N)
    scorer = Linear(fitted.coef_[0].astype("float64"), float(fitted.intercept_[0]))
    logits_N = scorer.logits(normaliser.apply(data.validation.values_NC), scorer.read(data.validation.texts))
    manifest = finish(
        output, data, Learnt("incremental", to_files(scorer), asdict(options), normaliser), logits_N, seed
    )
    report({"event": "done", "model": "incremental", **manifest.metrics})
    return manifest
