"""One number that says what a model's folder holds."""

import hashlib
from pathlib import Path

from faultcast.errors import NotFound


def folder_digest(folder: Path) -> str:
    """SHA-256 (hex) over the names and contents of a folder's files.

    Raises:
        NotFound: there is no file in it.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise NotFound(f"no model in {folder}: expected a folder with manifest.json and weights")
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{digest}  {path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()
