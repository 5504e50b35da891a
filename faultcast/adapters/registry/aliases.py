"""Aliases: which version is `champion`, `challenger`, `shadow`. Every move is written down before it is made."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from faultcast.adapters.lock import exclusive
from faultcast.adapters.registry.client import MlflowClient
from faultcast.adapters.registry.promotions import DONE, INTENDED, PROMOTION, ROLLBACK, UNDONE, Log, Promotion, before
from faultcast.adapters.registry.versions import VersionInfo, Versions
from faultcast.errors import NotFound, NotPassed
from faultcast.records import Outcome

Alias = Literal["champion", "challenger", "shadow"]
_BUSY = "A model is being promoted (process {holder}). Wait until that ends, or stop it, and try again."
_PATIENCE_SECONDS = 5.0
"""A promotion takes a fraction of a second: who comes second waits, and is turned away only if one hangs."""
_LONGEST = 4_000
"""Characters of a reason that the log keeps."""


class Aliases:
    """Moves aliases, one process at a time. `check` refuses a version whose artifact is not what was registered."""

    def __init__(self, client: MlflowClient, log: Log, lock: Path, check: Callable[[str, VersionInfo], object]) -> None:
        self._client = client
        self._versions = Versions(client)
        self._log = log
        self._lock = lock
        self._check = check

    def _alone(self) -> AbstractContextManager[int]:
        return exclusive(self._lock, _BUSY, patience_seconds=_PATIENCE_SECONDS)

    def promote(self, model: str, version: str, alias: Alias, why: str, by: str, *, force: bool) -> Promotion | None:
        """Let `alias` point to `version`; None where it already does."""
        with self._alone():
            self._settle(model)
            found = self._versions.of(model, version)
            if alias in found.aliases:
                return None
            passed = found.verdict == Outcome.PASS
            if alias == "champion" and not passed and not force:
                raise NotPassed(
                    f"{model} version {version}: found the verdict {found.verdict or 'none'}"
                    f"{f' ({found.why})' if found.why else ''}, expected PASS. "
                    "Promote another version, or say --force, which is written down."
                )
            forced = alias == "champion" and not passed
            return self._move(model, found, alias, PROMOTION, why, by, forced=forced)

    def rollback(self, model: str, alias: Alias, why: str, by: str) -> Promotion:
        """Let `alias` point to the version before."""
        with self._alone():
            self._settle(model)
            now = self._versions.aliases(model).get(alias, "")
            if not now:
                raise NotFound(f"{model} has no {alias}, so there is nothing to roll back. See `faultcast models`.")
            earlier = before(self._log.entries(model), alias, now)
            if not earlier:
                raise NotFound(
                    f"{model}: version {now} is the first {alias} that the log knows of: there is nothing to roll "
                    "back to. Promote another version with `faultcast promote`."
                )
            return self._move(model, self._versions.of(model, earlier), alias, ROLLBACK, why, by)

    def _settle(self, model: str) -> None:
        """Write down what became of promotions that were killed; nothing is moved."""
        for entry in self._log.entries(model):
            if entry.state == INTENDED:
                is_there = self._versions.aliases(model).get(entry.alias, "") == entry.to_version
                self._log.mark(entry, DONE if is_there else UNDONE)

    def _move(
        self, model: str, to: VersionInfo, alias: Alias, kind: str, why: str, by: str, *, forced: bool = False
    ) -> Promotion:
        self._check(model, to)
        entry = Promotion(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            by=by,
            model=model,
            alias=alias,
            from_version=self._versions.aliases(model).get(alias, ""),
            to_version=to.version,
            why=why[:_LONGEST],
            kind=kind,
            verdict=to.verdict,
            forced=forced,
            id=uuid.uuid4().hex,
        )
        self._log.intend(entry)
        self._client.set_registered_model_alias(model, alias, to.version)
        self._log.mark(entry, DONE)
        return entry
