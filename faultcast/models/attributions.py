"""What each feature adds to a model's score: Shapley values, exact for trees and weighted sums.

`base` is what the model says when nothing is known of a change, the mean over reference rows; `base` and a change's
attributions add up to its margin. The margin is what the model adds up, before calibration, which never changes the
order of changes. An input column that only says "missing" counts towards its feature.

    forest        path-dependent TreeSHAP over the reference rows' covers (`tree_shares`)
    linear        weight * (value - mean of the reference rows)
    blend         the members' attributions, each times its slope: Shapley values are linear in the game

A network that reads text has no such sum: it is explained by counterfactuals alone (`reasons`), which every model
has. Why both: docs/decisions/0018.

Shapes: N changes, F input columns, U features that the model uses.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faultcast.models.blend import Blend, Member, margin
from faultcast.models.forest import SHARE, Forest
from faultcast.models.linear import Linear
from faultcast.models.model import Model, Scorer
from faultcast.models.tree_shares import covers, paths_of, tree_shares

LOG_ODDS, VOTES, SCORE = "log-odds", "share of votes", "score"


@dataclass(frozen=True, slots=True, eq=False)
class Attributions:
    """`base + effects_NU.sum(axis=1)` equals `margin_N`, up to rounding."""

    features: tuple[str, ...]
    effects_NU: NDArray[np.float64]  # noqa: N815
    base: float
    margin_N: NDArray[np.float64]  # noqa: N815
    unit: str

    def importance(self) -> dict[str, float]:
        """Mean absolute effect of each feature over these changes, the largest first."""
        mean_U = np.abs(self.effects_NU).mean(axis=0) if len(self.effects_NU) else np.zeros(len(self.features))
        found = zip(self.features, mean_U.tolist(), strict=True)
        return dict(sorted(found, key=lambda entry: (-entry[1], entry[0])))


def attribute(model: Model, values_NC: NDArray[np.float64], reference_NC: NDArray[np.float64]) -> Attributions | None:
    """Attributions of some changes; `None` for a model that is no sum of what its features add.

    Args:
        model: a learnt model.
        values_NC: catalogue values of the changes (float64, NaN = missing).
        reference_NC: catalogue values of the rows that say what is usual, such as those learnt from; at least one.
    """
    features_NF, reference_NF = model.normaliser.apply(values_NC), model.normaliser.apply(reference_NC)
    found = _columns(model.scorer, features_NF, reference_NF)
    if found is None:
        return None
    place = {name: i for i, name in enumerate(model.uses)}
    effects_NU = np.zeros((len(values_NC), len(place)))
    for i, column in enumerate(model.normaliser.columns):
        effects_NU[:, place[column.feature]] += found.effects_NF[:, i]
    return Attributions(model.uses, effects_NU, found.base, found.margin_N, found.unit)


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    effects_NF: NDArray[np.float64]  # noqa: N815
    base: float
    margin_N: NDArray[np.float64]  # noqa: N815
    unit: str


def _columns(scorer: Scorer, features_NF: NDArray[np.float32], reference_NF: NDArray[np.float32]) -> _Columns | None:
    if isinstance(scorer, Blend):
        effects_NF, base = np.zeros(features_NF.shape), scorer.intercept
        for slope, member in zip(scorer.slopes, scorer.members, strict=True):
            found_NF, usual = _of_member(member, features_NF, reference_NF)
            effects_NF += slope * found_NF
            base += slope * usual
        margin_N = scorer.logits(features_NF, scorer.read([""] * len(features_NF)))
        return _Columns(effects_NF, base, margin_N, SCORE)
    if isinstance(scorer, Forest | Linear):
        unit = VOTES if isinstance(scorer, Forest) and scorer.link == SHARE else LOG_ODDS
        effects_NF, base = _of_member(scorer, features_NF, reference_NF)
        return _Columns(effects_NF, base, margin(scorer, features_NF), unit)
    return None


def _of_member(
    member: Member, features_NF: NDArray[np.float32], reference_NF: NDArray[np.float32]
) -> tuple[NDArray[np.float64], float]:
    """Attributions of the input columns (array_NF), and what the member says when nothing is known."""
    if isinstance(member, Forest):
        paths = paths_of(member, covers(member, reference_NF))
        return tree_shares(paths, features_NF), paths.base
    usual_F = reference_NF.astype(np.float64).mean(axis=0)
    effects_NF = member.weights_F * (features_NF.astype(np.float64) - usual_F)
    return effects_NF, float(usual_F @ member.weights_F + member.bias)
