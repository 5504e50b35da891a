"""Kinds of changes to compare, by what the catalogue and the text of a change tell. Who wrote it is not looked at.

| dimension | slices | from |
| --- | --- | --- |
| author tenure | new (under 10 earlier changes), established | `author_changes` |
| language | of the first file in the text, which is the one with most changed code | `text` |
| file kind | source alone, source with tests, tests, configuration, documentation, other | `source_files` and so on |
| size | small, medium, large: thirds of the judged rows | `lines_added` + `lines_deleted` |
| weekday | weekday, weekend (UTC) | `weekday` |
| hour | night 0-5, morning 6-11, afternoon 12-17, evening 18-23 (UTC) | `hour` |

A dimension whose columns are absent is left out; "" is an unknown slice.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faultcast.features.semantic import FILE_MARK
from faultcast.measures.kinds import language_of

ESTABLISHED_CHANGES = 10
"""Earlier changes from which an author counts as established."""
_PARTS_OF_DAY = ("night", "morning", "afternoon", "evening")

Slices = NDArray[np.str_]


def dimensions(rows: pd.DataFrame) -> dict[str, Slices]:
    """Dimension -> slice of each of the `rows` (columns as in the data set; others are not looked at).

    >>> dimensions(pd.DataFrame({"author_changes": [3, 10, None]}))
    {'author tenure': array(['new', 'established', ''], dtype='<U11')}
    """
    return {
        name: np.asarray(cut(rows), dtype=np.str_)
        for name, (columns, cut) in _DIMENSIONS.items()
        if set(columns) <= set(rows.columns)
    }


def _number(rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return np.asarray(rows[column].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _tenure(rows: pd.DataFrame) -> Slices:
    changes_N = _number(rows, "author_changes")
    return np.select([np.isnan(changes_N), changes_N < ESTABLISHED_CHANGES], ["", "new"], default="established")


def _language(rows: pd.DataFrame) -> Slices:
    return np.array([_language_in(text) for text in rows["text"]], dtype=np.str_)


def _language_in(text: Any) -> str:
    """
    >>> _language_in("Fix it\\n<file> src/a.py\\n+x = 1\\n<file> main.tf")
    'python'
    """
    if not isinstance(text, str):
        return ""
    _, _, rest = f"\n{text}".partition(f"\n{FILE_MARK}")
    return language_of(rest.partition("\n")[0].strip()) or ""


def _file_kind(rows: pd.DataFrame) -> Slices:
    names = ("source_files", "test_files", "configuration_files", "documentation_files")
    source_N, test_N, configuration_N, documentation_N = (_number(rows, name) > 0 for name in names)
    return np.select(
        [source_N & test_N, source_N, test_N, configuration_N, documentation_N],
        ["source with tests", "source alone", "tests", "configuration", "documentation"],
        default="other",
    )


def _size(rows: pd.DataFrame) -> Slices:
    lines_N = _number(rows, "lines_added") + _number(rows, "lines_deleted")
    if np.isnan(lines_N).all():
        return np.full(len(rows), "")
    small, medium = np.nanquantile(lines_N, [1 / 3, 2 / 3])
    return np.select([np.isnan(lines_N), lines_N <= small, lines_N <= medium], ["", "small", "medium"], default="large")


def _weekday(rows: pd.DataFrame) -> Slices:
    day_N = _number(rows, "weekday")
    return np.select([np.isnan(day_N), day_N < 5], ["", "weekday"], default="weekend")


def _hour(rows: pd.DataFrame) -> Slices:
    hour_N = _number(rows, "hour")
    parts = [(hour_N >= 6 * part) & (hour_N < 6 * part + 6) for part in range(4)]
    return np.select(parts, _PARTS_OF_DAY, default="")


_DIMENSIONS: dict[str, tuple[tuple[str, ...], Callable[[pd.DataFrame], Slices]]] = {
    "author tenure": (("author_changes",), _tenure),
    "language": (("text",), _language),
    "file kind": (("source_files", "test_files", "configuration_files", "documentation_files"), _file_kind),
    "size": (("lines_added", "lines_deleted"), _size),
    "weekday": (("weekday",), _weekday),
    "hour": (("hour",), _hour),
}
