"""Stage `tip`: what a scheduled run learns from, looked up when it starts."""

from pathlib import Path

from faultcast import progress, settings
from faultcast.adapters.repositories import opened, pseudonyms, refresh
from faultcast.steps.standing import standing


def tip(repository: str, branch: str, revision: str, as_of: str, champion: str) -> None:
    """Write the full id of a branch's newest commit, its date in unix seconds, and who serves, a text each.

    Raises:
        RepositoryError: the repository or the branch cannot be read.
    """
    now = settings.load()
    with progress.stage("tip") as stage:
        refresh(repository, now)
        with opened(repository, now) as source:
            found = source.tip(branch)
            committed_at = source.commit(found, pseudonyms(now)).committed_at
        for path, value in ((revision, found), (as_of, str(committed_at)), (champion, standing(now, repository))):
            Path(path).write_text(value, encoding="utf-8")
        stage.found(f"{repository} up to {found[:10]}")
