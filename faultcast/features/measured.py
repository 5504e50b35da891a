"""What each change of a history touched, read on every core, in order, in bounded memory.

A file's versions are read where its earlier ones were: each process has files of its own and keeps their latest
versions at hand, so that what one change left is what the next one found, without reading it again.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, Protocol

from faultcast.features.touched import TouchedFile, is_measured, touch_file
from faultcast.history import Repository
from faultcast.history.git import ObjectSource, read_blobs
from faultcast.history.spread import processes
from faultcast.measures import language_of, read
from faultcast.measures.text import MAX_BYTES
from faultcast.records import Commit, FileChange, FileVersion, Hunk

_COMMITS_AT_ONCE = 100
_PARTS_AHEAD = 3
_FILES_AT_ONCE = 64
_FUNCTIONS_KEPT = 40_000

_Key = tuple[str, str]
"""(language, blob): what reading a version depends on."""

Found = list[TouchedFile | None]


class Kept(Protocol):
    """What was read before, by commit id."""

    def get(self, ids: Sequence[str]) -> dict[str, dict[str, TouchedFile]]:
        """Those of the commits that are kept."""

    def put(self, found: Mapping[str, Mapping[str, TouchedFile]]) -> None:
        """Keep the touched files of some commits."""


def touched_history(
    repository: Repository, commits: Iterable[Commit], workers: int = 1, kept: Kept | None = None
) -> Iterator[tuple[Commit, dict[str, TouchedFile]]]:
    """Yield each commit with what it touched; a version that is absent or too large cannot be read.

    The order and every number are the same whatever `workers` and `kept` are; at most a few hundred commits are in
    memory. A commit of which something could not be read is not kept: it may be there next time.
    """
    stream = iter(commits)
    parts = iter(lambda: list(islice(stream, _COMMITS_AT_ONCE)), [])
    with ExitStack() as stack:
        ask = _asking(repository.objects, workers, stack)
        waiting: deque[_Part] = deque()
        for part in parts:
            known = kept.get([commit.id for commit in part]) if kept else {}
            unknown = [commit for commit in part if commit.id not in known]
            waiting.append(_Part(part, known, unknown, ask(_readable(unknown))))
            if len(waiting) > _PARTS_AHEAD:
                yield from _collected(waiting.popleft(), kept)
        while waiting:
            yield from _collected(waiting.popleft(), kept)


Answer = Callable[[], Iterator[TouchedFile | None]]


class _Part(NamedTuple):
    """Some commits on their way: those that are kept, and those that were asked for."""

    commits: list[Commit]
    known: dict[str, dict[str, TouchedFile]]
    unknown: list[Commit]
    answer: Answer


def _asking(source: ObjectSource, workers: int, stack: ExitStack) -> Callable[[list[FileChange]], Answer]:
    """A function that sets the processes to read files, and returns what waits for them."""
    if workers < 2:
        versions = Versions(source)
        return lambda files: lambda: iter(versions.touch(files))
    pools = [stack.enter_context(processes(1, _start, source)) for _ in range(workers)]
    shares = _Shares(workers)

    def ask(files: list[FileChange]) -> Answer:
        dealt = [shares.of(file) for file in files]
        asked = []
        for place, pool in enumerate(pools):
            mine = [file for file, share in zip(files, dealt, strict=True) if share == place]
            asked.append(pool.submit(_touch, _slim(mine)))
        return lambda: _dealt_back(dealt, [one.result() for one in asked])

    return ask


def _dealt_back(dealt: Iterable[int], found: Iterable[Found]) -> Iterator[TouchedFile | None]:
    """What the processes found, in the files' order again."""
    streams = [iter(one) for one in found]
    return (next(streams[share]) for share in dealt)


def _collected(part: _Part, kept: Kept | None) -> Iterator[tuple[Commit, dict[str, TouchedFile]]]:
    answer = part.answer()
    fresh: dict[str, dict[str, TouchedFile]] = {}
    complete: dict[str, dict[str, TouchedFile]] = {}
    for commit in part.unknown:
        files = {file.path: next(answer) for file in commit.files if _is_readable(file)}
        fresh[commit.id] = {path: one for path, one in files.items() if one is not None}
        if len(files) == len(fresh[commit.id]):
            complete[commit.id] = fresh[commit.id]
    if kept and complete:
        kept.put(complete)
    for commit in part.commits:
        yield commit, part.known[commit.id] if commit.id in part.known else fresh[commit.id]


class Versions:
    """Reads versions of files, and keeps the latest."""

    def __init__(self, source: ObjectSource) -> None:
        self._source = source
        self._kept: OrderedDict[_Key, FileVersion | None] = OrderedDict()
        self._functions = 0

    def touch(self, files: Sequence[FileChange]) -> Found:
        """What was touched in each of the files."""
        found: Found = []
        for first in range(0, len(files), _FILES_AT_ONCE):
            some = files[first : first + _FILES_AT_ONCE]
            self._load(some)
            found += [touch_file(file, self._read) for file in some]
            self._forget()
        return found

    def _read(self, path: str, blob: str) -> FileVersion | None:
        key = (language_of(path) or "", blob)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _load(self, files: Iterable[FileChange]) -> None:
        paths: dict[str, dict[str, str]] = {}  # blob -> language -> path
        for file in files:
            for path, blob in ((file.old_path, file.old_blob), (file.path, file.new_blob)):
                language = language_of(path)
                if blob and language and (language, blob) not in self._kept:
                    paths.setdefault(blob, {})[language] = path
        for blob, content in read_blobs(self._source, paths, MAX_BYTES):
            for language, path in paths[blob].items():
                version = read(path, content)
                self._kept[language, blob] = version
                self._functions += _weight(version)

    def _forget(self) -> None:
        while self._functions > _FUNCTIONS_KEPT:
            _, version = self._kept.popitem(last=False)
            self._functions -= _weight(version)


def _weight(version: FileVersion | None) -> int:
    return 1 + (len(version.functions) if version else 0)


class _Shares:
    """Which process has which files: a new one goes to whoever had least to do so far."""

    def __init__(self, workers: int) -> None:
        self._of_path: dict[str, int] = {}
        self._done = [0] * workers

    def of(self, file: FileChange) -> int:
        """The process that has this file."""
        share = self._of_path.get(file.old_path)
        if share is None:
            share = min(range(len(self._done)), key=lambda one: (self._done[one], one))
        self._of_path[file.path] = share
        self._done[share] += 1
        return share


def _readable(commits: Iterable[Commit]) -> list[FileChange]:
    return [file for commit in commits for file in commit.files if _is_readable(file)]


def _is_readable(file: FileChange) -> bool:
    return language_of(file.path) is not None and is_measured(file)


def _slim(files: Iterable[FileChange]) -> list[FileChange]:
    """Without the lines' texts, which reading does not need."""
    return [
        replace(
            file, hunks=tuple(Hunk(one.old_start, one.old_lines, one.new_start, one.new_lines) for one in file.hunks)
        )
        for file in files
    ]


_versions: list[Versions] = []
"""The one of this process, if it is one of ours."""


def _start(source: ObjectSource) -> None:
    _versions[:] = [Versions(source)]


def _touch(files: Sequence[FileChange]) -> Found:
    return _versions[0].touch(files)
