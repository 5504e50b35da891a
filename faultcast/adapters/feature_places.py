"""Where a repository's feature store lies: in a folder of its own, or in systems that many machines share.

Embedded, the folder is a Feast repository; `feast` commands work in it:

    feature_store.yaml   a copy of feature_repo/feature_store.yaml
    features.parquet     what `materialize` was given: the offline store of features and texts
    labels.parquet       likewise of labels
    registry.db          Feast's registry
    online.db            SQLite online store: features and texts of the newest changes, never labels
    online.parquet       digests of the rows that the online store holds

Shared, the parquet files lie in the object store under `offline_store.data` of the configuration, in a folder
of the repository's name; registry and online store are where the configuration says, for all repositories.

Feast sends no usage data since 0.4x and is not told to. Importing it takes about 3 CPU-seconds.
"""

import contextlib
import functools
import re
import shutil
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError
from pyarrow import dataset, fs

from faultcast.errors import NotFound, Unavailable, UsageError, out_of_space


@contextlib.contextmanager
def _torch_hidden() -> Iterator[None]:
    """Spare Feast the import of torch (1 to 3 CPU-s), which it only needs for its `to_tensor`."""
    if "torch" in sys.modules:
        yield
        return
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["torch"]


with _torch_hidden():
    from feast import FeatureStore
    from feast.repo_config import RepoConfig, load_repo_config

    from feature_repo import definitions

__all__ = ["Place", "definitions", "place_of"]

