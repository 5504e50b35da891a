"""What ranks the changes of a repository that has no champion.

A history too small to learn from is ranked by the model learnt on other projects, if the settings name one. Else
lines added alone: where a model of its own was learnt and did not pass the gates, a stranger's is not to be trusted.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from faultcast import models
from faultcast.dataset import DatasetInfo
from faultcast.errors import UsageError
from faultcast.models import Explainable, packed
from faultcast.models.baseline import fit_baseline
from faultcast.models.model import GENERAL, Model
from faultcast.models.signature import public_keys
from faultcast.settings import Settings


def stand_in(table: pd.DataFrame, info: DatasetInfo, now: Settings) -> Explainable:
    """The model learnt on other projects, or lines added alone with the typical size of these changes.

    Raises:
        NotFound, UnsafeArtifact, ContractMismatch, UsageError: see `general_model`.
    """
    general = general_model(now) if info.insufficient else None
    return general or fit_baseline(table)


@contextmanager
def general_folder(now: Settings) -> Iterator[Path | None]:
    """Folder of the model that the settings name for histories too small to learn from; None where they name none.

    Raises:
        NotFound, UnsafeArtifact: there is no archive, or it is none that can be unpacked.
    """
    place = Path(now.general_model).expanduser()
    if not now.general_model:
        yield None
    elif place.suffix == ".zip":
        with tempfile.TemporaryDirectory(prefix="faultcast-general-") as folder:
            yield packed.unpack(place, Path(folder) / GENERAL, public_keys(now.trusted_keys))
    else:
        yield place


def general_model(now: Settings) -> Model | None:
    """That model, loaded.

    Raises:
        NotFound, UnsafeArtifact, ContractMismatch: what the settings name is no model that can be served.
        UsageError: it was learnt from one repository.
    """
    with general_folder(now) as folder:
        found = models.load(folder, public_keys(now.trusted_keys)) if folder else None
    if found is not None and found.basis != GENERAL:
        raise UsageError(
            f"FAULTCAST_GENERAL_MODEL names a model that was learnt from one repository ({found.name}); expected one "
            "that `faultcast pretrain` wrote"
        )
    return found
