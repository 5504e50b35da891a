"""MLflow's client: its switches, its database, and its errors in our words.

Importing MLflow takes about 1.5 CPU-seconds and its first database as much again: import late.
"""

import contextlib
import logging
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

# MLflow's own switches; the first is read at import.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # stdout belongs to our data
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from faultcast.errors import NotFound, Unavailable, out_of_space

__all__ = ["Metric", "MlflowClient", "MlflowException", "ModelVersion", "Param", "RunTag", "connect", "translated"]

logging.getLogger("mlflow").setLevel(logging.WARNING)  # table creation is not the user's news

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def connect(home: Path, uri: str) -> MlflowClient:
    """A client of the server at `uri`, or of a database inside `home`."""
    with translated():
        return MlflowClient(uri or _database(home / "mlflow.db"))


def _database(path: Path) -> str:
    """URI of the SQLite database; a new one appears whole, since a half migrated one would stay broken."""
    if not path.is_file():
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            MlflowClient(f"sqlite:///{temporary}").search_experiments()  # creates and migrates the tables
            with contextlib.suppress(FileExistsError):  # another process was faster
                path.hardlink_to(temporary)
        finally:
            temporary.unlink(missing_ok=True)
    return f"sqlite:///{path}"


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """MLflow's errors as ours; a password in the server's address is left out.

    Raises:
        NotFound: what was asked for does not exist.
        OutOfSpace: the disk is full.
        Unavailable: anything else.
    """
    try:
        yield
    except MlflowException as error:
        if full := out_of_space(error):
            raise full from error
        message = _CREDENTIALS.sub("…", str(error.message))
        if is_absent(error):
            raise NotFound(f"MLflow: {message}") from error
        raise Unavailable(f"MLflow did not do what was asked: {message}") from error


def is_absent(error: MlflowException) -> bool:
    """Whether MLflow says that there is no such thing."""
    return bool(error.error_code == "RESOURCE_DOES_NOT_EXIST")
