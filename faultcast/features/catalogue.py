"""THE TABLE of features. Feast's schema, validation, tensor order and the documentation derive from it.

Order matters: it is the order of a row's values and of a model's input. `fingerprint()` is what a
model keeps and serving compares.

`source` names the paper or tool a definition follows; K13 is Kamei et al. 2013, "A large-scale
empirical study of just-in-time quality assurance", with its short name; FC is this project.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

Dtype = Literal["int64", "float64", "bool"]
Needs = Literal["change", "past", "author"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One column. `direction` is the expected sign of its effect on risk: "+", "-" or "?".

    `default` stands where the value cannot be known; `None` means missing, which is not zero. A known value lies
    between `minimum` and `maximum`, both inclusive; `None` is no bound. `needs` says what a value comes from: the
    change alone, what happened before it too, or that and who wrote it.
    """

    name: str
    dtype: Dtype
    unit: str
    meaning: str
    source: str
    direction: Literal["+", "-", "?"]
    default: float | None = None
    minimum: float | None = 0.0
    maximum: float | None = None
    needs: Needs = "change"

    @property
    def range(self) -> str:
        """What values there can be, in words.

        >>> CATALOGUE[0].range
        '0 or more'
        """
        if self.dtype == "bool":
            return "yes or no"
        low, high = (None if bound is None else f"{bound:g}" for bound in (self.minimum, self.maximum))
        if low is None:
            return "any number" if high is None else f"{high} or less"
        return f"{low} or more" if high is None else f"{low} to {high}"


