"""Which commits unfold to more than may be read, found without unfolding them.

A tree bomb is a handful of trees, each of which names the next one many times over. Git lists what it
unfolds to; here every pair of trees is compared once and its count remembered, so that ten to the power
of ten files are counted by reading ten trees.
"""

from collections.abc import Iterator
from contextlib import suppress

from faultcast.errors import MissingObject
from faultcast.history.process import ObjectSource, Patience, Running

FILES_A_COMMIT = 20_000
"""A commit that changes more files than this is kept without them."""

OBJECT_BYTES = 4 * 1024**2
"""A commit or a folder that is written down in more than this is not read."""

FOLDERS_DEEP = 400
"""Folders within folders that are followed here; of deeper ones git itself is asked, under its limits."""

TREES_A_COMMIT = 5_000
"""Trees of one commit that are read here before git itself is asked, under its limits."""

_HELD_TREES = 2_000
_PARENTS = 3  # what a merge changes differs from each parent: any of them bounds it
_MOST = 2 * FILES_A_COMMIT  # git may pair a deleted and an added file into one renamed

Tree = dict[bytes, tuple[bytes, str]]
"""Name -> mode, id."""


class _TooLarge(Exception):
    """Counting was given up; the argument says why."""


class Screen:
    """Counts what commits change, each pair of trees once."""

    def __init__(self, source: ObjectSource) -> None:
        self._source = source
        self._seconds = Patience(source).seconds
        self._counts: dict[tuple[str, str], int] = {}
        self._trees: dict[str, Tree] = {}
        self._read = 0
        self._running: Running | None = None

    def heavy(self, commits: list[str]) -> dict[str, str]:
        """Return those of the commits that are not to be unfolded, each with the reason."""
        found: dict[str, str] = {}
        for commit in commits:
            self._read = 0
            try:
                if self._changes(commit) > _MOST:
                    found[commit] = f"it changes more than {FILES_A_COMMIT:,} files"
            except _TooLarge as reason:
                found[commit] = str(reason)
            except (MissingObject, RecursionError):  # git is asked, and says what it finds
                pass
        self._end()
        return found

    def _changes(self, commit: str) -> int:
        tree, parents = self._commit(commit)
        before = [self._content(f"{parent}^{{tree}}")[0] for parent in parents[:_PARENTS]] or [""]
        return min(self._count(old, tree, FOLDERS_DEEP) for old in before)

    def _commit(self, name: str) -> tuple[str, list[str]]:
        head = self._content(name)[1].split(b"\n\n", 1)[0].decode("ascii", "replace").split("\n")
        fields = [line.split(" ", 1) for line in head if " " in line]
        trees = [value for key, value in fields[:1] if key == "tree"]
        return (trees or [""])[0], [value for key, value in fields if key == "parent"]

    def _count(self, old: str, new: str, depth: int) -> int:
        """Files that differ between two trees, "" standing for none; no more than `_MOST` are told apart."""
        if (known := self._counts.get((old, new))) is not None:
            return known
        if not depth:
            raise MissingObject(f"{new or old}: more than {FOLDERS_DEEP} folders deep")
        total = 0
        for sides in self._pairs(self._tree(old), self._tree(new)):
            folders = ["" if mode != b"40000" else name for mode, name in sides]
            total += sum(1 for mode, _ in sides if mode not in {b"", b"40000"})
            total += self._count(folders[0], folders[1], depth - 1) if any(folders) else 0
            if total > _MOST:
                break
        self._counts[old, new] = min(total, _MOST + 1)
        return self._counts[old, new]

    @staticmethod
    def _pairs(old: Tree, new: Tree) -> Iterator[tuple[tuple[bytes, str], tuple[bytes, str]]]:
        none = (b"", "")
        for name in old.keys() | new.keys():
            sides = old.get(name, none), new.get(name, none)
            if sides[0] != sides[1]:
                yield sides

    def _tree(self, name: str) -> Tree:
        if not name:
            return {}
        if name not in self._trees:
            self._read += 1
            if self._read > TREES_A_COMMIT:
                raise MissingObject(f"{name}: one of more than {TREES_A_COMMIT:,} trees")
            if len(self._trees) >= _HELD_TREES:
                self._trees.clear()
            self._trees[name] = dict(_entries(self._content(name)[1], len(name) // 2))
        return self._trees[name]

    def _content(self, name: str) -> tuple[str, bytes]:
        """Read one object; return its id and content.

        Raises:
            MissingObject: git cannot read it.
            _TooLarge: it is larger than `OBJECT_BYTES`.
        """
        if self._running is None:
            self._running = Running(self._source, ["cat-file", "--batch"])
        out = self._running.stdout
        self._running.ask(name)
        out.watch(self._seconds)
        held = b""
        while b"\n" not in held and (chunk := out.read(1 << 20)):
            held += chunk
        head, _, held = held.partition(b"\n")
        own, kind, size = [*head.split(), b"", b"", b""][:3]
        if not size.isdigit():
            if kind != b"missing":
                self._end()
            raise MissingObject(f"{name}: git cannot read it")
        if int(size) > OBJECT_BYTES:
            self._end()
            raise _TooLarge(f"its {'commit' if kind == b'commit' else 'folder'} is {int(size) >> 20} MiB of data")
        parts = [held]
        left = int(size) + 1 - len(held)
        while left > 0 and (chunk := out.read(1 << 20)):
            parts.append(chunk)
            left -= len(chunk)
        if left > 0:
            self._end()
            raise MissingObject(f"{name}: git cannot read it")
        return own.decode(), b"".join(parts)[: int(size)]

    def _end(self) -> None:
        if self._running is not None:
            with suppress(BrokenPipeError), self._running:
                self._running = None


def _entries(content: bytes, id_bytes: int) -> Iterator[tuple[bytes, tuple[bytes, str]]]:
    """Parse a tree object: mode, a space, name, NUL, id; again and again."""
    place = 0
    while (end := content.find(b"\0", place)) >= 0:
        mode, _, name = content[place:end].partition(b" ")
        place = end + 1 + id_bytes
        yield name, (mode.lstrip(b"0"), content[end + 1 : place].hex())
