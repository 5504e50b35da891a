"""Which kind of model forecasts real histories best, asked as time went on.

    python benchmarks/histories.py PATH … [--keep FOLDER] [--periods 3] [--write]

Every repository is mined, described and labelled. The last 60 % of its changes to source code are judged in periods of
equal size: at the start of each, every kind learns anew from what was known on that day (an inducing change by its
first fix, a clean one once it had ripened), scores the changes of the period, and only then are their labels looked
at. `incremental` goes on
learning week by week, each label when it became known. Changes that are still too young
to be judged at the end of the history are left out, and periods before there was anything to learn from.

`simple` and `hybrid` are trained by `faultcast.training`, with its calibration, as a run does. Beside them stand lines
added alone and lines added by the length of what they were added to, which learn nothing. A seed for every kind but
`simple`, of which the mean over three seeds is told. ``--keep`` keeps the described histories for another call;
``--write`` puts the tables into benchmarks/results.md, between their marks.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from page import head, line, machine, name_of, write

from faultcast import models
from faultcast.dataset import DatasetInfo
from faultcast.dataset.split import SECONDS_A_DAY
from faultcast.errors import FaultcastError, InsufficientSamples
from faultcast.features import NAMES, Past as Described, describe
from faultcast.features.measured import touched_history
from faultcast.features.table import to_rows, to_table
from faultcast.history import Pseudonyms, mine, open_repository, store
from faultcast.labels import label
from faultcast.training import launch
from faultcast.training.continuing import Continuing
from faultcast.training.prequential import Told, prequential, what_was_told
from faultcast.training.refits import Past
from faultcast.training.rows import Rows, TrainingData
from faultcast.validation import choose, evaluate
from faultcast.validation.intervals import bootstrap_aucs, interval
from faultcast.validation.metrics import auc, average_precision, brier, expected_calibration_error, recall_at

JUDGED = 0.6
SEEDS = (1, 2, 3)
REPLICATES = 1_000
Values = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """The changes to source code of one repository, in time order. `first_fixed_N` is infinite where none was known."""

    name: str
    language: str
    values_NC: Values
    texts: list[str]
    committed_N: NDArray[np.int64]
    first_fixed_N: Values
    confidence_N: Values
    ripening: float  # seconds
    end: int

    def __len__(self) -> int:
        return len(self.texts)

    def column(self, name: str) -> Values:
        """One feature of every change; missing reads as 0."""
        return np.nan_to_num(self.values_NC[:, NAMES.index(name)])


def described(location: str, keep: Path) -> tuple[Path, Path]:
    """The history and its rows as files."""
    history, features = keep / "history.parquet", keep / "features.parquet"
    if features.is_file():
        return history, features
    keep.mkdir(parents=True, exist_ok=True)
    with open_repository(Path(location)) as repository:
        _, batches = mine(repository, repository.tip("HEAD"), Pseudonyms(b"benchmark" * 4))
        store.write((batch for batch, *_ in batches), history)
        before, rows = Described(), []
        for commit, touched in touched_history(repository, store.HistoryFile(history), 2):
            if not commit.is_merge:
                rows.append(describe(commit, before, touched))
            before.observe(commit, touched)
    pq.write_table(to_table(rows, name_of(location)), features)
    return history, features


def read(location: str, language: str, keep: Path) -> History:
    """Mine, describe and label one repository. The ripening time is what was known before the first judged change."""
    history_file, features = described(location, keep)
    rows = [row for row in to_rows(pq.read_table(features)) if row.values["source_files"]]
    rows.sort(key=lambda row: row.committed_at)
    commits = store.HistoryFile(history_file)
    end = max(commit.committed_at for commit in commits)
    first_judged = rows[int((1 - JUDGED) * len(rows))].committed_at
    ripening_days = label(commits, first_judged).ripening_days
    first = {}
    for link in label(commits, end, ripening_days).links:
        if link.inducing not in first or link.known_at < first[link.inducing].known_at:
            first[link.inducing] = link
    found = [first.get(row.commit) for row in rows]
    return History(
        name=name_of(location),
        language=language,
        values_NC=np.array([[np.nan if (v := row.values[n]) is None else float(v) for n in NAMES] for row in rows]),
        texts=[row.text for row in rows],
        committed_N=np.array([row.committed_at for row in rows]),
        first_fixed_N=np.array([np.inf if link is None else link.known_at for link in found]),
        confidence_N=np.array([1.0 if link is None else link.confidence for link in found]),
        ripening=ripening_days * SECONDS_A_DAY,
        end=end,
    )


def periods(history: History, count: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The instant from which each period is judged, and its rows."""
    ripe = int(np.searchsorted(history.committed_N, history.end - history.ripening, side="right"))
    for rows in np.array_split(np.arange(int((1 - JUDGED) * ripe), ripe), count):
        yield int(history.committed_N[rows[0]]), rows


