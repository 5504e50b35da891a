"""Kind `simple`: a random forest, extra trees, boosted trees and logistic regression, compared; the best, or several
as one, serve.

`compare` chooses inside the training rows, in time order; then all training rows are fitted. What it ends in is
evaluated in plain NumPy (`models/blend.py`).
"""

from dataclasses import dataclass
from pathlib import Path

from faultcast.errors import UsageError
from faultcast.models.blend import FILES, Blend, Member, to_files
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser
from faultcast.training.compare import Choice, candidates, choose, fit_choice
from faultcast.training.finish import Learnt, finish
from faultcast.training.members import Sample
from faultcast.training.rows import Report, TrainingData, silent

TREES = 200
ANCHOR = ("lines_added", "value")
"""Feature and kind of the column that the regression leans on."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to train."""

    trees: int = TREES  # of a forest and of extra trees
    leaf: int = 0  # their smallest leaf; 0: chosen by time
    recency: float = -1.0  # how often a row's weight halves from the newest to the oldest; below 0: chosen by time
    members: str = ""  # such as "forest" or "extra+boosted"; empty: all are compared


def train_simple(
    data: TrainingData, output: Path, seed: int, *, options: Options | None = None, report: Report = silent
) -> Manifest:
    """Compare, fit, calibrate and write the artifact to `output`.

    Raises:
        UsageError: `options.members` names a member that there is not.
    """
    options = options or Options()
    normaliser = fit_normaliser(data.train.values_NC)
    sample = Sample(
        normaliser.apply(data.train.values_NC),
        data.train.labels_N,
        data.train.weights_N,
        data.train.committed_at_N,
        anchor=next((i for i, one in enumerate(normaliser.columns) if (one.feature, one.kind) == ANCHOR), -1),
    )
    scorer, choice = fit(sample, data.info.ripening_days, seed, options, report)
    validation_NF = normaliser.apply(data.validation.values_NC)
    logits_N = scorer.logits(validation_NF, scorer.read(data.validation.texts))
    files, config = to_files(scorer, alone=choice.settings[0].member)
    config |= {
        "trees": options.trees,
        "members": {one.member: {"size": one.size, "recency": one.recency} for one in choice.settings},
    }
    manifest = finish(output, data, Learnt("simple", files, config, normaliser), logits_N, seed)
    report({"event": "done", "model": "simple", **manifest.metrics})
    return manifest


def fit(
    sample: Sample, ripening_days: float, seed: int, options: Options, report: Report = silent
) -> tuple[Blend | Member, Choice]:
    """Choose and fit, on any rows in time order: what serves, and what was chosen.

    Raises:
        UsageError: `options.members` names a member that there is not.
    """
    members = tuple(options.members.split("+")) if options.members else ()
    if unknown := sorted(set(members) - set(FILES)):
        raise UsageError(f"Unknown members {', '.join(unknown)}; expected some of {', '.join(FILES)}, joined by +")
    settings = candidates(options.leaf, options.recency, members)
    choice = choose(sample, ripening_days=ripening_days, seed=seed, settings=settings, report=report)
    chosen = {one.member: one.size for one in choice.settings}
    report({"event": "fit", "model": "simple", "trees": options.trees, "members": chosen})
    return fit_choice(choice, sample, seed=seed, trees=options.trees), choice
