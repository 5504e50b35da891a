"""Which members serve, and how each is fitted: chosen in time order, on the training rows alone.

The newest two of `time_folds`' windows are judged, each by what is learnt from the rows that had ripened when it
began. First each member's settings are compared, the smoothest first. Then every combination of members with the
settings found: margins standardised on the judged rows, all members of a combination weighing the same (equal weights
are hard to beat when weights would have to be learnt from few rows; Clemen 1989).

The mean AUC of the windows decides, by the rule of one standard error (Breiman et al. 1984): whatever is not worse
than the best by more than the standard error of their difference (paired; DeLong et al. 1988) is as good as far as
these rows tell. Of those the smoothest setting stands, and the regression alone if it is among them: it is the
simplest, and no seed moves it. Else the combination with the most members stands, which varies least from seed to
seed. Few faults thus end in a regression that leans on lines added; many let a difference count.

Where a window has fewer than `FEWEST` changes of a class nothing can be compared: that regression serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from faultcast.dataset.folds import time_folds
from faultcast.models.blend import BOOSTED, EXTRA, FOREST, LINEAR, Blend, Member, margin, of_standardised
from faultcast.training.members import Sample, Setting, fit_member
from faultcast.training.rows import Report, silent
from faultcast.validation.significance import delong

FEWEST = 8
"""Changes of each class that a window must have on either side."""
NEWEST = 20_000
"""Rows beyond this are left out of the comparison, the oldest first; the final fit takes all."""
RECENCIES = (3.0, 0.0)
"""The first stands unless the other is better by more than noise: histories drift, and what is forecast is new."""
SETTINGS = {FOREST: (20, 5), EXTRA: (20, 5), BOOSTED: (6, 16), LINEAR: (3_000, 300, 30)}
"""Sizes that are compared for each member, the smoothest first."""
DEFAULT = Setting(LINEAR, 3_000, RECENCIES[0])
_TRIAL_TREES = 60
_FOLDS, _JUDGED = 4, 2
_NO_ERROR = 1e-12


@dataclass(frozen=True, slots=True)
class Choice:
    """The members that serve, and of each the mean and standard deviation of its margin on judged rows."""

    settings: tuple[Setting, ...]
    scales: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """A setting's margins on each judged window."""

    setting: Setting
    margins: tuple[NDArray[np.float64], ...]


def choose(
    sample: Sample,
    *,
    ripening_days: float,
    seed: int,
    settings: Mapping[str, Sequence[Setting]] | None = None,
    report: Report = silent,
) -> Choice:
    """Compare members and their combinations inside `sample`.

    Args:
        sample: training rows in time order.
        ripening_days: the gap before each judged window.
        seed: of every fit.
        settings: what is compared, by member; `candidates()` when absent.
        report: told of each trial.

    Raises:
        PermanentError: the rows are not in time order.
    """
    settings = settings or candidates()
    newest = sample.part(np.arange(max(0, len(sample) - NEWEST), len(sample)))
    windows = [
        (newest.part(fold.train), newest.part(fold.judged))
        for fold in time_folds(newest.committed_at_N, ripening_days, _FOLDS)[-_JUDGED:]
    ]
    windows = [pair for pair in windows if all(_can_be_judged(part.labels_N) for part in pair)]
    if not windows:
        first = DEFAULT if LINEAR in settings else next(iter(settings.values()))[0]
        report({"event": "compared", "model": "simple", "chosen": first.member, "why": "too few changes of a class"})
        return Choice((first,), {first.member: (0.0, 1.0)})
    best = [_best(tried, windows, seed, report) for tried in settings.values()]
    return _combine(best, [judged.labels_N for _, judged in windows], report)


def candidates(leaf: int = 0, recency: float = -1.0, members: Sequence[str] = ()) -> dict[str, list[Setting]]:
    """What is compared: the smallest leaf of forests and the recency where given, else several; some members or all."""
    leaves = (leaf,) if leaf else None
    recencies = RECENCIES if recency < 0 else (recency,)
    return {
        member: [
            Setting(member, size, halvings)
            for size in ((leaves or sizes) if member in {FOREST, EXTRA} else sizes)
            for halvings in recencies
        ]
        for member, sizes in SETTINGS.items()
        if not members or member in members
    }


