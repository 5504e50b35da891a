"""What goes in and comes out, as OpenAPI tells it. Bodies are checked against these very classes.

Strict: a number is no text and a text is no number; an unknown field is refused, so that a misspelling never goes
unnoticed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from faultcast.features.catalogue import NAMES
from serving.wire.change import MAX_FILES, MAX_INSTANT, MAX_REVIEWERS
from serving.wire.fields import MAX_NUMBER

MAX_CODE_FILES = 100
"""Files of one analysed edit."""

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


class CodeFile(Strict):
    """A file as it is edited; without `before` it is a new one."""

    path: Annotated[Name, Field(min_length=1, pattern=r"^[^\x00]+$")]
    code: Annotated[Text, Field(description="What the file holds now.")]
    before: Annotated[Text | None, Field(description="What it held before the edit.")] = None


class Code(Strict):
    """An edit, as an editor has it before anybody has committed anything."""

    files: Annotated[list[CodeFile], Field(min_length=1, max_length=MAX_CODE_FILES)]
    repository: Name | None = None
    message: Annotated[Text | None, Field(description="The commit message, as far as there is one.")] = None
    author: Annotated[Name | None, Field(description="A pseudonym, as in the feature store.")] = None


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


class FunctionAnalysis(Told):
    """One function of an analysed file."""

    name: str
    start_line: int
    end_line: int
    cyclomatic: int
    cognitive: int
    nesting: int
    parameters: int
    smells: dict[str, int]


class FileAnalysis(Told):
    """One analysed file: its own risk, and what its code looks like after the change."""

    path: str
    risk: Annotated[Probability, Field(description="Of a change of this file alone.")]
    band: Literal["low", "medium", "high"]
    measures: Annotated[dict[str, float | str | None] | None, Field(description="null: a language without a table.")]
    functions: list[FunctionAnalysis]
    smells: dict[str, int]


class Analysis(Prediction):
    """The risk of an edit, and its files one by one."""

    files: list[FileAnalysis]


class ServedModel(Told):
    """One model that is served now."""

    alias: str
    name: str
    version: str
    share: Annotated[Probability, Field(description="Of the requests; a shadow's is 0.")]
    kind: str
    loaded_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    fingerprint: Annotated[str, Field(description="Of the features that it is asked with.")]


class ServedModels(Told):
    """All of them, the champion first."""

    models: list[ServedModel]


class Feature(Told):
    """One feature of the catalogue."""

    name: str
    dtype: Literal["int64", "float64", "bool"]
    unit: str
    meaning: str


class ModelInfo(ServedModel):
    """The model that answers most requests: what it is, what it learnt from, how good it was found."""

    bands: Annotated[dict[str, float] | None, Field(description="Risks from which a change is medium and high.")]
    training_window: Annotated[list[str] | None, Field(description="First and last change learnt from.")]
    label_as_of: str | None
    ripening_days: float | None
    data_fingerprint: str | None
    code_version: str | None
    seed: int | None
    metrics: Annotated[dict[str, float], Field(description="On validation data.")]
    features: list[Feature]


class Resources(Told):
    """What this process takes."""

    memory_rss_bytes: int
    cpu_percent: Annotated[float, Field(description="Since it was last asked; 100 a core.")]
    thread_count: int


class Health(Told):
    """Whether it can answer, since when it runs, what it takes."""

    status: Literal["ready", "not_ready"]
    ready: bool
    uptime_seconds: float
    version: str
    models: list[ServedModel]
    resources: Resources


class Live(Told):
    """The process answers."""

    live: bool


class Ready(Told):
    """A model answers."""

    ready: bool


class Root(Told):
    """What can be asked here."""

    name: str
    version: str
    documentation: str
    endpoints: dict[str, str]


class Feedback(Strict):
    """A word on one prediction's change."""

    prediction_id: Annotated[Name, Field(min_length=1, description="As an answer gave it.")]
    label: Annotated[
        Literal["bug_inducing", "clean", "withdrawn"],
        Field(description="What the change is; or: my vote is withdrawn."),
    ]
    is_correction: Annotated[bool, Field(description="Not an opinion: I vouch for this label.")] = False
    fix: Annotated[Name, Field(description="The commit that repaired the fault, where it is known.")] = ""
    comment: Annotated[str, Field(max_length=10_000)] = ""


class Standing(Told):
    """What all votes on a prediction come to."""

    prediction_id: str
    label: Annotated[Literal["bug_inducing", "clean"] | None, Field(description="null: open, as in a tie.")]
    votes_bug_inducing: Annotated[float, Field(description="By weight.")]
    votes_clean: float
    accounts: int
    is_correction: Annotated[bool, Field(description="Decided, and somebody vouches for it: a label.")]
    decided_at: str | None
    fix: str


class DriftStatus(Told):
    """Whether what was asked lately still looks like what the model learnt from."""

    status: Annotated[Literal["drift", "no_drift", "unknown"], Field(description="unknown: too little to compare.")]
    drift_detected: bool | None
    drifted_feature_count: int | None
    drifted_features: list[str]
    checked_at: str | None
    details: dict[str, Any]


class MonitoringStats(Told):
    """The newest predictions in numbers, without and, where they have come, with labels."""

    predictions: int
    window_hours: float
    details: dict[str, Any]
