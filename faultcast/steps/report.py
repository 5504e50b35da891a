"""Stage `report`: everything that was found -> one self-contained page, and its data beside it."""

import json
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from faultcast import progress
from faultcast.adapters import label_tables
from faultcast.demo import truth_path
from faultcast.history import store
from faultcast.measures import language_of
from faultcast.report import ReportInputs, count_months, render

_PLANTED = (
    "This history was written by faultcast itself, with planted faults, to show the way from history to risks. "
    "Its figures are no claim about real code."
)


def report(
    repository: str,
    history: str,
    labels: str,
    links: str,
    fixes: str,
    dataset: str,
    evaluation: str,
    verdict: str,
    registration: str,
    predictions: str,
    report: str,
) -> None:
    """Write the page at `report` and its inputs at ``<report>.json``."""
    with progress.stage("report") as stage:
        files = {"dataset": f"{dataset}/dataset.json", "evaluation": evaluation, "verdict": verdict}
        files |= {"registration": registration, "predictions": predictions}
        found = {name: json.loads(Path(path).read_text(encoding="utf-8")) for name, path in files.items()}
        inputs = ReportInputs(
            repository=repository.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git"),
            location=repository,
            dataset=found["dataset"],
            evaluation=found["evaluation"] or None,
            verdict=found["verdict"],
            predictions=found["predictions"],
            model=found["predictions"]["model"] | found["registration"],
            command=f"faultcast run {repository}",
            generated_at=int(time.time()),
            notice=_PLANTED if truth_path(Path(repository)).is_file() else "",
            **_labels(Path(history), Path(labels), Path(links), Path(fixes), found["dataset"]["as_of"]),
        )
        Path(f"{report}.json").write_text(json.dumps(asdict(inputs)), encoding="utf-8")
        Path(report).write_text(render(inputs), encoding="utf-8")
        stage.found("the report is ready")


def _labels(history: Path, labels: Path, links: Path, fixes: Path, as_of: int) -> dict[str, Any]:
    """What the history and its labels come to."""
    at: dict[str, int] = {}
    changes: dict[str, int] = {}
    authors: set[str] = set()
    paths: set[str] = set()
    for commit in store.HistoryFile(history):
        at[commit.id] = commit.committed_at
        authors.add(commit.author)
        paths.update(file.path for file in commit.files)
        if not commit.is_merge:
            changes[commit.id] = commit.committed_at
    fixed = label_tables.read_fixes(fixes)
    confidences: dict[str, float] = {}
    for link in label_tables.read_links(links):
        confidences[link.inducing] = max(link.confidence, confidences.get(link.inducing, 0.0))
    labelled = set(pc.unique(pq.read_table(labels, columns=["commit"])["commit"]).to_pylist())
    return {
        "commits": len(at),
        "authors": len(authors),
        "first_commit_at": min(at.values(), default=as_of),
        "last_commit_at": max(at.values(), default=as_of),
        "languages": dict(Counter(language for path in paths if (language := language_of(path))).most_common()),
        "fixes_by_rule": dict(Counter(fix.rule for fix in fixed).most_common()),
        "inducing": len(confidences),
        "inducing_confidences": tuple(confidences.values()),
        "months": count_months(
            changes.values(),
            (at[fix.commit] for fix in fixed),
            (at[commit] for commit in confidences),
            (when for commit, when in changes.items() if commit not in labelled),
        ),
    }
