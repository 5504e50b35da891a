"""The last lines of `faultcast validate`, for a terminal."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from faultcast.report import words

_WIDTH = 100
_MOST = 5


def validation_summary(document: Mapping[str, Any], files: Mapping[str, str]) -> list[str]:
    """Lines of plain text: the verdict, what was found beyond it, where the page is."""
    chosen = document["chosen"]
    lines = [f"{words.plain(document['repository'], 60)}: {chosen} {document['verdict']['outcome']}"]
    for reason in document["verdict"]["reasons"]:
        lines += _wrapped(f"{reason['outcome']}: {words.plain(reason['text'], 400)}")
    for title, found in _parts(document):
        lines += ["", title]
        for text in found:
            lines += _wrapped(text)
    return [*lines, "", *(f"  {name:<12}{place}" for name, place in files.items())]


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    yield "Cross-validation in time order", [_crossed(document["cross_validation"])]
    yield f"{document['seeds']['seeds']} seeds", [_seeds(document["seeds"])]
    yield "Drift since the training window", [_drift(*one) for one in document["drift"].items()]
    yield "Kinds of change", _slices(document)
    if why := document["attributions"]:
        most = list(why["importance"].items())[:_MOST]
        told = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in most)
        yield "What it looks at most", [f"{told} (mean absolute Shapley value, {why['unit']})"]


def _crossed(crossed: Mapping[str, Any]) -> str:
    mean = crossed["mean"]
    skipped = f"; {words.counted(crossed['skipped'], 'fold')} left out" if crossed["skipped"] else ""
    model, lines = mean["model"]["auc"], mean["lines_added"]["auc"]
    if not model:
        return f"no fold had enough inducing changes to learn from{skipped}"
    sure = (
        f" (95 % interval {max(0, model['low']):.3f} to {min(1, model['high']):.3f})"
        if model["low"] is not None
        else ""
    )
    return (
        f"{crossed['kind']}: mean AUC {model['mean']:.3f}{sure} over {words.counted(model['folds'], 'fold')}; "
        f"lines added alone {words.number(lines and lines['mean'], 3)}{skipped}"
    )


def _seeds(seeds: Mapping[str, Any]) -> str:
    if seeds["auc_range"] is None:
        return f"{seeds['kind']} was trained with one seed only"
    return (
        f"{seeds['kind']}: AUC within {seeds['auc_range']:.3f}; {words.percent(seeds['pair_flips'], 1)} of changes get "
        "another band from another seed"
    )


def _drift(window: str, compared: Mapping[str, Any]) -> str:
    drifted = [name.replace("_", " ") for name in compared["drifted"]]
    if compared["outcome"] == "INCONCLUSIVE":
        return f"{window}: too few changes to judge"
    more = f" and {len(drifted) - _MOST} more" if len(drifted) > _MOST else ""
    return f"{window}: " + (", ".join(drifted[:_MOST]) + more if drifted else "nothing drifted")


def _slices(document: Mapping[str, Any]) -> list[str]:
    places = (("test window", document["slices"]), ("all folds", document["cross_validation"]["slices"]))
    lines = []
    for where, found in places:
        if not found:
            continue
        if found["outcome"] == "INCONCLUSIVE":
            lines.append(f"{where}: too few changes a slice to judge")
        elif not found["flags"]:
            lines.append(f"{where}: none flagged")
        lines += [
            f"{where}: {words.plain(flag['slice'], 40)} ({flag['dimension']}) flagged. {words.plain(flag['text'], 200)}"
            for flag in found["flags"]
        ]
    return lines or ["no threshold could be chosen"]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