# fmt: off
GROUPS: dict[str, tuple[Feature, ...]] = {
    "size": (
        Feature("lines_added", "int64", "lines", "lines added in text files", "K13 LA", "+"),
        Feature("lines_deleted", "int64", "lines", "lines deleted in text files", "K13 LD", "+"),
        Feature("lines_before", "float64", "lines", "mean length of the touched files before the change", "K13 LT", "+", needs="past"),
        Feature("hunks", "int64", "hunks", "separate places changed", "FC", "+"),
    ),
    "diffusion": (
        Feature("subsystems", "int64", "directories", "distinct top-level directories touched", "K13 NS", "+"),
        Feature("directories", "int64", "directories", "distinct directories touched", "K13 ND", "+"),
        Feature("files", "int64", "files", "files touched", "K13 NF", "+"),
        Feature("entropy", "float64", "bits", "Shannon entropy of changed lines over the touched files", "K13 Entropy", "+"),
    ),
    "purpose": (
        Feature("is_fix", "bool", "", "the message says that the change repairs a fault", "K13 FIX", "+"),
        Feature("is_revert", "bool", "", "the message says that the change takes another one back", "FC", "?"),
        Feature("message_words", "int64", "words", "words in the commit message", "FC", "?"),
    ),
    "history of the touched files": (
        Feature("developers", "int64", "authors", "distinct authors who changed the touched files before", "K13 NDEV", "+", needs="past"),
        Feature("age_days", "float64", "days", "mean time since the touched files were last changed", "K13 AGE", "-", needs="past"),
        Feature("unique_changes", "int64", "changes", "distinct earlier changes to the touched files", "K13 NUC", "+", needs="past"),
    ),
    "experience of the author": (
        Feature("author_changes", "int64", "changes", "earlier changes by the author", "K13 EXP", "-", needs="author"),
        Feature("author_recent_changes", "float64", "changes", "earlier changes by the author, each weighted 1 / (1 + age in whole years)", "K13 REXP", "-", needs="author"),
        Feature("author_subsystem_changes", "int64", "changes", "earlier changes by the author to the touched top-level directories, once per directory", "K13 SEXP", "-", needs="author"),
        Feature("author_file_share", "float64", "share", "share of the earlier changes to the touched files that the author made", "Bird et al. 2011, ownership", "-", maximum=1.0, needs="author"),
    ),
    "kinds of file": (
        Feature("files_new", "int64", "files", "files that the change creates", "FC", "+"),
        Feature("source_files", "int64", "files", "source files touched (not tests)", "FC", "+"),
        Feature("source_lines_added", "int64", "lines", "lines added in source files (not tests)", "FC", "+"),
        Feature("test_lines_added", "int64", "lines", "lines added in tests", "FC", "-"),
        Feature("test_files", "int64", "files", "test files touched", "FC", "-"),
        Feature("configuration_files", "int64", "files", "configuration and build files touched", "FC", "?"),
        Feature("documentation_files", "int64", "files", "documentation files touched", "FC", "-"),
    ),
    "measures of the touched source files": (
        Feature("cyclomatic", "float64", "paths", "cyclomatic complexity of the touched files after the change, summed", "McCabe 1976", "+"),
        Feature("cyclomatic_delta", "float64", "paths", "what the change did to it", "McCabe 1976", "+", minimum=None),
        Feature("cyclomatic_max", "float64", "paths", "cyclomatic complexity of the worst function", "McCabe 1976", "+"),
        Feature("cognitive", "float64", "points", "cognitive complexity, summed", "Campbell 2018", "+"),
        Feature("cognitive_delta", "float64", "points", "what the change did to it", "Campbell 2018", "+", minimum=None),
        Feature("nesting_max", "float64", "levels", "deepest nesting of control flow", "FC", "+"),
        Feature("functions", "float64", "functions", "functions in the touched files", "FC", "+"),
        Feature("functions_delta", "float64", "functions", "functions gained or lost", "FC", "+", minimum=None),
        Feature("function_lines_max", "float64", "lines", "length of the longest function", "FC", "+"),
        Feature("parameters_max", "float64", "parameters", "most parameters of one function", "FC", "+"),
        Feature("halstead_volume", "float64", "bits", "Halstead volume, summed", "Halstead 1977", "+"),
        Feature("halstead_volume_delta", "float64", "bits", "what the change did to it", "Halstead 1977", "+", minimum=None),
        Feature("comment_share", "float64", "share", "comment lines per line of the touched files", "FC", "-", maximum=1.0),
        Feature("docstring_share", "float64", "share", "share of their functions with a docstring or a comment right above", "FC", "-", maximum=1.0),
        Feature("imports", "float64", "imports", "imports in the touched files", "FC", "+"),
    ),
    "who owns the touched files, who reviewed": (
        Feature("owner_share", "float64", "share", "share of a touched file's earlier changes by whoever made most, mean", "Bird et al. 2011, ownership", "-", maximum=1.0, needs="past"),
        Feature("minor_developers", "float64", "authors", "distinct authors of under 5 % of a touched file's earlier changes", "Bird et al. 2011, minor contributors", "+", needs="past"),
        Feature("reviewers", "float64", "reviewers", "reviewers that the message names", "McIntosh et al. 2014", "-", needs="past"),
        Feature("reviewer_changes", "float64", "changes", "earlier changes by the reviewer who made most", "McIntosh et al. 2014", "-", needs="past"),
        Feature("reviewer_reviews", "float64", "reviews", "earlier reviews by the reviewer who gave most", "McIntosh et al. 2014", "-", needs="past"),
    ),
    "earlier faults": (
        Feature("prior_faults", "int64", "fixes", "earlier fixes of the touched files", "Kim et al. 2007", "+", needs="past"),
        Feature("prior_faults_faded", "float64", "fixes", "the same, each halved every 180 days", "Lewis et al. 2013", "+", needs="past"),
        Feature("days_since_fault", "float64", "days", "time since a touched file was last fixed", "Kim et al. 2007", "-", needs="past"),
    ),
    "measures of the touched functions alone": (
        Feature("functions_touched", "float64", "functions", "functions that hold a changed line", "FC", "+"),
        Feature("functions_added", "float64", "functions", "functions that the change creates", "FC", "+"),
        Feature("functions_removed", "float64", "functions", "functions that the change removes", "FC", "?"),
        Feature("function_share", "float64", "share", "share of the changed lines that stand in functions", "FC", "+", maximum=1.0),
        Feature("touched_cyclomatic", "float64", "paths", "cyclomatic complexity of the touched functions after the change, summed", "McCabe 1976", "+"),
        Feature("touched_cyclomatic_delta", "float64", "paths", "what the change did to it", "McCabe 1976", "+", minimum=None),
        Feature("touched_cyclomatic_max", "float64", "paths", "cyclomatic complexity of the worst touched function", "McCabe 1976", "+"),
        Feature("touched_cognitive", "float64", "points", "cognitive complexity of the touched functions, summed", "Campbell 2018", "+"),
        Feature("touched_cognitive_delta", "float64", "points", "what the change did to it", "Campbell 2018", "+", minimum=None),
        Feature("touched_nesting_max", "float64", "levels", "deepest nesting in the touched functions", "FC", "+"),
        Feature("touched_parameters_max", "float64", "parameters", "most parameters of one touched function", "FC", "+"),
        Feature("touched_parameters_delta", "float64", "parameters", "parameters gained or lost", "FC", "+", minimum=None),
        Feature("touched_lines_max", "float64", "lines", "length of the longest touched function", "FC", "+"),
        Feature("touched_volume", "float64", "bits", "Halstead volume of the touched functions, summed", "Halstead 1977", "+"),
        Feature("touched_volume_delta", "float64", "bits", "what the change did to it", "Halstead 1977", "+", minimum=None),
        Feature("maintainability", "float64", "index", "maintainability index of the worst touched function, 0 to 100", "Coleman et al. 1994", "-", maximum=100.0),
        Feature("maintainability_delta", "float64", "index", "what the change did to the worst", "Coleman et al. 1994", "-", minimum=-100.0, maximum=100.0),
    ),
    "history of the touched functions": (
        Feature("function_changes", "float64", "changes", "earlier changes to the touched functions, summed", "Giger et al. 2012", "+", needs="past"),
        Feature("function_developers", "float64", "authors", "distinct authors who changed the touched functions before", "Giger et al. 2012", "+", needs="past"),
        Feature("function_age_days", "float64", "days", "mean time since the touched functions were last changed", "Giger et al. 2012", "-", needs="past"),
        Feature("function_prior_faults", "float64", "fixes", "earlier fixes of the touched functions", "Kim et al. 2007", "+", needs="past"),
        Feature("function_prior_faults_faded", "float64", "fixes", "the same, each halved every 180 days", "Lewis et al. 2013", "+", needs="past"),
    ),
    "how the touched code hangs together with the rest": (
        Feature("co_changes", "float64", "changes", "earlier changes that two of the touched files had in common, mean", "Zimmermann et al. 2005", "-", needs="past"),
        Feature("missing_partners", "float64", "files", "files that usually change with a touched one, and do not now", "Zimmermann et al. 2005", "+", needs="past"),
        Feature("callees", "float64", "functions", "distinct names that the touched functions call", "Zimmermann and Nagappan 2008", "+"),
        Feature("callers", "float64", "functions", "functions that call a name of a touched function", "Zimmermann and Nagappan 2008", "+", needs="past"),
        Feature("fan_in", "float64", "files", "files that imported a touched file before the change", "Zimmermann and Nagappan 2008", "+", needs="past"),
        Feature("fan_out", "float64", "files", "files of the repository that a touched file imported before the change", "Zimmermann and Nagappan 2008", "+", needs="past"),
    ),
    "smells, patterns and cohesion of the touched files": (
        Feature("smells", "float64", "smells", "smells and anti-patterns in the touched files, after the change", "Fowler 1999; smells.md", "+"),
        Feature("smells_delta", "float64", "smells", "what the change did to them", "Fowler 1999; smells.md", "+", minimum=None),
        Feature("touched_smells", "float64", "smells", "smells and anti-patterns in the touched functions, after the change", "Fowler 1999; smells.md", "+"),
        Feature("touched_smells_delta", "float64", "smells", "what the change did to them", "Fowler 1999; smells.md", "+", minimum=None),
        Feature("anti_patterns", "float64", "anti-patterns", "anti-patterns in the touched files, after the change", "smells.md", "+"),
        Feature("patterns", "float64", "patterns", "patterns in the touched files, after the change", "smells.md", "-"),
        Feature("cohesion", "float64", "share", "tight cohesion (TCC) of the touched classes, mean", "Bieman and Kang 1995", "-", maximum=1.0),
        Feature("cohesion_delta", "float64", "share", "what the change did to it", "Bieman and Kang 1995", "-", minimum=-1.0, maximum=1.0),
        Feature("lcom_max", "float64", "groups", "into how many groups of methods the worst touched class falls (LCOM4)", "Hitz and Montazeri 1995", "+"),
    ),
    "when": (
        Feature("hour", "int64", "hour", "hour of the day at which it was written, UTC", "Sliwerski et al. 2005", "?", maximum=23.0),
        Feature("weekday", "int64", "day", "day of the week at which it was written, 0 = Monday", "Sliwerski et al. 2005", "?", maximum=6.0),
    ),
}
# fmt: on
"""Heading -> its features; the headings are the documentation's."""

CATALOGUE: tuple[Feature, ...] = tuple(feature for group in GROUPS.values() for feature in group)

NAMES: tuple[str, ...] = tuple(feature.name for feature in CATALOGUE)

KAMEI_14: tuple[str, ...] = tuple(feature.name for feature in CATALOGUE if feature.source.startswith("K13 "))


def fingerprint() -> str:
    """SHA-256 (hex) over names, dtypes and units in order: the feature contract of a model."""
    text = "\n".join(f"{f.name}\t{f.dtype}\t{f.unit}" for f in CATALOGUE)
    return hashlib.sha256(text.encode()).hexdigest()
