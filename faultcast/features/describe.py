"""The only producer of feature rows: ``describe(change, past, measure)``, for training and serving alike."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from faultcast.features.past import Past, subsystem
from faultcast.features.semantic import semantic_text
from faultcast.labels import says_fix
from faultcast.measures.kinds import file_kind
from faultcast.records import Commit, FileChange, Measures

DAY = 86_400
SHOWN_PATHS = 20

Value = float | int | bool | None
Measure = Callable[[str, str], Measures | None]
"""(path, blob id) -> that version of the file in numbers, or None where it cannot be measured."""


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


def describe(commit: Commit, past: Past, measure: Measure) -> Row:
    """Describe a change from what was known before it. The past is read, not changed."""
    values: dict[str, Value] = {
        **_size_and_spread(commit, past),
        **_purpose(commit),
        **_file_history(commit, past),
        **_experience(commit, past),
        **_kinds(commit.files),
        **_measured(commit.files, measure),
        **_when(commit),
    }
    return Row(
        commit=commit.id,
        committed_at=commit.committed_at,
        author=commit.author,
        subject=commit.subject[:200],
        paths=tuple(file.path for file in commit.files[:SHOWN_PATHS]),
        text=semantic_text(commit),
        values=values,
    )


def _size_and_spread(commit: Commit, past: Past) -> dict[str, Value]:
    files = commit.files
    lengths = [length for file in files if (length := past.lines_before(file)) is not None]
    return {
        "lines_added": sum(file.lines_added for file in files),
        "lines_deleted": sum(file.lines_deleted for file in files),
        "lines_before": sum(lengths) / len(lengths) if lengths else None,
        "hunks": sum(len(file.hunks) for file in files),
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
        "is_fix": says_fix(commit.message),
        "is_revert": commit.subject.lower().startswith("revert"),
        "message_words": len(commit.message.split()),
    }


def _file_history(commit: Commit, past: Past) -> dict[str, Value]:
    known = [found for file in commit.files if (found := past.file(file.old_path)) is not None]
    authors: set[str] = set()
    changes: set[int] = set()
    for found in known:
        authors.update(found.authors)
        changes.update(found.changes)
    made = sum(found.authors.total() for found in known)
    own = sum(found.authors[commit.author] for found in known)
    ages = [max(0, commit.committed_at - found.last_changed_at) / DAY for found in known]
    return {
        "developers": len(authors),
        "age_days": sum(ages) / len(ages) if ages else None,
        "unique_changes": len(changes),
        "author_file_share": own / made if made else None,
    }


def _experience(commit: Commit, past: Past) -> dict[str, Value]:
    touched = {subsystem(file.path) for file in commit.files}
    return {
        "author_changes": past.author_changes(commit.author),
        "author_recent_changes": past.author_recent_changes(commit.author, commit.committed_at),
        "author_subsystem_changes": past.author_subsystem_changes(commit.author, touched),
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


def is_measured(file: FileChange) -> bool:
    """Whether a file's code is measured: text of the product, not of its tests."""
    return file.is_text_file and not file.is_binary and file_kind(file.path) == "source"


_MISSING: dict[str, Value] = dict.fromkeys(
    (
        "cyclomatic", "cyclomatic_delta", "cyclomatic_max", "cognitive", "cognitive_delta", "nesting_max", "functions",
        "functions_delta", "function_lines_max", "parameters_max", "halstead_volume", "halstead_volume_delta",
        "comment_share", "imports",
    )
)  # fmt: skip


def _measured(files: Iterable[FileChange], measure: Measure) -> dict[str, Value]:
    """Sum the measures of the touched source files; a file counts where every side it has can be measured."""
    before: list[Measures] = []
    after: list[Measures] = []
    for file in filter(is_measured, files):
        old = measure(file.old_path, file.old_blob) if file.old_blob else None
        new = measure(file.path, file.new_blob) if file.new_blob else None
        if (old is None) == (not file.old_blob) and (new is None) == (not file.new_blob):
            before += [old] if old else []
            after += [new] if new else []
    if not before and not after:
        return _MISSING
    lines = sum(found.lines for found in after)
    volume, volume_before = _volume(after), _volume(before)
    cyclomatic, cognitive = sum(m.cyclomatic for m in after), sum(m.cognitive for m in after)
    functions = sum(m.functions for m in after)
    return {
        "cyclomatic": cyclomatic,
        "cyclomatic_delta": cyclomatic - sum(m.cyclomatic for m in before),
        "cyclomatic_max": max((m.cyclomatic_max for m in after), default=0),
        "cognitive": cognitive,
        "cognitive_delta": cognitive - sum(m.cognitive for m in before),
        "nesting_max": max((m.nesting_max for m in after), default=0),
        "functions": functions,
        "functions_delta": functions - sum(m.functions for m in before),
        "function_lines_max": max((m.function_lines_max for m in after), default=0),
        "parameters_max": max((m.parameters_max for m in after), default=0),
        "halstead_volume": volume,
        "halstead_volume_delta": None if volume is None or volume_before is None else volume - volume_before,
        "comment_share": sum(m.comment_lines for m in after) / lines if lines else None,
        "imports": sum(m.imports for m in after),
    }


def _volume(versions: Iterable[Measures]) -> float | None:
    volumes = [version.halstead_volume for version in versions]
    return None if None in volumes else float(sum(volume for volume in volumes if volume is not None))


def _when(commit: Commit) -> dict[str, Value]:
    written = datetime.fromtimestamp(commit.authored_at, UTC)
    return {"hour": written.hour, "weekday": written.weekday()}
