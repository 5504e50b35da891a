"""What a model reads of a change: ranked, marked, bounded, the same every time."""

import pytest

from faultcast.features.semantic import FILE_MARK, FUNCTION_MARK, TEXT_CHARACTERS, semantic_text
from faultcast.features.touched import NOTHING, touch
from faultcast.measures import read
from faultcast.models.text import parts
from faultcast.records import Commit, FileChange, Hunk


def file(path: str, *hunks: Hunk) -> FileChange:
    return FileChange(path, path, "M", "1", "2", hunks=hunks)


def commit(message: str, *files: FileChange) -> Commit:
    return Commit("c", 0, (), "author-1", 0, 0, message, files)


def change(message: str, *files: tuple[str, int]) -> Commit:
    hunks = {count: Hunk(1, 1, 1, count, ("old",), ("new line",) * count) for _, count in files}
    return commit(message, *(file(path, hunks[count]) for path, count in files))


def test_the_text_is_the_message_then_source_first() -> None:
    told = change("Handle it\n\nReally", ("README.md", 1), ("tests/test_a.py", 1), ("src/a.py", 2))
    assert semantic_text(told, NOTHING) == (
        "Handle it\n\nReally\n<file> src/a.py\n-old\n+new line\n+new line\n"
        "<file> tests/test_a.py\n-old\n+new line\n<file> README.md\n-old\n+new line"
    )


def test_what_changes_most_code_comes_first_and_blank_lines_are_left_out() -> None:
    comment = Hunk(1, 0, 2, 3, (), ("# one", "# two", ""))
    small = Hunk(9, 1, 11, 1, ("b = 1",), ("b = 2",))
    large = Hunk(20, 1, 22, 2, ("c = 1",), ("c = 2", "d = 3"))
    told = commit("m", file("a.py", comment), file("z.py", comment, small, large), file("b.py", small))
    assert semantic_text(told, NOTHING) == (
        "m\n<file> z.py\n-c = 1\n+c = 2\n+d = 3\n-b = 1\n+b = 2\n+# one\n+# two\n"
        "<file> b.py\n-b = 1\n+b = 2\n<file> a.py\n+# one\n+# two"
    )


def test_each_hunk_is_marked_with_the_function_around_it() -> None:
    before = "def f(x):\n    return x\n\n\ndef g(x):\n    return x\n"
    after = "import os\n\ndef f(x):\n    return x + 1\n\n\ndef g(x):\n    return x\n    # gone\n"
    told = commit(
        "m",
        file(
            "a.py",
            Hunk(0, 0, 1, 2, (), ("import os", "")),
            Hunk(2, 1, 4, 1, ("    return x",), ("    return x + 1",)),
        ),
    )
    contents = {"1": before.encode(), "2": after.encode()}
    touched = touch(told, lambda path, blob: read(path, contents[blob]))
    text = semantic_text(told, touched)
    assert text == "m\n<file> a.py\n<in> f\n-    return x\n+    return x + 1\n<in>\n+import os"
    assert parts(text)[0] == "m"


@pytest.mark.parametrize(
    "told",
    [
        change("word " * 5_000),
        change("Big", *((f"src/{n}.py", 400) for n in range(100))),
        change("m" * 3_000, *((f"src/{'x' * 5_000}/{n}.py", 9) for n in range(5))),
        commit("m", *(file(f"{n}.py", *(Hunk(k, 0, k, 1, (), ("y" * k,)) for k in range(1, 90))) for n in range(100))),
    ],
)
def test_the_text_is_bounded_and_no_file_takes_it_all(told: Commit) -> None:
    text = semantic_text(told, NOTHING)
    assert len(text) <= TEXT_CHARACTERS
    assert semantic_text(told, NOTHING) == text
    if len(told.files) == 100:
        assert text.count(FILE_MARK) >= 4


def test_a_path_or_a_name_cannot_pose_as_a_changed_line() -> None:
    text = semantic_text(change("Odd", ("src/a\n+evil.py", 1)), NOTHING)
    assert [line for line in text.splitlines() if line.startswith("+")] == ["+new line"]
    assert (text.count(FILE_MARK), text.count(FUNCTION_MARK)) == (1, 0)
