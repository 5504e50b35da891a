"""How often the drift alarm rings where nothing but time has passed, and how often it finds a planted shift.

    python benchmarks/drift.py DATASET.parquet… [--write]

Each data set is what `assemble` left of a run (``HOME/kfp/…/assemble/dataset/dataset.parquet``). The reference is
frozen from its training and validation rows, as training does; then every later 200 changes in the order of time are a
window. Such a window holds what it holds: the project went on, as it always does. Beside it stands the same rule
without a history's own movement, the two-sample test with its large PSI (`faultcast.validation.drift`). The planted
shift: everything that tells the size or complexity of a change is four times as large, in the same windows.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from page import head, line, machine, name_of_run, write

from faultcast.features.catalogue import NAMES
from faultcast.monitoring.drifted import MARGIN, drift
from faultcast.monitoring.window import Window
from faultcast.validation.drift import compare
from faultcast.validation.reference import WINDOW, Frozen, freeze, thaw

SIZES = ("lines_", "files", "hunks", "entropy", "subsystems", "directories", "source_", "cyclomatic", "halstead")
FACTOR = 4.0


def window_of(values_NC: NDArray[np.float64], names: list[str]) -> Window:
    """Changes that were asked for once each."""
    rows = len(values_NC)
    return Window(
        start=0.0, end=1.0, total=rows, at_N=np.linspace(1, 0, rows), risk_N=np.full(rows, 0.1),
        latency_seconds_N=np.zeros(rows), band_N=["low"] * rows, model_N=[("m", "1", "champion")] * rows,
        change_N=[str(row) for row in range(rows)], is_shadow_N=np.zeros(rows, bool), is_assumed_N=np.zeros(rows, bool),
        features={name: values_NC[:, at] for at, name in enumerate(names)},
    )  # fmt: skip


def rings(reference: Frozen, values_NC: NDArray[np.float64], names: list[str]) -> tuple[bool, int]:
    """Whether the alarm rings, and how many features the plain test calls drifted."""
    window = window_of(values_NC, names)
    found = drift(window, reference, since=0.0, min_rows=WINDOW, version="1")
    return bool(found["drift_detected"]), len(compare(reference.features, window.features)["drifted"])


def row(path: Path) -> tuple[list[object], NDArray[np.int64]] | None:
    """One history: its cells, and (windows, ours, plain, ours shifted); None where it is too short."""
    table: pd.DataFrame = pd.read_parquet(path).sort_values("event_timestamp", kind="stable")
    if "split" not in table:
        return None
    names = [name for name in NAMES if name in table.columns]  # a data set may be older than the newest feature
    parts = {split: rows[names].astype(float).to_numpy() for split, rows in table.groupby("split")}
    if len(parts.get("train", ())) < 2 * WINDOW or len(parts.get("test", ())) < WINDOW:
        return None
    reference = thaw(freeze(parts["train"], parts["validation"], names, np.linspace(0, 1, 100)))
    grown_C = np.array([FACTOR if name.startswith(SIZES) else 1.0 for name in names])
    later_NC = parts["test"]
    starts = range(0, len(later_NC) - WINDOW + 1, WINDOW)
    plain = [rings(reference, later_NC[at : at + WINDOW], names) for at in starts]
    shifted = [rings(reference, later_NC[at : at + WINDOW] * grown_C, names)[0] for at in starts]
    counts = np.array([len(plain), sum(one for one, _ in plain), sum(one > 0 for _, one in plain), sum(shifted)])
    called = [one for _, one in plain]
    return [
        name_of_run(path, str(table["repository"].iloc[0])),
        len(parts["train"]) + len(parts["validation"]),
        *counts,
        f"{min(called)} to {max(called)}",
    ], counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = head(
        "history",
        "rows frozen",
        "later windows",
        "alarms",
        "two-sample test alone",
        "found, sizes x4",
        "features that test calls",
    )
    total = np.zeros(4, dtype=np.int64)
    for path in options.datasets:
        found = row(path)
        if found is not None:
            rows.append(line(str(cell) for cell in found[0]))
            total += found[1]
    rows.append(line(str(cell) for cell in ("all", "", *total, "")))
    said = f"`python benchmarks/drift.py`, {machine()}. Windows of {WINDOW} changes; margin {MARGIN}."
    text = "\n".join([said, "", *rows])
    print(text)
    if options.write:
        write("drift", text)


if __name__ == "__main__":
    main()
