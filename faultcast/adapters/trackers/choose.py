"""A provider's name and the settings -> its tracker."""

import base64
from collections.abc import Callable
from pathlib import Path

from faultcast.adapters.trackers.bitbucket import BitbucketTracker
from faultcast.adapters.trackers.gitlab import GitlabTracker
from faultcast.adapters.trackers.jira import JiraTracker
from faultcast.adapters.trackers.naming import NAMES
from faultcast.adapters.trackers.sarif import SarifTracker
from faultcast.adapters.trackers.shape import Tracker
from faultcast.adapters.trackers.sonarqube import SonarqubeTracker
from faultcast.adapters.trackers.transport import Access, Clock, Transport
from faultcast.errors import UsageError
from faultcast.history import Pseudonyms
from faultcast.settings import Settings

Open = Callable[[str], Tracker]
"""Name of a project -> its tracker."""


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
    if provider not in NAMES:
        raise UsageError(f"--provider: found {provider!r}, expected one of {', '.join(NAMES)} or sarif.")
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
