"""What the page's data looks like, as OpenAPI tells it."""

from typing import Annotated, Literal

from pydantic import Field

from serving.gateway.schemas import Probability, Told

Band = Literal["low", "medium", "high"]
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Figures(Told):
    """How good a ranking was on later history; None where it has no such figure."""

    n: int | None
    positives: int | None
    auc: float | None
    auc_interval: list[float] | None
    average_precision: float | None
    brier: float | None
    ece: float | None
    recall_at_20: float | None


class Thresholds(Told):
    """Risks from which a band begins."""

    medium: float
    high: float


class Standing(Told):
    """The model that scored the changes, as the last run tells of it."""

    name: str
    version: str
    basis: Annotated[str, Field(description="model, general or lines_added; the last one gives no risks.")]
    kind: str | None
    bands: Thresholds | None
    trained_from: Instant | None
    trained_until: Instant | None
    figures: Figures | None
    lines_added: Annotated[Figures | None, Field(description="The same for lines added alone, on the same changes.")]
    verdict: str | None


class Line(Told):
    """One change in a line."""

    commit: str
    subject: str
    author: Annotated[str, Field(description="A pseudonym.")]
    at: Instant
    risk: Probability | None
    band: Band | None
    reason: Annotated[str | None, Field(description="What drives the risk most.")]
    lines_added: int
    lines_deleted: int
    files: int
    risk_rank: int | None
    lines_rank: Annotated[int | None, Field(description="Place by lines added alone, the baseline.")]


class Changes(Told):
    """One part of the list; everything is empty or None where no run has ended yet."""

    repository: str | None
    as_of: Instant | None
    model: Standing | None
    total: int
    matching: int
    counts: dict[str, int]
    changes: list[Line]
    next: Annotated[str | None, Field(description="What `after` has to be for the next part.")]


class Reason(Told):
    """What one feature did to the risk."""

    feature: str
    effect: float
    text: str


class Block(Told):
    """One function (in Terraform: one block) that was touched; without a name: what stands in none."""

    name: str
    lines_added: int
    lines_deleted: int
    cyclomatic_before: int | None
    cyclomatic_after: int | None


class File(Told):
    """One file that was touched."""

    path: str
    status: str
    lines_added: int
    lines_deleted: int
    blocks: list[Block]


class Outcome(Told):
    """What became of a change, as known at an instant."""

    label: Literal["inducing", "clean", "open"]
    known_at: Instant | None
    fix: str | None
    fix_subject: str | None


class Neighbour(Told):
    """A past change that looks like this one, and what had become of it when this one was made."""

    commit: str
    subject: str
    author: str
    at: Instant
    lines_added: int
    distance: Annotated[float, Field(description="Root mean square of the differences, in standard deviations.")]
    outcome: Outcome


class Detail(Line):
    """One change in depth."""

    repository: str
    total: int
    model: Standing
    message: str
    reasons: list[Reason]
    touched: list[File]
    outcome: Outcome
    similar: list[Neighbour]


class BlockRisk(Told):
    """The risk of a change that had this block alone."""

    path: str
    name: str
    risk: Probability
    band: Band


class Blocks(Told):
    """The risks of a change's largest blocks."""

    commit: str
    blocks: list[BlockRisk]
    model_version: str | None
