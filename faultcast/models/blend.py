"""Kind `simple`: one of four members, or a weighted sum of several.

Shapes: N changes, F input columns, K members.

    logit = intercept + sum over members of slope_k * margin_k

A member's margin is what it adds up to by itself: the mean share of a random forest or of extra trees, the logit of
boosted trees or of a linear regression. So the sum stays a sum over trees and columns, and whatever explains
a member exactly explains the blend exactly: attributions are scaled by the slope and added up.

Training chooses the slopes as weight / spread and the intercept so that every margin is centred
(`of_standardised`): members that speak on scales of their own then count by their weights alone.

An artifact holds a file a member; with more than one, `config` of its manifest holds `slopes`, a number for
each member, and `intercept`. A member alone needs neither: its own logits are served.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faultcast.errors import UnsafeArtifact
from faultcast.models import forest_file, linear
from faultcast.models.forest import LOGIT, SHARE, Forest
from faultcast.models.linear import Linear

Member = Forest | Linear

FOREST, EXTRA, BOOSTED, LINEAR = "forest", "extra", "boosted", "linear"
LINKS = {FOREST: SHARE, EXTRA: SHARE, BOOSTED: LOGIT}
"""What the trees of each member add up to."""
FILES = {FOREST: forest_file.FILE, EXTRA: "extra.safetensors", BOOSTED: "boosted.safetensors", LINEAR: linear.FILE}
"""Each member's file."""
_LEAST_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted sum of members' margins; reads no text."""

    names: tuple[str, ...]
    members: tuple[Member, ...]
    slopes: tuple[float, ...]
    intercept: float

    def read(self, texts: list[str]) -> NDArray[np.float32]:
        """No text is read: float32 array_N0."""
        return np.empty((len(texts), 0), dtype=np.float32)

    def logits(self, features_NF: NDArray[np.float32], text_ND: NDArray[np.float32]) -> NDArray[np.float64]:
        """Raw scores on the scale of a logit (float64 array_N), still to be calibrated."""
        del text_ND
        total_N = np.full(len(features_NF), self.intercept)
        for slope, member in zip(self.slopes, self.members, strict=True):
            total_N += slope * margin(member, features_NF)
        return total_N


def margin(member: Member, features_NF: NDArray[np.float32]) -> NDArray[np.float64]:
    """What a member adds up to by itself (float64 array_N)."""
    if isinstance(member, Forest):
        return member.margin(features_NF)
    return member.logits(features_NF, np.empty((len(features_NF), 0), dtype=np.float32))


def of_standardised(
    members: Mapping[str, Member], weights: Mapping[str, float], scales: Mapping[str, tuple[float, float]]
) -> Blend | Member:
    """A blend in which each member counts by its weight; a member alone is returned as it is.

    Args:
        members: by name, at least one.
        weights: positive, of each member.
        scales: mean and standard deviation of each member's margin, on rows it did not learn from.
    """
    if len(members) == 1:
        return next(iter(members.values()))
    names = tuple(name for name in FILES if name in members)
    slopes = tuple(weights[name] / max(scales[name][1], _LEAST_SPREAD) for name in names)
    centre = sum(slope * scales[name][0] for slope, name in zip(slopes, names, strict=True))
    return Blend(names, tuple(members[name] for name in names), slopes, -centre)


def to_files(scorer: Blend | Member, alone: str = FOREST) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The artifact's files, and what belongs into `config`; `alone` names a scorer that is no blend."""
    names, members = (scorer.names, scorer.members) if isinstance(scorer, Blend) else ((alone,), (scorer,))
    files: dict[str, bytes] = {}
    for name, member in zip(names, members, strict=True):
        files |= forest_file.to_files(member, FILES[name]) if isinstance(member, Forest) else linear.to_files(member)
    if not isinstance(scorer, Blend):
        return files, {}
    return files, {"slopes": dict(zip(names, scorer.slopes, strict=True)), "intercept": scorer.intercept}


def from_files(files: Mapping[str, bytes], config: Mapping[str, Any], num_columns: int) -> Blend | Member:
    """A `simple` model's scorer from its files, for inputs of `num_columns`.

    Raises:
        UnsafeArtifact: a file is no member's, a member is not what its name says, or `config` does not name exactly
            the members that the files hold.
    """
    names = tuple(name for name, file in FILES.items() if file in files)
    if not names or len(names) != len(files):
        raise UnsafeArtifact(
            f"A simple model has a file a member, of {', '.join(FILES.values())}; "
            f"found {', '.join(sorted(files)) or 'none'}. Train the model again"
        )
    members = tuple(_member(name, files[FILES[name]], num_columns) for name in names)
    if len(names) == 1 and "slopes" not in config:
        return members[0]
    slopes, intercept = config.get("slopes"), config.get("intercept")
    if not (isinstance(slopes, dict) and set(slopes) == set(names) and len(names) > 1):
        raise UnsafeArtifact(
            f"The files hold the members {', '.join(names)}, the manifest's slopes are {slopes!r}; "
            "train the model again"
        )
    slopes_K = tuple(_number(slopes[name]) for name in names)
    if not (min(slopes_K) > 0 and math.isfinite(sum(slopes_K) + _number(intercept))):
        raise UnsafeArtifact(
            f"A blend has positive slopes and an intercept, found {slopes!r} and {intercept!r}; train the model again"
        )
    return Blend(names, members, slopes_K, _number(intercept))


def _member(name: str, content: bytes, num_columns: int) -> Member:
    file = FILES[name]
    if name == LINEAR:
        return linear.from_files({file: content}, num_columns)
    member = forest_file.from_files({file: content}, num_columns, file)
    if member.link != LINKS[name]:
        raise UnsafeArtifact(f"{file} has the link {member.link!r}, expected {LINKS[name]!r}; train the model again")
    return member


def _number(value: object) -> float:
    """NaN where it is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
