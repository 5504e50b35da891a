"""Bytes of a repository that went bad: it is read with what is missing told, or refused with a typed error."""

import random
import shutil
from pathlib import Path

import pytest
from story import Story, git, lines, mined

from faultcast.errors import RepositoryError

ROUNDS = 12


def damage(folder: Path, chance: random.Random) -> None:
    """Overwrite, cut or lengthen one of the files that hold objects."""
    path = chance.choice(sorted(path for path in (folder / "objects").rglob("*") if path.is_file()))
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    kind = chance.randrange(3)
    if kind == 0:
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
    elif kind == 1:
        del content[chance.randrange(len(content)) :]
    else:
        content += chance.randbytes(chance.randint(1, 4000))
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("packed", [False, True])
def test_damage_is_told_or_refused(story: Story, tmp_path: Path, packed: bool) -> None:
    for number in range(12):
        files = {f"{number % 3}/{name}.py": lines(*(f"{name} {number} {row}" for row in range(9))) for name in "ab"}
        story.commit(f"Change {number}", files=files, day=number)
    if packed:
        git(story.path, "gc", "-q", "--prune=now")
        git(story.path, "commit-graph", "write", "--reachable")
    sound, _ = mined(story.path)
    chance = random.Random(7)
    read, refusals = 0, list[str]()
    for number in range(ROUNDS):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(story.git_dir, copy)
        damage(copy, chance)
        try:
            commits, skipped = mined(copy)
        except RepositoryError as refused:
            refusals.append(str(refused))
            continue
        read += 1
        assert [commit.id for commit in commits] == [commit.id for commit in sound]
        told = {skip.commit for skip in skipped}
        for commit, before in zip(commits, sound, strict=True):
            assert commit == before or commit.id in told, (number, commit.subject)
    assert read
    assert all(map(str.isprintable, refusals)), "no words of the damage reach a terminal as they are"
