"""How fast files are measured, alone and along a history, and how far other programs agree.

    pip install complexipy lizard radon rust-code-analysis-python
    python benchmarks/measures.py PATH … [--files N] [--versions N] [--examples N] [--write]

PATH … are git repositories. Of each, up to N files a language are drawn (seeded) from HEAD for speed and agreement, and
up to N versions of files, file by file in the order in which they were committed, for the speed along a history; and
the latest 3 N versions in the order of commits, as mining meets them. Times are CPU seconds of one process; parsing
each version alone stands beside them: without a memo, nothing that uses the same parser can be faster.
``--examples`` prints functions on which a program and faultcast differ. ``--write`` puts the tables into
benchmarks/results.md, between their marks.
"""

import argparse
import sys
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from measures_files import File, changed, files, loaded, versions
from measures_peers import Found, Numbers, Peer, installed, plain
from page import head, line, machine, write

from faultcast.measures import Memo, language_of, parse, read
from faultcast.measures.grammar import grammar_of
from faultcast.measures.kinds import row_of

NUMBERS = ("cyclomatic", "cognitive", "parameters", "length", "Halstead volume")
REPEATS = 3
_NEAR = 4  # lines


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """CPU seconds of the fastest of some runs."""
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def by_language(found: Iterable[File]) -> dict[str, list[File]]:
    """The same files, a list a language."""
    sorted_out: dict[str, list[File]] = defaultdict(list)
    for path, text in found:
        sorted_out[language_of(path) or ""].append((path, text))
    return dict(sorted(sorted_out.items()))


def parse_all(found: list[File]) -> None:
    """Only parse."""
    for path, text in found:
        row = row_of(path)
        assert row is not None
        parse(grammar_of(row), text)


def read_all(found: list[File], memo: Memo | None) -> None:
    """Measure everything."""
    for path, text in found:
        read(path, text, memo)


def speed(found: dict[str, list[File]], history: dict[str, list[File]]) -> list[str]:
    """Files a CPU second, of distinct files and along histories."""
    lines = head("language", "files", "KB each", "parsing alone", "all measures", "of it parsing", "MB/s",
                  "versions", "KB each", "parsing alone", "all measures", "without memo")  # fmt: skip
    for language, one in found.items():
        parsing, reading = seconds(lambda one=one: parse_all(one)), seconds(lambda one=one: read_all(one, None))
        size = sum(len(text) for _, text in one)
        cells = [language, f"{len(one):,}", f"{size / len(one) / 1000:.1f}", _rate(one, parsing)]
        cells += [_rate(one, reading), f"{parsing / reading:.0%}", f"{size / reading / 1e6:.1f}"]
        if past := history.get(language):
            size = sum(len(text) for _, text in past)
            parsing = seconds(lambda past=past: parse_all(past), 1)
            cells += [f"{len(past):,}", f"{size / len(past) / 1000:.1f}", _rate(past, parsing)]
            cells += [_rate(past, seconds(lambda past=past: read_all(past, Memo()), 1))]
            cells += [_rate(past, seconds(lambda past=past: read_all(past, None), 1))]
        lines.append(line(cells + ["-"] * (12 - len(cells))))
        print(lines[-1], file=sys.stderr)
    return lines


def histories(repositories: Iterable[Path], most: int) -> list[str]:
    """Versions a CPU second as mining meets them: the latest of a repository, in the order of commits."""
    lines = head("history", "versions", "KB each", "parsing alone", "all measures", "without memo")
    for repository in repositories:
        found = loaded(repository, changed(repository, "-n", str(most))[-most:])
        if not found:
            continue
        named = repository.parent if repository.name in {"repo", ".git"} else repository
        times = [seconds(lambda found=found: parse_all(found), 1)]
        times += [seconds(lambda found=found, memo=memo: read_all(found, memo), 1) for memo in (Memo(), None)]
        size = sum(len(text) for _, text in found) / len(found) / 1000
        lines.append(
            line(
                [
                    named.name.rpartition("+")[2],
                    f"{len(found):,}",
                    f"{size:.1f}",
                    *(_rate(found, spent) for spent in times),
                ]
            )
        )
        print(lines[-1], file=sys.stderr)
    return lines


def ours(path: str, text: bytes) -> Found:
    """faultcast's own numbers, in the peers' form."""
    found = read(path, text, None)
    assert found is not None
    functions = {
        (one.start_line, plain(one.name)): {
            "cyclomatic": one.cyclomatic,
            "cognitive": one.cognitive,
            "parameters": one.parameters,
            "length": one.end_line - one.start_line + 1,
            "Halstead volume": one.halstead_volume or 0.0,
        }
        for one in found.functions
    }
    return Found(functions, {"NLOC": found.measures.code_lines})


