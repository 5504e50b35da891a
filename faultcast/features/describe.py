"""The only producer of feature rows: ``describe(change, past, touched)``, for training and serving alike."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from faultcast.features.author_past import Authors, experience_values, review_values, subsystem
from faultcast.features.catalogue import CATALOGUE, NAMES
from faultcast.features.co_change import coupling_values
from faultcast.features.code import file_values, function_measures
from faultcast.features.fault_past import fault_values
from faultcast.features.file_past import Files, Value, history_values, ownership_values
from faultcast.features.function_past import function_values
from faultcast.features.import_past import import_values
from faultcast.features.past import Past
from faultcast.features.semantic import semantic_text
from faultcast.features.touched import NOTHING, Touched
from faultcast.labels import says_fix
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, FileChange

SHOWN_PATHS = 20
_FLOATS = frozenset(feature.name for feature in CATALOGUE if feature.dtype == "float64")


@dataclass(frozen=True, slots=True)
class Row:
    """One change, described. `values` has every name of the catalogue, in its order; None is missing."""

    commit: str
    committed_at: int
    author: str
    subject: str
    paths: tuple[str, ...]
    text: str
    values: dict[str, Value]


def describe(commit: Commit, past: Past, touched: Touched = NOTHING) -> Row:
    """Describe a change from what was known before it. The past is read, not changed.

    `touched` is what `faultcast.features.touched.touch` found in the change's files.
    """
    values: dict[str, Value] = {
        **change_values(commit, past.files, past.authors),
        **review_values(commit, past.authors),
        **_kinds(commit.files),
        **file_values(touched),
        **function_measures(touched),
        **fault_values(commit, past.faults),
        **function_values(commit, touched, past.functions, past.faults),
        **coupling_values(commit, past.co_changes),
        **import_values(commit, touched, past.imports),
    }
    return Row(
        commit=commit.id,
        committed_at=commit.committed_at,
        author=commit.author,
        subject=commit.subject[:200],
        paths=tuple(file.path for file in commit.files[:SHOWN_PATHS]),
        text=semantic_text(commit, touched),
        values={name: _typed(name, values[name]) for name in NAMES},
    )


def _typed(name: str, value: Value) -> Value:
    """A value of the catalogue's type: tables keep 3 as 3.0 where that says so, and who serves must say the same."""
    return float(value) if name in _FLOATS and value is not None else value


def change_values(commit: Commit, files: Files, authors: Authors) -> dict[str, Value]:
    """The values that need no source code: the 14 metrics of Kamei et al. 2013, and what is told by the same folds."""
    return {
        **kamei_values(commit, files, authors),
        "hunks": sum(len(file.hunks) for file in commit.files),
        **_purpose(commit),
        **ownership_values(commit, files),
        **_when(commit),
    }


def kamei_values(commit: Commit, files: Files, authors: Authors) -> dict[str, Value]:
    """The 14 metrics of Kamei et al. 2013; they need no patch, only how many lines each file gained and lost."""
    return {
        **_size_and_spread(commit, files),
        "is_fix": says_fix(commit.message),
        **history_values(commit, files),
        **experience_values(commit, authors),
    }


def _size_and_spread(commit: Commit, past: Files) -> dict[str, Value]:
    files = commit.files
    lengths = [length for file in files if (length := past.lines_before(file)) is not None]
    return {
        "lines_added": sum(file.lines_added for file in files),
        "lines_deleted": sum(file.lines_deleted for file in files),
        "lines_before": sum(lengths) / len(lengths) if lengths else None,
        "subsystems": len({subsystem(file.path) for file in files}),
        "directories": len({file.path.rpartition("/")[0] for file in files}),
        "files": len(files),
        "entropy": _entropy([file.lines_added + file.lines_deleted for file in files]),
    }


def _entropy(amounts: Sequence[int]) -> float:
    """Shannon entropy in bits of how changed lines spread over files; 0 for one file or none.

    >>> _entropy([10, 10])
    1.0
    """
    total = sum(amounts)
    shares = [amount / total for amount in amounts if amount] if total else []
    return -sum(share * math.log2(share) for share in shares) + 0.0


def _purpose(commit: Commit) -> dict[str, Value]:
    return {
        "is_revert": commit.subject.lower().startswith("revert"),
        "message_words": len(commit.message.split()),
    }


def _kinds(files: Iterable[FileChange]) -> dict[str, Value]:
    kinds = [(file_kind(file.path), file) for file in files]
    return {
        "files_new": sum(file.status == "A" for _, file in kinds),
        "source_files": sum(kind == "source" for kind, _ in kinds),
        "source_lines_added": sum(file.lines_added for kind, file in kinds if kind == "source"),
        "test_lines_added": sum(file.lines_added for kind, file in kinds if kind == "test"),
        "test_files": sum(kind == "test" for kind, _ in kinds),
        "configuration_files": sum(kind == "configuration" for kind, _ in kinds),
        "documentation_files": sum(kind == "documentation" for kind, _ in kinds),
    }


def _when(commit: Commit) -> dict[str, Value]:
    written = datetime.fromtimestamp(commit.authored_at, UTC)
    return {"hour": written.hour, "weekday": written.weekday()}
