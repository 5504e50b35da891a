"""The point-in-time join against the two stores that Feast brings, through the same call of Feast.

    pip install 'feast[duckdb]'        the peer's own needs (dask comes with Feast)
    python benchmarks/store.py [--write]

Shapes of 100,000 source rows and 100,000 questions with 30 features: 5,000 keys, 500, and 20 on which everything
hangs. Dask is asked with 5,000 alone: it pairs every row of a key with every question first, with 20 keys 500 million
pairs of 30 features, which no memory holds. Some questions come before a key's first row, some after its rows have
expired, some keys are unknown; a tenth of the source rows share their instant with another. Each store runs in a
process of its own, with at most 12 GB; its CPU time is user and system of that process. What is right is said by
pandas' `merge_asof`. A million questions are asked of our store alone. `--write` puts the tables into
benchmarks/results.md.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from page import line, machine, write
from store_child import FEATURES, FLAGS, FLOATS, INTEGERS, STORES, TTL

ROWS = 100_000
MANY = 1_000_000
SHAPES = {"5,000 keys": 5_000, "500 keys": 500, "20 hot keys": 20}
BARS = {"Feast's duckdb": 4.0, "Feast's dask": 20.0}
CEILING_MB = 2_048
SECONDS = 1_200
FEWEST_KEYS_OF_DASK = 5_000
_DAY = 86_400_000_000
_START = 1_700_000_000_000_000
CHILD = Path(__file__).with_name("store_child.py")


@dataclass(frozen=True)
class Asked:
    """What one store answered: figures of its process, rows that it lost, rows whose values differ from the oracle."""

    store: str
    figures: dict[str, float]
    lost: int
    wrong: int
    in_order: bool


def instants(days: np.ndarray) -> pa.Array:
    """Days since the start -> timestamps in microseconds."""
    return pa.array((_START + days * _DAY).astype(np.int64)).cast(pa.timestamp("us", "UTC"))


def make_source(keys: int, rng: np.random.Generator) -> pa.Table:
    """Rows over a year; every tenth takes key and instant of the one before, and became known an hour later."""
    key, days = rng.integers(0, keys, ROWS), np.floor(rng.random(ROWS) * 365 * 1e6) / 1e6
    later = np.arange(0, ROWS, 10)[1:]
    key[later], days[later] = key[later - 1], days[later - 1]
    known = days.copy()
    known[later] += 1 / 24
    columns = {"key": pa.array(key), "event": instants(days), "created": instants(known)}
    columns |= {f"float_{i}": pa.array(rng.random(ROWS)) for i in range(FLOATS)}
    columns |= {f"integer_{i}": pa.array(rng.integers(0, 1_000, ROWS)) for i in range(INTEGERS)}
    columns |= {f"flag_{i}": pa.array(rng.random(ROWS) < 0.5) for i in range(FLAGS)}
    return pa.table(columns)


def make_questions(keys: int, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Keys, some unknown, and instants from a month before the first row to two months after the last."""
    days = -30 + rng.random(n) * 455
    return pd.DataFrame({
        "key": rng.integers(0, keys + keys // 50 + 1, n),
        "event_timestamp": instants(days).to_pandas(),
        "question": np.arange(n),
    })  # fmt: skip


def oracle(source: pa.Table, questions: pd.DataFrame) -> pd.DataFrame:
    """pandas' answer: of the rows of a key up to the instant the latest, of those the one known last."""
    right = (
        source.to_pandas()
        .sort_values(["event", "created"], kind="stable")
        .drop_duplicates(["key", "event"], keep="last")
    )
    left = questions.sort_values("event_timestamp", kind="stable")
    found = pd.merge_asof(left, right, left_on="event_timestamp", right_on="event", by="key", tolerance=TTL)
    return found.sort_values("question").reset_index(drop=True)[FEATURES]


def ask(store: str, folder: Path, questions: Path, expected: pd.DataFrame | None) -> Asked:
    """Run one store in a process of its own and judge its answer."""
    answer = folder / f"answer-{store}.parquet"
    command = [sys.executable, str(CHILD), store, str(folder), str(questions), str(answer)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode:
        raise SystemExit(f"{store} ended with {done.returncode}:\n{done.stderr[-2_000:]}")
    found = pd.read_parquet(answer)
    n = pq.read_metadata(questions).num_rows
    in_order = found["question"].tolist() == list(range(n))
    wrong = 0
    if expected is not None:
        theirs = numbers(found.set_index("question")[FEATURES])
        ours = numbers(expected.loc[theirs.index])
        wrong = int((~((theirs == ours) | (theirs.isna() & ours.isna()))).any(axis=1).sum())
    answer.unlink()
    figures = json.loads(done.stdout.splitlines()[-1])
    print(f"{store}: {figures}", file=sys.stderr)
    return Asked(store, figures, n - len(found), wrong, in_order)


def numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Values of any type as float64, missing as NaN, so that stores are compared by value alone."""
    return frame.astype("object").where(frame.notna(), np.nan).astype(np.float64)


def shape(name: str, keys: int, stores: list[str]) -> list[Asked]:
    """All stores on one shape of data."""
    rng = np.random.default_rng(7)
    source, questions = make_source(keys, rng), make_questions(keys, ROWS, rng)
    with tempfile.TemporaryDirectory(prefix="faultcast-store-") as folder:
        here = Path(folder)
        pq.write_table(source, here / "source.parquet")
        questions.to_parquet(here / "questions.parquet", index=False)
        expected = oracle(source, questions)
        print(f"{name}: {expected[FEATURES[0]].notna().mean():.0%} of the questions have an answer", file=sys.stderr)
        able = [store for store in stores if keys >= FEWEST_KEYS_OF_DASK or "dask" not in store]
        return [ask(store, here, here / "questions.parquet", expected) for store in able]


def million() -> Asked:
    """Our store alone on a million questions."""
    rng = np.random.default_rng(7)
    source, questions = make_source(5_000, rng), make_questions(5_000, MANY, rng)
    with tempfile.TemporaryDirectory(prefix="faultcast-store-") as folder:
        here = Path(folder)
        pq.write_table(source, here / "source.parquet")
        questions.to_parquet(here / "questions.parquet", index=False)
        return ask("ours", here, here / "questions.parquet", oracle(source, questions))


def table(found: dict[str, list[Asked]], most: Asked) -> str:
    """The page's part."""
    rows = [
        line(["shape", "store", "rows lost", "in order", "rows wrong", "CPU-s of the join", "times ours",
              "CPU-s of the process", "peak MB"]),
        line(["---"] * 9),
    ]  # fmt: skip
    for name, answers in found.items():
        ours = answers[0].figures["join"]
        rows += [cells(name, one, f"{one.figures['join'] / ours:.1f}") for one in answers]
    rows.append(cells(f"{MANY:,} questions", most, ""))
    verdicts = [
        f"{store}, {name}: {one.figures['join'] / answers[0].figures['join']:.1f}x (bar {BARS[store]:.0f}x)"
        for name, answers in found.items()
        for one in answers[1:]
        for store in [one.store]
    ]
    peak = f"{MANY:,} questions: {most.figures['peak']:,.0f} MB (bar {CEILING_MB:,} MB)"
    return "\n".join([f"{machine()}.", "", *rows, "", f"Bars: {'; '.join([*verdicts, peak])}."])


def cells(name: str, one: Asked, times: str) -> str:
    """One row of the table."""
    join, whole, peak = (one.figures[key] for key in ("join", "whole", "peak"))
    order = "yes" if one.in_order else "no"
    return line(
        [
            name,
            one.store,
            f"{one.lost:,}",
            order,
            f"{one.wrong:,}",
            f"{join:.2f}",
            times,
            f"{whole:.1f}",
            f"{peak:,.0f}",
        ]
    )


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/results.md")
    options = parser.parse_args()
    stores = list(STORES)
    for store, package in (("Feast's duckdb", "ibis"), ("Feast's dask", "dask")):
        if importlib.util.find_spec(package) is None:
            print(f"without {store}: {package} is not installed (pip install 'feast[duckdb]')", file=sys.stderr)
            stores.remove(store)
    text = table({name: shape(name, keys, stores) for name, keys in SHAPES.items()}, million())
    print(text)
    if options.write:
        write("store", text)


if __name__ == "__main__":
    main()