def compare(peer: Peer, language: str, found: list[File], examples: int) -> list[str]:
    """One peer on one language: how many functions both see, on how many without nested ones they agree, how fast."""
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    mine = theirs = both = refused = 0
    shown: Counter[str] = Counter()
    for path, text in found:
        own = ours(path, text)
        other = _ask(peer, language, text)
        if other is None:
            refused += 1
            continue
        mine, theirs = mine + len(own.functions), theirs + len(other.functions)
        for number, value in other.whole.items():
            pairs[number].append((own.whole[number], value))
        starts = sorted(at[0] for at in own.functions)
        for at, numbers, others in _matched(own, other):
            both += 1
            if bisect_right(starts, at[0] + numbers["length"] - 1) > bisect_right(starts, at[0]):
                continue  # programs differ in whether what a nested function holds is its own or the outer one's
            for number, value in others.items():
                pairs[number].append((numbers[number], value))
                if _differ(number, numbers[number], value) and shown[number] < examples:
                    shown[number] += 1
                    print(f"{peer.name} {number}: {path}:{at[0]} {at[1]} {numbers[number]} / {value}", file=sys.stderr)
    own_time = seconds(lambda: read_all(found, None), 1)
    other_time = seconds(lambda: [_ask(peer, language, text) for _, text in found], 1)
    cells = [language, peer.name, f"{mine:,} / {theirs:,}", f"{both / max(1, mine):.1%}"]
    cells += [_agreement(number, pairs.get(number, [])) for number in (*NUMBERS, "NLOC")]
    return [line([*cells, f"{own_time / other_time:.2f}", f"{refused}"])]


def _matched(own: Found, other: Found) -> Iterator[tuple[tuple[int, str], Numbers, Numbers]]:
    """Functions of one name that begin about the same line, or on the same line where one of them has no name.

    Programs differ in whether a function begins with its annotations, its type or its name: then its length is not
    compared.
    """
    nameless = {at[0]: numbers for at, numbers in other.functions.items() if not at[1]}
    for at, numbers in own.functions.items():
        line_number, name = at
        for near in sorted(range(line_number - _NEAR, line_number + _NEAR + 1), key=lambda to: abs(to - line_number)):
            if name and (others := other.functions.get((near, name))) is not None:
                same_line = near == line_number
                yield at, numbers, others if same_line else {k: v for k, v in others.items() if k != "length"}
                break
        else:
            if (others := nameless.get(line_number)) is not None:
                yield at, numbers, others


def _ask(peer: Peer, language: str, text: bytes) -> Found | None:
    try:
        return peer.ask(language, text.decode(errors="replace"))
    except (SyntaxError, ValueError, RecursionError, AttributeError, IndexError, KeyError, TypeError):
        return None  # counted as refused


def _differ(number: str, mine: float, other: float) -> bool:
    return abs(mine - other) > (0.01 * max(mine, other) if number == "Halstead volume" else 0)


def _agreement(number: str, pairs: list[tuple[float, float]]) -> str:
    """Equal ones among those that at least one puts above the least value (1; cognitive, parameters: 0)."""
    least = 0 if number in {"cognitive", "parameters"} else 1
    told = [pair for pair in pairs if max(pair) > least]
    if not told:
        return "-"
    if number == "Halstead volume":  # defined otherwise everywhere: does it order functions alike?
        return f"rank {_rank_correlation(told):.2f}"
    return f"{sum(mine == other for mine, other in told) / len(told):.1%} of {len(told):,}"


def _rank_correlation(pairs: list[tuple[float, float]]) -> float:
    """Spearman's, ties by their order."""
    ranks = [np.argsort(np.argsort(np.array(side), kind="stable")) for side in zip(*pairs, strict=True)]
    return float(np.corrcoef(*ranks)[0, 1]) if len(pairs) > 2 else 1.0


def _rate(found: list[File], spent: float) -> str:
    return f"{len(found) / spent:,.0f}/s"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--versions", type=int, default=1000)
    parser.add_argument("--examples", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = by_language(one for path in options.repositories for one in files(path, options.files))
    history = by_language(one for path in options.repositories for one in versions(path, options.versions))
    fast = speed(found, history)
    mined = histories(options.repositories, options.versions * 3)
    agreement = head("language", "program", "functions: ours / theirs", "ours matched", *NUMBERS, "NLOC of files",
                      "its speed", "files refused")  # fmt: skip
    for peer in installed():
        for language in sorted(peer.languages & found.keys()):
            agreement += compare(peer, language, found[language], options.examples)
            print(agreement[-1], file=sys.stderr)
    text = "\n".join([f"{machine()}, one process, a busy machine.", "", *fast, "", *mined, "", *agreement])
    print(text)
    if options.write:
        write("measures", text)


if __name__ == "__main__":
    main()
