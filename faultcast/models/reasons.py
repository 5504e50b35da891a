"""Why a risk is what it is: for each feature, how much it falls once that feature is typical.

A reason is a counterfactual, true of the model as it stands: "with 18 lines added instead of 412 the
risk would be 0.21 lower". Effects of several features need not add up to the risk, because features
act together. For text the counterfactual is its absence.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faultcast.features.catalogue import CATALOGUE, NAMES, Feature
from faultcast.models.model import Explainable, texts_of, touches_no_source
from faultcast.models.normaliser import values_of
from faultcast.models.text import parts
from faultcast.models.words import feature_text, text_text
from faultcast.records import Reason

if TYPE_CHECKING:
    import pandas as pd

MESSAGE, DIFF = "message", "diff"
NO_SOURCE = "touches no source code, and faults are traced through source code alone"
_UNTRACED = Reason("source_files", 0.0, None, 0.0, NO_SOURCE)
_AT_ONCE = 64
_SMALLEST = 5e-3


def explain(model: Explainable, table: "pd.DataFrame", top: int = 5) -> list[tuple[Reason, ...]]:
    """For each change at most `top` reasons, those that raise its risk most first.

    Args:
        model: a `Model` or the `Baseline`.
        table: N changes with the catalogue's columns and `text`.
        top: reasons a change; effects below 0.005 are left out, unless all are.

    Raises:
        ContractMismatch: a feature is absent or no number.
    """
    texts = texts_of(table)
    return explain_rows(model, values_of(table), texts, model.read(texts), top)


def explain_rows(
    model: Explainable,
    values_NC: NDArray[np.float64],
    texts: list[str],
    text_ND: NDArray[np.float32],
    top: int = 5,
) -> list[tuple[Reason, ...]]:
    """As `explain`, for catalogue values (float64 array_NC, NaN = missing), texts and their vectors (`model.read`)."""
    found: list[tuple[Reason, ...]] = []
    for start in range(0, len(texts), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        found += _explain(model, values_NC[rows], texts[rows], text_ND[rows], top)
    return found


def _explain(
    model: Explainable, values_NC: NDArray[np.float64], texts: list[str], text_ND: NDArray[np.float32], top: int
) -> list[tuple[Reason, ...]]:
    """All variants of all changes in one call of the model."""
    n = len(texts)
    typical_C = model.typical_C
    # A value that is typical already has no effect to measure.
    row_V, place_V = np.nonzero((values_NC != typical_C) & ~np.isnan(typical_C))
    variants_VC = values_NC[row_V]
    variants_VC[np.arange(len(row_V)), place_V] = typical_C[place_V]

    split = [parts(text) for text in texts] if model.reads_text else []
    blanked = [diff for _, diff in split] + [message for message, _ in split]
    if split:
        text_ND = np.concatenate([text_ND, model.read(blanked)])
    text_rows = np.concatenate([np.arange(n), row_V, np.arange(n, len(text_ND))])
    values_all = np.concatenate([values_NC, variants_VC, *([values_NC, values_NC] if split else [])])
    risk = model.risk_of(values_all, text_ND[text_rows])

    found: list[list[_Candidate]] = [[] for _ in range(n)]
    effect_V = risk[row_V] - risk[n : n + len(row_V)]
    weighty_W = _weighty(effect_V, row_V, n)
    for row, place, effect in zip(*(one[weighty_W].tolist() for one in (row_V, place_V, effect_V)), strict=True):
        value = None if np.isnan(values_NC[row, place]) else float(values_NC[row, place])
        told = partial(_of_feature, CATALOGUE[place], value, float(typical_C[place]), effect)
        found[row].append(_Candidate(effect, NAMES[place], told))
    for row, (message, diff) in enumerate(split):
        for kind, content, place in ((MESSAGE, message, 0), (DIFF, diff, 1)):
            if content.strip():
                effect = float(risk[row] - risk[n + len(row_V) + place * n + row])
                found[row].append(_Candidate(effect, kind, partial(_of_text, kind, content, effect)))
    untraced_N = touches_no_source(values_NC) & (model.basis == "model")
    return [
        (_UNTRACED,) if untraced else _best(of_one, top)
        for of_one, untraced in zip(found, untraced_N.tolist(), strict=True)
    ]


def _weighty(effect_V: NDArray[np.float64], row_V: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Places of the effects that may be told: the strong ones, and each change's strongest, which may be all it has."""
    strength_V = np.abs(effect_V)
    strongest_N = np.zeros(n)
    np.maximum.at(strongest_N, row_V, strength_V)
    return np.flatnonzero((strength_V >= _SMALLEST) | (strength_V == strongest_N[row_V]))


class _Candidate(NamedTuple):
    """An effect whose reason is put into words only if it is among those told."""

    effect: float
    name: str
    told: Callable[[], Reason]


def _best(found: list[_Candidate], top: int) -> tuple[Reason, ...]:
    """Raising effects first, the largest in front; then lowering ones, the strongest in front."""
    weighty = [one for one in found if abs(one.effect) >= _SMALLEST]
    weighty = weighty or sorted(found, key=lambda one: -abs(one.effect))[:1]
    weighty.sort(key=lambda one: (one.effect < 0, -abs(one.effect), one.name))
    return tuple(one.told() for one in weighty[:top])


def _of_feature(feature: Feature, value: float | None, typical: float, effect: float) -> Reason:
    return Reason(feature.name, value, typical, effect, feature_text(feature, value, typical, effect))


def _of_text(kind: str, content: str, effect: float) -> Reason:
    first_line = content.strip().split("\n", 1)[0][:120]
    return Reason(kind, first_line, "", effect, text_text(kind, content, effect))
