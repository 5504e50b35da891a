"""Which groups of features help to forecast, and what describing a history costs.

    python benchmarks/features.py PATH … [--write]

Every repository is mined, labelled and described. The forest of kind `simple`, alone, learns from the first 70 % of
the changes to source code, by what was known of them then, and is judged on the later ones, those too young to be
judged left out. The area under the ROC curve (AUC) is a mean over five seeds, ± its standard deviation: of all
features, of all without one group. ``--write`` puts the tables into benchmarks/results.md, between their marks.
"""

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray
from page import head, line, machine, name_of, write
from sklearn.metrics import roc_auc_score

from faultcast.features import CATALOGUE, NAMES, Past, Row, describe
from faultcast.features.catalogue import GROUPS, KAMEI_14
from faultcast.features.measured import touched_history
from faultcast.history import Pseudonyms, mine, open_repository, store
from faultcast.labels import label
from faultcast.models.blend import FOREST
from faultcast.models.normaliser import fit_normaliser
from faultcast.training.compare import candidates, choose
from faultcast.training.members import Sample, fit_forest

SEEDS = (1, 2, 3, 4, 5)
TREES = 200
DAY = 86_400


@dataclass(frozen=True)
class Described:
    """A history, described, with what that took."""

    name: str
    rows: list[Row]
    history: store.HistoryFile
    cpu_seconds: float
    files: int
    past_bytes: int
    load_seconds: float


def described(location: str, folder: Path) -> Described:
    """Mine a history and describe all of it."""
    path = folder / "history.parquet"
    with open_repository(Path(location)) as repository:
        _, batches = mine(repository, repository.tip("HEAD"), Pseudonyms(b"benchmark" * 4))
        store.write((batch for batch, *_ in batches), path)
        history = store.HistoryFile(path)
        past, rows, files = Past(), [], 0
        before = _cpu()
        for commit, touched in touched_history(repository, history, 2):
            if not commit.is_merge:
                rows.append(describe(commit, past, touched))
                files += len(touched)
            past.observe(commit, touched)
    seconds = _cpu() - before
    past.save(folder / "past")
    started = time.process_time()
    Past.load(folder / "past")
    load = time.process_time() - started
    return Described(name_of(location), rows, history, seconds, files, (folder / "past").stat().st_size, load)


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


@dataclass(frozen=True)
class Split:
    """What is learnt from and what is judged: values N x C, labels N, and when the former were committed."""

    train: NDArray[np.float64]
    train_labels: NDArray[np.float64]
    train_at: NDArray[np.int64]
    ripening_days: float
    test: NDArray[np.float64]
    test_labels: NDArray[np.float64]

    def auc(self, names: frozenset[str]) -> list[float]:
        """One a seed, with these features alone."""
        kept = np.array([name in names for name in NAMES])
        train, test = (np.where(kept, values, np.nan) for values in (self.train, self.test))
        normaliser = fit_normaliser(train)
        features, weights = normaliser.apply(train), np.ones(len(train))
        sample = Sample(features, self.train_labels, weights, self.train_at)
        forests = candidates(recency=0.0, members=[FOREST])
        leaf = choose(sample, ripening_days=self.ripening_days, seed=7, settings=forests).settings[0].size
        found = []
        for seed in SEEDS:
            forest = fit_forest(features, self.train_labels, weights, seed=seed, leaf=leaf, trees=TREES)
            risk = forest.predict_proba(normaliser.apply(test))[:, 1]
            found.append(float(roc_auc_score(self.test_labels, risk)))
        return found


def split(found: Described) -> Split:
    """By time: labels of the first part as they were known at its end."""
    end = max(row.committed_at for row in found.rows)
    labelling = label(found.history, end)
    first: dict[str, int] = {}
    for link in labelling.links:
        first[link.inducing] = min(link.known_at, first.get(link.inducing, link.known_at))
    ripening = labelling.ripening_days * DAY
    rows = [row for row in found.rows if row.values["source_files"] and row.committed_at <= end - ripening]
    cut = sorted(row.committed_at for row in rows)[int(0.7 * len(rows))]
    train = [row for row in rows if row.committed_at <= cut - ripening]
    test = [row for row in rows if row.committed_at > cut]
    return Split(
        _values(train), np.array([float(first.get(row.commit, end + 1) <= cut) for row in train]),
        np.array([row.committed_at for row in train]), labelling.ripening_days,
        _values(test), np.array([float(row.commit in first) for row in test]),
    )  # fmt: skip


def _values(rows: list[Row]) -> NDArray[np.float64]:
    return np.array([[np.nan if (v := row.values[n]) is None else float(v) for n in NAMES] for row in rows])


def ablation(found: list[Described]) -> list[str]:
    """The table of AUCs: a line a set of features, a column a repository."""
    splits = [split(one) for one in found]
    everything = frozenset(NAMES)
    sets = {"all": everything, "lines added alone": frozenset(), "the 14 of Kamei et al.": frozenset(KAMEI_14)}
    for heading, group in GROUPS.items():
        sets[f"all without {heading}"] = everything - {feature.name for feature in group}
    lines = head("features", *(one.name for one in found))
    counts = (f"{len(one.test):,} ({int(one.test_labels.sum())} inducing)" for one in splits)
    lines.append(line(["*judged changes*", *counts]))
    best = [one.auc(everything) for one in splits]
    for name, names in sets.items():
        cells = []
        for one, whole in zip(splits, best, strict=True):
            if not names:
                cells.append(f"{roc_auc_score(one.test_labels, one.test[:, NAMES.index('lines_added')]):.3f}")
                continue
            aucs = whole if names == everything else one.auc(names)
            cells.append(f"{mean(aucs):.3f} ± {stdev(aucs):.3f}")
        lines.append(line([name, *cells]))
        print(lines[-1], file=sys.stderr)
    return lines


def costs(found: list[Described]) -> list[str]:
    """The table of what describing took."""
    lines = head("repository", "changes", "files measured", "CPU s", "changes/CPU s", "past: MB", "load: CPU s")
    for one in found:
        cells = (f"{len(one.rows):,}", f"{one.files:,}", f"{one.cpu_seconds:.1f}")
        more = (f"{len(one.rows) / one.cpu_seconds:,.0f}", f"{one.past_bytes / 1e6:.1f}", f"{one.load_seconds:.2f}")
        lines.append(line([one.name, *cells, *more]))
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = []
    for location in options.repositories:
        with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
            one = described(location, Path(folder))
            print(costs([one])[-1], file=sys.stderr)
            kept = Path(tempfile.mkdtemp(prefix="faultcast-bench-")) / "history.parquet"
            (Path(folder) / "history.parquet").rename(kept)
            found.append(
                Described(
                    one.name,
                    one.rows,
                    store.HistoryFile(kept),
                    one.cpu_seconds,
                    one.files,
                    one.past_bytes,
                    one.load_seconds,
                )
            )
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    memory = f"Peak memory: {peaks[0]:.0f} MB with the rows of all repositories; {peaks[1]:.0f} MB of a child"
    said = [
        f"{machine()}, {len(CATALOGUE)} features. {memory}, what it shares with its parent included.",
        "",
        *costs(found),
        "",
        *ablation(found),
    ]
    print("\n".join(said))
    if options.write:
        write("features", "\n".join(said))


if __name__ == "__main__":
    main()
