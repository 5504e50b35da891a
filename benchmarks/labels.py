"""How well the variants of labelling find what is known by other ways, and how long they take.

    python benchmarks/labels.py [--planted] [PATH …] [--apache DIR --repositories DIR] [--write]

- ``--planted``: histories that `faultcast.demo` writes, whose truth is known; mean over the seeds 7, 11 and 23.
- PATH …, repositories, or histories that the stage `mine` left (``NAME.parquet``). Where a fix's message names the
  commit that it repairs (``Fixes: 1a2b3c4d5e6f ("…")``, "introduced in 1a2b3c4"), that pair is known from those who
  repaired it. Every variant gets exactly these fixes, without their messages, and has to find the named commits; so
  does `ours`, changed in one point at a time. A last table tells how long the labels that a run makes take, reading
  the mined history not counted.
- ``--apache``: agreement with the links of the ApacheJIT data set, ``DIR/PROJECT.links.csv.gz``, on the mirrors
  ``DIR/PROJECT``, ``DIR/apache+PROJECT`` or these followed by ``/repo``.

``--write`` puts each part into benchmarks/results.md, between its marks.
"""

import argparse
import csv
import gzip
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev

from page import head, line, machine, name_of, write

from faultcast.demo import Match, Truth, recovery, truth_path, write_repository
from faultcast.history import Pseudonyms, mine, open_repository, store
from faultcast.labels import VARIANTS, Labelling, Variant, label
from faultcast.labels.stated import Known
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit

SEEDS = (7, 11, 23)
NOISES = (0.0, 0.3, 0.6)
COMMITS = 1600
END_OF_TIME = 4_000_000_000
HEAD = ("repository", "commits", "known pairs", "variant", "precision", "recall", "F1", "CPU s")

Pair = tuple[str, str]  # fix, inducing


@dataclass(frozen=True)
class OnlyThese:
    """A history in which exactly the given commits say that they are fixes, and name nothing."""

    history: Iterable[Commit]
    fixes: frozenset[str]

    def __iter__(self) -> Iterator[Commit]:
        return (replace(one, message="Fix a fault" if one.id in self.fixes else "") for one in self.history)


def mined(repository: Path, path: Path) -> store.HistoryFile:
    """Mine a whole history into a file, unless it is one that was mined before."""
    if repository.suffix == ".parquet":
        return store.HistoryFile(repository)
    with open_repository(repository) as source:
        _, batches = mine(source, source.tip("HEAD"), Pseudonyms(b"benchmark" * 4))
        store.write((batch for batch, _ in batches), path)
    return store.HistoryFile(path)


def planted(folder: Path) -> list[str]:
    """The table of the planted histories."""
    lines = head("noise", "variant", *(f"{what}: P / R / F1" for what in ("fixes", "inducing changes", "pairs")))
    for noise in NOISES:
        histories: list[tuple[Truth, list[Commit]]] = []
        for seed in SEEDS:
            repository = folder / f"{seed}-{noise}" / "shop"
            write_repository(repository, seed, COMMITS, noise)
            histories.append((Truth.load(truth_path(repository)), list(mined(repository, folder / "one.parquet"))))
        for variant in VARIANTS.values():
            found = []
            for truth, commits in histories:
                labelling = label(commits, END_OF_TIME, variant=variant)
                found.append(recovery(truth, {fix.commit for fix in labelling.fixes}, _pairs(labelling), {}))
            kinds = ([one.fixes for one in found], [one.inducing for one in found], [one.links for one in found])
            lines.append(_line(f"{noise:g}", variant.name, *map(_means, kinds)))
    return lines


def _means(matches: list[Match]) -> str:
    shares = [[one.precision or 0.0, one.recall or 0.0, one.f1 or 0.0] for one in matches]
    precision, recall, f1 = (mean(column) for column in zip(*shares, strict=True))
    return f"{precision:.2f} / {recall:.2f} / {f1:.2f} ± {stdev(row[2] for row in shares):.2f}"


def stated_pairs(history: Iterable[Commit]) -> frozenset[Pair]:
    """Pairs that the fixes' own messages tell; reverts are left out, as they would be found too easily."""
    known = Known()
    ids: list[str] = []
    pairs: set[Pair] = set()
    for commit in history:
        named = known.named_by(commit.message) if not commit.is_merge else {}
        if any(file_kind(file.path) == "source" for file in commit.files):
            pairs |= {(commit.id, ids[at]) for at, rule in named.items() if rule == "named by the fix"}
        known.add(commit)
        ids.append(commit.id)
    return frozenset(pairs)


