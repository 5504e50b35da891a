"""Paths against paths: which of several is nearest, where a relative one leads."""

from collections.abc import Iterable
from posixpath import normpath

from faultcast.measures.imports.known import Known


def closest(paths: Iterable[str], path: str) -> str | None:
    """The one that shares most folders with `path`; then the one least deep; then the first by name."""
    folders = path.split("/")[:-1]

    def distance(candidate: str) -> tuple[int, int, str]:
        parts = candidate.split("/")
        shared = 0
        for mine, theirs in zip(folders, parts, strict=False):
            if mine != theirs:
                break
            shared += 1
        return -shared, len(parts), candidate

    return min(paths, key=distance, default=None)


def ends_with(path: str, tail: str) -> bool:
    """Whether the last folders and the name of `path` are `tail`."""
    return path == tail or path.endswith("/" + tail)


def join(folder: str, relative: str) -> str | None:
    """A relative path against a folder; None where it leads out of the repository. The root is ""."""
    joined = normpath(f"{folder}/{relative}" if folder else relative)
    if joined == ".":
        return ""
    return None if joined.startswith(("../", "/")) or joined == ".." else joined


def first_known(family: str, candidates: Iterable[str], known: Known) -> str | None:
    """The first candidate that is a file of the family."""
    return next((candidate for candidate in candidates if known.has(family, candidate)), None)
