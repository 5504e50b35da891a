"""Sentences that the page and the terminal share."""

from typing import Any

from faultcast.report.inputs import ReportInputs
from faultcast.wording import MISSING, counted, day, duration, number, percent, plain

__all__ = ["MISSING", "counted", "day", "duration", "number", "percent", "plain"]

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
