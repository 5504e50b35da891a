"""Reasons in words that people understand, made from the catalogue's meaning and unit."""

import re

from faultcast.features.catalogue import Feature

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZERO = {
    "author_changes": "first change by this author here",
    "author_subsystem_changes": "first change by this author in these directories",
    "author_file_share": "none of the earlier changes to these files was the author's",
    "developers": "nobody changed these files before",
    "unique_changes": "these files have no earlier changes",
    "message_words": "the commit message is empty",
    "prior_faults": "no earlier fix of these files is known",
    "function_prior_faults": "no earlier fix of the touched functions is known",
    "missing_partners": "no file is missing that usually changes with these",
    "reviewers": "the message names no reviewer",
    "test_files": "no test touched",
    "test_lines_added": "no line added in tests",
}
_PHRASES = {
    "lines_before": "the touched files are {} lines long on average",
    "entropy": "the change is spread over its files by {} bits of entropy",
    "age_days": "the touched files last changed {} days ago on average",
    "author_recent_changes": "the author's recent experience here weighs {} changes",
    "author_subsystem_changes": "{} earlier changes by the author in these directories",
    "author_file_share": "the author made {} of the earlier changes to these files",
    "cyclomatic": "{} paths through the touched files (cyclomatic complexity)",
    "cyclomatic_delta": "{} paths through the code (cyclomatic complexity)",
    "cyclomatic_max": "{} paths through the most complex function",
    "cognitive": "cognitive complexity {} in the touched files",
    "cognitive_delta": "cognitive complexity {}",
    "nesting_max": "control flow nested {} levels deep",
    "functions": "{} functions in the touched files",
    "functions_delta": "{} functions",
    "function_lines_max": "the longest function has {} lines",
    "parameters_max": "up to {} parameters in one function",
    "halstead_volume": "code volume {} in the touched files (Halstead)",
    "halstead_volume_delta": "code volume {} (Halstead)",
    "comment_share": "comments are {} of the touched files",
    "docstring_share": "{} of the functions in the touched files are documented",
    "imports": "{} imports in the touched files",
    "owner_share": "whoever made most of the earlier changes to these files made {} of them",
    "minor_developers": "{} minor contributors wrote on these files before",
    "reviewers": "{} reviewers",
    "reviewer_changes": "a reviewer made {} changes before",
    "reviewer_reviews": "a reviewer gave {} reviews before",
    "prior_faults": "these files were fixed {} times before",
    "prior_faults_faded": "earlier fixes of these files weigh {}, each halved every 180 days",
    "days_since_fault": "these files were last fixed {} days ago",
    "functions_touched": "{} functions touched",
    "functions_added": "{} functions created",
    "functions_removed": "{} functions removed",
    "function_share": "{} of the changed lines stand in functions",
    "touched_cyclomatic": "{} paths through the touched functions (cyclomatic complexity)",
    "touched_cyclomatic_delta": "{} paths through the touched functions (cyclomatic complexity)",
    "touched_cyclomatic_max": "{} paths through the most complex touched function",
    "touched_cognitive": "cognitive complexity {} in the touched functions",
    "touched_cognitive_delta": "cognitive complexity {} in the touched functions",
    "touched_nesting_max": "control flow nested {} levels deep in a touched function",
    "touched_parameters_max": "up to {} parameters in a touched function",
    "touched_parameters_delta": "{} parameters",
    "touched_lines_max": "the longest touched function has {} lines",
    "touched_volume": "code volume {} in the touched functions (Halstead)",
    "touched_volume_delta": "code volume {} in the touched functions (Halstead)",
    "maintainability": "the worst touched function has a maintainability of {} out of 100",
    "maintainability_delta": "maintainability of the worst touched function {}",
    "function_changes": "the touched functions were changed {} times before",
    "function_developers": "{} authors changed the touched functions before",
    "function_age_days": "the touched functions last changed {} days ago on average",
    "function_prior_faults": "the touched functions were fixed {} times before",
    "function_prior_faults_faded": "earlier fixes of the touched functions weigh {}, each halved every 180 days",
    "co_changes": "the touched files changed together {} times before",
    "missing_partners": "files that usually change with these and are not touched: {}",
    "callees": "the touched functions call {} functions",
    "callers": "the touched functions are called by {} functions",
    "fan_in": "the touched files are imported by {} files",
    "fan_out": "the touched files import {} files of the repository",
    "smells": "{} smells in the touched files",
    "smells_delta": "{} smells in the touched files",
    "touched_smells": "{} smells in the touched functions",
    "touched_smells_delta": "{} smells in the touched functions",
    "anti_patterns": "{} anti-patterns in the touched files",
    "patterns": "{} patterns in the touched files",
    "cohesion": "{} of the pairs of methods in the touched classes share a field (cohesion)",
    "cohesion_delta": "cohesion of the touched classes {}",
    "lcom_max": "a touched class falls into {} groups of methods",
}
"""How a number reads where the catalogue's meaning would not make a sentence."""

