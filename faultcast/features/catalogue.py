"""THE TABLE of features. Feast's schema, validation, tensor order and the documentation derive from it.

Order matters: it is the order of a row's values and of a model's input. `fingerprint()` is what a
model keeps and serving compares.

`source` names the paper or tool a definition follows; K13 is Kamei et al. 2013, "A large-scale
empirical study of just-in-time quality assurance", with its short name.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

Dtype = Literal["int64", "float64", "bool"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One column. `direction` is the expected sign of its effect on risk: "+", "-" or "?".

    `default` stands where the value cannot be known; `None` means missing, which is not zero.
    """

    name: str
    dtype: Dtype
    unit: str
    meaning: str
    source: str
    direction: Literal["+", "-", "?"]
    default: float | None = None


CATALOGUE: tuple[Feature, ...] = (
    # size
    Feature("lines_added", "int64", "lines", "lines added in text files", "K13 LA", "+"),
    Feature("lines_deleted", "int64", "lines", "lines deleted in text files", "K13 LD", "+"),
    Feature("lines_before", "float64", "lines", "mean length of the touched files before the change", "K13 LT", "+"),
    Feature("hunks", "int64", "hunks", "separate places changed", "faultcast", "+"),
    # diffusion
    Feature("subsystems", "int64", "directories", "distinct top-level directories touched", "K13 NS", "+"),
    Feature("directories", "int64", "directories", "distinct directories touched", "K13 ND", "+"),
    Feature("files", "int64", "files", "files touched", "K13 NF", "+"),
    Feature(
        "entropy", "float64", "bits", "Shannon entropy of changed lines over the touched files", "K13 Entropy", "+"
    ),
    # purpose
    Feature("is_fix", "bool", "", "the message says that the change repairs a fault", "K13 FIX", "+"),
    Feature("is_revert", "bool", "", "the message says that the change takes another one back", "faultcast", "?"),
    Feature("message_words", "int64", "words", "words in the commit message", "faultcast", "?"),
    # history of the touched files
    Feature("developers", "int64", "authors", "distinct authors who changed the touched files before", "K13 NDEV", "+"),
    Feature("age_days", "float64", "days", "mean time since the touched files were last changed", "K13 AGE", "-"),
    Feature("unique_changes", "int64", "changes", "distinct earlier changes to the touched files", "K13 NUC", "+"),
    # experience of the author
    Feature("author_changes", "int64", "changes", "earlier changes by the author", "K13 EXP", "-"),
    Feature(
        "author_recent_changes",
        "float64",
        "changes",
        "earlier changes by the author, each weighted 1 / (1 + age in whole years)",
        "K13 REXP",
        "-",
    ),
    Feature(
        "author_subsystem_changes",
        "int64",
        "changes",
        "earlier changes by the author to the touched top-level directories, once per directory",
        "K13 SEXP",
        "-",
    ),
    Feature(
        "author_file_share",
        "float64",
        "share",
        "share of the earlier changes to the touched files that the author made",
        "Bird et al. 2011, ownership",
        "-",
    ),
    # kinds of file
    Feature("files_new", "int64", "files", "files that the change creates", "faultcast", "+"),
    Feature("source_files", "int64", "files", "source files touched (not tests)", "faultcast", "+"),
    Feature("source_lines_added", "int64", "lines", "lines added in source files (not tests)", "faultcast", "+"),
    Feature("test_lines_added", "int64", "lines", "lines added in tests", "faultcast", "-"),
    Feature("test_files", "int64", "files", "test files touched", "faultcast", "-"),
    Feature("configuration_files", "int64", "files", "configuration and build files touched", "faultcast", "?"),
    Feature("documentation_files", "int64", "files", "documentation files touched", "faultcast", "-"),
    # measures of the touched source files, after the change and what the change did to them
    Feature("cyclomatic", "float64", "paths", "cyclomatic complexity of the touched files, summed", "McCabe 1976", "+"),
    Feature("cyclomatic_delta", "float64", "paths", "what the change did to it", "McCabe 1976", "+"),
    Feature("cyclomatic_max", "float64", "paths", "cyclomatic complexity of the worst function", "McCabe 1976", "+"),
    Feature("cognitive", "float64", "points", "cognitive complexity, summed", "Campbell 2018", "+"),
    Feature("cognitive_delta", "float64", "points", "what the change did to it", "Campbell 2018", "+"),
    Feature("nesting_max", "float64", "levels", "deepest nesting of control flow", "faultcast", "+"),
    Feature("functions", "float64", "functions", "functions in the touched files", "faultcast", "+"),
    Feature("functions_delta", "float64", "functions", "functions gained or lost", "faultcast", "+"),
    Feature("function_lines_max", "float64", "lines", "length of the longest function", "faultcast", "+"),
    Feature("parameters_max", "float64", "parameters", "most parameters of one function", "faultcast", "+"),
    Feature("halstead_volume", "float64", "bits", "Halstead volume, summed", "Halstead 1977", "+"),
    Feature("halstead_volume_delta", "float64", "bits", "what the change did to it", "Halstead 1977", "+"),
    Feature("comment_share", "float64", "share", "comment lines per line of the touched files", "faultcast", "-"),
    Feature("imports", "float64", "imports", "imports in the touched files", "faultcast", "+"),
    # when
    Feature("hour", "int64", "hour", "hour of the day at which it was written, UTC", "Sliwerski et al. 2005", "?"),
    Feature(
        "weekday", "int64", "day", "day of the week at which it was written, 0 = Monday", "Sliwerski et al. 2005", "?"
    ),
)

NAMES: tuple[str, ...] = tuple(feature.name for feature in CATALOGUE)

KAMEI_14: tuple[str, ...] = tuple(feature.name for feature in CATALOGUE if feature.source.startswith("K13"))


def fingerprint() -> str:
    """SHA-256 (hex) over names, dtypes and units in order: the feature contract of a model."""
    text = "\n".join(f"{f.name}\t{f.dtype}\t{f.unit}" for f in CATALOGUE)
    return hashlib.sha256(text.encode()).hexdigest()
