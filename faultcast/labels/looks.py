"""What a line says, whatever it looks like: which lines of a change are still the old ones."""

import re
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence

from faultcast.labels.variants import Look

_TRAILING_COMMENT = re.compile(r"(?:^|\s)(?:#|//)\s.*$")
_MOVED_CHARACTERS = 16
"""A shorter line may well have been written twice: it does not count as moved."""

_Reading = Callable[[str], str]


def essence(text: str) -> str:
    """A line without white space, trailing comment and the kind of its quotes.

    >>> essence("    total = sum( x )  # of all") == essence("total = sum(x)")
    True
    """
    if "#" in text or "//" in text:  # the expression alone would cost more than all the rest
        text = _TRAILING_COMMENT.sub("", text)
    return "".join(text.split()).replace("'", '"')


def squeezed(text: str) -> str:
    """A line without white space."""
    return "".join(text.split())


READINGS: dict[Look, _Reading | None] = {"exact": None, "white space": squeezed, "look": essence}


class Run:
    """One hunk while it is being read: its lines in short, and where each new line comes from."""

    __slots__ = ("added", "deleted", "gone", "origins", "sources")

    def __init__(self, sources: "array[int]", new_lines: int, position: int) -> None:
        self.sources = sources  # origins of the deleted lines
        self.origins = array("i", [position]) * new_lines
        self.gone = bytearray(b"\1") * len(sources)  # 1: deleted indeed; 0: still there, in another look or place
        self.deleted: list[str] = []
        self.added: list[str] = []

    def read(self, deleted: Sequence[str], added: Sequence[str], reading: _Reading) -> None:
        """Put the lines' texts in short."""
        self.deleted = [reading(text) for text in deleted]
        self.added = [reading(text) for text in added]

    def keep(self, old: int, new: int) -> None:
        """Note that a new line is an old one."""
        self.origins[new] = self.sources[old]
        self.gone[old] = 0


def match_within(run: Run, *, rebroken: bool) -> None:
    """Find the lines of one hunk that only changed their look, or where they are broken."""
    if rebroken and "".join(run.deleted) == "".join(run.added):
        _match_rebroken(run)
        return
    before: defaultdict[str, deque[int]] = defaultdict(deque)
    for old, said in enumerate(run.deleted[: len(run.sources)]):
        before[said].append(old)
    for new, said in enumerate(run.added[: len(run.origins)]):
        if said and (same := before.get(said)):
            run.keep(same.popleft(), new)


def match_moved(runs: Iterable[Run], position: int) -> None:
    """Find the lines that a commit took from one hunk into another, of any of its files."""
    gone: defaultdict[str, deque[tuple[Run, int]]] = defaultdict(deque)
    everything = list(runs)
    for run in everything:
        for old, said in enumerate(run.deleted[: len(run.sources)]):
            if run.gone[old] and len(said) >= _MOVED_CHARACTERS:
                gone[said].append((run, old))
    if not gone:
        return
    for run in everything:
        for new, said in enumerate(run.added[: len(run.origins)]):
            if run.origins[new] == position and (same := gone.get(said)):
                source, old = same.popleft()
                run.origins[new] = source.sources[old]
                source.gone[old] = 0


def _match_rebroken(run: Run) -> None:
    """The same text in other lines: each new line has the origin of the old line in which it begins."""
    old, end, start = 0, len(run.deleted[0]), 0
    for new, said in enumerate(run.added[: len(run.origins)]):
        while start >= end and old + 1 < len(run.deleted):
            old += 1
            end += len(run.deleted[old])
        run.origins[new] = run.sources[min(old, len(run.sources) - 1)]
        start += len(said)
    run.gone = bytearray(len(run.sources))
