"""A model's card (Mitchell et al. 2019): what it is, what for, how good, and where not to trust it.

Made from what travels with the model, so that it can be stored beside it; an examination adds what takes longer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faultcast.models.manifest import Manifest
from faultcast.wording import MISSING, counted, day, number, percent, plain

_KINDS = {
    "simple": "trees, a regression or several of them together, over numbers that describe a change",
    "hybrid": "a neural network that reads message and diff, with the numbers that describe a change",
    "incremental": "a regression over numbers that describe a change, learnt change by change",
}
_MEMBERS = {
    "forest": "random forest", "extra": "extra trees", "boosted": "boosted trees", "linear": "logistic regression",
}  # fmt: skip
_HEAD = ("", "AUC", "95 % interval", "average precision", "Brier", "calibration error", "met in riskiest 20 %")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the card: sentences, then perhaps a table (`head` and `rows`)."""

    title: str
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = field(default=())


def model_card(
    manifest: Manifest,
    evaluation: Mapping[str, Any],
    verdict: Mapping[str, Any],
    *,
    repository: str = "",
    version: str = "",
    examination: Mapping[str, Any] | None = None,
) -> str:
    """The card as Markdown.

    Args:
        manifest: the model's.
        evaluation: evaluation.json of the test split, with the model among `models` under its name.
        verdict: verdict.json.
        repository: what to type to mean the repository.
        version: its number in the registry, where it has one.
        examination: the document of `faultcast validate`.
    """
    name = plain(repository.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git"), 80)
    title = (
        f"Model card: {manifest.name}" + (f" for {name}" if name else "") + (f", version {version}" if version else "")
    )
    parts = [f"# {title}", *map(_markdown, card_sections(manifest, evaluation, verdict, repository, examination))]
    return "\n\n".join(parts) + "\n"


def card_sections(
    manifest: Manifest,
    evaluation: Mapping[str, Any],
    verdict: Mapping[str, Any],
    repository: str = "",
    examination: Mapping[str, Any] | None = None,
) -> list[Section]:
    """The card's parts, for whoever lays them out."""
    return [
        _what(manifest),
        _use(),
        _data(manifest),
        _quality(manifest, evaluation),
        _calibration(manifest, evaluation),
        _gates(verdict),
        *([_examined(examination)] if examination else []),
        _limits(manifest, evaluation),
        _again(manifest, repository),
    ]


def _what(manifest: Manifest) -> Section:
    members = manifest.config.get("members")
    named = [_MEMBERS.get(name, str(name)) for name in members] if isinstance(members, dict) else []
    made_of = f" Chosen by time inside the training rows: {', '.join(named)}." if named else ""
    return Section(
        "What it is",
        (
            f"Kind `{manifest.kind}`: {_KINDS.get(manifest.kind, 'a learnt model')}.{made_of}",
            (
                "It gives the probability (0..1) that a change introduces a fault that a later commit has to fix, a "
                f"band (medium from {percent(manifest.bands.medium, 1)}, high from {percent(manifest.bands.high, 1)}) "
                "and reasons in words. Its files are plain arrays and JSON; loading them runs no code."
            ),
        ),
    )


def _use() -> Section:
    return Section(
        "What for",
        (
            (
                "Meant for: ordering changes for review, asking for a second look or more tests, on the repository "
                "whose history taught it."
            ),
            (
                "Not meant for: judging or paying people, blocking changes without a person who may overrule it, "
                "repositories whose history it has not seen, and safety arguments."
            ),
        ),
    )


def _data(manifest: Manifest) -> Section:
    first, last = (day(at) for at in manifest.training_window)
    return Section(
        "What taught it",
        (
            f"Changes to source code from {first} to {last}, as known on {day(manifest.label_as_of)}.",
            (
                "Labels are traced: a fix is recognised by its message and linked issues, the change that introduced "
                "the fault by who wrote the lines that the fix removed (docs/labels.md). A change counts as clean "
                f"after {manifest.ripening_days:g} days without a known fault."
            ),
            (
                f"{len(manifest.features)} features, fingerprint `{manifest.fingerprint[:16]}`; data fingerprint "
                f"`{manifest.data_fingerprint[:16]}`. Authors appear as pseudonyms, and no feature names one."
            ),
        ),
    )


def _quality(manifest: Manifest, evaluation: Mapping[str, Any]) -> Section:
    entry = evaluation.get("models", {}).get(manifest.name)
    if not entry:
        return Section("How good", ("It was not judged on later history.",))
    baselines = evaluation.get("baselines", {})
    named = {manifest.name: entry, "lines added alone": baselines.get("lines_added", {})}
    rows = [(name, *_figures(one)) for name, one in named.items() if one]
    rows.append(
        ("always the base rate", MISSING, MISSING, MISSING, number(entry.get("brier_base_rate"), 4), MISSING, MISSING)
    )
    said = f"On {counted(entry['n'], 'later change')} that it never saw, {entry['positives']:,} of them inducing."
    return Section("How good", (said,), _HEAD, tuple(rows))


def _figures(entry: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = entry.get("auc_interval") or (None, None)
    return (
        number(entry.get("auc"), 3),
        f"{number(low, 3)} to {number(high, 3)}" if low is not None else MISSING,
        number(entry.get("average_precision"), 3),
        number(entry.get("brier"), 4),
        number(entry.get("ece"), 3),
        percent(entry.get("recall_at", {}).get("20")),
    )


def _calibration(manifest: Manifest, evaluation: Mapping[str, Any]) -> Section:
    entry = evaluation.get("models", {}).get(manifest.name, {})
    return Section(
        "Whether a risk means what it says",
        (
            (
                f"Calibrated on validation data ({manifest.calibration.describe()}). Expected calibration error on "
                f"later history: {number(entry.get('ece'), 3)} (mean distance between risk and observed share over ten "
                "bins of equal size)."
            ),
        ),
    )


def _gates(verdict: Mapping[str, Any]) -> Section:
    rows = tuple(
        (str(one["rule"]).replace("_", " "), str(one["outcome"]), plain(one["text"], 300)) for one in verdict["reasons"]
    )
    return Section("Gates", (f"Verdict: {verdict['outcome']}.",), ("rule", "outcome", "found and expected"), rows)


def _examined(examination: Mapping[str, Any]) -> Section:
    crossed, seeds, slices = (examination.get(name) or {} for name in ("cross_validation", "seeds", "slices"))
    lines = []
    mean = (crossed.get("mean") or {}).get("model", {}).get("auc")
    if mean:
        alone = crossed["mean"]["lines_added"]["auc"]
        lines.append(
            f"Cross-validation in time order ({crossed['kind']}, {counted(mean['folds'], 'fold')}): mean AUC "
            f"{_with_interval(mean)}; lines added alone {number(alone and alone['mean'], 3)}."
        )
    if seeds.get("auc_range") is not None:
        lines.append(
            f"{counted(seeds['seeds'], 'seed')}: AUC within {number(seeds['auc_range'], 3)} of each other, "
            f"{percent(seeds['pair_flips'], 1)} of changes get another band from another seed."
        )
    flags = slices.get("flags", [])
    lines += [
        f"Flagged kind of change: {plain(one['dimension'])} {plain(one['slice'])}. {plain(one['text'], 300)}"
        for one in flags
    ]
    if slices and not flags:
        judged = sum(s["outcome"] == "PASS" for d in slices["dimensions"].values() for s in d["slices"].values())
        lines.append(
            f"By kind of change (author tenure, language, file kind, size, weekday, hour; never by name): "
            f"{counted(judged, 'slice')} with enough changes to judge, none flagged."
        )
    drifted = {name: found["drifted"] for name, found in (examination.get("drift") or {}).items() if found["drifted"]}
    lines += [
        f"Drifted from the training to the {name} window: {', '.join(plain(column) for column in columns[:8])}."
        for name, columns in drifted.items()
    ]
    return Section("Whether it holds", tuple(lines) or ("Nothing could be examined: too few changes.",))


def _limits(manifest: Manifest, evaluation: Mapping[str, Any]) -> Section:
    rate = evaluation.get("base_rate")
    most = f" Of the later changes judged, {percent(rate, 1)} were inducing." if rate is not None else ""
    text = " It reads English words of messages and identifiers best." if manifest.kind == "hybrid" else ""
    return Section(
        "Where not to trust it",
        (
            "Labels are inferred: faults that nobody fixed, or fixed without saying so, are not seen.",
            "Changes that touch no source code get risk 0, though they can break things.",
            f"Most flagged changes are fine.{most} A high risk says where to look first.",
            f"It ages: train again within about three months.{text}",
        ),
    )


def _again(manifest: Manifest, repository: str) -> Section:
    where = plain(repository, 200) or "REPO"
    return Section(
        "How to get it again",
        (
            (
                f"faultcast {manifest.code_version}, seed {manifest.seed}: "
                f"`faultcast run {where} --seed {manifest.seed}` and `faultcast validate {where}`. "
                "The same data, code and seed give the same model."
            ),
        ),
    )


def _with_interval(mean: Mapping[str, Any]) -> str:
    sure = (
        f" (95 % interval {max(0, mean['low']):.3f} to {min(1, mean['high']):.3f})" if mean["low"] is not None else ""
    )
    return number(mean["mean"], 3) + sure


def _markdown(section: Section) -> str:
    blocks = [f"## {section.title}", "\n".join(f"- {line}" for line in section.lines)]
    if section.rows:
        rows = [section.head, tuple("---" for _ in section.head), *section.rows]
        blocks.append("\n".join(_row(row) for row in rows))
    return "\n\n".join(blocks)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
