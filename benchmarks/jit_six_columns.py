"""The six public projects: their rows, and input columns derived from the 14 published metrics.

Nothing here looks ahead: a column of a commit is made from that commit's row and from the commits before it.

Sets of columns, each with all of the one before:

* kamei: the 14 metrics, counts and days as log(1 + x).
* ratios: how metrics stand to each other (lines added to lines there, changes to developers, …); hour, weekday (UTC).
* rolling: metrics to their median over the 300 commits before, commits in the last 1, 7 and 30 days, the seconds since
  the last one, the share of fixes among the last 200. Labels are in none of them: when a label became known is
  not in the data.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PROJECTS = ("qt", "openstack", "jdt", "platform", "gerrit", "go")
METRICS = ("ns", "nd", "nf", "entropy", "la", "ld", "lt", "fix", "ndev", "age", "nuc", "exp", "rexp", "sexp")
SETS = ("kamei", "ratios", "rolling")
_DAY = 86_400


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Each project's commits in time order, `train` before `test`.

    Raises:
        SystemExit: the folder lacks a project.
    """
    absent = [name for name in PROJECTS if not (folder / f"{name}.csv.gz").is_file()]
    if absent:
        raise SystemExit(f"No {', '.join(absent)}.csv.gz in {folder}: expected the six projects' public data there")
    found = {}
    for name in PROJECTS:
        table = pd.read_csv(folder / f"{name}.csv.gz")
        late = table["split"].to_numpy() == "test"
        if not (table["committed_at"].is_monotonic_increasing and np.all(np.diff(late.astype(int)) >= 0)):
            raise SystemExit(f"{name}: expected commits in time order, train before test")
        found[name] = table
    return found


def columns(table: pd.DataFrame, wanted: str) -> NDArray[np.float64]:
    """Input columns (float64 array_NF) of the set `wanted`, for one project's commits in time order."""
    made = {name: np.log1p(table[name].clip(lower=0).astype(float)) for name in METRICS}
    made |= {"fix": table["fix"].astype(float), "entropy": table["entropy"].astype(float)}
    logs = pd.DataFrame(made)
    parts = [logs]
    if wanted in SETS[1:]:
        parts.append(_ratios(table, logs))
    if wanted == SETS[2]:
        parts.append(_rolling(table, logs))
    return np.asarray(pd.concat(parts, axis=1).to_numpy(dtype=np.float64))


def _ratios(table: pd.DataFrame, logs: pd.DataFrame) -> pd.DataFrame:
    files, churn = table["nf"].clip(lower=1), table["la"] + table["ld"]
    day = pd.to_datetime(table["committed_at"], unit="s")
    return pd.DataFrame({
        "churn": np.log1p(churn),
        "added_to_there": logs["la"] - logs["lt"],
        "deleted_to_there": logs["ld"] - logs["lt"],
        "added_a_file": np.log1p(table["la"] / files),
        "there_a_file": np.log1p(table["lt"] / files),
        "changes_a_file": np.log1p(table["nuc"] / files),
        "changes_to_developers": logs["nuc"] - logs["ndev"],
        "share_added": table["la"] / churn.clip(lower=1),
        "own_subsystem": logs["sexp"] - logs["exp"],
        "recent": logs["rexp"] - logs["exp"],
        "evenness": table["entropy"] / np.maximum(np.log2(files.clip(lower=2)), 1),
        "spread_lines": table["entropy"] * logs["la"],
        "hour": day.dt.hour,
        "weekday": day.dt.weekday,
    })  # fmt: skip


def _rolling(table: pd.DataFrame, logs: pd.DataFrame) -> pd.DataFrame:
    made: dict[str, object] = {}
    for name in ("la", "lt", "nuc", "age", "exp", "ndev", "nf"):
        usual = logs[name].rolling(300, min_periods=10).median().shift(1)
        made[f"{name}_to_usual"] = logs[name] - usual.fillna(logs[name].expanding().median().shift(1)).fillna(0)
    at = table["committed_at"].to_numpy()
    made["gap"] = np.log1p(np.diff(at, prepend=at[0]))
    for days in (1, 7, 30):
        made[f"commits_{days}"] = np.log1p(np.arange(len(at)) - np.searchsorted(at, at - days * _DAY))
    made["share_of_fixes"] = table["fix"].rolling(200, min_periods=10).mean().shift(1).fillna(0.2)
    return pd.DataFrame(made)
