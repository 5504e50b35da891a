"""Which model to serve, decided on validation data alone (the test split only judges the choice)."""

from collections.abc import Mapping
from typing import Any

SIMPLEST_FIRST = ("simple", "hybrid")


def choose(evaluation: Mapping[str, Any]) -> str:
    """Name of the model to serve, given `evaluate(...)` on the validation split.

    The simplest model stands unless a more complex one ranks better by more than noise: the
    paired 95 % bootstrap interval of its AUC minus the standing one's lies above 0. With equally
    good models the simple one is therefore kept about 39 times in 40; a complex model has to earn
    its cost in training time, memory and explanations. A model without an AUC (one class among
    the validation rows) never displaces another.

    Raises:
        ValueError: the evaluation holds no model.
    """
    models: Mapping[str, Mapping[str, Any]] = evaluation["models"]
    rank = {name: place for place, name in enumerate(SIMPLEST_FIRST)}
    names = sorted(models, key=lambda name: rank.get(name, len(rank)))
    if not names:
        raise ValueError("no model was evaluated: expected at least one, such as 'simple'")
    standing = names[0]
    for name in names[1:]:
        if _is_better(models, name, standing):
            standing = name
    return standing


def _is_better(models: Mapping[str, Mapping[str, Any]], name: str, standing: str) -> bool:
    """Whether the AUC of `name` is above that of `standing` by more than the bootstrap's noise."""
    forward = models[name].get("auc_over", {}).get(standing)
    if forward is not None:
        return bool(forward["low"] > 0)
    backward = models[standing].get("auc_over", {}).get(name)  # evaluated in the other order
    return backward is not None and bool(backward["high"] < 0)
