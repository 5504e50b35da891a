"""What a run leaves, made by its own stages, with a small model in place of a trained one."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from faultcast.adapters import runs
from faultcast.adapters.places import Places
from faultcast.features.catalogue import NAMES
from faultcast.features.table import SCHEMA
from faultcast.history import open_repository
from faultcast.models import artifact, forest_file
from faultcast.models.bands import Bands
from faultcast.models.calibration import Calibration
from faultcast.models.forest import Forest
from faultcast.models.manifest import Manifest
from faultcast.models.normaliser import fit_normaliser
from faultcast.settings import Settings
from faultcast.steps import describe, mine


@dataclass(frozen=True)
class Ran:
    """A run that ended at `revision`; `rows` are its feature rows by commit."""

    run: runs.Run
    rows: dict[str, pa.Table]


def write_model(folder: Path) -> Path:
    """One stump: changes with more lines added than most are risky."""
    values = np.zeros((4, len(NAMES)))
    values[:, NAMES.index("lines_added")] = [1, 5, 9, 60]
    stump = Forest(
        *(np.array(found, dtype=kind) for found, kind in (
            ([0], np.int32), ([0], np.int32), ([0.2], np.float32), ([[~0, ~1]], np.int32), ([True], np.bool_),
            ([0.1, 0.8], np.float64),
        ))
    )  # fmt: skip
    manifest = Manifest(
        kind="simple", name="simple", normaliser=fit_normaliser(values), calibration=Calibration(1.0, 0.0),
        bands=Bands(0.3, 0.6), training_window=(0, 1), label_as_of=1, ripening_days=7.0, data_fingerprint="0" * 64,
        code_version="0", seed=3, metrics={},
    )  # fmt: skip
    artifact.write(folder, manifest, forest_file.to_files(stump))
    return folder


def ran(repository: Path, revision: str, now: Settings, folder: Path) -> Ran:
    """Mine and describe up to a revision, and remember it as the last run; needs FAULTCAST_HOME to be `now.home`."""
    folder.mkdir(parents=True)
    with open_repository(repository) as source:
        tip = source.tip(revision)
    mine.mine(str(repository), tip, str(folder / "history"))
    describe.describe(str(repository), str(folder / "history"), str(folder / "features"), str(folder / "past"))
    (folder / "registration").write_text(json.dumps({"registered": True, "version": "1"}))
    artifacts = {
        "mine/history": "history", "describe/features": "features", "describe/past": "past",
        "register/registration": "registration",
    }  # fmt: skip
    places = Places(now.home.resolve(), str(repository))
    model = write_model(folder / "model")
    paths = {name: str(folder / path) for name, path in artifacts.items()} | {"validate/chosen": str(model)}
    run = runs.Run(str(repository), places.repo_id, tip, 1, "", paths)
    runs.save(run, places)
    features = pq.read_table(folder / "features")
    commits = features["commit"].to_pylist()
    return Ran(run, {commit: features.slice(i, 1).combine_chunks() for i, commit in enumerate(commits)})


def as_bytes(row: pa.Table) -> tuple[bytes, bytes]:
    """A row as parquet and as canonical JSON."""
    parquet = BytesIO()
    found: list[dict[str, Any]] = row.to_pylist()
    pq.write_table(pa.Table.from_pylist(found, schema=SCHEMA), parquet)  # a file names the items of lists otherwise
    return parquet.getvalue(), json.dumps(found, sort_keys=True, default=str).encode()
