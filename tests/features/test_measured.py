"""What a history touched: the same by one process and by several, whatever is absent."""

import pytest
from story import Story, history, lines

from faultcast.features import TouchedFile
from faultcast.features.measured import touched_history
from faultcast.history import open_repository

BODY = "def f(x):\n    return x\n"


def found(story: Story, workers: int) -> list[tuple[str, dict[str, TouchedFile]]]:
    with open_repository(story.path) as repository:
        told = touched_history(repository, history(story.path), workers)
        return [(commit.subject, touched) for commit, touched in told]


def test_one_process_and_several_find_the_same_in_the_same_order(story: Story) -> None:
    story.commit("Start", files={"a.py": BODY, "b.js": "let a = 1\n", "notes.md": "x\n", "test_a.py": BODY})
    for number in range(210):
        name = f"{'abc'[number % 3]}.py"
        story.commit(f"{number}", files={name: f"{BODY}\n\ndef g{number}(x):\n    return 1 if x else {number}\n"})
    story.commit("Rename", renames={"a.py": "lib/a.py"})
    story.commit("Delete", files={"b.py": None, "lib/a.py": f"{BODY}Y = 1\n"})
    one, two, three = (found(story, workers) for workers in (1, 2, 3))
    assert one == two == three
    assert [subject for subject, _ in one[:2]] == ["Start", "0"]
    assert set(one[0][1]) == {"a.py", "b.js"}
    assert one[-1][1]["b.py"].after is None
    assert [part.name for part in one[-1][1]["b.py"].parts] == ["f", "g208", ""]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_version_that_is_absent_leaves_its_files_out(story: Story, workers: int) -> None:
    story.commit("One", files={"a.py": lines("a = 1"), "b.py": lines("b = 1")})
    story.commit("Two", files={"a.py": lines("a = 2"), "b.py": lines("b = 2")})
    commits = history(story.path)
    story.lose(story.blob(lines("a = 1")))
    with open_repository(story.path) as repository:
        touched = [touched for _, touched in touched_history(repository, commits, workers)]
    assert [set(files) for files in touched] == [{"b.py"}, {"b.py"}]
