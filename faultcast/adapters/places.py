"""Where state lies below the state folder. One folder a repository, named so that a person recognises it."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from faultcast.errors import UsageError, out_of_space

_ELSEWHERE = "State is kept there: set FAULTCAST_HOME to a folder that can be written."


def state_folder(home: Path) -> Path:
    """Return the state folder, absolute, made if need be.

    Raises:
        UsageError: it cannot be made or written.
        OutOfSpace: it cannot be made because the disk is full.
    """
    home = home.resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if full := out_of_space(error):
            raise full from error
        raise UsageError(f"{home}: {error.strerror}. {_ELSEWHERE}") from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise UsageError(f"{home}: found a folder that cannot be written. {_ELSEWHERE}")
    return home


def repo_id(location: str) -> str:
    """Name of one repository's state; `location` is an absolute path or a URL.

    >>> repo_id("https://example.org/team/shop.git")
    'shop.git-ffe33b87'
    """
    base = re.sub(r"[^A-Za-z0-9._]+", "-", location.rstrip("/").rsplit("/", 1)[-1])[:40]
    return f"{base}-{hashlib.sha256(location.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def is_url(location: str) -> bool:
    """Whether a location names a repository elsewhere (``scheme://…`` or ``user@host:path``)."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(?://|:)|[^/\\]+@[^/\\:]+:", location) is not None


@dataclass(frozen=True, slots=True)
class Places:
    """Paths of one repository's state below `home`; nothing is made by asking."""

    home: Path
    location: str

    @property
    def repo_id(self) -> str:
        return repo_id(self.location)

    @property
    def model_name(self) -> str:
        """Name of the registered model."""
        return f"faultcast-{self.repo_id}"

    @property
    def identity_key(self) -> Path:
        return self.home / "identity.key"

    @property
    def forgotten(self) -> Path:
        """Marks of the authors who were forgotten, one a line."""
        return self.home / "forgotten"

    @property
    def mirror(self) -> Path:
        """Bare copy of a repository that a URL names."""
        return self.home / "mirrors" / f"{self.repo_id}.git"

    @property
    def folder(self) -> Path:
        return self.home / "repositories" / self.repo_id

    @property
    def commits(self) -> Path:
        """The history as it was last mined: the next run reads only what is new."""
        return self.folder / "commits.parquet"

    @property
    def feature_store(self) -> Path:
        return self.folder / "feast"

    @property
    def touched(self) -> Path:
        """What every commit's files held, so that a later run reads new commits alone."""
        return self.folder / "touched.db"

    @property
    def run_file(self) -> Path:
        """What the last run left, and where."""
        return self.folder / "run.json"

    @property
    def state(self) -> Path:
        """What scoring one commit elsewhere needs (`state_files`)."""
        return self.folder / "state"

    @property
    def report(self) -> Path:
        return self.folder / "report.html"
