"""Seeded changes with slices that mean nothing, unless something is planted in one."""

import numpy as np
from numpy.typing import NDArray

from faultcast.validation.metrics import Labels, Risk


def judged(
    random: np.random.Generator, n: int = 900, missed: float = 0.0
) -> tuple[Labels, Risk, dict[str, NDArray[np.str_]]]:
    """The risk is the true probability; with `missed`, it is too low (in logits) for changes by new authors."""
    logit = random.normal(-1.2, 1.2, n)
    labels = (random.random(n) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    cut = {
        "author tenure": np.where(random.random(n) < 0.3, "new", "established"),
        "size": random.choice(["small", "medium", "large"], n),
        "hour": random.choice(["night", "morning", "afternoon", "evening"], n),
    }
    return labels, 1 / (1 + np.exp(-(logit - missed * (cut["author tenure"] == "new")))), cut
