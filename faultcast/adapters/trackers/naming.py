"""What projects are called on each provider, and where their state is. Imports nothing heavy."""

import hashlib
import re
from pathlib import Path

from faultcast.errors import UsageError

_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.~-]+"
NAMES = {
    "github": (re.compile(f"{_PART}/{_PART}"), "owner/name"),
    "gitlab": (re.compile(f"{_PART}(?:/{_PART})+"), "group/name"),
    "bitbucket": (re.compile(f"{_PART}/{_PART}"), "workspace/name"),
    "jira": (re.compile(r"[A-Za-z][A-Za-z0-9_]+"), "a project's key, such as KAFKA"),
    "sonarqube": (re.compile(r"[A-Za-z0-9_.:-]+"), "a project's key, such as team_shop"),
}
"""Provider -> how its projects are called: the pattern, and in words."""


def state_of(home: Path, provider: str, name: str) -> Path:
    """Where the state and the tables of a project are: ``ingest/<provider>/<owner>+<name>/``."""
    if provider not in NAMES:  # a file: by its own name, and by a hash of where it is
        path = Path(name).expanduser().resolve()
        where = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]
        name = f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', path.name)[:40]}-{where}"
    return home / "ingest" / provider / name.replace("/", "+").replace(":", "+")


def check_name(provider: str, name: str) -> None:
    """Refuse what no project of this provider can be called.

    Raises:
        UsageError: says what was expected.
    """
    if provider in NAMES:
        pattern, expected = NAMES[provider]
        if not pattern.fullmatch(name):
            raise UsageError(f"--repositories: found {name!r}, expected {expected}, several separated by commas.")