def what_was_told_of(history: History) -> Told:
    """Every label with the instant at which it became known."""
    ripening_days = history.ripening / SECONDS_A_DAY
    return what_was_told(history.committed_N, history.first_fixed_N, ripening_days, history.end, history.confidence_N)


def learnt(kind: str, data: TrainingData, seed: int) -> models.Model:
    """One model, trained as a run trains it."""
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
        output = Path(folder)
        if kind == "hybrid":
            import torch  # noqa: PLC0415  only where it is asked for

            from faultcast.training.hybrid import train_hybrid  # noqa: PLC0415

            torch.set_num_threads(1)  # two histories are judged at a time
            train_hybrid(data, output, seed)
        else:
            launch.in_process(kind, data, output, seed, {})
        return models.load(output)


def asked(model: models.Model, rows: Rows) -> Values:
    """Risks of changes."""
    return model.risk_of(rows.values_NC, model.read(rows.texts))


@dataclass(frozen=True)
class Judged:
    """One history's judged changes: the risks that each kind gave, and the truth as it is known now."""

    history: History
    labels_N: NDArray[np.int64]
    risks: dict[str, Values]
    simple: list[Values]  # one a seed
    period_N: NDArray[np.int64]
    hybrid_served: int

    @property
    def periods(self) -> int:
        return len(np.unique(self.period_N))

    def within(self, risk_N: Values) -> float:
        """Mean AUC of the periods: a change is compared with those that the same models scored."""
        parts = [self.period_N == period for period in np.unique(self.period_N)]
        return mean(auc(self.labels_N[part], risk_N[part]) or 0.5 for part in parts)


def judge(history: History, count: int) -> Judged:
    """Ask every kind, period by period."""
    found: dict[str, list[Values]] = {kind: [] for kind in ("simple", "hybrid", "incremental", "served")}
    seeds: list[list[Values]] = []
    hybrids = 0
    judged_rows: list[NDArray[np.int64]] = []
    parts, told = list(periods(history, count)), what_was_told_of(history)
    ripening_days = history.ripening / SECONDS_A_DAY
    info = DatasetInfo(history.end, ripening_days, 0, 0, {}, history.name)
    everything = Past(history.values_NC, history.texts, history.committed_N, told, info)
    week_by_week = prequential(
        history.values_NC,
        history.texts,
        history.committed_N,
        told,
        Continuing(ripening_days),
        first=int(parts[0][1][0]),
    )
    for instant, rows in parts:
        ripe = int(np.searchsorted(history.committed_N, instant - history.ripening, side="right"))
        try:
            data = everything.learnable(np.arange(ripe))
        except InsufficientSamples as error:
            print(f"{history.name} from {instant}: nothing to learn from yet ({error})", file=sys.stderr)
            continue
        judged_rows.append(rows)
        now = Rows(history.values_NC[rows], [history.texts[row] for row in rows], rows * 0.0, rows * 0.0, rows)
        simple = [learnt("simple", data, seed) for seed in SEEDS]
        hybrid = learnt("hybrid", data, SEEDS[0])
        seeds.append([asked(model, now) for model in simple])
        found["simple"].append(seeds[-1][0])
        found["hybrid"].append(asked(hybrid, now))
        found["incremental"].append(week_by_week[rows])
        chosen = served(simple[0], hybrid, data.validation)
        hybrids += chosen == "hybrid"
        found["served"].append(found[chosen][-1])
        aucs = {kind: f"{_auc(history, rows, risks[-1]):.3f}" for kind, risks in found.items()}
        print(f"{history.name} from {instant}: {aucs}", file=sys.stderr)
    if not judged_rows:
        raise InsufficientSamples("changes of the rarer class before the last period", 0, 1)
    judged = np.concatenate(judged_rows)
    period_N = np.repeat(np.arange(len(judged_rows)), [len(rows) for rows in judged_rows])
    risks = {kind: np.concatenate(risk) for kind, risk in found.items()}
    added_N, before_N = history.column("lines_added")[judged], history.column("lines_before")[judged]
    risks |= {"lines added": added_N, "lines added / lines before": added_N / np.maximum(before_N, 1)}
    labels_N = (history.first_fixed_N[judged] <= history.end).astype(np.int64)
    by_seed = [np.concatenate(risk) for risk in zip(*seeds, strict=True)]
    return Judged(history, labels_N, risks, by_seed, period_N, hybrids)


def served(simple: models.Model, hybrid: models.Model, validation: Rows) -> str:
    """The kind that a run would serve: the hybrid only where validation data tell it better by more than noise."""
    labels_N = validation.labels_N.astype(np.int64)
    risks = {"simple": asked(simple, validation), "hybrid": asked(hybrid, validation)}
    added_N = np.nan_to_num(validation.values_NC[:, NAMES.index("lines_added")])
    return choose(evaluate(labels_N, risks, added_N, np.ones(len(added_N))))


