"""A history's state where another machine can read it: a folder, or ``s3://bucket/prefix``.

::

    state.json              what it is, which folder is current, the SHA-256 of each of its files; written last
    <folder>/past           the fold over the history (`features.Past`)
    <folder>/rows.parquet   rows of the newest changes, as a full run described them
    <folder>/model/…        the champion's artifact, where there is one

A folder is named after what it holds and never changed, so that who reads while a newer state is written reads one
whole state; the one before is kept for that. From S3 each file is fetched once: `state.json` is asked for by its
ETag. Addresses and credentials of S3 are boto3's business (AWS_ENDPOINT_URL, AWS_REGION, …).
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from faultcast.errors import NotFound, UnsafeArtifact

STATE = "state.json"
FORMAT = 1
_MAX_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class State:
    """What `state.json` says. `order` is the digest of the `commits` ids in order of arrival, the last `revision`."""

    repo_id: str
    revision: str
    commits: int
    order: str
    identity: str  # fingerprint of the pseudonyms' key
    forgotten: tuple[str, ...]  # marks, see history.identity
    model: dict[str, str]  # name, version
    typical_lines: float  # of the baseline, where there is no model
    files: dict[str, str] = field(default_factory=dict)  # name -> SHA-256
    folder: str = ""
    format: int = FORMAT


class Location(Protocol):
    """Where a state lies, by names with slashes."""

    def read(self, name: str) -> bytes:
        """Return a file's content. Raises NotFound."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole."""

    def folders(self) -> list[str]:
        """Name the folders of states, the oldest first."""

    def remove(self, folder: str) -> None:
        """Remove one of them."""


class Folder:
    """A state in a folder; every file is readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(
                f"{self.path}: found no {name}, expected the state of a history. `faultcast run REPO --save-history "
                f"{self.path}` writes one."
            ) from error

    def write(self, name: str, content: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        partial.replace(path)

    def folders(self) -> list[str]:
        found = [entry for entry in self.path.iterdir() if entry.is_dir() and _is_ours(entry.name)]
        return [entry.name for entry in sorted(found, key=lambda entry: entry.stat().st_mtime_ns)]

    def remove(self, folder: str) -> None:
        for path in sorted((self.path / folder).rglob("*"), reverse=True):
            with suppress(FileNotFoundError):
                path.rmdir() if path.is_dir() else path.unlink()
        with suppress(FileNotFoundError):
            (self.path / folder).rmdir()


def write(location: Location, state: State, files: dict[str, bytes]) -> State:
    """Write a state, its `state.json` last; the one before stays for who reads it now, older ones go."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    named = hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:16]
    complete = replace(state, files=digests, folder=f"state-{named}")
    try:
        before = read_state(location.read(STATE)).folder
    except (NotFound, UnsafeArtifact):
        before = ""
    if before != complete.folder:
        for name, content in files.items():
            location.write(f"{complete.folder}/{name}", content)
    location.write(STATE, (json.dumps(asdict(complete), indent=1) + "\n").encode())
    for folder in location.folders():
        if folder not in {before, complete.folder}:
            location.remove(folder)
    return complete


def read(location: Location, cache: Folder) -> tuple[State, Path]:
    """Return a state and the folder that holds its files here, every digest checked.

    A location that is a folder is read where it is; another is copied into `cache`, each file once.

    Raises:
        NotFound: there is none.
        UnsafeArtifact: a file is not what `state.json` says, or `state.json` is none.
    """
    content = location.read(STATE)
    state = read_state(content)
    here = location if isinstance(location, Folder) else cache
    for name, digest in state.files.items():
        place = f"{state.folder}/{name}"
        if here is not location and _digest_of(here.path / place) == digest:
            continue
        found = location.read(place)
        if hashlib.sha256(found).hexdigest() != digest:
            raise UnsafeArtifact(f"{place} is not the file that {STATE} lists: save the state again")
        if here is not location:
            here.write(place, found)
    if here is not location:
        for folder in here.folders():
            if folder != state.folder:
                here.remove(folder)
    return state, here.path / state.folder


def read_state(content: bytes) -> State:
    """Read ``state.json`` without yet trusting the names in it.

    Raises:
        UnsafeArtifact: it is none of this format.
    """
    try:
        raw: dict[str, Any] = json.loads(content)
        if raw["format"] != FORMAT:
            raise NotFound(f"{STATE}: found format {raw['format']}, expected {FORMAT}. Run `faultcast run` again.")
        state = State(**(raw | {"forgotten": tuple(raw["forgotten"])}))
        sound = _is_ours(state.folder) and all(map(_is_file, state.files)) and state.revision.isalnum()
    except (ValueError, KeyError, TypeError) as error:
        raise UnsafeArtifact(f"{STATE} is none of a history ({error!r}): save the state again") from error
    if not sound:
        raise UnsafeArtifact(f"{STATE} names files that no state has: {', '.join([state.folder, *state.files])[:300]}")
    return state


def _is_ours(folder: str) -> bool:
    digest = folder.removeprefix("state-")
    return folder.startswith("state-") and len(digest) == 16 and digest.isalnum()


def _is_file(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name in {"past", "rows.parquet"} or (len(parts) == 2 and parts[0] == "model" and parts[1] not in {".", ".."})


def _digest_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
