"""Kind `simple` on the six public projects, by the published protocol.

    python benchmarks/jit_six.py DATA_FOLDER [--write]
    python benchmarks/jit_six.py DATA_FOLDER --only within|cross | --select

DATA_FOLDER holds PROJECT.csv.gz of qt, openstack, jdt, platform, gerrit and go: 94,918 commits in time order, the
14 change metrics, the label, and the published split (the last 20 % are `test`).

*Within*: learnt from `train` of the same project. *Cross*: learnt from `train` of the other five, of which
each seed draws a fifth. Both by the functions that `faultcast train` calls (`training.compare`), so members and their
settings are chosen inside the rows learnt from, on their newest 40 %; the data do not tell when a label became known,
so there is no gap, as there is none between `train` and `test`. Calibrated by `training.calibrate` on the newest fifth
of the rows learnt from, by a fit to the others; then all of them are fitted. What was chosen and the calibration are
found once, with the first seed; each seed fits anew. Figures are means over five seeds; bold: mean of the projects.

Chosen by hand, from `--select` alone, which reads no test row: the columns (`jit_six_columns`), COLUMNS below.
`--select` prints, for each set of columns, the mean AUC of what would serve on the two judged windows inside `train`.

Effort: recall when 20 % of all lines are read, riskiest per line first. Its floor is a constant risk over the lines,
which is 1/LOC: nothing is worth anything there that does not beat it.
``--write`` puts the tables into benchmarks/results.md, between their marks.
"""

import argparse
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pandas as pd
from jit_six_columns import METRICS, PROJECTS, SETS, columns, read
from numpy.typing import NDArray
from page import head, line, machine, write

from faultcast.models.blend import FOREST, Blend, Member
from faultcast.models.calibration import Calibration
from faultcast.training.calibrate import fit_calibration
from faultcast.training.compare import Choice, candidates, choose, fit_choice
from faultcast.training.members import Sample, Setting
from faultcast.validation.effort import effort_of, recall_at_effort
from faultcast.validation.metrics import auc, average_precision, brier, expected_calibration_error, recall_at

COLUMNS = "ratios"
ANCHOR = METRICS.index("la")  # the metrics come first in every set of columns
SEEDS = (1, 2, 3, 4, 5)
TREES = {"within": 200, "cross": 100}
FIGURES = ("AUC", "AP", "R@5 %", "R@10 %", "R@20 %", "R@30 %", "Brier", "ECE", "R@20 % effort")
PUBLISHED = {
    "DeepJIT": (0.693, 0.713, 0.670, 0.771, 0.703, 0.689, 0.706),
    "CC2Vec": (0.694, 0.723, 0.665, 0.761, 0.699, 0.692, 0.706),
    "LApredict": (0.744, 0.749, 0.676, 0.746, 0.750, 0.683, 0.725),
    "LightGBM, untuned": (0.755, 0.747, 0.706, 0.805, 0.770, 0.750, 0.756),
}
NO_TEXT = np.empty((0, 0), dtype=np.float32)
Figures = dict[str, float | None]


