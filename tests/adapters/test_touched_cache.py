"""What was read once is not read again, and is the same; what other code kept is forgotten."""

import sqlite3
from pathlib import Path

import pytest
from story import Story, history

from faultcast.adapters import touched_cache as module
from faultcast.adapters.touched_cache import touched_cache
from faultcast.features import TouchedFile
from faultcast.features.measured import touched_history
from faultcast.features.plain import digest, from_bytes, to_bytes
from faultcast.history import open_repository
from faultcast.records import Commit

CLASS = "import os\n\n\nclass C:\n    def m(self, x):\n        try:\n            return os.{}(self.x)\n        except Exception:\n            pass\n"


@pytest.fixture
def told(story: Story) -> Story:
    story.commit("One", files={"a.py": CLASS.format("one"), "main.tf": 'variable "x" {}\n', "n.md": "x\n"})
    story.commit("Two", files={"a.py": CLASS.format("two"), "b.js": "function f() { return g() }\n"}, day=1)
    story.commit("Three", files={"b.js": None}, renames={"a.py": "c.py"}, day=2)
    return story


def found(
    story: Story, place: Path | None, workers: int = 1, commits: list[Commit] | None = None
) -> list[dict[str, TouchedFile]]:
    commits = commits or history(story.path)
    with open_repository(story.path) as repository:
        if place is None:
            return [touched for _, touched in touched_history(repository, commits, workers)]
        with touched_cache(place) as kept:
            return [touched for _, touched in touched_history(repository, commits, workers, kept)]


@pytest.mark.parametrize("workers", [1, 2])
def test_only_new_commits_are_read_and_the_rest_is_the_same(told: Story, tmp_path: Path, workers: int) -> None:
    place = tmp_path / "deep" / "touched.db"
    fresh = found(told, None)
    assert found(told, place, workers) == fresh
    told.commit("Four", files={"c.py": CLASS.format("four")}, day=3)
    fresh, commits = found(told, None), history(told.path)
    told.lose(told.blob('variable "x" {}\n'))  # it cannot be read again, and need not be
    assert found(told, place, workers, commits) == fresh
    assert fresh[0]["a.py"].parts[0].after is not None
    assert fresh[0]["a.py"].parts[0].after.calls


def test_a_commit_of_which_something_could_not_be_read_is_read_again(told: Story, tmp_path: Path) -> None:
    content = 'variable "x" {}\n'
    fresh, commits = found(told, None), history(told.path)
    told.lose(told.blob(content))
    assert "main.tf" not in found(told, tmp_path / "touched.db", 1, commits)[0]
    told.blob(content)
    assert found(told, tmp_path / "touched.db") == fresh


def test_bytes_give_back_every_value(told: Story) -> None:
    for touched in found(told, None):
        assert from_bytes(to_bytes(touched)) == touched


def test_what_other_code_kept_counts_for_nothing(told: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "touched.db"
    fresh = found(told, place)
    with touched_cache(place) as kept:
        assert len(kept.get([commit.id for commit in history(told.path)])) == 3
    monkeypatch.setattr(module, "digest", lambda: "other")
    with touched_cache(place) as kept:
        assert kept.get([commit.id for commit in history(told.path)]) == {}
    assert found(told, place) == fresh
    assert len(digest()) == 64


def test_damage_costs_time_and_nothing_else(told: Story, tmp_path: Path) -> None:
    place = tmp_path / "touched.db"
    fresh = found(told, place)
    with sqlite3.connect(place) as connection:
        connection.execute("UPDATE touched SET files = x'00' WHERE id = ?", (history(told.path)[0].id,))
    assert found(told, place) == fresh
    place.write_bytes(b"no data base at all, but long enough to be taken for one" * 50)
    assert found(told, place) == fresh
