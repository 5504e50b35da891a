"""The nouns: plain frozen records that every other module speaks in.

Instants are unix seconds (int) inside the domain and ``timestamp[us, UTC]`` in tables.
Authors are pseudonyms from the moment they are read; no name or e-mail address gets further.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# --- what git tells -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hunk:
    """One run of changed lines without context (``git diff -U0``).

    Starts are 1-based line numbers; for a pure insertion ``old_start`` is the line *before* it,
    and likewise ``new_start`` for a pure deletion, exactly as git prints them.
    ``deleted`` and ``added`` are the lines' texts without the newline.
    """

    old_start: int
    old_lines: int
    new_start: int
    new_lines: int
    deleted: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a commit changed, against its only parent (or against nothing)."""

    path: str
    old_path: str  # equals `path` unless renamed
    status: str  # A added, M modified, D deleted, R renamed, T type changed
    old_blob: str  # "" when added
    new_blob: str  # "" when deleted
    lines_added: int = 0
    lines_deleted: int = 0
    is_binary: bool = False
    is_text_file: bool = True  # False for submodule pointers and symbolic links
    hunks: tuple[Hunk, ...] = ()


@dataclass(frozen=True, slots=True)
class CombinedHunk:
    """One hunk of a merge's combined diff (``git diff -c -U1``), which begins before result line `new_start`.

    ``lines`` are ``(marks, text)`` with one mark a parent: " " the parent has the line, "+" it lacks it,
    "-" it had the line and the result lacks it. A line with blank marks only is context.
    """

    new_start: int
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A file whose content in a merge differs from every parent's.

    Without `hunks` it was binary, or not read as a patch; `lines` is then its length, where that was counted instead.
    """

    path: str
    parent_blobs: tuple[str, ...]
    new_blob: str
    hunks: tuple[CombinedHunk, ...]
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `position` is its place in the order in which changes arrived (parents first, then by date).

    A merge (two or more parents) has no `files`: what it brought was already described where it
    was written. `merged` holds what it changed against all of its parents.
    """

    id: str
    position: int
    parents: tuple[str, ...]
    author: str  # pseudonym
    authored_at: int
    committed_at: int
    message: str
    files: tuple[FileChange, ...] = ()
    merged: tuple[MergedFile, ...] = ()
    reviewers: tuple[str, ...] = ()  # pseudonyms of those whom trailers name as reviewers, in order, without repeats

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1

    @property
    def subject(self) -> str:
        return self.message.split("\n", 1)[0]


# --- what is known about a change ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fix:
    """A commit that repairs a fault, how sure that is (0..1), and the rule that recognised it.

    `issues` name what a tracker told of it; `reported_at` is when the fault was reported, as far as that is known.
    """

    commit: str
    confidence: float
    rule: str
    issues: tuple[str, ...] = ()
    reported_at: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One fix traced back to one inducing commit."""

    fix: str
    inducing: str
    lines: int  # deleted lines of the fix that the inducing commit had written
    paths: tuple[str, ...]
    known_at: int  # when the fix landed: before this instant nobody could know
    confidence: float
    rule: str


@dataclass(frozen=True, slots=True)
class Label:
    """What is known about one change from the instant `known_at` on."""

    commit: str
    is_inducing: bool
    known_at: int
    confidence: float
    fix: str = ""  # the first fix, for an inducing commit
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """One version of one file in numbers. Sums run over the whole file, maxima over functions.

    `None` where a language's table row has no definition for the number: missing, not zero.
    """

    language: str
    lines: int
    code_lines: int
    comment_lines: int
    functions: int
    cyclomatic: int
    cyclomatic_max: int
    cognitive: int
    nesting_max: int
    function_lines_max: int
    parameters_max: int
    imports: int
    halstead_volume: float | None = None
    maintainability: float | None = None  # 0 (bad) to 100
    docstring_share: float | None = None  # of the functions, those with a docstring or a comment right above


@dataclass(frozen=True, slots=True)
class FunctionMeasures:
    """One function in numbers (in Terraform: one top-level block). Lines are 1-based, both inclusive.

    `name` tells the classes and functions around it (``Cart.add``); in Terraform it is the block's address
    (``aws_s3_bucket.logs``, ``module.vpc``), and `parameters` are its arguments. In one file it is unique: a second
    function of a name is ``f#2``.
    """

    name: str
    start_line: int
    end_line: int
    cyclomatic: int
    cognitive: int
    nesting: int
    parameters: int
    halstead_volume: float | None = None
    calls: tuple[str, ...] = ()  # distinct names that it calls, sorted
    maintainability: float | None = None  # 0 (bad) to 100
    nested_blocks: int | None = None  # of a Terraform block
    smells: tuple[tuple[str, int], ...] = ()  # as in `FileVersion`, of those that stand in it


@dataclass(frozen=True, slots=True)
class ClassMeasures:
    """One class in numbers. Lines are 1-based, both inclusive; `cyclomatic` is the sum over its methods.

    `lcom4`: groups of methods that have nothing to do with one another. `tcc`: share of pairs of methods that use a
    field together, 0 to 1. None where that cannot be seen.
    """

    name: str
    start_line: int
    end_line: int
    methods: int
    fields: int
    cyclomatic: int
    lcom4: int | None = None
    tcc: float | None = None


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of one file, read once: its numbers, its functions, what it imports, what smells.

    ``imports`` are as written (``faultcast.records``, ``./cart``, ``"net/http"`` without quotes), in order, without
    repeats. ``smells`` are counts by name of the catalogue of smells, of those found, in its order. ``classes`` are
    those with methods; empty also where the language has none.
    """

    measures: Measures
    functions: tuple[FunctionMeasures, ...] = ()
    imports: tuple[str, ...] = ()
    smells: tuple[tuple[str, int], ...] = ()
    classes: tuple[ClassMeasures, ...] = ()


# --- what is forecast ---------------------------------------------------------------------


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
