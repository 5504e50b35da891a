"""A repository that faultcast writes itself, with faults that it planted and therefore knows.

It shows the whole way from history to risks and tells how well labels and risks recover the truth.
It is no claim about real code.

    authors, codebase, vocabulary/   who writes, what is written
    draft                            one change in the making, and its true risk
    changes, chores, repairs, branches   what happens in the shop
    simulation                       two years of it
    writer                           commits through ``git fast-import``
    truth, recovery                  what was planted, and how much of it was found
"""

from pathlib import Path

from faultcast.demo.recovery import Match, Recovery, recovery
from faultcast.demo.simulation import Simulation
from faultcast.demo.truth import PlantedFault, Truth, truth_path
from faultcast.demo.writer import Writer
from faultcast.errors import UsageError

__all__ = ["Match", "PlantedFault", "Recovery", "Truth", "recovery", "truth_path", "write_repository"]

MIN_COMMITS = 100


def write_repository(folder: Path, seed: int = 7, commits: int = 1600, noise: float = 0.3) -> Truth:
    """Write a bare git repository into a new folder, and its truth as ``truth.json`` beside it.

    The same arguments give the same commit ids on every machine. ``noise`` (0..1) is the share of
    documentation, test, formatting and dependency commits whose message claims a fix; half of it is
    the share of fixes whose message does not tell, and of fixes that change something else besides.

    Raises:
        UsageError: the folder is there already, or an argument is out of range.
        RepositoryError: git refused or is missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: found something there, expected a new or empty folder. Name another or remove it.")
    if commits < MIN_COMMITS or not 0 <= noise <= 1:
        raise UsageError(
            f"found commits={commits}, noise={noise}; expected at least {MIN_COMMITS} commits and a noise of 0..1"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Writer(folder) as writer:
        truth = Simulation(writer, seed, commits, noise).play()
    truth.save(truth_path(folder))
    return truth
