"""What a run leaves so that one commit can be scored elsewhere: the past, the newest rows, the model that serves."""

import hashlib
import json
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from faultcast import dataset as data
from faultcast.adapters import state_files
from faultcast.adapters.places import Places
from faultcast.adapters.repositories import forgotten, pseudonyms
from faultcast.adapters.runs import Run
from faultcast.adapters.state_bucket import SCHEME, Bucket
from faultcast.adapters.state_files import Folder, Location, State
from faultcast.errors import NotFound
from faultcast.models import artifact
from faultcast.models.baseline import fit_baseline
from faultcast.settings import Settings
from faultcast.steps.stand_in import general_folder

NEWEST = 1_000
"""Changes whose rows a state keeps, to answer for what it has seen."""


def keep(run: Run, now: Settings, location: str = "") -> State:
    """Write the state of a finished run into its repository's folder, and to `location` if one is named.

    Raises:
        NotFound: an artifact of the run is gone.
        UsageError, Unavailable: the location cannot be written.
    """
    places = Places(now.home.resolve(), run.location)
    ids = pq.read_table(run.artifact("mine/history"), columns=["id"])["id"].to_pylist()
    rows = BytesIO()
    pq.write_table(_newest(run.artifact("describe/features")), rows, compression="zstd")
    model, learnt, typical = _champion(run, now)
    files = {"past": run.artifact("describe/past").read_bytes(), "rows.parquet": rows.getvalue()}
    files |= {f"model/{name}": content for name, content in learnt.items()}
    state = State(
        repo_id=run.repo_id,
        revision=run.revision,
        commits=len(ids),
        order=order(ids),
        identity=pseudonyms(now).fingerprint(),
        forgotten=tuple(sorted(forgotten(places))),
        model=model,
        typical_lines=typical,
    )
    written = state_files.write(Folder(places.state), state, files)
    return state_files.write(place_of(location, now)[0], state, files) if location else written


def _newest(features: Path) -> pa.Table:
    """The last rows of a file, of which no more is read than holds them."""
    with pq.ParquetFile(features) as file:
        first, rows = file.num_row_groups, 0
        while first and rows < NEWEST:
            first -= 1
            rows += file.metadata.row_group(first).num_rows
        table = file.read_row_groups(list(range(first, file.num_row_groups)))
    return table.slice(max(0, len(table) - NEWEST))


def place_of(location: str, now: Settings) -> tuple[Location, Folder]:
    """The location, and the folder where what it holds is kept here."""
    name = hashlib.sha256(location.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    cache = now.home.resolve() / "states" / name
    place = Bucket(location, cache) if location.startswith(SCHEME) else Folder(Path(location).expanduser())
    return place, Folder(cache)


def order(ids: Iterable[str]) -> str:
    """Digest of commits in order of arrival."""
    return hashlib.sha256("\n".join(ids).encode("ascii")).hexdigest()


def _champion(run: Run, now: Settings) -> tuple[dict[str, str], dict[str, bytes], float]:
    """The model that serves now: what it is called, its files; without one, what is typical."""
    stage = "archive" if "archive/registration" in run.artifacts else "register"
    registered = json.loads(run.artifact(f"{stage}/registration").read_text(encoding="utf-8"))
    if not registered["version"]:
        table, info = data.read(run.artifact("assemble/dataset") / "dataset.parquet")
        with general_folder(now) as general:
            if info.insufficient and general:
                return {"name": artifact.read_manifest(general).name, "version": ""}, _files(general), 0.0
        return {}, {}, fit_baseline(table).typical_lines
    folder = run.artifact("validate/chosen")
    if not registered["registered"]:  # an earlier one stays; only now is MLflow worth its import
        from faultcast.adapters.registry import Registry  # noqa: PLC0415

        standing = Registry.of(now).champion(Places(now.home, run.location).model_name)
        if standing is None:
            raise NotFound(
                f"{run.location}: version {registered['version']} serves no more. Run `faultcast run` again."
            )
        folder = standing.folder
    return {"name": artifact.read_manifest(folder).name, "version": registered["version"]}, _files(folder), 0.0


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
