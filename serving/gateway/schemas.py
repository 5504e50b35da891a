"""What comes out, as OpenAPI tells it; what goes in stands in `questions`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]


class Told(BaseModel):
    """What the gateway answers."""

    model_config = ConfigDict(extra="forbid")


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