@dataclass(frozen=True)
class Fitted:
    """What is chosen once and used by every seed."""

    choice: Choice
    calibration: Calibration
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]

    def inputs(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        return ((values - self.centre) / self.scale).astype(np.float32)


def rows(table: pd.DataFrame, split: str) -> Sample:
    """Rows of one split, columns not yet centred; rolling columns of the first test rows look back into `train`."""
    kept = (table["split"] == split).to_numpy()
    return Sample(
        columns(table, COLUMNS)[kept],  # type: ignore[arg-type]  # float64 until `Fitted.inputs`
        table["buggy"].to_numpy(dtype=np.float64)[kept], np.ones(int(kept.sum())),
        table["committed_at"].to_numpy()[kept], ANCHOR,
    )  # fmt: skip


def pooled(parts: list[Sample]) -> Sample:
    """Several projects' rows in time order."""
    order = np.argsort(np.concatenate([part.committed_at_N for part in parts]), kind="stable")
    return Sample(
        np.concatenate([part.features_NF for part in parts])[order], np.concatenate([p.labels_N for p in parts])[order],
        np.concatenate([part.weights_N for part in parts])[order],
        np.concatenate([part.committed_at_N for part in parts])[order], ANCHOR,
    )  # fmt: skip


def prepare(raw: Sample, trees: int, leaf: int = 0) -> Fitted:
    """Choose and calibrate, inside these rows."""
    values = np.asarray(raw.features_NF, dtype=np.float64)
    centre, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    fitted = Fitted(Choice((), {}), Calibration(1.0, 0.0), centre, scale)
    sample = centred(raw, fitted)
    choice = choose(sample, ripening_days=0, seed=SEEDS[0], settings=candidates(leaf=leaf))
    cut = len(sample) * 4 // 5
    early, late = sample.part(np.arange(cut)), sample.part(np.arange(cut, len(sample)))
    scorer = fit_choice(choice, early, seed=SEEDS[0], trees=trees)
    calibration = fit_calibration(scorer.logits(late.features_NF, NO_TEXT), late.labels_N)
    return Fitted(choice, calibration, centre, scale)


def centred(raw: Sample, fitted: Fitted) -> Sample:
    return replace(raw, features_NF=fitted.inputs(np.asarray(raw.features_NF, dtype=np.float64)))


def figures(labels: NDArray[np.float64], risk: NDArray[np.float64], table: pd.DataFrame, *, sure: bool) -> Figures:
    """All figures of one ranking; `sure`: its numbers are probabilities."""
    labels_N, effort_N = labels.astype(np.int64), effort_of(table["la"], table["ld"])
    found: Figures = {"AUC": auc(labels_N, risk), "AP": average_precision(labels_N, risk)}
    found |= {f"R@{share} %": recall_at(labels_N, risk, share / 100) for share in (5, 10, 20, 30)}
    found["Brier"] = brier(labels_N, risk) if sure else None
    found["ECE"] = expected_calibration_error(labels_N, risk) if sure else None
    found["R@20 % effort"] = recall_at_effort(labels_N, risk / effort_N if sure else risk, effort_N)
    return found


def judged(way: str, data: dict[str, pd.DataFrame]) -> tuple[dict[str, list[Figures]], list[str]]:
    """Each project's figures, one dict a seed, and in words what was chosen."""
    found, chosen = {}, []
    train = {name: rows(table, "train") for name, table in data.items()}
    for name, table in data.items():
        late = table[table["split"] == "test"]
        test = rows(table, "test")
        others = pooled([train[other] for other in PROJECTS if other != name])
        source = train[name] if way == "within" else fifth(others, SEEDS[0])
        fitted = prepare(source, TREES[way], leaf=0 if way == "within" else 20)
        found[name] = []
        for seed in SEEDS:
            learnt = centred(train[name] if way == "within" else fifth(others, seed), fitted)
            scorer = fit_choice(fitted.choice, learnt, seed=seed, trees=TREES[way])
            risk = fitted.calibration.apply(scorer.logits(centred(test, fitted).features_NF, NO_TEXT))
            found[name].append(figures(test.labels_N, risk, late, sure=True))
        chosen.append(f"{name}: {told(fitted)}")
        print(f"{way} {name} AUC {mean_of(found[name], 'AUC'):.4f} {told(fitted)}", flush=True)
    return found, chosen


def fifth(sample: Sample, seed: int) -> Sample:
    """A fifth of the rows, drawn by the seed, in time order."""
    drawn = np.random.default_rng(seed).choice(len(sample), len(sample) // 5, replace=False)
    return sample.part(np.sort(drawn))


def told(fitted: Fitted) -> str:
    """What was chosen, in a line."""
    members = [f"{one.member} {one.size}{' recent' if one.recency else ''}" for one in fitted.choice.settings]
    return f"{' + '.join(members)}, {fitted.calibration.method}"


def mean_of(seeds: list[Figures], name: str) -> float:
    known = [one[name] for one in seeds]
    return float("nan") if None in known else mean(float(value) for value in known if value is not None)


def table_of(title: str, found: dict[str, list[Figures]]) -> list[str]:
    """A row a project, then their mean with its standard deviation over the seeds."""
    lines = head(title, *FIGURES)
    lines += [line([name, *(shown(mean_of(seeds, f)) for f in FIGURES)]) for name, seeds in found.items()]
    cells = []
    for figure in FIGURES:
        each = [mean_of([averaged(found, seed)], figure) for seed in range(len(next(iter(found.values()))))]
        spread = f" ± {stdev(each):.3f}" if len(each) > 1 and figure == "AUC" else ""
        cells.append(f"**{shown(mean(each))}**{spread}")
    return [*lines, line(["**mean**", *cells]), ""]


def averaged(found: dict[str, list[Figures]], seed: int) -> Figures:
    return {figure: mean_of([seeds[seed] for seeds in found.values()], figure) for figure in FIGURES}


def shown(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}"


def plain(data: dict[str, pd.DataFrame], order: str) -> dict[str, list[Figures]]:
    """Lines added alone, or 1/LOC, over the test rows."""
    found = {}
    for name, table in data.items():
        late = table[table["split"] == "test"]
        effort = effort_of(late["la"], late["ld"])
        rank = late["la"].to_numpy(dtype=np.float64) if order == "lines added" else 1 / effort
        found[name] = [figures(late["buggy"].to_numpy(dtype=np.float64), rank, late, sure=False)]
    return found


def speed(table: pd.DataFrame) -> str:
    """What scoring costs: the forest that used to serve, and what serves now, on one project."""
    raw = rows(table, "train")
    fitted = prepare(raw, 60)
    sample = centred(raw, fitted)
    alone = Choice((Setting(FOREST, 5),), {})
    lines = head("serves", "members", "trees", "rows/s", "one row: ms")
    for name, choice in (("before: a forest", alone), ("now", fitted.choice)):
        scorer = fit_choice(choice, sample, seed=1, trees=TREES["within"])
        many = sample.features_NF[:4_000]
        whole = best_of(scorer, many, 3)
        one = best_of(scorer, many[:1], 30)
        trees = sum(
            len(getattr(m, "roots_R", ())) for m in (scorer.members if isinstance(scorer, Blend) else (scorer,))
        )
        names = " + ".join(setting.member for setting in choice.settings)
        lines.append(line([name, names, str(trees), f"{len(many) / whole:,.0f}", f"{one * 1e3:.2f}"]))
    return "\n".join(lines)


def best_of(scorer: Blend | Member, features: NDArray[np.float32], times: int) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        scorer.logits(features, NO_TEXT)
        found.append(time.perf_counter() - started)
    return min(found)


def select(data: dict[str, pd.DataFrame]) -> None:
    """Which columns forecast best inside `train`; test rows are dropped before anything is computed."""
    means: dict[str, list[float]] = {wanted: [] for wanted in SETS}
    for name, table in data.items():
        early = table[table["split"] == "train"].reset_index(drop=True)
        for wanted in SETS:
            values = columns(early, wanted)
            scaled = ((values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)).astype(np.float32)
            sample = Sample(
                scaled, early["buggy"].to_numpy(float), np.ones(len(early)), early["committed_at"].to_numpy(), ANCHOR
            )
            told: list[dict[str, Any]] = []
            choose(sample, ripening_days=0, seed=SEEDS[0], report=told.append)
            means[wanted].append(told[-1]["auc"])
            print(f"{name} {wanted}: {told[-1]['chosen']} {told[-1]['auc']:.4f}", flush=True)
    for wanted, found in means.items():
        print(f"{wanted}: mean {mean(found):.4f}{' (in use)' if wanted == COLUMNS else ''}")


def published() -> list[str]:
    lines = head("published AUC", *PROJECTS, "mean")
    return [*lines, *(line([name, *(f"{value:.3f}" for value in found)]) for name, found in PUBLISHED.items()), ""]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--select", action="store_true")
    parser.add_argument("--only", choices=("within", "cross"), help="one of the two; nothing is written")
    options = parser.parse_args()
    data = read(options.data)
    if options.select:
        select(data)
        return
    said, chosen = [machine() + f". Columns: {COLUMNS}.", ""], {}
    for way in [options.only] if options.only else ["within", "cross"]:
        found, chosen[way] = judged(way, data)
        said += table_of(f"{way}, `simple`", found)
    for order in ("lines added", "1/LOC"):
        said += table_of(order, plain(data, order))
    said += published()
    said += [f"Chosen {way}, inside the rows learnt from: {'; '.join(words)}." for way, words in chosen.items()]
    used = resource.getrusage(resource.RUSAGE_SELF)
    said += ["", speed(data["jdt"]), "", f"{used.ru_utime + used.ru_stime:.0f} CPU seconds in all."]
    print("\n".join(said))
    if options.write and not options.only:
        write("jit_six", "\n".join(said))


if __name__ == "__main__":
    main()
