"""Repositories that were learnt from -> one model for histories too small to learn from."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from faultcast import dataset as data
from faultcast.adapters import runs
from faultcast.dataset import DatasetInfo
from faultcast.errors import NotFound, UsageError
from faultcast.models import artifact, packed
from faultcast.models.manifest import Manifest
from faultcast.models.model import GENERAL
from faultcast.models.signature import private_key
from faultcast.settings import Settings
from faultcast.training.general import DEFAULT, Project, train_general
from faultcast.training.rows import Report, rows_of, silent
from faultcast.training.simple import Options


def pretrain(
    locations: Sequence[str], output: Path, now: Settings, report: Report = silent, *, options: Options = DEFAULT
) -> Manifest:
    """Learn across repositories from the data sets of their last runs.

    Args:
        locations: paths or URLs as the runs know them.
        output: a folder to be made, or an archive if its name ends in ``.zip``.
        now: where the state folder is, and the seed.
        report: told each repository's figures while it was left out.
        options: of kind `simple`.

    Raises:
        NotFound: a repository has no finished run; all that have none are named.
        UsageError: the output exists, or a repository is named twice.
        InsufficientSamples: too few repositories, or too few changes of a class in one.
    """
    if output.exists():
        raise UsageError(f"{output} exists already; expected a name for a new folder or archive")
    if len(set(locations)) < len(locations):
        raise UsageError("Found a repository named twice; expected each once, as each weighs the same")
    projects = read_projects(locations, now.home.resolve())
    with tempfile.TemporaryDirectory(prefix="faultcast-general-") as folder:
        made = Path(folder) / GENERAL
        manifest = train_general(projects, made, now.seed, options=options, report=report)
        if now.signing_key_file:
            artifact.sign(made, private_key(Path(now.signing_key_file)))
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.suffix == ".zip":
            packed.pack(made, output)
        else:
            shutil.copytree(made, output)
    return manifest


def read_projects(locations: Sequence[str], home: Path) -> list[Project]:
    """Each repository's rows, as its last run assembled them.

    Raises:
        NotFound: no finished run, or it is no longer complete; all such repositories are named.
    """
    names = _names(locations)
    projects, without = [], []
    for location in locations:
        try:
            table, info = data.read(runs.last(home, location).artifact("assemble/dataset") / "dataset.parquet")
        except NotFound:
            without.append(location)
            continue
        rows = rows_of(_learnable(table, info))
        projects.append(Project(names[location], rows, info.as_of, info.ripening_days, info.data_fingerprint))
    if without:
        commands = "; ".join(f"`faultcast run {location}`" for location in without)
        raise NotFound(f"{home}: found no finished run of {len(without)} repositories. Type first: {commands}")
    return projects


def _learnable(table: pd.DataFrame, info: DatasetInfo) -> pd.DataFrame:
    """Changes to source code that had ripened, with their labels; of a history too small for a model too."""
    ripe = table["event_timestamp"] <= pd.Timestamp(info.as_of, unit="s", tz="UTC") - pd.Timedelta(
        days=info.ripening_days
    )
    return table[ripe & table["label"].notna() & (table["source_files"] > 0).fillna(value=False)]


def _names(locations: Sequence[str]) -> dict[str, str]:
    """What a reader calls each repository: as few of the last parts of its location as tell all apart."""
    parts = {location: location.rstrip("/").removesuffix(".git").split("/") for location in locations}
    for length in range(1, max((len(found) for found in parts.values()), default=1) + 1):
        names = {location: "/".join(found[-length:]) for location, found in parts.items()}
        if len(set(names.values())) == len(names):
            return names
    return {location: location for location in locations}
