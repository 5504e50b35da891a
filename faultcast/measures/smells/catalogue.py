"""THE TABLE of smells, anti-patterns and patterns: what each is, where it begins, in which languages, who says so.

docs/smells.md is this table. Each row has an example and a counter-example in each of its languages, which are tests.
How a row is recognised stands in the modules beside this one: by numbers, by what is called, by the shape of the
syntax, by the text.
"""

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


CATALOGUE: Final[tuple[Smell, ...]] = (
    # --- too much of it ---
    Smell(
        "long_function",
        "smell",
        "a function (Terraform: a block) that does not fit on a page",
        ALL,
        "Fowler 1999, Long Method; Holzmann 2006, rule 4",
        f"more than {LONG_FUNCTION_LINES} lines",
    ),
    Smell(
        "long_parameter_list",
        "smell",
        "a function that must be told too much",
        CODE,
        "Fowler 1999, Long Parameter List; pylint R0913",
        f"more than {MANY_PARAMETERS} parameters",
    ),
    Smell(
        "deep_nesting",
        "smell",
        "control flow inside control flow inside control flow",
        CODE,
        "Lanza & Marinescu 2006, MAXNESTING; pylint R1702",
        f"more than {DEEP_NESTING_LEVELS} levels",
    ),
    Smell(
        "complex_function",
        "smell",
        "a function with too many paths to test",
        CODE,
        "McCabe 1976",
        f"cyclomatic complexity over {COMPLEX_FUNCTION_CYCLOMATIC}",
    ),
    Smell(
        "complex_condition",
        "smell",
        "an `if` that asks too many things at once",
        CODE,
        "Fowler 1999, Decompose Conditional",
        f"more than {COMPLEX_CONDITION_OPERATORS} logical operators",
    ),
    Smell(
        "brain_method",
        "anti-pattern",
        "a function that does everything: long, branching and nested at once",
        CODE,
        "Lanza & Marinescu 2006, Brain Method, without its count of variables",
        f"more than {BRAIN_METHOD_LINES} lines, cyclomatic complexity of {BRAIN_METHOD_CYCLOMATIC_A_LINE} a line, "
        f"{BRAIN_METHOD_NESTING} levels",
    ),
    Smell(
        "large_class",
        "smell",
        "a class with too many methods",
        CLASSES,
        "Fowler 1999, Large Class; pylint R0904",
        f"more than {LARGE_CLASS_METHODS} methods",
    ),
    Smell(
        "god_class",
        "anti-pattern",
        "a class that is complex and whose methods have little to do with one another",
        CLASSES,
        "Lanza & Marinescu 2006, God Class, without its count of foreign data",
        f"cyclomatic complexity of {GOD_CLASS_CYCLOMATIC}, cohesion (TCC) below 1/3",
    ),
    Smell(
        "long_file",
        "smell",
        "a file that holds too much",
        ALL,
        "pylint C0302",
        f"more than {LONG_FILE_LINES:,} lines".replace(",", " "),
    ),
    Smell(
        "many_imports",
        "smell",
        "a file that depends on too many others",
        CODE,
        "PMD ExcessiveImports",
        f"more than {MANY_IMPORTS} names",
    ),
    # --- how it is written ---
    Smell(
        "duplicated_branch",
        "smell",
        "both branches of an `if` are the same",
        CODE,
        "Fowler 1999, Duplicated Code; CWE-1041",
    ),
    Smell(
        "nested_ternary",
        "smell",
        "a conditional expression inside another one",
        ("python", *BRACES, "ruby", "hcl"),
        "ESLint no-nested-ternary",
    ),
    Smell(
        "switch_without_default",
        "smell",
        "a switch that says nothing about the other cases",
        BRACES,
        "CWE-478",
    ),
    Smell(
        "fallthrough",
        "smell",
        "a case that runs into the next, and no comment says that it shall",
        ("java", "javascript", "typescript", "c", "cpp"),
        "CWE-484",
    ),
    Smell(
        "backward_goto",
        "anti-pattern",
        "a `goto` that jumps backwards: a loop in disguise",
        ("c", "cpp", "go", "csharp"),
        "Dijkstra 1968; Linux kernel coding style 7 allows only the way out",
    ),
    Smell(
        "global_state",
        "smell",
        "data that anybody may change: `global`, `static mut`, `$x = ...`, a static field that is not final",
        ("python", "java", "csharp", "rust", "ruby"),
        "Fowler 2018, Global Data; CWE-1108",
    ),
    Smell(
        "mutable_default",
        "anti-pattern",
        "a default value that every call shares and may change",
        ("python",),
        "pylint W0102",
    ),
    Smell(
        "loose_comparison",
        "smell",
        "`==` where types are converted first, `== None` where identity is meant",
        ("python", "javascript", "typescript"),
        "PEP 8; ESLint eqeqeq; CWE-597",
    ),
    Smell(
        "var_declaration",
        "smell",
        "`var`, which is seen outside its block",
        SCRIPT,
        "ESLint no-var",
    ),
    Smell(
        "any_type",
        "smell",
        "a type that allows everything",
        ("typescript",),
        "typescript-eslint no-explicit-any",
    ),
    Smell(
        "wildcard_import",
        "smell",
        "an import of whatever there is; in C++ `using namespace`",
        ("python", "java", "cpp", "rust"),
        "PEP 8; C++ Core Guidelines SF.7",
    ),
    Smell(
        "manual_memory",
        "smell",
        "a bare `new` or `delete`",
        ("cpp",),
        "C++ Core Guidelines R.11",
    ),
    Smell(
        "unsafe_code",
        "smell",
        "code that the compiler is told not to check",
        ("rust", "csharp", "go"),
        "Qin et al. 2020, memory and thread safety in Rust",
    ),
    # --- errors not dealt with ---
    Smell(
        "empty_catch",
        "anti-pattern",
        "an exception is caught, and nothing is done or said",
        CLASSES,
        "CWE-390, CWE-1069",
    ),
    Smell(
        "broad_catch",
        "anti-pattern",
        "every exception is caught, also those that nobody thought of",
        ("python", "java", "cpp", "csharp", "ruby"),
        "CWE-396",
    ),
    Smell(
        "return_in_finally",
        "anti-pattern",
        "a `finally` that returns and so loses the exception",
        ("python", "java", "javascript", "typescript"),
        "CWE-584",
    ),
    Smell(
        "ignored_error",
        "anti-pattern",
        "an error is assigned to `_`, or unwrapped as if there were none",
        ("go", "rust"),
        "CWE-252, CWE-391",
    ),
    # --- what was left behind ---
    Smell(
        "admitted_debt",
        "smell",
        "a comment that says TODO, FIXME, HACK or XXX",
        ALL,
        "Potdar & Shihab 2014, self-admitted technical debt",
    ),
    Smell(
        "commented_out_code",
        "smell",
        "code in a comment",
        CODE,
        "SonarQube S125; CWE-1085",
    ),
    Smell(
        "suppressed_warning",
        "smell",
        "a comment that silences a checker",
        ("python", "javascript", "typescript", "go", "c", "cpp", "ruby", "hcl"),
        "Liargkovas et al. 2023, warning suppressions",
    ),
    Smell(
        "debug_output",
        "smell",
        "a trace of debugging",
        ("python", "java", "javascript", "typescript", "csharp", "rust", "ruby"),
        "CWE-489",
    ),
    Smell(
        "skipped_test",
        "smell",
        "a test that is switched off",
        ("python", "java", "javascript", "typescript", "go", "csharp", "rust", "ruby"),
        "Peruma et al. 2019, Ignored Test",
    ),
    Smell(
        "fixed_sleep",
        "smell",
        "waiting for a time instead of for an event",
        CODE,
        "Peruma et al. 2019, Sleepy Test",
    ),
    # --- dangerous ---
    Smell(
        "dynamic_code",
        "anti-pattern",
        "text run as code",
        ("python", "javascript", "typescript", "ruby"),
        "CWE-95",
    ),
    Smell(
        "shell_command",
        "anti-pattern",
        "a command that a shell takes apart",
        ("python", "java", "javascript", "typescript", "go", "c", "cpp", "ruby"),
        "CWE-78",
    ),
    Smell(
        "built_sql",
        "anti-pattern",
        "a query put together from text",
        ("python", "java", "javascript", "typescript", "go", "csharp", "ruby"),
        "CWE-89",
    ),
    Smell(
        "weak_hash",
        "smell",
        "MD5 or SHA-1",
        ("python", "java", "javascript", "typescript", "go", "csharp", "ruby"),
        "CWE-328; Rahman et al. 2019, use of weak cryptography algorithms",
    ),
    Smell(
        "unsafe_string_function",
        "anti-pattern",
        "a function of C's library that writes as far as it likes",
        ("c", "cpp"),
        "CWE-242, CWE-676",
    ),
    Smell(
        "hard_coded_secret",
        "anti-pattern",
        "a password, key or token written into the code",
        ALL,
        "CWE-798; Rahman et al. 2019, hard-coded secret",
    ),
    # --- infrastructure ---
    Smell(
        "open_to_world",
        "anti-pattern",
        "reachable from every address, or public",
        ("hcl",),
        "CWE-284; Rahman et al. 2019, invalid IP address binding",
    ),
    Smell(
        "wildcard_permission",
        "anti-pattern",
        "a policy that allows every action",
        ("hcl",),
        "CWE-250; Rahman et al. 2019, admin by default",
    ),
    Smell(
        "no_encryption",
        "anti-pattern",
        "encryption switched off",
        ("hcl",),
        "CWE-311; Saavedra & Ferreira 2022, missing encryption",
    ),
    Smell(
        "plain_http",
        "smell",
        "HTTP without TLS to another machine",
        ("hcl",),
        "CWE-319; Rahman et al. 2019, use of HTTP without TLS",
    ),
    Smell(
        "no_logging",
        "smell",
        "logging or monitoring switched off",
        ("hcl",),
        "CWE-778",
    ),
    Smell(
        "unpinned_version",
        "smell",
        "a module of somebody else's without a version",
        ("hcl",),
        "CWE-1104; Terraform style guide",
    ),
    Smell(
        "undocumented_input",
        "smell",
        "a variable or output without a description",
        ("hcl",),
        "tflint terraform_documented_variables",
    ),
    # --- patterns ---
    Smell(
        "guard_clause",
        "pattern",
        "an `if` that only leaves: the special case is out of the way",
        CODE,
        "Fowler 1999, Replace Nested Conditional with Guard Clauses",
    ),
    Smell(
        "scoped_resource",
        "pattern",
        "a resource that is given back whatever happens: `with`, `using`, `defer`, smart pointers",
        ("python", "java", "go", "cpp", "csharp"),
        "C++ Core Guidelines R.1; Bloch 2018, item 9",
    ),
    Smell(
        "stated_assumption",
        "pattern",
        "an assertion, a precondition or a validation",
        ("python", "java", "c", "cpp", "csharp", "rust", "hcl"),
        "Meyer 1992, Design by Contract; Casalnuovo et al. 2015",
    ),
    Smell(
        "chained_error",
        "pattern",
        "an error that carries its cause",
        ("python", "go", "rust"),
        "PEP 3134; Go 1.13 errors",
    ),
    Smell(
        "protected_resource",
        "pattern",
        "a resource that cannot be destroyed by accident",
        ("hcl",),
        "Terraform language, prevent_destroy",
    ),
    Smell(
        "singleton",
        "pattern",
        "a class that hands out its one instance: `getInstance`, `instance`",
        CLASSES,
        "Gamma et al. 1994",
    ),
    Smell(
        "builder",
        "pattern",
        "a class `...Builder` with a method `build`",
        CLASSES,
        "Gamma et al. 1994",
    ),
    Smell(
        "visitor",
        "pattern",
        "a class with two methods `visit...`",
        CLASSES,
        "Gamma et al. 1994",
    ),
    Smell(
        "observer",
        "pattern",
        "a class that others subscribe to and that notifies them",
        CLASSES,
        "Gamma et al. 1994",
    ),
)

BY_NAME: Final = {smell.name: smell for smell in CATALOGUE}
_ORDER: Final = {smell.name: place for place, smell in enumerate(CATALOGUE)}


def in_order(counts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Counts by name in the catalogue's order; zeros are left out."""
    return tuple(sorted(((name, count) for name, count in counts.items() if count), key=lambda one: _ORDER[one[0]]))


def count_of(smells: tuple[tuple[str, int], ...], *kinds: Kind) -> int:
    """How many findings of the kinds: ``count_of(version.smells, "smell", "anti-pattern")``.

    >>> count_of((("long_function", 2), ("guard_clause", 3)), "pattern")
    3
    """
    return sum(count for name, count in smells if BY_NAME[name].kind in kinds)
