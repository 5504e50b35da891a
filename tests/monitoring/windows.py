"""Seeded predictions: a history that a model was taught with, and windows of later ones."""

import numpy as np

from faultcast.monitoring.window import Window
from faultcast.validation.reference import freeze, thaw

HOUR = 3600.0
NOW = 1_700_000_000.0
FEATURES = 16
NAMES = [f"f{number:02d}" for number in range(FEATURES)]


class World:
    """Changes as repositories have them: heavy tails, many zeros, columns that belong together, some missing."""

    def __init__(self, seed):
        self._random = np.random.default_rng(seed)
        self._mix_FF = self._random.normal(size=(FEATURES, FEATURES)) * (
            self._random.random((FEATURES, FEATURES)) < 0.1
        )
        self._mix_FF += np.eye(FEATURES)

    def changes(self, count, shift=0.0):
        values_NF = self._random.normal(size=(count, FEATURES)) @ self._mix_FF
        values_NF[:, : FEATURES // 4] += shift
        values_NF[:, ::4] = np.exp(values_NF[:, ::4])  # sizes
        values_NF[:, 1::4] = np.floor(np.abs(values_NF[:, 1::4]))  # counts
        values_NF[:, 2::4] = values_NF[:, 2::4] > 0.8  # yes or no
        values_NF[self._random.random((count, FEATURES)) < 0.05] = np.nan
        return values_NF

    def risks(self, count):
        return self._random.beta(1, 6, count)


def reference_of(world, count=1_500):
    return thaw(freeze(world.changes(count), world.changes(count // 3), NAMES, world.risks(count // 3)))


def window_of(values_NF, risk_N, *, at_N=None, hours=24.0, changes=None, shadow=None, assumed=None, version="1"):
    """A window that ends now; newest first, evenly spread unless told otherwise."""
    count = len(values_NF)
    at_N = np.linspace(NOW - 1, NOW - hours * HOUR, count) if at_N is None else at_N
    return Window(
        start=NOW - hours * HOUR,
        end=NOW,
        total=count,
        at_N=at_N,
        risk_N=np.asarray(risk_N, dtype=float),
        latency_seconds_N=np.full(count, 0.004),
        band_N=["high" if risk > 0.5 else "low" for risk in risk_N],
        model_N=[("shop", version, "champion")] * count,
        change_N=[f"c{number}" for number in range(count)] if changes is None else changes,
        is_shadow_N=np.zeros(count, bool) if shadow is None else shadow,
        is_assumed_N=np.zeros(count, bool) if assumed is None else assumed,
        features={name: values_NF[:, at] for at, name in enumerate(NAMES)},
    )
