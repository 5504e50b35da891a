"""A location (path or URL) -> a repository opened for reading; a URL is mirrored first."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faultcast.adapters.places import Places, is_url, state_folder
from faultcast.errors import NotARepository
from faultcast.history import Pseudonyms, Repository, load_key, open_repository
from faultcast.history.git import locate, origin as git_origin
from faultcast.history.identity import keep_key
from faultcast.history.remote import check
from faultcast.history.transfer import mirror
from faultcast.settings import Settings


def canonical(location: str) -> str:
    """The location as state and pipelines name it: a URL as it stands, a path made absolute.

    Raises:
        NotARepository: there is no repository at the path.
    """
    if is_url(location):
        return location
    try:
        path = Path(location).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # no such user, links in a circle, a NUL
        raise NotARepository(
            f"{location!r}: {error}; expected the folder of a git repository, or an https URL."
        ) from error
    locate(path)
    return str(path)


def refresh(location: str, settings: Settings) -> Path:
    """Return the folder to read a location from; a URL's mirror is brought up to date.

    Raises:
        UnsafeRepository, Unavailable: the URL may not or cannot be cloned.
    """
    if not is_url(location):
        return Path(location)
    destination = Places(settings.home.resolve(), location).mirror
    mirror(check(location, tuple(settings.allowed_hosts.split(","))), destination, settings.ca_file)
    return destination


def origin(location: str) -> str:
    """The URL that a location was cloned from: itself, or the remote `origin` of a path; "" where there is none."""
    return location if is_url(location) else git_origin(locate(Path(location)))


@contextmanager
def opened(location: str, settings: Settings) -> Iterator[Repository]:
    """Open a location; a URL that was mirrored before is not asked again."""
    destination = Places(settings.home.resolve(), location).mirror
    folder = destination if is_url(location) and destination.is_dir() else refresh(location, settings)
    with open_repository(folder) as repository:
        yield repository


def pseudonyms(settings: Settings) -> Pseudonyms:
    """The pseudonyms of this state folder.

    Raises:
        UsageError: there are none yet, and the folder cannot be written; or a key was given that is not its own.
    """
    places = Places(settings.home.resolve(), "")
    if not places.identity_key.exists():
        state_folder(settings.home)
    if settings.identity_key:
        keep_key(places.identity_key, settings.identity_key)
    return Pseudonyms(load_key(places.identity_key), forgotten(places))


def forgotten(places: Places) -> frozenset[str]:
    """The marks of those whom this state folder has forgotten."""
    try:
        return frozenset(places.forgotten.read_text(encoding="ascii").split())
    except FileNotFoundError:
        return frozenset()
