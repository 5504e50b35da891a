"""Forgetting an author: remembered first by a mark that names nobody, then erased from all that the state folder holds.

What a run can make again is removed: results of stages, feature stores, reports, states, copies of remote
repositories. What was collected at the pace of a tracker's rate limit is rewritten instead. Models and the registry
hold no authors. Interrupted, the next call goes on: what is left is found again.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from faultcast.adapters import runs, traces
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import forgotten, pseudonyms
from faultcast.errors import NotFound, RepositoryError, UsageError
from faultcast.history import Pseudonyms, open_repository
from faultcast.history.identity import FORGOTTEN
from faultcast.history.people import people
from faultcast.settings import Settings

PROVIDERS = ("github", "gitlab", "bitbucket", "jira", "sonarqube")
_PSEUDONYM = re.compile(r"author-[0-9a-f]{10}")
_MADE_AGAIN = ("kfp", "repositories", "states")
"""Folders whose folders are removed whole: a run, or the next `jit`, makes them again."""
_NOT_OURS = ("demo", "mirrors")
"""Git repositories: planted people in the one, looked at by their authors in the other."""


@dataclass(frozen=True, slots=True)
class Erased:
    """One place below the state folder, and what became of it: "removed" or "rewritten"."""

    place: str
    became: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`pseudonyms`: how many were looked for. `left`: places that still hold one: another process writes them."""

    pseudonyms: int
    places: tuple[Erased, ...]
    left: tuple[str, ...]
    again: tuple[str, ...]  # repositories to run again


def forget(author: str, now: Settings, *, dry_run: bool = False) -> Forgotten:
    """Forget one author. Hold the locks of running pipelines.

    Args:
        author: a name, an e-mail address, a tracker's login, or a pseudonym.
        now: where the state folder is.
        dry_run: say what would be done, and do nothing.

    Raises:
        UsageError: nobody was named.
        NotFound: there is no state folder.
    """
    author = author.strip()
    if not author or author == FORGOTTEN:
        raise UsageError(f"found {author!r}, expected a name, an e-mail address, a login or a pseudonym")
    home = now.home.resolve()
    if not Places(home, "").identity_key.is_file():
        raise NotFound(f"{home}: found no identity.key: nobody is known here. Set FAULTCAST_HOME to the state folder.")
    ran = [Places(home, runs.read(file).location) for file in sorted((home / "repositories").glob("*/run.json"))]
    known, mirrors = _known(author, [Path(one.location) for one in ran], home, pseudonyms(now))
    words = dict.fromkeys(sorted(known), FORGOTTEN) | _as_text(author)
    units = sorted(set(_telling(home, words)))
    again = sorted(
        one.location for one in ran if {one.folder, home / "kfp" / one.repo_id, one.mirror} & {*units, *mirrors}
    )
    if not dry_run:
        _remember(known, Places(home, ""), now)
    places = [_erase(home, path, words, dry_run=dry_run) for path in (*units, *mirrors)]
    left = () if dry_run else tuple(sorted({str(path.relative_to(home)) for path in _telling(home, words)}))
    return Forgotten(len(known), tuple(places), left, tuple(again))


def _known(
    author: str, repositories: list[Path], home: Path, identify: Pseudonyms
) -> tuple[frozenset[str], list[Path]]:
    """Every pseudonym that an author has here, seen or not, and the copies of remote repositories that name them."""
    found = {author} if _PSEUDONYM.fullmatch(author) else {identify.pseudonym(author)}
    found |= {identify.pseudonym(f"{provider}:{author}") for provider in PROVIDERS}
    mirrors = []
    for path in (*repositories, *sorted((home / "mirrors").glob("*.git"))):
        theirs = _pseudonyms_in(path, author, identify)
        found |= theirs
        if theirs and path.parent == home / "mirrors":
            mirrors.append(path)
    return frozenset(found), mirrors


def _pseudonyms_in(repository: Path, author: str, identify: Pseudonyms) -> set[str]:
    """The author's pseudonyms in a repository's history; none where it is gone."""
    asked, found = author.lower(), set()
    try:
        with open_repository(repository) as source:
            for person in people(source.objects, source.tip()):
                theirs = {
                    identify.pseudonym(person.email or person.name),
                    identify.pseudonym(person.written_email or person.written_name),
                }
                if asked in {part.lower() for part in person} or author in theirs:
                    found |= theirs
    except RepositoryError:
        return set()
    return found


def _remember(known: frozenset[str], places: Places, now: Settings) -> None:
    """Add marks to the list, whole or not at all."""
    marks = forgotten(places) | {pseudonyms(now).mark(pseudonym) for pseudonym in known}
    partial = places.forgotten.with_name(f"{places.forgotten.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("".join(f"{mark}\n" for mark in sorted(marks)))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(places.forgotten)


def _telling(home: Path, words: Mapping[str, str]) -> Iterator[Path]:
    """What tells of an author: a folder that is made again whole, or a file.

    What is made again from a repository's texts would say the name again, so there pseudonyms alone are looked for.
    """
    marks = [word for word, other in words.items() if other == FORGOTTEN]
    for folder, names, files in os.walk(home):
        if Path(folder) == home:
            names[:] = [name for name in names if name not in _NOT_OURS]
        for path in (Path(folder, name) for name in files):
            unit = _unit(home, path)
            if path.is_file() and not path.is_symlink() and traces.holds(path, marks if unit != path else [*words]):
                yield unit


def _unit(home: Path, path: Path) -> Path:
    parts = path.relative_to(home).parts
    return home.joinpath(*parts[:2]) if parts[0] in _MADE_AGAIN and len(parts) > 2 and parts[1] != "logs" else path


def _as_text(author: str) -> dict[str, str]:
    """How texts say a person: an address, or a name of several words; one word alone may mean anything."""
    if "@" in author:
        return {author: "(address)"}
    return {author: "(person)"} if " " in author else {}


def _erase(home: Path, path: Path, words: Mapping[str, str], *, dry_run: bool) -> Erased:
    place = str(path.relative_to(home))
    if path.is_dir():
        if not dry_run:
            shutil.rmtree(path)
        return Erased(place, "removed")
    if path.suffix == ".log" or (not dry_run and not traces.replace(path, words)):
        if not dry_run:
            path.unlink()
        return Erased(place, "removed")
    return Erased(place, "rewritten")