def fit_choice(choice: Choice, sample: Sample, *, seed: int, trees: int) -> Blend | Member:
    """All of `sample` learnt by the members chosen, each weighing the same."""
    members = {one.member: fit_member(one, sample, seed=seed, trees=trees) for one in choice.settings}
    return of_standardised(members, dict.fromkeys(members, 1 / len(members)), choice.scales)


def _can_be_judged(labels_N: NDArray[np.float64]) -> bool:
    inducing = int(labels_N.sum())
    return min(inducing, len(labels_N) - inducing) >= FEWEST


def _best(tried: Sequence[Setting], windows: list[tuple[Sample, Sample]], seed: int, report: Report) -> _Trial:
    labels = [judged.labels_N for _, judged in windows]
    found: list[_Trial] = []
    for setting in tried:
        margins = tuple(
            margin(fit_member(setting, learnt, seed=seed, trees=_TRIAL_TREES), judged.features_NF)
            for learnt, judged in windows
        )
        found.append(_Trial(setting, margins))
        told = {"member": setting.member, "size": setting.size, "recency": setting.recency}
        report({"event": "trial", "model": "simple", **told, "auc": _mean_auc(labels, margins)})
    return found[as_good(labels, [trial.margins for trial in found])[0]]


def _combine(best: list[_Trial], labels: list[NDArray[np.float64]], report: Report) -> Choice:
    groups = [chosen for size in range(len(best), 0, -1) for chosen in combinations(best, size)]
    sums = [
        [sum((_standard(trial.margins[w]) for trial in chosen), np.zeros(len(y))) for w, y in enumerate(labels)]
        for chosen in groups
    ]
    good = as_good(labels, sums)
    most = len(groups[good[0]])
    alone = [i for i in good if [trial.setting.member for trial in groups[i]] == [LINEAR]]
    places = alone or [i for i in good if len(groups[i]) == most]
    place = max(places, key=lambda i: _mean_auc(labels, sums[i]))
    chosen, auc = groups[place], _mean_auc(labels, sums[place])
    names = "+".join(trial.setting.member for trial in chosen)
    report({"event": "compared", "model": "simple", "chosen": names, "auc": auc})
    scales = {}
    for trial in chosen:
        all_N = np.concatenate(trial.margins)
        scales[trial.setting.member] = float(all_N.mean()), float(all_N.std())
    return Choice(tuple(trial.setting for trial in chosen), scales)


def as_good(labels: Sequence[NDArray[np.float64]], scores: Sequence[Sequence[NDArray[np.float64]]]) -> list[int]:
    """Places of the scores that are not worse than the best by more than one standard error, in their order.

    Args:
        labels: of each window, 1 inducing, 0 clean (float64 array_N).
        scores: of each candidate the scores on each window (float64 array_N).
    """
    best = max(range(len(scores)), key=lambda i: _mean_auc(labels, scores[i]))
    return [i for i, one in enumerate(scores) if _worse_by(labels, scores[best], one) <= 1.0]


def _worse_by(
    labels: Sequence[NDArray[np.float64]], best: Sequence[NDArray[np.float64]], other: Sequence[NDArray[np.float64]]
) -> float:
    """How many standard errors the mean AUC of `other` is below that of `best`, on the same rows."""
    tests = [delong(y.astype(np.int64), mine, theirs) for y, mine, theirs in zip(labels, best, other, strict=True)]
    differences = [test["difference"] for test in tests if test]
    error = float(np.sqrt(sum(test["standard_error"] ** 2 for test in tests if test)))
    difference = sum(differences)
    return 0.0 if difference <= 0 else difference / max(error, _NO_ERROR)


def _standard(margin_N: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((margin_N - margin_N.mean()) / max(float(margin_N.std()), 1e-9))


def _mean_auc(labels: Sequence[NDArray[np.float64]], scores: Sequence[NDArray[np.float64]]) -> float:
    return float(np.mean([roc_auc_score(y, score) for y, score in zip(labels, scores, strict=True)]))
