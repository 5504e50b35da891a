"""Who serves: a version becomes champion, the one before comes back, and all that is known of a repository's models."""

import os
import pwd
from dataclasses import dataclass

from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.adapters.registry import Alias, Promotion, Registry, VersionInfo
from faultcast.adapters.repositories import canonical
from faultcast.errors import NotFound, UsageError
from faultcast.settings import Settings


@dataclass(frozen=True, slots=True)
class Moved:
    """Where an alias points now; `entry` is None where it did already and nothing was written down."""

    model: str
    alias: str
    version: str
    entry: Promotion | None


@dataclass(frozen=True, slots=True)
class Models:
    """Versions, oldest first, each with the figures of its run, and the promotion log."""

    model: str
    versions: list[tuple[VersionInfo, dict[str, float]]]
    log: list[Promotion]


def promote(
    repository: str, now: Settings, to: Alias, *, version: str = "", alias: Alias | None = None, why: str,
    by: str = "", force: bool = False,
) -> Moved:  # fmt: skip
    """Let `to` point to a version, named by its number or by an alias.

    Raises:
        UsageError: no reason was given.
        NotFound: there is no such version or alias.
        NotPassed: it would be champion, its verdict is not PASS, and nobody said `force`.
        UnsafeArtifact: its artifact is not the one that was registered.
        Busy: another process is promoting.
    """
    if not why.strip():
        raise UsageError("found no reason, expected --why TEXT: the promotion log keeps it")
    name, registry = _opened(repository, now)
    if alias:
        version = next((one.version for one, _ in registry.versions(name) if alias in one.aliases), "")
        if not version:
            raise NotFound(f"{name} has no {alias}. See `faultcast models`, and name a version with --version.")
    entry = registry.promote(name, version, to, why=why, by=by or user(), force=force)
    return Moved(name, to, version, entry)


def rollback(repository: str, now: Settings, *, why: str = "", by: str = "") -> Moved:
    """Let the champion be the version that it was before.

    Raises:
        NotFound: there was none before.
        UnsafeArtifact: its artifact is not the one that was registered.
        Busy: another process is promoting.
    """
    name, registry = _opened(repository, now)
    entry = registry.rollback(name, why=why or "rolled back", by=by or user())
    return Moved(name, entry.alias, entry.to_version, entry)


def models(repository: str, now: Settings) -> Models:
    """What is registered for a repository.

    Raises:
        NotFound: nothing is.
    """
    name, registry = _opened(repository, now)
    found = registry.versions(name)
    if not found:
        raise NotFound(f"{name}: found no version. `faultcast run` registers a model that passes every gate.")
    return Models(name, found, registry.promotions(name))


def user() -> str:
    """Who is at work: the operating system's name of this process's user, which no variable can change."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry
        return f"uid {os.getuid()}"


def _opened(repository: str, now: Settings) -> tuple[str, Registry]:
    """The registered model's name and the registry; "" is the repository of the last run."""
    home = now.home.resolve()
    location = canonical(repository) if repository else runs.last(home, None).location
    return Places(home, location).model_name, Registry.of(now)
