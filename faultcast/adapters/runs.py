"""What the last run of a repository left, and where: one small JSON file, written when a run has ended."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from faultcast.adapters.places import Places
from faultcast.errors import NotFound


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. `artifacts` maps ``<stage>/<name>`` to a path; instants are unix seconds."""

    location: str
    repo_id: str
    revision: str
    as_of: int
    report: str
    artifacts: dict[str, str] = field(default_factory=dict)
    finished_at: float = 0.0
    champion_before: str = ""  # who served when it started, and when it ended (`faultcast.steps.standing`)
    champion_after: str = ""
    asked: str = ""  # what it was asked for, as text

    def artifact(self, name: str) -> Path:
        """Return an artifact's path.

        Raises:
            NotFound: it is gone.
        """
        place = self.artifacts.get(name)
        if place is None or not Path(place).exists():
            raise NotFound(
                f"{self.location}: {name} of the last run is gone. Run `faultcast run {self.location}` again."
            )
        return Path(place)


def champion_before(home: Path, location: str, standing: str, asked: str) -> str:
    """Who serves, as the next run is to be told: `standing`, but what the last run was told if this is the same again.

    A run's own promotion is no news to the same run a second time, which then finds everything as it left it. It is
    to a run on another revision, and another promotion since is to every run.
    """
    try:
        run = last(home, location)
    except NotFound:
        return standing
    return run.champion_before if (run.champion_after, run.asked) == (standing, asked) else standing


def save(run: Run, places: Places) -> None:
    """Write the run's file, whole or not at all."""
    places.folder.mkdir(parents=True, exist_ok=True)
    partial = places.run_file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(run), indent=1), encoding="utf-8")
    partial.replace(places.run_file)


def last(home: Path, location: str | None) -> Run:
    """Return the last run on a location, or the last run of all.

    Raises:
        NotFound: there is none.
    """
    if location is not None:
        files = [Places(home, location).run_file]
    else:
        files = sorted((home / "repositories").glob("*/run.json"), key=lambda file: file.stat().st_mtime)
    if not files or not files[-1].is_file():
        what = f"on {location} " if location else ""
        raise NotFound(f"{home}: found no finished run {what}here. Type `faultcast run {location or 'REPO'}` first.")
    return read(files[-1])


def read(file: Path) -> Run:
    """Read a run's file."""
    return Run(**json.loads(file.read_text(encoding="utf-8")))
