"""Which model goes by which alias, told without MLflow in this process: a server has no 100 MB and no 2 CPU-s for it.

The alias is the truth, and there are two ways to it. To notice that it moved, its row is read: of MLflow's SQLite
database, or of an MLflow server over its REST API; a millisecond each. To serve what it points to, `Registry` is asked
in a short-lived process, which checks the artifact's digest, or fetches it. What that process said is remembered beside
the runs, so that a server starts again at once, and also while MLflow is away.
"""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from faultcast import errors
from faultcast.errors import FaultcastError, NotFound, Unavailable
from faultcast.models.folder import MANIFEST
from faultcast.settings import Settings, for_child

ASK_SECONDS = 120.0
"""How long the process may take that asks MLflow; it may have to fetch a model."""
UNSEEN_SECONDS = 60.0
"""How often MLflow is asked in a process where neither its database nor its REST API can be read from here."""
READ_SECONDS = 5.0
"""How long a server may take to say where the aliases point."""

_QUERY = "SELECT alias, version FROM registered_model_aliases WHERE name = ?"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One version, its artifact on this machine."""

    name: str
    version: str
    folder: Path


class ServedModels:
    """The models of one repository by alias. Methods block; call them off the event loop."""

    def __init__(self, now: Settings, model_name: str, remembered: Path) -> None:
        """`remembered` is the file that keeps what MLflow said last."""
        self._now = now
        self._name = model_name
        self._remembered = remembered
        self._asked: tuple[float, dict[str, str]] | None = None

    def aliases(self) -> dict[str, str]:
        """Alias -> the version that it points to now; empty where nothing is registered.

        Raises:
            Unavailable: the registry does not answer.
        """
        uri = self._now.mlflow_tracking_uri
        if not uri or uri.startswith("sqlite:///"):
            place = Path(uri.removeprefix("sqlite:///")) if uri else self._now.home.resolve() / "mlflow.db"
            found = _of_database(place, self._name)
        else:
            found = _of_server(uri, self._name) if uri.startswith(("http://", "https://")) else None
        return self._ask_for_aliases() if found is None else found

    def find(self, alias: str) -> ServedModel:
        """The model that goes by an alias.

        Raises:
            NotFound: none does, or its artifact is gone.
            UnsafeArtifact: its artifact is not the one that was registered.
            Unavailable: the registry does not answer, and nothing is remembered.
        """
        try:
            version = self.aliases().get(alias, "")
            if not version:
                raise NotFound(
                    f"{self._name} has no {alias}: found none in the registry, expected a promoted version. See "
                    "`faultcast models`, then `faultcast promote`; for a history too small to learn from, "
                    "FAULTCAST_GENERAL_MODEL (docs/models.md)."
                )
            return self._recall(alias, version) or self._ask_for(alias)
        except Unavailable:
            if kept := self._recall(alias, ""):
                return kept
            raise

    def _ask_for(self, alias: str) -> ServedModel:
        answer = self._ask()
        good = {name: one for name, one in answer.items() if "error" not in one}
        self._keep(
            {name: one["version"] for name, one in good.items()},
            {
                one["version"]: {"folder": one["folder"], "manifest": manifest_digest(Path(one["folder"]))}
                for one in good.values()
            },
        )
        found = answer.get(alias)
        if found is None:
            raise NotFound(f"{self._name} has no {alias} any more; see `faultcast models`")
        if "error" in found:
            raise _raised(found["error"], found["message"])
        return ServedModel(self._name, found["version"], Path(found["folder"]))

    def _recall(self, alias: str, version: str) -> ServedModel | None:
        """What is remembered of a version ("": the one it was last), if its manifest lies there unchanged."""
        last = str(_read(self._remembered, "aliases").get(alias, ""))
        version = version or last
        kept = _read(self._remembered, "versions").get(version)
        if not isinstance(kept, dict) or manifest_digest(Path(str(kept.get("folder")))) != kept.get("manifest"):
            return None
        if version != last:
            self._keep({alias: version}, {})
        return ServedModel(self._name, version, Path(str(kept["folder"])))

    def _keep(self, aliases: dict[str, str], versions: dict[str, dict[str, str]]) -> None:
        """Remember where aliases point, and versions beside those that served once: a rollback is to one of them."""
        kept = {
            "aliases": _read(self._remembered, "aliases") | aliases,
            "versions": _read(self._remembered, "versions") | versions,
        }
        self._remembered.parent.mkdir(parents=True, exist_ok=True)
        partial = self._remembered.with_name(f"{self._remembered.name}.{os.getpid()}.partial")
        partial.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        partial.replace(self._remembered)

    def _ask_for_aliases(self) -> dict[str, str]:
        """As MLflow's client says, no more often than is bearable."""
        if self._asked is None or time.monotonic() - self._asked[0] > UNSEEN_SECONDS:
            versions = {alias: one.get("version", "?") for alias, one in self._ask().items()}
            self._asked = (time.monotonic(), versions)
        return self._asked[1]

    def _ask(self) -> dict[str, dict[str, str]]:
        """Ask `Registry` in a process of its own, of all aliases at once. Raises what it raised there."""
        command = [sys.executable, "-m", "faultcast.adapters.registry.tell", self._name]
        environment = for_child(replace(self._now, signing_key_file=""))
        try:
            done = subprocess.run(command, env=environment, capture_output=True, timeout=ASK_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"MLflow did not answer within {ASK_SECONDS:g} s; is it up?") from None
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise Unavailable(f"MLflow could not be asked: {''.join(last)[:300] or 'nothing was said'}") from None
        if "error" in answer:
            raise _raised(answer["error"], answer["message"])
        return answer


def _of_database(path: Path, model_name: str) -> dict[str, str] | None:
    """Where aliases point by MLflow's own table; None where it looks otherwise than we know it."""
    if not path.is_file():
        raise Unavailable(f"There is no MLflow database at {path}; `faultcast run` makes one")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=READ_SECONDS)) as database:
            return {str(alias): str(version) for alias, version in database.execute(_QUERY, (model_name,))}
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return None
        raise Unavailable(f"MLflow's database {path} cannot be read now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Unavailable(f"MLflow's database {path} cannot be read: {error}") from error


def _of_server(uri: str, model_name: str) -> dict[str, str] | None:
    """Where aliases point by an MLflow server's REST API; None where it wants credentials."""
    import httpx  # noqa: PLC0415  only with a server

    place = f"{uri.rstrip('/')}/api/2.0/mlflow/registered-models/get"
    try:
        answer = httpx.get(place, params={"name": model_name}, timeout=READ_SECONDS)
        body = answer.json() if answer.status_code in (200, 404) else {}
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(f"MLflow's server does not answer: {type(error).__name__}") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise Unavailable(f"MLflow's server answers with status {answer.status_code}")
    if answer.status_code == 404 and body.get("error_code") == "RESOURCE_DOES_NOT_EXIST":
        return {}
    if answer.status_code != 200:
        return None
    told = body.get("registered_model", {}).get("aliases", [])
    return {str(one["alias"]): str(one["version"]) for one in told}


def _raised(kind: str, message: str) -> FaultcastError:
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, FaultcastError):
        return found(message)
    return Unavailable(message)


def _read(path: Path, part: str) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}  # it is only a memory: without it, MLflow is asked
    found = kept.get(part) if isinstance(kept, dict) else None
    return found if isinstance(found, dict) else {}


def manifest_digest(folder: Path) -> str:
    """Of the manifest, which holds the digest of every other file; "" where it cannot be read."""
    try:
        return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    except OSError:
        return ""
