"""What is known about a change."""

from dataclasses import dataclass


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
