"""One change that nobody has stored yet: JSON -> `records.Commit` and the contents of its files.

The JSON is data of a stranger: every field is checked, and what is missing is either harmless, in
which case `Assumed` says what stood in for it, or refused with the place, what was found and what
was expected.

    {"message": "fix parser", "author": "a1b2", "authored_at": "2026-03-01T12:00:00Z",
     "files": [{"path": "src/parser.py", "status": "M", "before": "…", "after": "…",
                "hunks": [{"old_start": 3, "old_lines": 1, "new_start": 3, "new_lines": 2,
                           "deleted": ["a"], "added": ["b", "c"]}]}]}
"""

import base64
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from faultcast.errors import BadChange
from faultcast.features import is_measured
from faultcast.records import Commit, FileChange, Hunk
from serving.wire import hunks
from serving.wire.fields import flag, items, kind, optional_text, refuse_unknown, text
from serving.wire.requests import Assumed

CHANGE_FIELDS = ("commit", "repository", "message", "author", "authored_at", "committed_at", "reviewers", "files")
FILE_FIELDS = (
    "path", "old_path", "status", "hunks", "before", "after", "old_blob", "new_blob", "is_binary", "is_text_file"
)  # fmt: skip
MAX_FILES = 5_000
MAX_REVIEWERS = 1_000
MAX_INSTANT = 253_402_300_799  # the end of the year 9999, the last that ISO dates can write
UNKNOWN_BLOB = "0" * 40
"""Stands for content that exists and was not sent: nothing is kept under it, so its measures are missing."""
_BLOB = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class ParsedChange:
    """`contents` maps a git blob id to the bytes that a file had before or after the change."""

    commit: Commit
    contents: Mapping[str, bytes]
    assumed: tuple[Assumed, ...]


def parse(data: Mapping[str, Any], where: str) -> ParsedChange:
    """Read one change; `where` is its place in the request, for messages.

    Raises:
        BadChange: a field is absent without a safe assumption, unknown, or of the wrong type.
    """
    refuse_unknown(data, CHANGE_FIELDS, where)
    assumed: list[Assumed] = []
    contents: dict[str, bytes] = {}
    entries = items(data, "files", where, limit=MAX_FILES)
    files = tuple(_file(entry, f"{where}.files[{i}]", contents, assumed) for i, entry in enumerate(entries))
    authored_at, committed_at = _instants(data, where, assumed)
    commit = Commit(
        id=text(data, "commit", where, default=""),
        position=0,
        parents=(),
        author=_author(data, where, assumed),
        authored_at=authored_at,
        committed_at=committed_at,
        message=_message(data, where, assumed),
        files=files,
        reviewers=_reviewers(data, where, assumed),
    )
    return ParsedChange(commit, contents, tuple(assumed))


def to_instance(commit: Commit, contents: Mapping[str, bytes]) -> dict[str, Any]:
    """The inverse of `parse`: a commit that was read from git as the JSON of an instance.

    `contents` maps blob ids to bytes; only source files need theirs, others are known by their ids.
    """
    return {
        "commit": commit.id,
        "message": commit.message,
        "author": commit.author,
        "authored_at": commit.authored_at,
        "committed_at": commit.committed_at,
        "reviewers": list(commit.reviewers),
        "files": [
            {
                "path": file.path,
                "old_path": file.old_path,
                "status": file.status,
                "is_binary": file.is_binary,
                "is_text_file": file.is_text_file,
                "old_blob": file.old_blob or None,
                "new_blob": file.new_blob or None,
                "hunks": [asdict(hunk) for hunk in file.hunks],
                "before": _text_or_base64(contents.get(file.old_blob)),
                "after": _text_or_base64(contents.get(file.new_blob)),
            }
            for file in commit.files
        ],
    }


def _text_or_base64(content: bytes | None) -> str | dict[str, str] | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode("ascii")}


