"""A row of the catalogue, the languages that rows speak of, and where sizes begin to smell."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["smell", "anti-pattern", "pattern"]

ALL: Final = ("python", "java", "javascript", "typescript", "go", "c", "cpp", "csharp", "rust", "ruby", "hcl")
CODE: Final = ALL[:-1]
CLASSES: Final = ("python", "java", "javascript", "typescript", "cpp", "csharp", "ruby")
SCRIPT: Final = ("javascript", "typescript")
BRACES: Final = ("java", "javascript", "typescript", "c", "cpp", "csharp")

LONG_FUNCTION_LINES: Final = 60
MANY_PARAMETERS: Final = 5
DEEP_NESTING_LEVELS: Final = 4
COMPLEX_FUNCTION_CYCLOMATIC: Final = 10
COMPLEX_CONDITION_OPERATORS: Final = 3
BRAIN_METHOD_LINES: Final = 65
BRAIN_METHOD_CYCLOMATIC_A_LINE: Final = 0.24
BRAIN_METHOD_NESTING: Final = 3
LARGE_CLASS_METHODS: Final = 20
GOD_CLASS_CYCLOMATIC: Final = 47
GOD_CLASS_COHESION: Final = 1 / 3
LONG_FILE_LINES: Final = 1_000
MANY_IMPORTS: Final = 30


@dataclass(frozen=True, slots=True)
class Smell:
    """One row. `threshold` says with its unit from where on it counts; "" where once is enough."""

    name: str
    kind: Kind
    meaning: str
    languages: tuple[str, ...]
    source: str
    threshold: str = ""
