"""How well a model forecasts a project that it has never seen: each left out in turn.

    python benchmarks/general.py PATH … [--keep FOLDER] [--write]

Every repository is mined, described and labelled as of its newest commit; its changes to source code that had
ripened are learnt from and judged, just as `faultcast pretrain` does with the data sets of runs. Beside each stand
lines added alone. ``--keep`` keeps the described histories for another call (the same folder as that of
benchmarks/histories.py); ``--write`` puts the table into benchmarks/results.md, between its marks.
"""

import argparse
import hashlib
import tempfile
from pathlib import Path

import numpy as np
from histories import History, read
from page import head, line, machine, name_of, write

from faultcast.dataset.split import SECONDS_A_DAY
from faultcast.training.general import Project, train_general
from faultcast.training.prequential import CLEAN_CONFIDENCE
from faultcast.training.rows import Rows

FIGURES = ("auc", "lines_added_auc", "average_precision", "lines_added_average_precision", "brier", "ece")


def project(history: History) -> Project:
    """What had ripened of a history, with its labels as they are known at its end."""
    ripe = slice(0, int(np.searchsorted(history.committed_N, history.end - history.ripening, side="right")))
    labels_N = (history.first_fixed_N[ripe] <= history.end).astype(np.float64)
    weights_N = np.where(labels_N > 0, history.confidence_N[ripe], CLEAN_CONFIDENCE)
    rows = Rows(history.values_NC[ripe], history.texts[ripe], labels_N, weights_N, history.committed_N[ripe])
    fingerprint = hashlib.sha256(rows.values_NC.tobytes() + labels_N.tobytes()).hexdigest()
    return Project(history.name, rows, history.end, history.ripening / SECONDS_A_DAY, fingerprint)


def main() -> None:
    """Leave each out and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", metavar="PATH")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as folder:
        keep = options.keep or Path(folder) / "kept"
        projects = [project(read(path, "", keep / name_of(path).replace("/", "+"))) for path in options.repositories]
        manifest = train_general(projects, Path(folder) / "general", 7)
    names = (
        "left out",
        "changes",
        "AUC",
        "lines added",
        "average precision",
        "lines added",
        "Brier",
        "calibration error",
    )
    lines = head(*names)
    for name, found in [*manifest.config["projects"].items(), ("**mean**", manifest.metrics)]:
        counts = f"{found['changes']:,.0f} ({found['inducing']:,.0f} inducing)"
        lines.append(line([name, counts, *(f"{found[figure]:.3f}" for figure in FIGURES)]))
    said = "\n".join([f"{machine()}.", "", *lines])
    print(said)
    if options.write:
        write("general", said)


if __name__ == "__main__":
    main()
