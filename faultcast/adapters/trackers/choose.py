"""A provider's name and the settings -> its tracker."""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from faultcast.adapters.trackers.bitbucket import BitbucketTracker
from faultcast.adapters.trackers.gitlab import GitlabTracker
from faultcast.adapters.trackers.jira import JiraTracker
from faultcast.adapters.trackers.sarif import SarifTracker
from faultcast.adapters.trackers.shape import Tracker
from faultcast.adapters.trackers.sonarqube import SonarqubeTracker
from faultcast.adapters.trackers.transport import Access, Clock, Transport
from faultcast.errors import UsageError
from faultcast.history import Pseudonyms
from faultcast.settings import Settings

_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.~-]+"
_NAMES = {
    "github": (re.compile(f"{_PART}/{_PART}"), "owner/name"),
    "gitlab": (re.compile(f"{_PART}(?:/{_PART})+"), "group/name"),
    "bitbucket": (re.compile(f"{_PART}/{_PART}"), "workspace/name"),
    "jira": (re.compile(r"[A-Za-z][A-Za-z0-9_]+"), "a project's key, such as KAFKA"),
    "sonarqube": (re.compile(r"[A-Za-z0-9_.:-]+"), "a project's key, such as team_shop"),
}

Open = Callable[[str], Tracker]
"""Name of a project -> its tracker."""


def state_of(home: Path, provider: str, name: str) -> Path:
    """Where the state and the tables of a project are: ``ingest/<provider>/<owner>+<name>/``."""
    if provider not in _NAMES:  # a file: by its own name, and by a hash of where it is
        path = Path(name).expanduser().resolve()
        where = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]
        name = f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', path.name)[:40]}-{where}"
    return home / "ingest" / provider / name.replace("/", "+").replace(":", "+")


def check_name(provider: str, name: str) -> None:
    """Refuse what no project of this provider can be called.

    Raises:
        UsageError: says what was expected.
    """
    if provider in _NAMES:
        pattern, expected = _NAMES[provider]
        if not pattern.fullmatch(name):
            raise UsageError(f"--repositories: found {name!r}, expected {expected}, several separated by commas.")


def trackers(
    provider: str,
    settings: Settings,
    who: Pseudonyms,
    clock: Clock | None = None,
    tell: Callable[[str], None] | None = None,
) -> Open:
    """How to open trackers of one provider; all of them share one connection and its limits.

    Raises:
        UsageError: a setting is missing, or there is no such provider.
        UnsafeRepository, Unavailable: the address may not be asked, or does not resolve.
    """
    if provider == "sarif":
        return lambda name: SarifTracker(Path(name).expanduser())
    if provider not in _NAMES:
        raise UsageError(f"--provider: found {provider!r}, expected one of {', '.join(_NAMES)} or sarif.")
    transport = Transport(_access(provider, settings), clock, tell)
    if provider == "github":
        from faultcast.adapters.trackers.github import GithubTracker  # noqa: PLC0415  an extra of its own

        return lambda name: GithubTracker(name, transport, who)
    web = {"gitlab": GitlabTracker, "bitbucket": BitbucketTracker, "jira": JiraTracker, "sonarqube": SonarqubeTracker}
    return lambda name: web[provider](name, transport, who)


def _access(provider: str, settings: Settings) -> Access:
    url, token = str(getattr(settings, f"{provider}_url")), str(getattr(settings, f"{provider}_token"))
    if not url:
        raise UsageError(f"FAULTCAST_{provider.upper()}_URL is not set, expected the address of the server.")
    if not token.isascii() or any(ord(c) <= 32 for c in token):
        raise UsageError(f"FAULTCAST_{provider.upper()}_TOKEN: found a character that no token holds.")
    authorization = f"Bearer {token}" if token else ""
    if provider == "jira" and token and settings.jira_user:
        authorization = "Basic " + base64.b64encode(f"{settings.jira_user}:{token}".encode()).decode()
    return Access(
        url=url,
        authorization=authorization,
        token_name=f"FAULTCAST_{provider.upper()}_TOKEN",
        secrets=(token,) if token else (),
        allowed_hosts=tuple(settings.allowed_hosts.split(",")),
        ca_file=settings.ca_file,
        timeout_seconds=settings.ingest_timeout_seconds,
        max_wait_seconds=settings.ingest_max_wait_seconds,
    )
