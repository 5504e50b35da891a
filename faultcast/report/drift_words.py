"""The sentences on a look's page that decide what a reader takes away."""

from collections.abc import Mapping
from typing import Any

from faultcast.report import words

RISK_WORDS = {
    "none": "The risks themselves are spread as they were when the model was trained.",
    "moderate": "The risks themselves have moved moderately since the model was trained.",
    "large": "The risks themselves have moved far since the model was trained.",
    "unknown": "Too few answers came from this model to tell whether the risks themselves have moved.",
}
_PILLS = {"drift": ("drift", "fail"), "no_drift": ("no alarm", "pass"), "unknown": ("unknown", "inconclusive")}


def verdict(drift: Mapping[str, Any]) -> tuple[str, str]:
    """(word, class) of the pill beside the verdict."""
    return _PILLS[drift["status"]]


def lead(drift: Mapping[str, Any]) -> str:
    """The sentence to remember."""
    count = len(drift["moved_features"])
    beyond = f"{words.counted(count, 'feature')} {'is' if count == 1 else 'are'} beyond the usual"
    if drift["status"] == "unknown":
        return f"Unknown whether anything drifts: {words.plain(drift['text'], 200)}."
    if drift["status"] == "drift":
        return (
            "Drift: what is asked has moved farther from what the model learnt from than this history ever did by "
            f"itself; {beyond}."
        )
    if drift["mean_psi"] > drift["margin"] * drift["usual_mean_psi"]:
        return (
            "No alarm: together the features moved farther than usual, but none of them beyond chance and beyond its "
            "own usual."
        )
    if drift["moved_features"]:
        return f"No alarm: together the features have not moved far enough for one, though {beyond} alone."
    if drift["mean_psi"] > drift["usual_mean_psi"]:
        return "No alarm: together the features moved somewhat farther than usual, not far enough for one."
    return "No alarm: what is asked looks as this history usually does."


def asked_when(document: Mapping[str, Any]) -> str:
    """Whose answers, of which hours, and on which changes drift was judged."""
    model, drift, window = document["model"], document["drift"], document["stats"]["window"]
    who = named(model)
    span = f"{moment(window['start'])} to {moment(window['end'])} UTC"
    if not drift["changes"]:
        return f"{who}; {span}; no change was asked for."
    since = moment(drift["since"])
    older = drift["since"] < window["start"]
    reach = f", older ones from {since} on among them because the last hours had too few" if older else ""
    return f"{who}; {span}; judged on {words.counted(drift['changes'], 'distinct change')}{reach}."


def named(model: Mapping[str, Any]) -> str:
    """
    >>> named({"model_name": "shop", "model_version": "3"}), named({"model_name": "", "model_version": ""})
    ('shop version 3', 'No model')
    """
    name, version = words.plain(model["model_name"], 60), words.plain(model["model_version"], 20)
    return f"{name} version {version}" if version else name or "No model"


def moment(instant: str) -> str:
    """
    >>> moment("2026-11-21T18:23:44Z")
    '2026-11-21 18:23'
    """
    return words.plain(instant, 20)[:16].replace("T", " ")
