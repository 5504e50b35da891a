"""The nouns of serving: what can be asked, and what is answered. No server and no protocol in sight."""

from collections.abc import Mapping
from dataclasses import dataclass

from faultcast.records import Commit, Prediction

Value = float | int | bool | None
"""Of a feature; None: missing."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """A field that was not sent, and what stood in for it."""

    field: str
    instead: str


@dataclass(frozen=True, slots=True)
class KnownCommit:
    """A commit that the feature store holds; an empty repository means the server's own."""

    commit: str
    repository: str = ""


@dataclass(frozen=True, slots=True)
class UnseenChange:
    """A change that nobody has described yet, with what its files held (blob id -> bytes)."""

    commit: Commit
    contents: Mapping[str, bytes]
    assumed: tuple[Assumed, ...] = ()


@dataclass(frozen=True, slots=True)
class RawFeatures:
    """Values by feature name, None where missing, and the semantic input."""

    values: Mapping[str, Value]
    text: str = ""
    assumed: tuple[Assumed, ...] = ()


Request = KnownCommit | UnseenChange | RawFeatures


@dataclass(frozen=True, slots=True)
class Scored:
    """One answer: the prediction, the row that it was made from, and what was assumed for it."""

    prediction: Prediction
    values: Mapping[str, Value]
    assumed: tuple[Assumed, ...]
