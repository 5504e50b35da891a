"""What was collected so far: one JSON line a page, so that a page is there whole or not at all.

A line holds a page's records *and* where it leads, in one write: killed at any instant, a collection goes on
after the last whole line, and asks again for the page whose line is missing. Records are kept by their id, so a
page that is read twice changes nothing::

    {"version": 1, "provider": "github", "name": "team/shop"}
    {"begin": {"at": 1732165200, "since": 1729573200}}
    {"page": {"url": "/repos/…", "etag": "W/…", "next": {…}, "follow": [{…}], "oldest": 1732…}, "records": […]}
    {"same": "/repos/…"}                                  answered "not modified"
    {"end": {"at": 1732165260}}

When a collection has ended the file is rewritten with each record once.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from faultcast.adapters.trackers.records import STREAM_OF, STREAMS, Record
from faultcast.adapters.trackers.shape import Answer, Listing, Validators
from faultcast.errors import Unavailable, UsageError

VERSION = 1


@dataclass(frozen=True, slots=True)
class Begin:
    """A collection: when it began, and from which instant on it collects what changed."""

    at: int
    since: int


class Journal:
    """The state of one project on one tracker; opened by `opened`."""

    def __init__(self, path: Path, provider: str, name: str) -> None:
        self._path = path
        self._header = {"version": VERSION, "provider": provider, "name": name}
        self.records: dict[str, dict[str, Record]] = {stream: {} for stream in STREAMS}
        self.pages: dict[str, Answer] = {}
        self.done: set[str] = set()  # pages of the collection at work
        self.running: Begin | None = None
        self.last: Begin | None = None  # the last that ended
        self.covered_from: int | None = None
        self._load()

    def begin(self, at: int, since: int) -> Begin:
        """Start a collection, or start one anew."""
        self._append({"begin": {"at": at, "since": since}})
        return Begin(at, since)

    def page(self, listing: Listing, answer: Answer) -> None:
        """Keep a page."""
        records = [_row(record) for record in answer.records]
        self._append({"page": _page(listing.url, answer), "records": records})

    def same(self, listing: Listing) -> None:
        """Keep that a page is what it was."""
        self._append({"same": listing.url})

    def end(self, at: int) -> None:
        """Keep that the collection is whole, and rewrite the file without what is obsolete."""
        self._append({"end": {"at": at}})
        partial = self._path.with_name(f"{self._path.name}.partial")
        with partial.open("w", encoding="utf-8") as file:
            file.writelines(f"{_line(row)}\n" for row in self._compact())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)

    def _compact(self) -> Iterator[dict[str, Any]]:
        yield self._header
        if self.last is None or self.covered_from is None:
            return
        for of_stream in self.records.values():
            for record in of_stream.values():
                yield {"record": _row(record)}
        yield {"begin": {"at": self.last.at, "since": self.covered_from}}
        for url in sorted(self.done):
            yield {"page": _page(url, self.pages[url]), "records": []}
        yield {"end": {"at": self.last.at}}

    def _append(self, row: dict[str, Any]) -> None:
        data = f"{_line(row)}\n".encode()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            written = os.write(descriptor, data)
            while written < len(data):
                written += os.write(descriptor, data[written:])
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._apply(row)

    def _load(self) -> None:
        """Read what is there; a line that was cut off is taken away."""
        content = self._path.read_bytes() if self._path.exists() else b""
        whole = content.rfind(b"\n") + 1
        if not whole:
            self._path.write_text(f"{_line(self._header)}\n", "utf-8")
            return
        if whole < len(content):
            os.truncate(self._path, whole)
        lines = content[:whole].splitlines()
        try:
            if json.loads(lines[0]) != self._header:
                raise UsageError(f"{self._path}: found the state of something else. Delete its folder and run again.")
            for line in lines[1:]:
                self._apply(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{self._path}: found a damaged state. Delete its folder and run again.") from error

    def _apply(self, row: dict[str, Any]) -> None:
        for told in (*row.get("records", ()), *([row["record"]] if "record" in row else ())):
            stream, record = _record(told)
            self.records[stream][record.id] = record
        if "page" in row:
            url, self.pages[row["page"]["url"]] = row["page"]["url"], _answer(row["page"])
            self.done.add(url)
        elif "same" in row:
            self.done.add(row["same"])
        elif "begin" in row:
            self.running, self.done = Begin(**row["begin"]), set()
        elif "end" in row and self.running:
            since = self.running.since
            self.covered_from = since if self.covered_from is None else min(self.covered_from, since)
            self.last, self.running = self.running, None


@contextmanager
def opened(folder: Path, provider: str, name: str) -> Iterator[Journal]:
    """Open a project's state for one process at a time.

    Raises:
        Unavailable: another process is collecting the same.
        UsageError: the state is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"{folder}: another collection is at work there. Wait for its end.") from None
        yield Journal(folder / "journal.jsonl", provider, name)


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"))


def _row(record: Record) -> list[Any]:
    return [STREAM_OF[type(record)], asdict(record)]


def _record(row: Iterable[Any]) -> tuple[str, Record]:
    stream, values = row
    if "labels" in values:
        values = values | {"labels": tuple(values["labels"])}
    return stream, STREAMS[stream](**values)


def _page(url: str, answer: Answer) -> dict[str, Any]:
    row = asdict(replace(answer, records=()))
    del row["records"]
    return {"url": url, **row}


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(
        next=Listing(**row["next"]) if row["next"] else None,
        follow=tuple(Listing(**listing) for listing in row["follow"]),
        oldest=row["oldest"],
        validators=Validators(**row["validators"]),
        note=row["note"],
    )
