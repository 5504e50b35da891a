"""All stages, one after another, on the smallest history there is."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from story import START, Story

from faultcast.adapters.places import Places
from faultcast.features.catalogue import NAMES
from faultcast.steps import (
    archive,
    assemble,
    describe,
    label,
    materialize,
    mine,
    report,
    score,
    train,
    validate,
)


def test_one_commit_is_ranked_and_nothing_is_claimed(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    tip = story.commit("Begin", files={"begin.py": "def begin():\n    return 1\n"})
    repository = str(story.path)
    at = {name: str(tmp_path / name) for name in (
        "history", "labels", "links", "fixes", "features", "past", "store", "dataset", "simple", "hybrid",
        "evaluation", "verdict", "chosen", "registration", "predictions", "report",
    )}  # fmt: skip

    mine.mine(repository, tip, at["history"])
    label.label(repository, at["history"], at["labels"], at["links"], at["fixes"], START, 0.0)
    describe.describe(repository, at["history"], at["features"], at["past"])
    materialize.materialize(repository, at["features"], at["labels"], at["store"])
    assemble.assemble(at["store"], at["features"], at["dataset"], START)
    for model in ("simple", "hybrid"):
        train.train(model, at["dataset"], at[model], 7)
    validate.validate(
        at["dataset"], at["simple"], at["hybrid"], repository, at["evaluation"], at["verdict"], at["chosen"]
    )
    archive.archive(repository, at["chosen"], at["evaluation"], at["verdict"], at["registration"])
    score.score(repository, at["dataset"], at["registration"], at["chosen"], at["predictions"])
    report.report(
        repository, *(at[name] for name in (
            "history", "labels", "links", "fixes", "dataset", "evaluation", "verdict", "registration", "predictions",
            "report",
        ))
    )  # fmt: skip

    row = pq.read_table(at["features"]).to_pylist()[0]
    assert (row["repository"], row["commit"], row["lines_added"]) == (Places(tmp_path, repository).repo_id, tip, 2)
    assert set(NAMES) < set(row)
    decided = json.loads(Path(at["verdict"]).read_text("utf-8"))
    assert decided["outcome"] == "INCONCLUSIVE"
    assert decided["reasons"][0]["text"].startswith("Insufficient samples: 0 changes")
    assert json.loads(Path(at["registration"]).read_text("utf-8"))["version"] == ""
    found = json.loads(Path(at["predictions"]).read_text("utf-8"))
    assert found["model"]["basis"] == "lines_added"
    assert [change["commit"] for change in found["changes"]] == [tip]
    assert "Insufficient samples" in Path(at["report"]).read_text("utf-8")
