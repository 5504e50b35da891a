"""The main job on real repositories: time, memory, labels and quality, each run from nothing.

    python benchmarks/real_repositories.py PATH-OR-URL … [--write]

Every repository is run with `faultcast run` in a state folder of its own, twice: from nothing, and
again unchanged. Figures come from the run's own ``--json`` and, for CPU and memory, from the
operating system's account of the finished processes. ``--write`` puts the table into
benchmarks/results.md, between its marks.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from page import line, machine, name_of, write

_HEAD = (
    "| repository | commits | fixes | inducing | s (first) | s (again) | CPU s | peak MB | judged | AUC chosen | "
    "95 % | AUC simple | AUC hybrid | AUC lines added | AP chosen | AP lines added | verdict |"
)


def run(location: str, home: str) -> tuple[dict[str, Any], float, float, float]:
    """Run once; return what it printed, wall seconds, CPU seconds and the largest process's peak in MB."""
    started = time.monotonic()
    command = [sys.executable, "-m", "faultcast", "run", location, "--json", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "FAULTCAST_HOME": home})
    assert process.stdout is not None
    output = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    found = json.loads(output)
    if "error" in found:
        sys.exit(f"{location}: {found['error']['message']}")
    return found, time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def row(location: str) -> str:
    """One repository's line of the table."""
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as home:
        found, first, cpu, peak = run(location, home)
        _, again, _, _ = run(location, home)
    figures, chosen = found["evaluation"], found["chosen"]
    cells = [name_of(location), f"{found['commits']:,}", f"{found['fixes']:,}", f"{found['inducing']:,}"]
    cells += [f"{first:.0f}", f"{again:.1f}", f"{cpu:.0f}", f"{peak:.0f}"]
    if chosen is None:
        return line([*cells, found["dataset"]["insufficient"]["message"], *["-"] * 7, found["verdict"]["outcome"]])
    best, lines = figures[chosen], figures["lines_added"]
    low, high = best["auc_interval"]
    cells += [
        f"{best['n']:,} ({best['positives']} inducing)",
        f"{best['auc']:.3f} ({chosen})",
        f"{low:.2f} to {high:.2f}",
    ]
    cells += [f"{figures[name]['auc']:.3f}" for name in ("simple", "hybrid", "lines_added")]
    cells += [f"{best['average_precision']:.3f}", f"{lines['average_precision']:.3f}", found["verdict"]["outcome"]]
    return line(cells)


def main() -> None:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines = [_HEAD, "|" + " --- |" * _HEAD.count(" | ") + " --- |"]
    for location in options.repositories:
        lines.append(row(location))
        print(lines[-1], file=sys.stderr)
    said = f"{machine()}. One run each; wall times move with the machine's load."
    table = "\n".join([said, "", *lines])
    print(table)
    if options.write:
        write("real_repositories", table)


if __name__ == "__main__":
    main()
