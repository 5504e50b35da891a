"""Which functions a change touched, before and after, through moves, renames and namesakes; blocks in Terraform."""

import pytest
from story import Story, history

from faultcast.features import Past, describe
from faultcast.features.measured import touched_history
from faultcast.features.touched import OUTSIDE, Part, TouchedFile, touch
from faultcast.history import open_repository
from faultcast.measures import read
from faultcast.records import Commit

F = "def f(x):\n    if x:\n        return 1\n    return 2\n"
G = "def g(x):\n    return x\n"
H = "def h(x):\n    return [y for y in x if y]\n"


def last(story: Story) -> tuple[Commit, dict[str, TouchedFile]]:
    with open_repository(story.path) as repository:
        return list(touched_history(repository, history(story.path)))[-1]


def parts(story: Story, path: str = "a.py") -> dict[str, Part]:
    return {part.name: part for part in last(story)[1][path].parts}


def sides(part: Part) -> tuple[str | None, str | None]:
    return (part.before.name if part.before else None, part.after.name if part.after else None)


def test_a_line_belongs_to_the_function_around_it(story: Story) -> None:
    story.commit(files={"a.py": f"import os\n\n{F}\n{G}"})
    story.commit(files={"a.py": f"import sys\n\n{F.replace('return 1', 'return 3 if x > 1 else 1')}\n{G}"})
    found = parts(story)
    assert list(found) == ["f", OUTSIDE]
    assert (found["f"].lines_added, found["f"].lines_deleted) == (1, 1)
    before, after = found["f"].before, found["f"].after
    assert before is not None
    assert after is not None
    assert (before.cyclomatic, after.cyclomatic) == (2, 3)
    assert (found[OUTSIDE].lines_added, found[OUTSIDE].lines_deleted) == (1, 1)
    assert sides(found[OUTSIDE]) == (None, None)


def test_a_function_that_only_moved_is_not_touched(story: Story) -> None:
    story.commit(files={"a.py": f"{F}\n{G}"})
    story.commit(files={"a.py": f"import os\n\n{F}\n{G}"})
    assert list(parts(story)) == [OUTSIDE]


def test_what_comes_and_goes_has_one_side(story: Story) -> None:
    story.commit(files={"a.py": f"{F}\n{G}"})
    story.commit(files={"a.py": f"{F}\n{H}\n\nX = 1\n"})
    story.commit(files={"a.py": f"{F}\n{G}\n{H}"})
    assert {name: sides(part) for name, part in parts(story).items() if name} == {"g": (None, "g")}
    story.commit(files={"a.py": f"{F}\n{H}"})
    assert {name: sides(part) for name, part in parts(story).items() if name} == {"g": ("g", None)}


def test_a_function_stays_itself_under_another_name(story: Story) -> None:
    story.commit(files={"a.py": f"{F}\n{G}"})
    story.commit(files={"a.py": f"{F}\n{G.replace('def g', 'def other')}"})
    assert sides(parts(story)["other"]) == ("g", "other")


def test_a_new_namesake_in_front_does_not_take_the_place_of_the_old_one(story: Story) -> None:
    story.commit(files={"a.py": f"{F}\n"})
    story.commit(
        files={"a.py": f"if True:\n    {G.replace('def g', 'def f').replace(chr(10), chr(10) + '    ')}\n{F}\n"}
    )
    assert {name: sides(part) for name, part in parts(story).items() if name} == {"f": (None, "f")}


def test_what_is_nested_counts_for_the_nested_one_alone(story: Story) -> None:
    outer = "def outer():\n    a = 1\n    def inner():\n        return {}\n    return inner\n"
    story.commit(files={"a.py": outer.format(1)})
    story.commit(files={"a.py": outer.format(2)})
    assert [name.rpartition(".")[2] for name in parts(story)] == ["inner"]


def test_terraform_has_blocks_for_functions(story: Story) -> None:
    block = 'resource "aws_s3_bucket" "logs" {{\n  bucket = "{}"\n}}\n'
    variable = 'variable "name" {\n  default = "x"\n}\n'
    story.commit(files={"main.tf": block.format("a") + variable})
    story.commit(files={"main.tf": block.format('${var.name ? "b" : "c"}') + variable})
    found = parts(story, "main.tf")
    assert list(found) == ["aws_s3_bucket.logs"]
    before, after = (found["aws_s3_bucket.logs"].before, found["aws_s3_bucket.logs"].after)
    assert before is not None
    assert after is not None
    assert after.cyclomatic - before.cyclomatic == 1


def test_a_renamed_and_changed_file_keeps_its_functions(story: Story) -> None:
    story.commit(files={"a.py": f"{F}\n{G}\n{H}"})
    story.commit(renames={"a.py": "b.py"}, files={"b.py": f"{F}\n{G}\n{H.replace('if y', 'if not y')}"})
    commit, touched = last(story)
    assert commit.files[0].status == "R"
    assert [sides(part) for part in touched["b.py"].parts] == [("h", "h")]


@pytest.mark.parametrize("seed", range(8))
def test_every_changed_line_belongs_to_exactly_one_part(story: Story, seed: int) -> None:
    import random

    chance = random.Random(seed)
    pool = [F, G, H, "X = 1\n", "class C:\n    def m(self):\n        return 1\n\n    def n(self):\n        return 2\n"]
    for _ in range(6):
        story.commit(files={"a.py": "\n".join(chance.choice(pool) for _ in range(chance.randrange(1, 9)))})
    with open_repository(story.path) as repository:
        for commit, touched in touched_history(repository, history(story.path)):
            for file in commit.files:
                found = touched[file.path].parts
                assert sum(part.lines_added for part in found) == file.lines_added
                assert sum(part.lines_deleted for part in found) == file.lines_deleted
                names = [name for part in found for name in {side.name for side in (part.after,) if side}]
                assert len(names) == len(set(names))
                olds = [part.before.name for part in found if part.before]
                assert len(olds) == len(set(olds))


def test_only_source_code_is_read(story: Story) -> None:
    story.commit(files={"a.py": F, "test_a.py": F, "README.md": "x\n", "a.unknown": "x\n", "b.py": b"\0"})
    commit = history(story.path)[0]
    contents = {file.new_blob: F.encode() for file in commit.files}
    assert set(touch(commit, lambda path, blob: read(path, contents[blob]))) == {"a.py"}


TWO = "class Two:\n    def a(self):\n        return self.x\n\n    def b(self):\n        return self.{}\n"
ONE = "\n\nclass One:\n    def c(self):\n        return self.z\n\n    def d(self):\n        return self.z\n"


def test_smells_and_cohesion_are_of_what_is_touched(story: Story) -> None:
    story.commit(files={"a.py": TWO.format("x") + ONE})
    story.commit(files={"a.py": TWO.format("y") + ONE})
    commit, touched = last(story)
    values = describe(commit, Past(), touched).values
    assert [one.name for one in touched["a.py"].classes_after] == ["Two"]
    assert (values["cohesion"], values["cohesion_delta"], values["lcom_max"]) == (0.0, -1.0, 2)
    swallowed = "def f():\n    try:\n        g()\n    except Exception:\n        pass\n"
    story.commit(files={"a.py": swallowed + TWO.format("y") + ONE})
    commit, touched = last(story)
    values = describe(commit, Past(), touched).values
    found = dict(touched["a.py"].smells_after)
    assert {"empty_catch", "broad_catch"} <= set(found)
    assert values["touched_smells"] == values["touched_smells_delta"] == values["smells_delta"] == 2
    assert values["cohesion"] is None  # no touched class
