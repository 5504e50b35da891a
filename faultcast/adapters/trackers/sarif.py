"""SARIF 2.1.0, the file in which analysers tell their findings [OASIS, *SARIF Version 2.1.0*]."""

import hashlib
import json
from pathlib import Path
from typing import Any

from faultcast.adapters.trackers.reading import at, instant, items, number, text
from faultcast.adapters.trackers.records import Finding
from faultcast.adapters.trackers.shape import Answer, Listing, Validators
from faultcast.errors import NotFound, UsageError

MAX_FILE_BYTES = 256 * 1024**2


class SarifTracker:
    """One SARIF file; its content's hash is its `ETag`."""

    provider = "sarif"
    clone_url = ""

    def __init__(self, path: Path) -> None:
        self._path = path.resolve()
        self.name = str(self._path)

    def listings(self) -> tuple[Listing, ...]:
        return (Listing("findings", self._path.as_uri()),)

    def fetch(self, listing: Listing, known: Validators) -> Answer | None:  # noqa: ARG002  there is but one
        """See `shape.Tracker`."""
        try:
            if self._path.stat().st_size > MAX_FILE_BYTES:
                raise UsageError(f"{self.name}: found more than {MAX_FILE_BYTES:,} bytes. Split it by run.")
            content = self._path.read_bytes()
        except OSError as error:
            raise NotFound(f"{self.name}: {error.strerror}, expected a SARIF file.") from error
        seen = Validators(etag=hashlib.sha256(content).hexdigest())
        if seen == known:
            return None
        try:
            told = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{self.name}: found no JSON ({type(error).__name__}), expected SARIF 2.1.0.") from None
        if not isinstance(at(told, "runs"), list):
            raise UsageError(f"{self.name}: found no `runs`, expected SARIF 2.1.0.")
        found = tuple(finding for run in items(told["runs"]) for finding in _findings(run))
        return Answer(found, validators=seen)


def _findings(run: dict[str, Any]) -> list[Finding]:
    tool = text(run, "tool", "driver", "name")
    origins = at(run, "versionControlProvenance")
    commit = text(origins[0], "revisionId") if isinstance(origins, list) and origins else ""
    times = at(run, "invocations")
    found_at = instant(times[0], "endTimeUtc") if isinstance(times, list) and times else None
    results = at(run, "results")
    return [_finding(row, tool, commit, found_at) for row in items(results if results is not None else [])]


def _finding(row: dict[str, Any], tool: str, commit: str, found_at: int | None) -> Finding:
    places = at(row, "locations")
    place = at(places[0], "physicalLocation") if isinstance(places, list) and places else None
    path, line = text(place, "artifactLocation", "uri"), number(place, "region", "startLine")
    rule, message = text(row, "ruleId") or text(row, "rule", "id"), text(row, "message", "text")
    identity = json.dumps([tool, rule, path, line, message, row.get("fingerprints"), commit], sort_keys=True)
    return Finding(
        id=hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32],
        tool=tool,
        rule=rule,
        level=text(row, "level") or "warning",  # the standard's default
        text=message,
        path=path,
        line=line,
        commit=commit,
        state=text(row, "baselineState"),
        found_at=found_at,
    )
