"""What scoring one commit costs: `faultcast jit` from a saved state, and the start of the model server.

    python benchmarks/jit.py PATH … [--write]

For each repository the history is mined and described once. The past as it was five commits before the tip and a
forest of 300 trees, fitted to these rows, become a state; then `faultcast jit` scores each of the last five commits
in a process of its own, and its row is compared byte for byte with the one that the whole history gave. The first
call is left out: it finds the files on disk. CPU is the process's and that of the git processes that it started.
A second table tells what `python -m serving` with that forest takes until it is ready.

``--write`` puts the table into benchmarks/results.md, between its marks.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from page import line, machine, name_of, write
from sklearn.ensemble import RandomForestClassifier

from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import pseudonyms
from faultcast.dataset import nullable_types
from faultcast.features import Past, Row, describe
from faultcast.features.measured import touched_history
from faultcast.features.table import SCHEMA, to_table
from faultcast.history import mine, open_repository, store
from faultcast.models import artifact
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.forest import of_classifier
from faultcast.models.forest_file import to_files
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser, values_of
from faultcast.settings import Settings
from faultcast.steps.jit import score_commit
from faultcast.steps.keep import keep

BEHIND = 5
TREES = 300


@dataclass(frozen=True)
class Learnt:
    """A state and what it is to be held against."""

    commits: int
    state: Path
    bytes: dict[str, int]
    rows: dict[str, pa.Table]  # of the newest


def learn(repository: Path, home: Path) -> Learnt:
    """Fold a whole history once, keeping the past as it was `BEHIND` commits before the end."""
    now, folder = Settings(home=home), home / "run"
    folder.mkdir(parents=True)
    with open_repository(repository) as source:
        total, batches = mine(source, source.tip("HEAD"), pseudonyms(now))
        store.write((batch for batch, _ in batches), folder / "whole")
        past, rows, latest, ids = Past(), list[Row](), list[Row](), list[str]()
        for commit, touched in touched_history(source, store.HistoryFile(folder / "whole"), 2):
            if commit.position == total - BEHIND:
                past.save(folder / "past")
            known = commit.position < total - BEHIND
            if not commit.is_merge:
                (rows if known else latest).append(describe(commit, past, touched))
            ids += [commit.id] if known else []
            past.observe(commit, touched)
    places = Places(home, str(repository))
    pq.write_table(pa.table({"id": ids}), folder / "history")
    pq.write_table(to_table(rows, places.repo_id), folder / "features")
    (folder / "registration").write_text(json.dumps({"registered": True, "version": "1"}))
    fit(rows, folder / "model")
    names = {"mine/history": "history", "describe/features": "features", "describe/past": "past",
             "register/registration": "registration", "validate/chosen": "model"}  # fmt: skip
    paths = {name: str(folder / path) for name, path in names.items()}
    run = runs.Run(str(repository), places.repo_id, ids[-1], 0, "", paths)
    state = keep(run, now, str(home / "state"))
    sizes = {name: (home / "state" / state.folder / name).stat().st_size for name in state.files}
    return Learnt(total, home / "state", sizes, {row.commit: to_table([row], places.repo_id) for row in latest})


def fit(rows: Sequence[Row], folder: Path) -> None:
    """A forest of real size; what it says does not matter here."""
    values = values_of(to_table(rows, "").to_pandas(types_mapper=nullable_types))
    normaliser = fit_normaliser(values)
    labels = np.random.default_rng(7).random(len(values)) < 0.2
    forest = RandomForestClassifier(TREES, min_samples_leaf=10, random_state=7, n_jobs=2)
    forest.fit(normaliser.apply(values), labels.astype(int))
    manifest = Manifest(
        kind="simple", name="simple", normaliser=normaliser, calibration=Calibration(1.0, 0.0), bands=Bands(0.2, 0.4),
        training_window=(0, 1), label_as_of=1, ripening_days=7.0, data_fingerprint="0" * 64, code_version="0", seed=7,
        metrics={},
    )  # fmt: skip
    artifact.write(folder, manifest, to_files(of_classifier(forest)))


def timed(command: list[str], home: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of one process."""
    started = time.monotonic()
    process = subprocess.Popen(command, env=os.environ | {"FAULTCAST_HOME": str(home)}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def started(model: Path) -> tuple[float, float, float]:
    """Wall and CPU seconds until the model server is ready, and the MB that it holds then."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "serving", "--model-dir", str(model), "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        while not _is_ready(port):
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}")
            time.sleep(0.02)
        wall = time.monotonic() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return wall, cpu, pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    finally:
        process.terminate()
        process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def one(repository: Path, folder: Path) -> tuple[str, Path]:
    """One line of the table, and the folder of the model."""
    home = folder / repository.parent.name
    learnt = learn(repository, home)
    for commit, row in learnt.rows.items():
        found = score_commit(str(repository), commit, str(learnt.state), Settings(home=home))
        if not found.differs and found.row.cast(SCHEMA) != row:
            raise SystemExit(f"{commit}: another row than the whole history gives")
    command = [sys.executable, "-m", "faultcast", "jit", "--repository", str(repository), "--json", "--history",
               str(learnt.state), "--commit"]  # fmt: skip
    figures = [timed([*command, commit], home) for commit in (next(iter(learnt.rows)), *learnt.rows)][1:]
    wall, cpu, peak = (median(column) for column in zip(*figures, strict=True))
    megabytes = {name: size / 1e6 for name, size in learnt.bytes.items()}
    slowest = max(figure[0] for figure in figures)
    cells = (f"{learnt.commits:,}", str(len(figures)), f"{wall:.2f} (at most {slowest:.2f})", f"{cpu:.2f}",
             f"{peak:,.0f}", f"{megabytes['past']:.1f}", f"{sum(megabytes.values()):.1f}")  # fmt: skip
    return line((name_of(str(repository)), *cells)), home / "run" / "model"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    options: Any = parser.parse_args()
    head = ("repository", "commits", "calls", "wall s", "CPU s", "peak MB", "past MB", "state MB")
    lines = [line(head), line("---" for _ in head)]
    with tempfile.TemporaryDirectory() as folder:
        for path in options.repositories:
            text, model = one(path.resolve(), Path(folder))
            lines.append(text)
        wall, cpu, size = (median(column) for column in zip(*(started(model) for _ in range(3)), strict=True))
    server = [line(("model server", "wall s", "CPU s", "MB")), line("---" for _ in range(4)),
              line(("ready, with a forest", f"{wall:.2f}", f"{cpu:.2f}", f"{size:,.0f}"))]  # fmt: skip
    text = "\n".join([f"{machine()}; median of the calls.", "", *lines, "", *server])
    print(text)
    if options.write:
        write("jit", text)


if __name__ == "__main__":
    main()