def blob_id(content: bytes) -> str:
    """Git's name for a content, so that a file here and in a repository is the same file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _message(data: Mapping[str, Any], where: str, assumed: list[Assumed]) -> str:
    if "message" not in data:
        assumed.append(Assumed("message", "empty"))
    return text(data, "message", where, default="").strip("\n")


def _author(data: Mapping[str, Any], where: str, assumed: list[Assumed]) -> str:
    author = text(data, "author", where, default="")
    if not author:
        assumed.append(Assumed("author", "unknown: the author's experience counts as missing"))
    return author


def _reviewers(data: Mapping[str, Any], where: str, assumed: list[Assumed]) -> tuple[str, ...]:
    """Pseudonyms; none where none are sent, as most changes name none."""
    if data.get("reviewers") is None:
        assumed.append(Assumed("reviewers", "none"))
        return ()
    names = items(data, "reviewers", where, limit=MAX_REVIEWERS)
    for i, name in enumerate(names):
        if not isinstance(name, str):
            raise BadChange(f"{where}.reviewers[{i}]: expected the pseudonym of a reviewer, found {kind(name)}")
    return tuple(dict.fromkeys(names))


def _instants(data: Mapping[str, Any], where: str, assumed: list[Assumed]) -> tuple[int, int]:
    """When it was written and when it was committed: one stands in for the other, now for both."""
    names = ("authored_at", "committed_at")
    sent = {name: instant(data[name], f"{where}.{name}") for name in names if data.get(name) is not None}
    if not sent:
        assumed.append(Assumed("authored_at", "now"))
        return (int(time.time()),) * 2
    for name, other in (names, names[::-1]):
        if name not in sent:
            assumed.append(Assumed(name, f"as {other}"))
            sent[name] = sent[other]
    return sent["authored_at"], sent["committed_at"]


def instant(value: object, where: str) -> int:
    """Unix seconds from unix seconds or an ISO 8601 instant (without an offset: UTC).

    >>> instant("1970-01-02T00:00:00Z", "at")
    86400
    """
    expected = "expected unix seconds or an ISO 8601 instant such as 2026-03-01T12:00:00Z"
    seconds = value
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise BadChange(f"{where}: {expected}, found {value[:40]!r}") from None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= MAX_INSTANT:
        raise BadChange(f"{where}: {expected}, found {str(value)[:40]}")
    return int(seconds)


def _file(data: object, where: str, contents: dict[str, bytes], assumed: list[Assumed]) -> FileChange:
    if not isinstance(data, Mapping):
        raise BadChange(f"{where}: expected an object with a path, found {kind(data)}")
    refuse_unknown(data, FILE_FIELDS, where)
    path = text(data, "path", where)
    if not path or "\0" in path:
        raise BadChange(f"{where}.path: expected a path inside the repository, found {path[:40]!r}")
    old_path = optional_text(data, "old_path", where) or path
    before, after = _content(data, "before", where), _content(data, "after", where)
    status = _status(data, where, (before, after), assumed, renamed=old_path != path)
    if status == "R" and old_path == path:
        raise BadChange(f"{where}.old_path: found nothing else than path, expected what it was renamed from (status R)")
    is_binary = flag(data, "is_binary", where, default=False)
    is_text_file = flag(data, "is_text_file", where, default=True)
    is_text = is_text_file and not is_binary
    lines = _hunks(data, where, (before, after), assumed) if is_text else ()
    found = FileChange(
        path=path,
        old_path=old_path,
        status=status,
        old_blob="" if status == "A" else _keep(data, "old_blob", where, before, contents),
        new_blob="" if status == "D" else _keep(data, "new_blob", where, after, contents),
        lines_added=sum(hunk.new_lines for hunk in lines),
        lines_deleted=sum(hunk.old_lines for hunk in lines),
        is_binary=is_binary,
        is_text_file=is_text_file,
        hunks=lines,
    )
    assumed += _unknown(found, (before, after))
    return found


def _unknown(file: FileChange, versions: tuple[bytes | None, bytes | None]) -> Iterator[Assumed]:
    """What the row lacks because a side of the file was not sent."""
    for name, content, blob in zip(("before", "after"), versions, (file.old_blob, file.new_blob), strict=True):
        if content is not None or not blob:
            continue
        if is_measured(file):
            yield Assumed(f"files[{file.path}].{name}", "unknown: its complexity counts as missing")
        elif blob == UNKNOWN_BLOB and name == "before":
            yield Assumed(f"files[{file.path}].before", "unknown: its length counts as missing")


def _content(data: Mapping[str, Any], name: str, where: str) -> bytes | None:
    """A file's text, or {"base64": …} where its bytes are no UTF-8."""
    value = data.get(name)
    if not isinstance(value, Mapping):
        content = optional_text(data, name, where)
        return None if content is None else content.encode()
    refuse_unknown(value, ("base64",), f"{where}.{name}")
    try:
        return base64.b64decode(text(value, "base64", f"{where}.{name}"), validate=True)
    except ValueError:
        raise BadChange(f"{where}.{name}.base64: expected base64, found something else") from None


def _status(
    data: Mapping[str, Any],
    where: str,
    versions: tuple[bytes | None, bytes | None],
    assumed: list[Assumed],
    *,
    renamed: bool,
) -> str:
    status = optional_text(data, "status", where)
    if status is None:
        before, after = versions
        found = "A" if after is not None else "D" if before is not None else "M"
        found = "M" if before is not None and after is not None else found
        found = "R" if renamed else found
        if None in versions:
            assumed.append(Assumed(f"files[{data['path']}].status", f"{found}, by what was sent of it"))
        return found
    if status not in ("A", "M", "D", "R", "T"):
        raise BadChange(f"{where}.status: expected A, M, D, R or T as git prints it, found {status[:20]!r}")
    return status


def _keep(data: Mapping[str, Any], name: str, where: str, content: bytes | None, contents: dict[str, bytes]) -> str:
    """The blob id of one side of a file, and its content remembered under it."""
    given = optional_text(data, name, where)
    if given is not None and not _BLOB.fullmatch(given):
        raise BadChange(f"{where}.{name}: expected a blob id of 40 or 64 hex digits, found {given[:70]!r}")
    if content is None:
        return given or UNKNOWN_BLOB
    found = given or blob_id(content)
    contents[found] = content
    return found


def _hunks(
    data: Mapping[str, Any], where: str, versions: tuple[bytes | None, bytes | None], assumed: list[Assumed]
) -> tuple[Hunk, ...]:
    if data.get("hunks") is not None:
        entries = items(data, "hunks", where)
        found = tuple(hunks.parse(entry, f"{where}.hunks[{i}]") for i, entry in enumerate(entries))
        if any(entry.get("deleted") is None or entry.get("added") is None for entry in entries):
            assumed.append(Assumed(f"files[{data['path']}].hunks", "counted alone: what the lines say is unknown"))
        return found
    if versions == (None, None):
        raise BadChange(f"{where}: found neither hunks nor before and after; give one of them")
    assumed.append(Assumed(f"files[{data['path']}].hunks", "compared here from before and after; git may differ"))
    before, after = ((content or b"").decode(errors="backslashreplace") for content in versions)
    return hunks.compare(before, after, where)
