"""The seven fields that a client without a clone knows of a change -> features, and what had to be assumed for that.

    {"repository": "facebook/react", "lines_of_code": 150, "files_changed": 3, "additions": 45, "deletions": 12,
     "cyclomatic_complexity": 4.2, "commit_message": "Fix memory leak in component lifecycle"}

What the fields do not tell is missing, not zero: the model puts what is typical.
"""

import time
from collections.abc import Mapping
from typing import Any

from faultcast.features import Past, describe, touch
from faultcast.features.catalogue import NAMES
from faultcast.records import Commit
from serving.wire.requests import Assumed, RawFeatures, Value

FIELDS = (
    "repository", "lines_of_code", "files_changed", "additions", "deletions", "cyclomatic_complexity",
    "commit_message",
)  # fmt: skip
FROM_MESSAGE = ("is_fix", "is_revert", "message_words")
FROM_CLOCK = ("hour", "weekday")


def features(sent: Mapping[str, Any], now: float | None = None) -> RawFeatures:
    """Read a summary that is what `questions.Summary` says; `now` is in unix seconds.

    >>> found = features({"additions": 45, "deletions": 12, "files_changed": 3, "lines_of_code": 150}, now=0)
    >>> found.values["lines_added"], found.values["lines_before"], found.values["developers"]
    (45, 50.0, None)
    """
    values: dict[str, Value] = dict.fromkeys(NAMES)
    assumed: list[Assumed] = []
    files = None if sent.get("files_changed") is None else int(sent["files_changed"])
    values.update(lines_added=int(sent["additions"]), lines_deleted=int(sent["deletions"]), files=files)
    if files == 1:  # one file stands in one folder, and all lines changed are in it
        values.update(subsystems=1, directories=1, entropy=0.0)
    if (lines := sent.get("lines_of_code")) is not None:
        values["lines_before"] = lines / (files or 1)
        assumed.append(Assumed("lines_of_code", "of all touched files together, before the change"))
    if (complexity := sent.get("cyclomatic_complexity")) is not None:
        values["touched_cyclomatic_max"] = float(complexity)
        assumed.append(Assumed("cyclomatic_complexity", "of the worst function that the change touches"))
    assumed.extend(_said(values, sent.get("commit_message"), time.time() if now is None else now))
    missing = [name for name in NAMES if values[name] is None]
    assumed.append(Assumed(", ".join(missing), "missing: the model puts what is typical"))
    return RawFeatures(values, sent.get("commit_message") or "", tuple(assumed))


def _said(values: dict[str, Value], message: str | None, now: float) -> list[Assumed]:
    """What message and clock tell, told by the very code that told it of the training data."""
    commit = Commit("", 0, (), "", int(now), int(now), message or "")
    row = describe(commit, Past(), touch(commit, lambda _path, _blob: None)).values
    values.update({name: row[name] for name in FROM_CLOCK})
    assumed = [Assumed("authored_at", "now")]
    if message is None:
        return [Assumed("commit_message", "unknown"), *assumed]
    values.update({name: row[name] for name in FROM_MESSAGE})
    return assumed
