"""Where a fleet's models come from: a run with its registry, or folders that were named.

`load` blocks for seconds and is called beside the event loop; what it returns can answer at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from faultcast import settings
from faultcast.adapters import runs, state_files
from faultcast.adapters.places import Places
from faultcast.adapters.served_models import ServedModel, ServedModels, manifest_digest
from faultcast.adapters.state_files import STATE, Folder
from faultcast.adapters.stored_changes import lookup
from faultcast.errors import NotFound, Unavailable, UnsafeArtifact
from faultcast.features import Past
from faultcast.features.catalogue import fingerprint
from faultcast.models import Model
from faultcast.models.model import GENERAL
from faultcast.models.signature import public_keys
from serving.scoring.cost import Cost
from serving.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Loaded:
    """One model, warm. `kind` and `fingerprint` are as in `Served`."""

    scorer: Scorer
    name: str
    version: str
    kind: str
    fingerprint: str
    cost: Cost


class Source(Protocol):
    """Finds and loads models by alias. Both methods block."""

    def load(self, alias: str) -> Loaded:
        """Load what goes by an alias now.

        Raises:
            NotFound: nothing goes by that alias, or its files are gone.
            ContractMismatch: it was trained on other features.
            UnsafeArtifact: its folder is not what its manifest says.
            Unavailable: the registry does not answer.
        """
        ...

    def standing(self) -> Mapping[str, str]:
        """Alias -> a text that is another one as soon as `load` would bring something else.

        Raises:
            Unavailable: the registry does not answer.
        """
        ...


class RunSource:
    """The models of one repository as the registry's aliases say, with the past and the store of its last run.

    A history too small to learn from has no champion; what its last run ranked by, the model learnt on other projects,
    is served as one, if the settings named one then.
    """

    def __init__(self, now: settings.Settings, location: str | None = None) -> None:
        """`location` is a repository's; None: that of the last run of all.

        Raises:
            NotFound: there is no run.
        """
        self._now = now
        self._home = now.home.resolve()
        self._places = Places(self._home, runs.last(self._home, location).location)
        self._models = ServedModels(now, self._places.model_name, self._places.folder / "served.json")
        self._past = SharedPast()

    @property
    def location(self) -> str:
        """The repository whose changes are scored."""
        return self._places.location

    @property
    def repository(self) -> str:
        """Its short name, as the feature store and the answers have it."""
        return self._places.repo_id

    def load(self, alias: str) -> Loaded:
        """See `Source`."""
        try:
            found = self._models.find(alias)
        except (NotFound, Unavailable):
            if (general := self._general(alias)) is None:
                raise
            found = general
        past = self._past.at(runs.last(self._home, self.location).artifact("describe/past"))
        return load(found, past, self._places.feature_store, self._now.feature_store, self._now.trusted_keys)

    def standing(self) -> Mapping[str, str]:
        """An alias moves with a promotion; what all of them know of the past, with a run."""
        run = _stamp(self._places.run_file)
        general = self._general("champion")
        standing = {} if general is None else {"champion": general.version}
        try:
            standing |= self._models.aliases()
        except Unavailable:
            if general is None:
                raise
        return {alias: f"{version} {run}" for alias, version in standing.items()}

    def _general(self, alias: str) -> ServedModel | None:
        """The model learnt on other projects by which the last run ranked; None where it ranked by another."""
        place = Folder(self._places.state)
        try:
            state = state_files.read_state(place.read(STATE))
        except (NotFound, UnsafeArtifact):
            return None
        if alias != "champion" or state.model.get("name") != GENERAL:
            return None
        folder = place.path / state.folder / "model"
        return ServedModel(GENERAL, _version(folder), folder)


class FolderSource:
    """Models in folders that were named, such as a cluster's mounted volume; a folder that changes is a new version."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        *,
        name: str = "faultcast",
        past: Path | None = None,
        store: Path | None = None,
        shared_store: str = "",
        trusted_keys: str = "",
    ) -> None:
        """`folders` is alias -> folder; `trusted_keys` and `shared_store` are the settings of that name."""
        self._folders = dict(folders)
        self._name = name
        self._past_file = past
        self._past = SharedPast()
        self._store = store
        self._shared_store = shared_store
        self._trusted_keys = trusted_keys

    def load(self, alias: str) -> Loaded:
        """See `Source`."""
        folder = self._folders.get(alias)
        if folder is None:
            raise NotFound(f"found no folder for {alias}, expected one of {', '.join(self._folders) or 'none'}")
        version = _version(folder)
        found = ServedModel(self._name, version, folder)
        past = self._past.at(self._past_file) if self._past_file else None
        return load(found, past, self._store, self._shared_store, self._trusted_keys)

    def standing(self) -> Mapping[str, str]:
        """By the manifests' digests."""
        return {alias: _version(folder) for alias, folder in self._folders.items() if _version(folder)}


class SharedPast:
    """What the history taught, read once for all models that serve: it may be many times as large as they are."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[tuple[str, int, int], Past] | None = None

    def at(self, path: Path) -> Past:
        """The past in a file, read again only when it was written anew.

        Raises:
            NotFound: there is none, or it cannot be read.
        """
        with self._lock:
            stamp = _stamp(path)
            if self._kept is None or self._kept[0] != stamp:
                self._kept = (stamp, Past.load(path))
            return self._kept[1]


def load(found: ServedModel, past: Past | None, store: Path | None, shared_store: str, trusted_keys: str) -> Loaded:
    """Read a model with the past and the store that its rows need; where a store is gone, ids alone are unknown."""
    has_store = store is not None and (bool(shared_store) or store.is_dir())
    scorer = Scorer.load(
        found.folder,
        name=found.name,
        version=found.version,
        past=past,
        lookup=lookup(store, shared_store) if store is not None and has_store else None,
        repository=store.resolve().parent.name if store is not None else "",
        trusted=public_keys(trusted_keys),
    )
    model = scorer.model
    kind = GENERAL if model.basis == GENERAL else model.manifest.kind if isinstance(model, Model) else model.name
    return Loaded(scorer, found.name, found.version, kind, fingerprint(), Cost.of(scorer))


def _version(folder: Path) -> str:
    """The start of the manifest's SHA-256; "" while there is none."""
    return manifest_digest(folder)[:12]


def _stamp(path: Path) -> tuple[str, int, int]:
    """What changes when a file is written anew; zeros while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return (str(path), 0, 0)
    return (str(path), found.st_mtime_ns, found.st_size)