CLUSTER = "cluster"
"""The setting's word for feature_repo/feature_store.cluster.yaml."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """One repository's store. Made by `place_of`."""

    folder: Path
    shared: Path | None
    """Configuration of the shared twin; None: embedded."""
    files: fs.FileSystem
    base: str
    """Folder of the parquet files, as `files` names it."""

    def exists(self, name: str) -> bool:
        return bool(self.files.get_file_info(f"{self.base}/{name}").type == fs.FileType.File)

    def rows(self, name: str) -> int:
        return int(pq.read_metadata(f"{self.base}/{name}", filesystem=self.files).num_rows)

    def scan(self, name: str) -> dataset.Dataset:
        """A parquet file that is read as it is needed."""
        return dataset.dataset(f"{self.base}/{name}", filesystem=self.files)

    def read(self, name: str) -> pa.Table:
        return pq.read_table(f"{self.base}/{name}", filesystem=self.files)

    def put(self, source: Path, name: str) -> None:
        """A copy, not a link: the source may be written again in place. Nothing where it is the same already."""
        if not self._holds(source, name):
            with source.open("rb") as given:
                self._write(name, lambda target: shutil.copyfileobj(given, target, _CHUNK))

    def keep(self, table: pa.Table, name: str) -> None:
        self._write(name, lambda target: pq.write_table(table, target))

    def remove(self, name: str) -> None:
        if self.exists(name):
            self.files.delete_file(f"{self.base}/{name}")

    def _holds(self, source: Path, name: str) -> bool:
        target = f"{self.base}/{name}"
        if self.files.get_file_info(target).size != source.stat().st_size:
            return False
        with source.open("rb") as ours, self.files.open_input_stream(target) as theirs:
            return all(chunk == theirs.read(_CHUNK) for chunk in iter(lambda: ours.read(_CHUNK), b""))

    def _write(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        """Whole or not at all: under another name first, then moved."""
        temporary = f"{self.base}/.{name}.{uuid.uuid4().hex}"
        written = False
        try:
            with self.files.open_output_stream(temporary) as target:
                write(target)
            self.files.move(temporary, f"{self.base}/{name}")
            written = True
        finally:
            if not written:
                with contextlib.suppress(OSError):
                    self.files.delete_file(temporary)

    def prepared(self) -> FeatureStore:
        """Feast, its registry filled from the definitions; one that a crash cut short is made anew."""
        if not self.shared:
            self.put(Path(definitions.__file__).with_name("feature_store.yaml"), "feature_store.yaml")
        try:
            return self._applied()
        except DecodeError:
            (self.folder / "registry.db").unlink()
            return self._applied()

    def _applied(self) -> FeatureStore:
        store = FeatureStore(repo_path=str(self.folder), config=_config(self.folder, self.shared))
        # After a crash nothing is taken for granted: a registry may be complete, and the online store's tables absent.
        if not self.exists("online.parquet") or _contents(store) != _contents():
            store.apply(_objects())
        return store

    def opened(self) -> FeatureStore:
        """Feast, as it was left.

        Raises:
            NotFound: nothing was materialized here.
        """
        if not self.exists("features.parquet") or not (self.shared or (self.folder / "registry.db").is_file()):
            raise NotFound(f"no feature store in {self.base}: run the stage `materialize` first")
        changed = self.folder / "registry.db" if not self.shared else self.shared
        return _opened(self.folder.resolve(), self.shared, changed.stat().st_mtime_ns)

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Errors of the systems below as ours; none quotes an address, which may hold a password."""
        try:
            yield
        except _failures(shared=bool(self.shared)) as error:
            if full := out_of_space(error):
                raise full from error
            if not self.shared:
                raise
            raise Unavailable(
                f"the shared feature store of {self.shared} failed with {type(error).__name__}: check that its "
                "object store, registry and online store answer"
            ) from error


@functools.lru_cache(maxsize=32)
def place_of(folder: Path, shared: str = "") -> Place:
    """The place of one repository's store.

    Args:
        folder: the repository's Feast folder, `…/<repository>/feast`.
        shared: the setting `feature_store`: a Feast configuration, "cluster", or "" for the embedded twin.

    Raises:
        UsageError: the configuration is absent or names no folder for the data.
    """
    if not shared:
        return Place(folder, None, fs.LocalFileSystem(), str(folder))
    named = Path(definitions.__file__).with_name("feature_store.cluster.yaml") if shared == CLUSTER else Path(shared)
    if not named.is_file():
        raise UsageError(f"feature_store={shared!r}: expected a feature_store.yaml, or {CLUSTER!r}")
    data = _data(load_repo_config(folder, named), named, folder)
    files, base = fs.FileSystem.from_uri(data) if "://" in data else (fs.LocalFileSystem(), data)
    if isinstance(files, fs.LocalFileSystem):
        Path(base).mkdir(parents=True, exist_ok=True)
    return Place(folder, named.resolve(), files, base)


def _data(config: RepoConfig, named: Path, folder: Path) -> str:
    """The repository's own part of what many repositories share."""
    if unset := sorted(set(re.findall(r"\$\{(\w+)\}", named.read_text())) & set(re.findall(r"\w+", _places(config)))):
        raise UsageError(f"{named.name} takes {', '.join(unset)} from the environment: set them")
    data = str(config.offline_store.data)
    if not data:
        raise UsageError(f"{named}: expected offline_store.data, a folder or URL that all machines reach")
    return f"{data.rstrip('/')}/{folder.resolve().parent.name}"


def _places(config: RepoConfig) -> str:
    """What the environment did not fill stays as `${NAME}`."""
    online = config.online_store.model_dump().get("connection_string", "")
    return " ".join(re.findall(r"\$\{\w+\}", f"{config.offline_store.data} {config.registry.path} {online}"))


def _failures(*, shared: bool) -> tuple[type[Exception], ...]:
    if not shared:
        return (OSError, sqlite3.OperationalError)
    from redis.exceptions import RedisError  # noqa: PLC0415 - only machines of a cluster have it
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    return (OSError, RedisError, SQLAlchemyError)


@functools.lru_cache(maxsize=8)
def _opened(folder: Path, shared: Path | None, changed: int) -> FeatureStore:  # noqa: ARG001 - changed: opened anew
    return FeatureStore(repo_path=str(folder), config=_config(folder, shared))


def _config(folder: Path, shared: Path | None) -> RepoConfig:
    config = load_repo_config(folder, shared or folder / "feature_store.yaml")
    if shared:
        config.offline_store.data = _data(config, shared, folder)
    return config


# --- the definitions ------------------------------------------------------------------------


def _objects() -> list[Any]:
    views = [definitions.change_features, definitions.change_text, definitions.change_labels]
    return [definitions.repository, definitions.commit, *views, definitions.training, definitions.serving]


def _contents(store: FeatureStore | None = None) -> dict[str, object]:
    """What a registry says of the definitions; without a store, what it should say."""
    if store is None:
        views, services = (
            [one for one in _objects() if hasattr(one, "batch_source")],
            [definitions.training, definitions.serving],
        )
    else:
        views, services = store.list_feature_views(), store.list_feature_services()
    seen: dict[str, object] = {
        view.name: (view.ttl, view.online, view.description, str(view.batch_source.path), sorted(view.join_keys),
                    sorted((field.name, str(field.dtype), field.description) for field in view.features))
        for view in views
    }  # fmt: skip
    return seen | {
        service.name: [(one.name, sorted(field.name for field in one.features))
                       for one in service.feature_view_projections]
        for service in services
    }  # fmt: skip
