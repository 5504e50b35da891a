"""Who tells the risk of commits that are watched: the champion here, or a gateway elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from faultcast.adapters.gateway import Gateway
from faultcast.adapters.repositories import opened, pseudonyms
from faultcast.adapters.runs import Run
from faultcast.errors import BadChange, NotFound
from faultcast.features import is_measured
from faultcast.history import Repository
from faultcast.history.git import ancestry
from faultcast.records import Commit
from faultcast.settings import Settings

_DRIFT = {"drift": "drift detected", "no_drift": "no drift", "unknown": "drift unknown"}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who answers now, in words."""

    model: str
    version: str
    drift: str
    where: str  # "": here


class Source(Protocol):
    """Scores commits of one repository."""

    def standing(self) -> Standing:
        """Who answers now.

        Raises:
            Unavailable: it cannot be asked now.
        """
        ...

    def score(self, commits: Sequence[str], tip: str) -> Iterator[dict[str, Any]]:
        """Yield one entry a commit that is no merge, in the order given: as in predictions.json, with the model.

        `tip` is the newest commit of what is followed.

        Raises:
            Unavailable: it cannot be asked now.
        """
        ...


class Champion:
    """The champion of a run, or what stands in for it, in this process."""

    def __init__(self, run: Run, now: Settings) -> None:
        self._run = run
        self._now = now
        self._model: dict[str, str] = {}

    def standing(self) -> Standing:
        """As of the last commits that were scored: drift is seen by a gateway alone."""
        names = {"model": "champion", "general": "a model learnt on other projects", "lines_added": "lines added alone"}
        name = names.get(self._model.get("basis", ""), "champion")
        return Standing(name, self._model.get("version", ""), "drift not watched here", "")

    def score(self, commits: Sequence[str], tip: str) -> Iterator[dict[str, Any]]:
        """Commits that the run has not seen are described after all of those before them."""
        from faultcast.steps.revisions import score_commits

        with opened(self._run.location, self._now) as repository:
            unseen = ancestry(repository.objects, tip, self._run.revision)
        known = set(unseen)
        found = score_commits(self._run, [one for one in commits if one not in known] + unseen, self._now)
        self._model = found.model
        by_commit = {change["commit"]: change for change in found.changes}
        for commit in commits:
            if commit in by_commit:
                model = {"model_name": found.model["name"], "model_version": found.model["version"]}
                yield by_commit[commit] | model


class Remote:
    """A gateway: asked for the commit, and sent the change where it does not know that."""

    def __init__(self, gateway: Gateway, location: str, now: Settings) -> None:
        self._gateway = gateway
        self._location = location
        self._now = now

    def standing(self) -> Standing:
        """What `GET /models` and `GET /drift-status` say."""
        models = self._gateway.get("/models").get("models") or [{}]
        drift = str(self._gateway.get("/drift-status").get("status", "unknown"))
        name, version = str(models[0].get("alias", "no model")), str(models[0].get("version", ""))
        return Standing(name, version, _DRIFT.get(drift, _DRIFT["unknown"]), self._gateway.url)

    def score(self, commits: Sequence[str], tip: str) -> Iterator[dict[str, Any]]:
        """One request a commit."""
        del tip
        with opened(self._location, self._now) as repository:
            for name in commits:
                commit = repository.commit(name, pseudonyms(self._now))
                if commit.is_merge:
                    continue
                try:
                    found = self._ask(repository, commit)
                except BadChange as error:  # too large to be sent, for one: no reason to stop watching
                    found = {"risk": None, "band": "", "reasons": [{"text": str(error)}], "model_version": ""}
                yield {
                    "commit": commit.id,
                    "subject": commit.subject,
                    "committed_at": commit.committed_at,
                    "author": commit.author,
                } | found

    def _ask(self, repository: Repository, commit: Commit) -> dict[str, Any]:
        try:
            return self._gateway.post("/predict", {"commit": commit.id})
        except NotFound:
            return self._gateway.post("/predict", _instance(repository, commit))


def _instance(repository: Repository, commit: Commit) -> dict[str, Any]:
    from serving.wire.change import to_instance

    blobs = [blob for file in filter(is_measured, commit.files) for blob in (file.old_blob, file.new_blob) if blob]
    return to_instance(commit, dict(repository.blobs(blobs)))
