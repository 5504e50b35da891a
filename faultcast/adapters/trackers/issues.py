"""Collected tables -> what labels want to know of issues and pull requests.

A *source* names one collected project, ``github:owner/name`` or ``jira:KAFKA``; pinned by a digest of its tables,
``github:owner/name@1f0c…``, it also names what they held, so that a finished stage is run again when they change.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from faultcast.adapters.trackers import records, tables
from faultcast.adapters.trackers.naming import NAMES, check_name, state_of
from faultcast.errors import TemporaryError, UsageError
from faultcast.labels import Issue, Issues, PullRequest, kind_of
from faultcast.labels.references import references
from faultcast.settings import Settings

_ADDRESS = re.compile(r"(?:[a-z+]+://)?(?:[^/@\s]*@)?(?P<host>[\w.-]+)(?::\d+(?=/))?[:/](?P<name>[^\s:]+?)(?:\.git)?/*")
_STREAMS = ("issues", "pull_requests")
_MARKS = {"github": ("#", "#"), "gitlab": ("#", "!"), "bitbucket": ("#", "!"), "jira": ("", "")}
"""Provider -> what commits write before the key of an issue, and of a pull request."""


def source_of(url: str, settings: Settings) -> str:
    """The source that belongs to a clone URL (``https``, ``ssh`` or ``user@host:path``); "" for an unknown host.

    >>> source_of("git@github.com:team/shop.git", Settings()), source_of("https://example.org/team/shop", Settings())
    ('github:team/shop', '')
    """
    match = _ADDRESS.fullmatch(url)
    provider = _hosts(settings).get(match["host"].lower(), "") if match else ""
    if not match or not provider or not NAMES[provider][0].fullmatch(match["name"]):
        return ""
    return f"{provider}:{match['name']}"


def _hosts(settings: Settings) -> dict[str, str]:
    """Host of the repositories -> provider."""
    hosts = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
    for provider in ("github", "gitlab"):
        own = urlsplit(str(getattr(settings, f"{provider}_url"))).hostname
        hosts |= {own: provider} if own else {}
    return hosts


def is_collected(home: Path, source: str) -> bool:
    """Whether there are tables of a source."""
    return (_folder(home, source) / "issues.parquet").is_file()


def pinned(home: Path, sources: str) -> str:
    """Pin each of the sources, separated by commas, to what its tables hold now.

    Raises:
        UsageError: it is no source.
        NotFound: nothing was collected of it.
    """
    return ",".join(f"{source}@{_digest(home, source)}" for source in _split(sources))


def load(home: Path, sources: str) -> Issues:
    """The issues of sources, separated by commas; of two with the same name the first one's counts.

    Raises:
        UsageError, NotFound: as `pinned`.
        TemporaryError: the tables of a pinned source hold something else by now.
    """
    issues: dict[str, Issue] = {}
    pulls: dict[str, PullRequest] = {}
    projects: set[str] = set()
    for one in _split(sources):
        source, _, pin = one.partition("@")
        if pin and pin != _digest(home, source):
            raise TemporaryError(f"{source}: found tables that were collected anew during the run; run it again.")
        provider, _, project = source.partition(":")
        projects |= {project.lower()} - {source}
        folder, marks = _folder(home, source), _MARKS[provider]
        issues = {one.name: one for one in _issues(folder, marks[0])} | issues
        pulls = {one.name: one for one in _pull_requests(folder, marks[1], frozenset(projects))} | pulls
    return Issues(issues, pulls, frozenset(projects))


def _issues(folder: Path, mark: str) -> Iterator[Issue]:
    for one in tables.read(folder, "issues"):
        if isinstance(one, records.Issue):
            yield Issue(f"{mark}{one.key}", kind_of(one.kind, one.labels), one.created_at)


def _pull_requests(folder: Path, mark: str, projects: frozenset[str]) -> Iterator[PullRequest]:
    for one in tables.read(folder, "pull_requests"):
        if not isinstance(one, records.PullRequest):
            continue
        told = [*references(one.title, projects), *references(one.text, projects)]
        closes = tuple(dict.fromkeys(name for name, is_closing in told if is_closing))
        landed = (one.merge_commit,) if one.state == "merged" and one.merge_commit else ()
        kind = kind_of("", one.labels, is_pull_request=True)
        yield PullRequest(f"{mark}{one.key}", kind, one.created_at, closes, landed)


def _split(sources: str) -> list[str]:
    found = [source.strip() for source in sources.split(",") if source.strip()]
    for source in found:
        provider, separator, name = source.partition("@")[0].partition(":")
        if provider not in _MARKS or not separator:
            raise UsageError(f"--issues: found {source!r}, expected one such as github:owner/name or jira:KAFKA.")
        check_name(provider, name)
    return found


def _folder(home: Path, source: str) -> Path:
    provider, _, name = source.partition("@")[0].partition(":")
    return state_of(home, provider, name)


def _digest(home: Path, source: str) -> str:
    digest = hashlib.sha256()
    for stream in _STREAMS:
        path = _folder(home, source) / f"{stream}.parquet"
        tables.require(path)
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
