"""A model as one file to ship: a zip archive of its folder, the same bytes for the same model.

An archive is unpacked into memory, entry by entry, within bounds; only when everything has been checked does the
folder appear. Names are plain, so nothing can be written elsewhere.
"""

import shutil
import stat
import uuid
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path

from faultcast.errors import NotFound, UnsafeArtifact, UsageError
from faultcast.models.artifact import MANIFEST, SIGNATURE, read_files
from faultcast.models.folder import MAX_BYTES, MAX_FILES, check_name, read_file

_DATE = (1980, 1, 1, 0, 0, 0)
_MOST_BYTES = MAX_BYTES
"""Of all entries together."""
_MOST_RATIO = 200
"""How many times its packed size an entry of more than 1 MiB may have: weights shrink little."""
_SMALL = 1 << 20
_ENCRYPTED = 0x1


def pack(folder: Path, archive: Path) -> None:
    """Write a model's folder as one archive, unpacked bytes in order of name: the same file on every machine.

    Raises:
        NotFound: there is no model in the folder.
        UnsafeArtifact: the folder is not exactly what its manifest says.
    """
    _, files = read_files(folder)
    files |= {name: read_file(folder, name) for name in (MANIFEST, SIGNATURE) if (folder / name).exists()}
    aside = archive.with_name(f".{archive.name}.{uuid.uuid4().hex}")
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED) as packed:
            for name in sorted(files):
                entry = zipfile.ZipInfo(name, _DATE)
                entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
                packed.writestr(entry, files[name])
        aside.replace(archive)
    finally:
        aside.unlink(missing_ok=True)


def unpack(archive: Path, folder: Path, trusted: Collection[bytes] = ()) -> Path:
    """Write an archive's model into `folder`, which appears whole or not at all; returns it.

    Raises:
        NotFound: there is no archive.
        UsageError: the folder exists already.
        UnsafeArtifact: the archive holds anything but one model's files, or more bytes than a model has; or nobody
            trusted signed it.
    """
    if not archive.is_file():
        raise NotFound(f"{archive}: found no file, expected a packed model")
    if folder.exists():
        raise UsageError(f"{folder} exists already; expected a folder to be made")
    files = _read(archive)
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    aside.mkdir(parents=True)
    try:
        for name, content in files.items():
            (aside / name).write_bytes(content)
        read_files(aside, trusted)
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _read(archive: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = packed.infolist()
            _check(archive, entries)
            return {entry.filename: _content(packed, entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error, OverflowError) as error:
        raise UnsafeArtifact(f"{archive} is no archive that can be read ({error}); fetch it again") from error


def _check(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    """All that is announced, before any of it is unpacked."""
    if not 0 < len(entries) <= MAX_FILES:
        raise UnsafeArtifact(f"{archive} holds {len(entries)} entries, expected 1 to {MAX_FILES}")
    total = sum(entry.file_size for entry in entries)
    if total > _MOST_BYTES or sum(entry.compress_size for entry in entries) > archive.stat().st_size:
        raise UnsafeArtifact(f"{archive} announces {total} bytes, at most {_MOST_BYTES} are unpacked, each once")
    if len({entry.filename.casefold() for entry in entries}) < len(entries):
        raise UnsafeArtifact(f"{archive} holds two entries of one name")
    for entry in entries:
        if entry.filename not in (MANIFEST, SIGNATURE):
            check_name(entry.filename)
        if wrong := _wrong(entry):
            raise UnsafeArtifact(f"{archive}: {entry.filename} {wrong}")


def _wrong(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not unpacked; "" if it is."""
    if entry.orig_filename != entry.filename:
        return f"is called {entry.orig_filename[:80]!r}, expected a plain name"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "is a link or no ordinary file; a model's files are plain files"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"is packed by method {entry.compress_type}, expected 0 or 8"
    if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * entry.compress_size:
        return f"grows from {entry.compress_size} to {entry.file_size} bytes, at most {_MOST_RATIO}-fold is unpacked"
    return ""


def _content(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with packed.open(entry) as file:
        content = file.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise UnsafeArtifact(f"{entry.filename} has {len(content)} bytes, {entry.file_size} were announced")
    return content
