"""What goes in, as OpenAPI tells it. Bodies are checked against these very classes.

Strict: a number is no text and a text is no number; an unknown field is refused, so that a misspelling never goes
unnoticed.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from faultcast.features import catalogue
from faultcast.features.catalogue import NAMES
from serving.wire.change import MAX_FILES, MAX_INSTANT, MAX_REVIEWERS
from serving.wire.fields import MAX_NUMBER

MAX_WHOLE = 2**53
MAX_FIELDS = 64
"""Of one object; ours have a dozen."""
MAX_CODE_FILES = 100
"""Files of one analysed edit."""


def _whole(sent: Any) -> Any:
    """JSON knows one kind of numbers: 3.0 is 3."""
    return int(sent) if isinstance(sent, float) and sent.is_integer() else sent


Count = Annotated[int, Field(ge=0, le=MAX_NUMBER), BeforeValidator(_whole)]
Text = str
"""As long as a body may be (`serving.limits`)."""
Name = Annotated[str, Field(max_length=1_000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Instant = (
    Annotated[int, Field(ge=0, le=MAX_INSTANT), BeforeValidator(_whole)]
    | Annotated[
        str,
        Field(
            pattern=r"^(19[89]\d|2\d{3})-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(Z|[+-](0\d|1[0-3]):[0-5]\d)$"
        ),
    ]
)


class Strict(BaseModel):
    """What a client sends. A list is read up to its first wrong item, and an object up to `MAX_FIELDS` fields: telling
    all that is wrong with a large body costs seconds and a gigabyte.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _not_too_many(cls, sent: Any) -> Any:
        if isinstance(sent, dict) and len(sent) > MAX_FIELDS:
            raise ValueError(f"found {len(sent):,} fields, at most {MAX_FIELDS} are read")
        return sent


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

    files: Annotated[list[CodeFile], Field(fail_fast=True, min_length=1, max_length=MAX_CODE_FILES)]
    repository: Name | None = None
    message: Annotated[Text | None, Field(description="The commit message, as far as there is one.")] = None
    author: Annotated[Name | None, Field(description="A pseudonym, as in the feature store.")] = None


class Lines(Strict):
    """Changed lines of one place, as `git diff -U0` counts them; texts are as many as the counts say, or none."""

    old_start: Count
    old_lines: Count
    new_start: Count
    new_lines: Count
    deleted: Annotated[list[Text], Field(fail_fast=True)] | None = None
    added: Annotated[list[Text], Field(fail_fast=True)] | None = None


class Bytes(Strict):
    """A file's content that is no UTF-8."""

    base64: Annotated[str, Field(pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$")]


class File(Strict):
    """One file of a change; `hunks`, or its text before and after, or both."""

    path: Annotated[Name, Field(min_length=1, pattern=r"^[^\x00]+$")]
    old_path: Name | None = None
    status: Literal["A", "M", "D", "R", "T"] | None = None
    hunks: Annotated[list[Lines], Field(fail_fast=True)] | None = None
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
    reviewers: Annotated[list[Name], Field(fail_fast=True, max_length=MAX_REVIEWERS)] | None = None
    files: Annotated[list[File], Field(fail_fast=True, max_length=MAX_FILES)]


class Stored(Strict):
    """A commit that the feature store knows."""

    commit: Annotated[Name, Field(min_length=1)]
    repository: Name | None = None


def _value(feature: catalogue.Feature) -> dict[str, Any]:
    """What one feature may be, as `serving.wire.features` checks it."""
    if feature.dtype == "bool":
        return {"title": feature.name, "enum": [True, False, 0, 1, None]}
    kind: dict[str, Any] = {"type": "integer" if feature.dtype == "int64" else "number"}
    low, high = feature.minimum, feature.maximum
    if feature.dtype == "int64":
        high = MAX_WHOLE if high is None else int(high)
        low = None if low is None else int(low)
    kind |= {name: bound for name, bound in (("minimum", low), ("maximum", high)) if bound is not None}
    return {"title": feature.name, "anyOf": [kind, {"type": "null"}]}


def _counted(sent: list[Any]) -> list[Any]:
    """Refuse whole numbers that a float64, which the model is asked with, cannot hold."""
    for place in _WHOLE:
        if sent[place] is not None and sent[place] > MAX_WHOLE:
            raise ValueError(f"{catalogue.NAMES[place]}: expected at most {MAX_WHOLE}")
    return sent


_WHOLE = tuple(place for place, feature in enumerate(catalogue.CATALOGUE) if feature.dtype == "int64")


def _each_by_itself(told: dict[str, Any]) -> None:
    """In the catalogue's order, each with its own type and range."""
    told["prefixItems"] = [_value(feature) for feature in catalogue.CATALOGUE]
    told["items"] = False


class Raw(Strict):
    """Values in the order of the feature catalogue, null where missing."""

    features: Annotated[
        list[int | Number | bool | None],
        Field(min_length=len(NAMES), max_length=len(NAMES), json_schema_extra=_each_by_itself),
        AfterValidator(_counted),
    ]
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
