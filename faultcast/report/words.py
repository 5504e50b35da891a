"""Numbers, dates and sentences that the page and the terminal share, and text that may be hostile.

Whoever can commit can write a subject or a path: terminal escapes, right-to-left overrides,
bytes that are no text, ten thousand characters. `plain` makes such text safe to show anywhere;
escaping for HTML comes on top of it.
"""

import unicodedata
from datetime import UTC, datetime
from typing import Any

from faultcast.report.inputs import ReportInputs

MISSING = "\u2013"  # an en dash
_JOINER = "\u200d"  # glues emoji together; harmless

MODEL_NAMES = {
    "simple": "simple (numbers alone)",
    "hybrid": "hybrid (text and numbers)",
    "champion": "the champion so far",
    "lines_added": "lines added alone",
    "relative_lines_added": "lines added per line before",
}
GENERAL = (
    "This history is too small to learn from: the risks are those of a model learnt on other projects, which has "
    "never seen this one and was not judged on it."
)
OUTCOME_WORDS = {
    "PASS": "the new model was registered",
    "FAIL": "the new model was not registered",
    "INCONCLUSIVE": "not enough is known to decide, so no new model was registered",
    "ERROR": "the numbers contradict themselves, so no new model was registered",
}


def plain(text: object, limit: int = 160) -> str:
    """One line of visible characters, at most `limit` of them.

    >>> plain("a\\x1b[31mred\\nline\\u202e")
    'a\\\\u001b[31mred line\\\\u202e'
    """
    shown = " ".join("".join(map(_visible, str(text)[: 4 * limit])).split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    kind = unicodedata.category(character)
    if kind == "Cs":  # a byte that was no UTF-8
        return "\ufffd"
    if kind in ("Cc", "Cf", "Co", "Cn") and character != _JOINER:
        return f"\\u{ord(character):04x}"
    return character


def number(value: float | None, digits: int = 0) -> str:
    """1234 -> '1,234'; missing -> a dash.

    >>> number(1234), number(0.8046, 3), number(None)
    ('1,234', '0.805', '\u2013')
    """
    return MISSING if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 0) -> str:
    """0.125 -> '12.5 %' with one digit (no-break space).

    >>> percent(0.125, 1) == "12.5\\u00a0%"
    True
    """
    return MISSING if value is None else f"{100 * value:.{digits}f}\u00a0%"


def day(instant: float | str | None) -> str:
    """Unix seconds (or an ISO instant) -> '2024-05-03'."""
    if instant is None or instant == "":
        return MISSING
    if isinstance(instant, str):
        return plain(instant, 10)
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d}"


def duration(seconds: float) -> str:
    """83 -> '1 min 23 s'.

    >>> duration(83.4), duration(9.06), duration(7260)
    ('1 min 23 s', '9.1 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, noun: str) -> str:
    """1 -> '1 change', 2 -> '2 changes', 1 fix -> '2 fixes'."""
    plural = noun + ("es" if noun.endswith("x") else "s")
    return f"{count:,} {noun if count == 1 else plural}"


def model_name(name: str) -> str:
    return MODEL_NAMES.get(name, name)


def headline(inputs: ReportInputs) -> str:
    """The one sentence to remember."""
    found, lines = inputs.entry.get("recall_at", {}).get("20"), inputs.baseline.get("recall_at", {}).get("20")
    if inputs.served and found is not None and lines is not None:
        return (
            f"Reading the riskiest 20\u00a0% of later changes first meets {percent(found)} of those "
            f"that introduced a fault; going by lines added alone meets {percent(lines)}."
        )
    if inputs.is_general:
        return GENERAL
    if inputs.has_model:
        return "An earlier model ranks these changes; how good it is on this history could not be measured."
    return "There is no model to rely on yet: changes are ranked by the lines they add, nothing more."


def labels_sentence(inputs: ReportInputs) -> str:
    """How many fixes and inducing changes, and how sure."""
    inducing = counted(inputs.inducing, "change")
    text = f"{counted(inputs.fixes, 'fix')} recognised, {inducing} traced as having introduced a fault"
    if inputs.inducing_confidences:
        mean = sum(inputs.inducing_confidences) / len(inputs.inducing_confidences)
        sure = sum(c >= 0.7 for c in inputs.inducing_confidences)
        text += f" (mean confidence {mean:.2f}; {sure:,} of them at 0.70 or more)"
    return text + "."


def quality_sentence(inputs: ReportInputs) -> str:
    """How good on later history, beside lines added alone."""
    entry, lines = inputs.entry, inputs.baseline
    if not entry or entry.get("auc") is None:
        return "No model could be judged on later history."
    low, high = entry.get("auc_interval") or (None, None)
    sure = f" (95\u00a0% interval {number(low, 2)} to {number(high, 2)})" if low is not None else ""
    who = "the champion" if inputs.judged == "champion" else "the model" if inputs.served else "the rejected model"
    changes = f"{counted(entry['n'], 'later change')} to source code that it never saw"
    judged = f"On {changes}, {entry['positives']:,} of them inducing,"
    return (
        f"{judged} {who} ranks an inducing change above a clean one {percent(entry['auc'])} of the time{sure}; "
        f"lines added alone {percent(lines.get('auc'))}. A coin scores 50\u00a0%."
    )


def insufficient(inputs: ReportInputs) -> str:
    """Why there is no model, with both numbers where the verdict has them."""
    reasons: list[dict[str, Any]] = list((inputs.verdict or {}).get("reasons", []))
    texts = [str(reason["text"]) for reason in reasons if reason["outcome"] != "PASS"]
    return " ".join(texts) or "Insufficient samples: too few labelled changes to train and judge a model."
