"""What is forecast."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Band(StrEnum):
    """How a risk reads. Thresholds are absolute, chosen on validation data, kept with the model."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a risk is what it is: what one feature contributed, with what would have been typical.

    `effect` is in probability: this risk minus the risk had the feature been typical.
    """

    feature: str
    value: float | str | None
    typical: float | str | None
    effect: float
    text: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """The risk (probability 0..1) that a change introduces a fault that a later commit fixes."""

    commit: str
    risk: float
    band: Band
    reasons: tuple[Reason, ...]
    model_name: str
    model_version: str


@dataclass(frozen=True, slots=True)
class LoggedPrediction:
    """One answer as it was given, kept for good: what monitoring looks at and what labels are joined to.

    It holds no content of the change and nothing that names a person: `principal` is a pseudonym.
    """

    prediction_id: str  # UUIDv7; a second one with the same id is the same prediction, sent again
    at: float  # unix seconds
    repository: str  # as the feature store names it (`repo_id`); "" where unknown
    commit: str  # "" for a change that has no id yet
    risk: float
    band: Band
    model_name: str
    model_version: str
    alias: str  # champion, challenger or shadow
    is_shadow: bool = False  # scored beside the one that was answered; `request_id` joins the two
    input_digest: str = ""  # SHA-256 of the request's content
    features: Mapping[str, float | bool | None] = field(default_factory=dict)  # None: missing
    assumed: tuple[str, ...] = ()  # fields that were not sent
    request_id: str = ""
    principal: str = ""
    latency_seconds: float = 0.0


class Outcome(StrEnum):
    """The closed vocabulary of every verdict. Missing data is never a PASS."""

    PASS = "PASS"  # noqa: S105  no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule of a verdict with both numbers."""

    rule: str
    outcome: Outcome
    found: float | None
    expected: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided and by which rules."""

    outcome: Outcome
    reasons: tuple[RuleResult, ...]
