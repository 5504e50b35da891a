"""Stages `mine` and `label`: what they leave can be read back as it was meant."""

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from story import DAY, START, Story

from faultcast.adapters import label_tables
from faultcast.adapters.trackers import Issue, Record, tables
from faultcast.adapters.trackers.issues import pinned
from faultcast.adapters.trackers.records import STREAMS
from faultcast.errors import TemporaryError
from faultcast.steps.label import label
from faultcast.steps.mine import mine


def test_a_fix_its_link_and_the_labels(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ana errs on day 1, Ben mends it on day 5: until then nobody knew."""
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    story.commit("Begin", files={"a.py": "import math\n"})
    wrong = story.commit("Add area", day=1, files={"a.py": "import math\n\n\ndef area(r):\n    return math.pi * r\n"})
    mended = "import math\n\n\ndef area(r):\n    return math.pi * r * r\n"
    fix = story.commit("Fix bug: area was wrong", by="ben", day=5, files={"a.py": mended})
    tip = story.commit("Say more", day=30, files={"README.md": "area of circles\n"})
    at = {name: tmp_path / name for name in ("history", "labels", "links", "fixes")}

    mine(str(story.path), tip, str(at["history"]))
    label(
        str(story.path),
        str(at["history"]),
        str(at["labels"]),
        str(at["links"]),
        str(at["fixes"]),
        START + 30 * DAY,
        3.0,
    )

    assert [found.commit for found in label_tables.read_fixes(at["fixes"])] == [fix]
    (link,) = label_tables.read_links(at["links"])
    assert (link.fix, link.inducing, link.known_at) == (fix, wrong, START + 5 * DAY)
    assert link.paths == ("a.py",)
    assert label_tables.ripening_days(at["labels"]) == 3.0
    rows = pq.read_table(at["labels"]).to_pylist()
    known = {(row["commit"], row["label"]): row["event_timestamp"].timestamp() for row in rows}
    assert known[wrong, 1] == START + 5 * DAY, "known when the fix landed"
    assert known[wrong, 0] == START + 4 * DAY, "held to be clean once it was ripe"
    assert (tip, 0) not in known, "too young"
    assert {row["created"] for row in rows} == {row["event_timestamp"] for row in rows}


def test_what_is_known_later_is_not_told_earlier(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    story.commit("Begin", files={"a.py": "x = 1\n"})
    story.commit("Fix crash", day=9, files={"a.py": "x = 2\n"})
    at = {name: str(tmp_path / name) for name in ("history", "labels", "links", "fixes")}
    mine(str(story.path), story.tips["main"], at["history"])
    label(str(story.path), at["history"], at["labels"], at["links"], at["fixes"], START + 5 * DAY, 3.0)

    assert [row["label"] for row in pq.read_table(at["labels"]).to_pylist()] == [0]
    assert label_tables.read_links(Path(at["links"])) == []


def test_collected_issues_are_named_with_what_they_hold(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parameter pins the tables; the stage refuses others, so that no finished stage is reused for them."""
    home = tmp_path / "home"
    monkeypatch.setenv("FAULTCAST_HOME", str(home))
    story.commit("Begin", files={"a.py": "x = 1\n"})
    fix = story.commit("Halve it, see #7", day=9, files={"a.py": "x = 2\n"})
    folder = home / "ingest" / "github" / "team+shop"
    folder.mkdir(parents=True)
    issue = Issue("70", "7", "Twice", "", ("bug",), "", "open", "author-1", START + 3 * DAY, START + 3 * DAY, None)
    empty: dict[str, dict[str, Record]] = {stream: {} for stream in STREAMS}
    tables.write(empty | {"issues": {"70": issue}}, folder)
    named = pinned(home, "github:team/shop")
    at = {name: str(tmp_path / name) for name in ("history", "labels", "links", "fixes")}
    mine(str(story.path), story.tips["main"], at["history"])
    stage = (str(story.path), at["history"], at["labels"], at["links"], at["fixes"], START + 9 * DAY, 3.0)

    label(*stage, named)
    (found,) = label_tables.read_fixes(Path(at["fixes"]))
    assert (found.commit, found.rule, found.issues) == (fix, "names a bug", ("#7",))
    assert found.reported_at == START + 3 * DAY
    label(*stage)
    assert label_tables.read_fixes(Path(at["fixes"])) == []

    tables.write(empty | {"issues": {"70": replace(issue, labels=("question",))}}, folder)
    assert pinned(home, "github:team/shop") != named
    with pytest.raises(TemporaryError, match="collected anew"):
        label(*stage, named)