def _auc(history: History, rows: NDArray[np.int64], risk_N: Values) -> float:
    return auc((history.first_fixed_N[rows] <= history.end).astype(np.int64), risk_N) or float("nan")


KINDS = ("simple", "hybrid", "incremental", "served", "lines added", "lines added / lines before")


def within_periods(found: list[Judged]) -> list[str]:
    """Mean AUC of the periods, of every kind on every history, and the mean."""
    lines = head("history", "language", "periods", *KINDS)
    means: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for one in found:
        for kind in KINDS:
            risks = one.simple if kind == "simple" else [one.risks[kind]]
            means[kind].append(mean(one.within(risk) for risk in risks))
        cells = [one.history.name, one.history.language, str(one.periods)]
        lines.append(line([*cells, *(f"{means[kind][-1]:.3f}" for kind in KINDS)]))
    lines.append(line(["**mean**", "", "", *(f"**{mean(means[kind]):.3f}**" for kind in KINDS)]))
    over = [sum(a > b for a, b in zip(means[kind], means["lines added"], strict=True)) for kind in KINDS[:4]]
    lines.append(line(["better than lines added", "", "", *(f"{n} of {len(found)}" for n in over), "", ""]))
    return lines


def table(found: list[Judged]) -> list[str]:
    """AUC of every kind on every history over all periods, and the mean."""
    lines = head("history", "language", "judged", *KINDS, "simple over lines added, 95 %", "hybrid served")
    for one in found:
        added = one.risks["lines added"]
        aucs = {kind: auc(one.labels_N, one.risks[kind]) or 0.0 for kind in KINDS}
        aucs["simple"] = mean(auc(one.labels_N, risk) or 0.0 for risk in one.simple)
        drawn = bootstrap_aucs(one.labels_N, {"simple": one.risks["simple"], "added": added}, replicates=REPLICATES)
        low, high = interval(drawn["simple"] - drawn["added"])
        cells = [one.history.name, one.history.language, f"{len(one.labels_N):,} ({one.labels_N.sum()} inducing)"]
        cells += [f"{aucs[kind]:.3f}" for kind in KINDS]
        lines.append(line([*cells, f"{low:+.3f} to {high:+.3f}", f"{one.hybrid_served} of {one.periods}"]))
    means = (mean(auc(one.labels_N, one.risks[kind]) or 0.0 for one in found) for kind in KINDS)
    lines.append(line(["**mean**", "", "", *(f"**{value:.3f}**" for value in means), "", ""]))
    return lines


def more(found: list[Judged]) -> list[str]:
    """What else is asked of a risk, as means over the histories."""
    figures: dict[str, Callable[[NDArray[np.int64], Values], float | None]] = {
        "average precision": average_precision,
        "recall in the riskiest 5 %": lambda labels_N, risk_N: recall_at(labels_N, risk_N, 0.05),
        "10 %": lambda labels_N, risk_N: recall_at(labels_N, risk_N, 0.1),
        "20 %": lambda labels_N, risk_N: recall_at(labels_N, risk_N, 0.2),
        "30 %": lambda labels_N, risk_N: recall_at(labels_N, risk_N, 0.3),
        "Brier": brier,
        "calibration error": expected_calibration_error,
    }
    lines = head("kind", *figures)
    for kind in KINDS:
        told = []
        for name, figure in figures.items():
            is_probability = kind not in ("lines added", "lines added / lines before")
            if name in ("Brier", "calibration error") and not is_probability:
                told.append("-")
                continue
            told.append(f"{mean(figure(one.labels_N, one.risks[kind]) or 0.0 for one in found):.3f}")
        lines.append(line([kind, *told]))
    return lines


def judged(asked_for: str, keep: Path, count: int) -> Judged | None:
    """One repository, PATH=LANGUAGE; None where its history is too short."""
    location, _, language = asked_for.partition("=")
    history = read(location, language, keep / name_of(location).replace("/", "+"))
    try:
        return judge(history, count)
    except FaultcastError as error:
        print(f"{history.name} left out: {error}", file=sys.stderr)
        return None


def main() -> None:
    """Judge all and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="PATH=LANGUAGE")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--periods", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
        keep = options.keep or Path(folder)
        work = [(asked_for, keep, options.periods) for asked_for in options.repositories]
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            found = [one for one in pool.map(judged, *zip(*work, strict=True)) if one]
    said = [f"{machine()}, at most {options.periods} periods.", "", "AUC within a period, the mean of the periods:", ""]
    said += [*within_periods(found), "", "AUC over all periods at once:", "", *table(found), "", *more(found)]
    print("\n".join(said))
    if options.write:
        write("histories", "\n".join(said))


if __name__ == "__main__":
    main()
