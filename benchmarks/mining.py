"""What reading a history costs, beside git itself and PyDriller: CPU seconds and peak memory.

    python benchmarks/mining.py PATH … [--rounds N] [--pydriller PYTHON] [--pydriller-commits N] [--write]

In every round each way runs once, as a process of its own from its start to its end, with all that it starts:

- git: ``git log --numstat -M`` to /dev/null, the measure of the others;
- metrics: ``faultcast metrics``, the 14 change metrics of every change, to a CSV file;
- full: the stage `mine`, commits with their patches, to a Parquet file;
- incremental: the same once more, where all but the last 1 % of the commits are known from an earlier run;
- PyDriller without sources, where ``--pydriller`` names an interpreter that has it, on a copy of the repository
  (it writes into the configuration of what it reads); no history longer than ``--pydriller-commits``.

Python may keep its compiled modules, as it does where nobody forbids it. Ratios are between ways of the same round.
``--write`` puts the table into benchmarks/results.md, between its marks.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from page import line, machine, name_of, write

MINE = "import sys; from faultcast.steps.mine import mine; mine(*sys.argv[1:])"
PYDRILLER = """
import sys
from pydriller import Repository
for commit in Repository(sys.argv[1]).traverse_commits():
    for file in commit.modified_files:
        file.new_path, file.old_path, file.change_type, file.added_lines, file.deleted_lines
"""


@dataclass(frozen=True)
class Cost:
    """What a process and all that it started took."""

    cpu: float  # seconds
    peak: float  # MB, of the largest process


def cost(command: list[str], home: Path) -> Cost:
    """Run a command to its end."""
    environment = {**os.environ, "FAULTCAST_HOME": str(home), "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[:4]} ended with {status}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def git(path: str, *arguments: str) -> list[str]:
    return ["git", "-c", "safe.directory=*", "-C", path, *arguments]


def said(path: str, *arguments: str) -> list[str]:
    return subprocess.run(git(path, *arguments), capture_output=True, text=True, check=True).stdout.split()


def measure(path: str, rounds: int, python: str, most: int, folder: Path) -> list[str]:
    """The lines of one repository."""
    path = str(Path(path).resolve())
    ids = said(path, "rev-list", "--date-order", "--reverse", "HEAD")
    earlier = ids[-max(2, len(ids) // 100)]
    merges = len(said(path, "rev-list", "--merges", "HEAD"))
    home, known, out = folder / "home", folder / "known", str(folder / "out")
    cost([sys.executable, "-c", MINE, path, earlier, out], known)
    commands = {
        "git": git(path, "log", "--numstat", "-M"),
        "metrics": [sys.executable, "-m", "faultcast", "metrics", path, "--output", f"{out}.csv"],
        "full": [sys.executable, "-c", MINE, path, ids[-1], out],
        "incremental": [sys.executable, "-c", MINE, path, ids[-1], out],
    }
    if python and len(ids) <= most:
        copy = folder / "copy"
        subprocess.run([*git(path, "clone", "-q", "--bare", path, str(copy))], check=True)
        commands["PyDriller"] = [python, "-c", PYDRILLER, str(copy)]
    found: dict[str, list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        for way, command in commands.items():
            here = folder / "round"
            shutil.rmtree(here, ignore_errors=True)
            if way == "incremental":
                shutil.copytree(known, here)
            found[way].append(cost(command, here if way in ("full", "incremental") else home))
    name = name_of(path)
    new = len(said(path, "rev-list", f"{earlier}..{ids[-1]}"))
    history = f"{name}: {len(ids):,} commits, {merges:,} merges, {new:,} of them new to the incremental run"
    return [_row(history, way, costs, found) for way, costs in found.items()]


def _row(history: str, way: str, costs: list[Cost], found: dict[str, list[Cost]]) -> str:
    to_git = [one.cpu / other.cpu for one, other in zip(costs, found["git"], strict=True)]
    to_metrics = [one.cpu / other.cpu for one, other in zip(costs, found["metrics"], strict=True)]
    peak = max(one.peak for one in costs)
    return line(
        [history, way, _spread([one.cpu for one in costs]), _spread(to_git), _spread(to_metrics), f"{peak:.0f}"]
    )


def _spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pydriller", default="", metavar="PYTHON")
    parser.add_argument("--pydriller-commits", type=int, default=20_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    head = ("history", "way", "CPU s", "to git", "to metrics", "peak MB")
    lines = [line(head), line("---" for _ in head)]
    for path in options.paths:
        with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
            rows = measure(path, options.rounds, options.pydriller, options.pydriller_commits, Path(folder))
        print("\n".join(rows), file=sys.stderr)
        lines += rows
    told = f"{machine()}, beside other work. {options.rounds} rounds: median (smallest to largest)."
    text = "\n".join([told, "", *lines])
    print(text)
    if options.write:
        write("mining", text)


if __name__ == "__main__":
    main()