def ablations() -> list[Variant]:
    """`ours` without one of its parts at a time, of those that the stated pairs can tell something about."""
    ours = VARIANTS["ours"]
    return [
        replace(ours, name="fixes that only add lines are not traced", traces_additions=False),
        replace(ours, name="moved and re-formed lines never count", heeds_kept=False),
        replace(ours, name="moved lines are new ones", follows_moves=False),
        replace(ours, name="refactored lines are new ones", follows_refactoring=False),
        replace(ours, name="imports and lone brackets count", lines="code"),
        replace(ours, name="every candidate is accepted", accept="all"),
    ]


def _against(name: str, history: store.HistoryFile, pairs: frozenset[Pair], variants: Iterable[Variant]) -> list[str]:
    """One line a variant: how many of the known pairs it finds from the same fixes."""
    fixes = list(OnlyThese(history, frozenset(fix for fix, _ in pairs)))  # read once: its time is not counted
    lines = []
    for variant in variants:
        started = time.process_time()
        found = _pairs(label(fixes, END_OF_TIME, 1.0, variant))
        seconds = time.process_time() - started
        match = Match(len(found), len(pairs), len(found & pairs))
        cells = (f"{share:.2f}" if share is not None else "-" for share in (match.precision, match.recall, match.f1))
        lines.append(_line(name, f"{len(history):,}", f"{len(pairs):,}", variant.name, *cells, f"{seconds:.1f}"))
    return lines


def stated(locations: list[str], folder: Path) -> tuple[list[str], list[str], list[str]]:
    """The table of pairs stated by developers, that of changes to `ours`, and that of times."""
    lines, changed = head(*HEAD), head(*HEAD)
    times = head(
        "repository", "commits", "fixes", "links", "label: CPU s", "commits/s", "5,000 commits: s", "read: CPU s"
    )
    for location in locations:
        history = mined(Path(location), folder / "stated.parquet")
        started = time.process_time()
        for _ in history:
            pass
        read = time.process_time() - started
        found = label(history, END_OF_TIME)
        seconds = time.process_time() - started - read
        cells = (f"{len(history):,}", f"{len(found.fixes):,}", f"{len(found.links):,}", f"{seconds:.1f}")
        speed = (f"{len(history) / seconds:,.0f}", f"{5000 * seconds / len(history):.1f}")
        times.append(_line(name_of(location), *cells, *speed, f"{read:.1f}"))
        pairs = stated_pairs(history)
        if len(pairs) >= 50:  # fewer would tell nothing
            lines += _against(name_of(location), history, pairs, VARIANTS.values())
            changed += _against(name_of(location), history, pairs, ablations())
        print(times[-1], file=sys.stderr)
    return lines, changed, times


def apache(data: Path, mirrors: Path, folder: Path) -> list[str]:
    """The table of agreement with ApacheJIT, on the fixes that it traced."""
    lines = head("repository", "commits", "its links", "variant", "precision", "recall", "F1", "CPU s")
    for table in sorted(data.glob("*.links.csv.gz")):
        project = table.name.split(".")[0]
        places = [mirrors / name / end for name in (f"apache+{project}", project) for end in ("repo", ".")]
        place = next((one for one in places if one.is_dir()), None)
        if place is None:
            continue
        history = mined(place, folder / "apache.parquet")
        known = {commit.id for commit in history}
        with gzip.open(table, "rt") as file:
            rows = [(row["fix_commit"], row["inducing_commit"]) for row in csv.DictReader(file)]
        lines += _against(project, history, frozenset(row for row in rows if known.issuperset(row)), VARIANTS.values())
    return lines


def _pairs(found: Labelling) -> set[Pair]:
    return {(link.fix, link.inducing) for link in found.links}


def _line(*cells: str) -> str:
    return line(cells)


def parts(options: argparse.Namespace, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each table that was asked for, by the name of its marks."""
    said = [f"{machine()}, one process.", ""]
    if options.planted:
        yield "labels-planted", [*said, *planted(folder)]
    if options.paths:
        lines, without, times = stated(options.paths, folder)
        titled = ["", "`ours`, changed in one point:", "", *without, "", "Time, for the labels that a run makes:", ""]
        yield "labels-stated", [*said, *lines, *titled, *times]
    if options.apache and options.repositories:
        yield "labels-apache", [*said, *apache(options.apache, options.repositories, folder)]


def main() -> None:
    """Measure what was asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", metavar="PATH")
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--apache", type=Path, metavar="DIR")
    parser.add_argument("--repositories", type=Path, metavar="DIR")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as name:
        for part, lines in parts(options, Path(name)):
            print("\n".join(lines))
            if options.write:
                write(part, "\n".join(lines))


if __name__ == "__main__":
    main()
