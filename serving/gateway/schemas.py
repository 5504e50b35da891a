"""What goes in and comes out, as OpenAPI tells it. Bodies are checked against these very classes.

Strict: a number is no text and a text is no number; an unknown field is refused, so that a misspelling never goes
unnoticed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from faultcast.features.catalogue import NAMES
from serving.wire.change import MAX_FILES, MAX_INSTANT, MAX_REVIEWERS
from serving.wire.fields import MAX_NUMBER

Count = Annotated[int, Field(ge=0, le=MAX_NUMBER)]
Text = Annotated[str, Field(max_length=1_000_000)]
Name = Annotated[str, Field(max_length=1_000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Instant = (
    Annotated[int, Field(ge=0, le=MAX_INSTANT)]
    | Annotated[
        str,
        Field(
            pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
        ),
    ]
)


class Strict(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """What the gateway answers."""

    model_config = ConfigDict(extra="forbid")


# --- what is asked ----------------------------------------------------------------------------


class Summary(Strict):
    """The seven fields that a client without a clone knows; the answer says what was assumed beyond them."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "repository": "facebook/react",
                    "lines_of_code": 150,
                    "files_changed": 3,
                    "additions": 45,
                    "deletions": 12,
                    "cyclomatic_complexity": 4.2,
                    "commit_message": "Fix memory leak in component lifecycle",
                }
            ]
        },
    )

    repository: Annotated[Name, Field(description="Such as owner/name; its last part stands in the id.")] = ""
    additions: Annotated[Count, Field(description="Lines added.")]
    deletions: Annotated[Count, Field(description="Lines deleted.")]
    files_changed: Annotated[Count | None, Field(description="Files touched.")] = None
    lines_of_code: Annotated[Count | None, Field(description="Of the touched files together, before.")] = None
    cyclomatic_complexity: Annotated[
        Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)] | None,
        Field(description="Of the worst function touched."),
    ] = None
    commit_message: Annotated[Text | None, Field(description="The message, whole.")] = None


class Lines(Strict):
    """Changed lines of one place, as `git diff -U0` counts them; texts are as many as the counts say, or none."""

    old_start: Count
    old_lines: Count
    new_start: Count
    new_lines: Count
    deleted: list[Text] | None = None
    added: list[Text] | None = None


class Bytes(Strict):
    """A file's content that is no UTF-8."""

    base64: Annotated[str, Field(pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")]


class File(Strict):
    """One file of a change; `hunks`, or its text before and after, or both."""

    path: Annotated[Name, Field(min_length=1, pattern=r"^[^\x00]+$")]
    old_path: Name | None = None
    status: Literal["A", "M", "D", "R", "T"] | None = None
    hunks: list[Lines] | None = None
    before: Text | Bytes | None = None
    after: Text | Bytes | None = None
    old_blob: Blob | None = None
    new_blob: Blob | None = None
    is_binary: bool | None = None
    is_text_file: bool | None = None


class Change(Strict):
    """A change as its files, which nobody has to have stored; `faultcast change` writes one."""

    commit: Name | None = None
    repository: Name | None = None
    message: Text | None = None
    author: Annotated[Name | None, Field(description="A pseudonym, as in the feature store.")] = None
    authored_at: Instant | None = None
    committed_at: Instant | None = None
    reviewers: Annotated[list[Name] | None, Field(max_length=MAX_REVIEWERS)] = None
    files: Annotated[list[File], Field(max_length=MAX_FILES)]


class Stored(Strict):
    """A commit that the feature store knows."""

    commit: Annotated[Name, Field(min_length=1)]
    repository: Name | None = None


class Raw(Strict):
    """Values in the order of the feature catalogue, null where missing."""

    features: Annotated[list[Number | bool | None], Field(min_length=len(NAMES), max_length=len(NAMES))]
    text: Text | None = None


def _kind(sent: Any) -> str:
    keys = sent if isinstance(sent, dict) else getattr(sent, "model_fields_set", ())
    return next((form for name, form in _FORMS.items() if name in keys), "form of a summary")


_FORMS = {"features": "form of features", "files": "form of a change", "commit": "form of a commit"}


Question = Annotated[
    Annotated[Summary, Tag("form of a summary")]
    | Annotated[Change, Tag("form of a change")]
    | Annotated[Stored, Tag("form of a commit")]
    | Annotated[Raw, Tag("form of features")],
    Discriminator(_kind),
]
"""One change in any of four forms."""


# --- what is answered -------------------------------------------------------------------------


class FieldProblem(Told):
    """One wrong place of a request."""

    pointer: str
    detail: str


class Problem(Told):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldProblem] = []


class Reason(Told):
    """What one feature did to the risk: this risk minus the risk had the feature been typical."""

    feature: str
    value: float | str | None
    typical: float | str | None
    effect: float
    text: str


class Assumption(Told):
    """What was not sent, and what stood in for it."""

    field: str
    assumed: str


class Prediction(Told):
    """How risky a change is, and why."""

    prediction: Annotated[Literal["bug_inducing", "clean"], Field(description="bug_inducing from a risk of 0.5 on.")]
    confidence: Annotated[Probability, Field(description="Probability of what `prediction` says.")]
    risk: Annotated[Probability, Field(description="Probability that a later commit has to fix this change.")]
    probability: Annotated[Probability, Field(description="The same as risk.")]
    band: Annotated[Literal["low", "medium", "high"], Field(description="By the model's own thresholds.")]
    reasons: list[Reason]
    model_name: str
    model_version: str
    prediction_id: Annotated[str, Field(description="What feedback names; a UUIDv7 behind the repository's name.")]
    timestamp: Annotated[str, Field(description="ISO 8601, UTC.", json_schema_extra={"format": "date-time"})]
    assumed: list[Assumption]