_SINGULAR = {"directories": "directory"}
_COUNTED = (
    "path|change|function|parameter|line|import|level|day|bit|author|contributor|reviewer|review|time|file|smell|"
    "anti-pattern|pattern|group"
)
_ONE = re.compile(rf"(?<![\d.,])(1 (?:earlier |minor )?)({_COUNTED})s\b")


def feature_text(feature: Feature, value: float | None, typical: float, effect: float) -> str:
    """One feature's reason. `effect` is in probability.

    >>> from faultcast.features.catalogue import CATALOGUE
    >>> by_name = {feature.name: feature for feature in CATALOGUE}
    >>> feature_text(by_name["lines_added"], 412, 18, 0.21)
    '412 lines added in text files, typically 18 (+0.21)'
    >>> feature_text(by_name["author_changes"], 0, 57, 0.05)
    'first change by this author here, typically 57 (+0.05)'
    >>> feature_text(by_name["files"], 1, 2, -0.03)
    '1 file touched, typically 2 (-0.03)'
    >>> feature_text(by_name["author_file_share"], 0.04, 0.6, 0.1)
    'the author made 4 % of the earlier changes to these files, typically 60 % (+0.10)'
    >>> feature_text(by_name["cyclomatic_delta"], 12.0, 0.0, 0.02)
    '+12 paths through the code (cyclomatic complexity), typically 0 (+0.02)'
    >>> feature_text(by_name["is_fix"], 1.0, 0.0, 0.04)
    'the message says that the change repairs a fault (+0.04)'
    >>> feature_text(by_name["is_fix"], 0.0, 1.0, -0.04)
    'unlike most changes, not so: the message says that the change repairs a fault (-0.04)'
    >>> feature_text(by_name["weekday"], 4, 2, 0.01)
    'written on a Friday, typically Wednesday (+0.01)'
    >>> feature_text(by_name["cognitive"], None, 3, -0.01)
    'unknown: cognitive complexity, summed; typically 3 points (-0.01)'
    """
    return f"{_statement(feature, value, typical)} ({effect:+.2f})"


def text_text(kind: str, content: str, effect: float) -> str:
    """The reason that lies in the message or in the changed lines.

    >>> text_text("message", "quick hack\\n", 0.08)
    'the wording of the message, "quick hack" (+0.08)'
    """
    if kind == "message":
        first_line = content.strip().split("\n", 1)[0]
        shown = first_line if len(first_line) <= 60 else first_line[:59] + "…"
        return f'the wording of the message, "{shown}" ({effect:+.2f})'
    return f"what the changed lines say ({effect:+.2f})"


def _statement(feature: Feature, value: float | None, typical: float) -> str:
    usual = _amount(typical, feature)
    unit = f" {feature.unit}" if feature.unit not in ("", "share") else ""
    if value is None:
        return f"unknown: {feature.meaning}; typically {usual}{unit}"
    if feature.dtype == "bool":
        return feature.meaning if value else f"unlike most changes, not so: {feature.meaning}"
    if feature.name in ("hour", "weekday"):
        return _moment(feature.name, value, typical)
    return _number(feature, value, usual, unit)


def _moment(name: str, value: float, typical: float) -> str:
    if name == "hour":
        return f"written at {value:.0f} h UTC, typically {typical:.0f} h"
    return f"written on a {_WEEKDAYS[int(value) % 7]}, typically {_WEEKDAYS[int(typical) % 7]}"


def _number(feature: Feature, value: float, usual: str, unit: str) -> str:
    if value == 0 and feature.name in _ZERO:
        return f"{_ZERO[feature.name]}, typically {usual}"
    if phrase := _PHRASES.get(feature.name):
        shown = _signed(value) if feature.name.endswith("_delta") else _amount(value, feature)
        return f"{_ONE.sub(_singular, phrase.format(shown))}, typically {usual}"
    if feature.dtype == "int64":
        return f"{_amount(value, feature)} {_counted(feature, value)}, typically {usual}"
    return f"{feature.meaning}: {_amount(value, feature)}{unit}, typically {usual}"


def _singular(found: "re.Match[str]") -> str:
    """
    >>> _ONE.sub(_singular, "1 paths through the code; 11 paths"), _ONE.sub(_singular, "+1 functions")
    ('1 path through the code; 11 paths', '+1 function')
    """
    return found[1] + found[2]


def _signed(value: float) -> str:
    """
    >>> _signed(1570.4), _signed(-0.25), _signed(12.0)
    ('+1,570', '-0.25', '+12')
    """
    return f"{value:+,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:+.2g}"


def _counted(feature: Feature, value: float) -> str:
    """The meaning after a number; its unit in the singular after 1."""
    if value != 1:
        return feature.meaning
    plural = "places" if feature.name == "hunks" else feature.unit
    singular = _SINGULAR.get(plural, plural.removesuffix("s"))
    return re.sub(rf"\b{plural}\b", singular, feature.meaning, count=1)


def _amount(value: float, feature: Feature) -> str:
    if feature.unit == "share":
        return f"{100 * value:.0f} %"
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"
