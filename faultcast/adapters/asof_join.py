"""Which row of a table was true, and known, at an instant: an exact point-in-time join.

It sees only keys and instants (as microseconds) and answers one row number per question; the caller
takes those rows with Arrow, so values keep their exact types and questions keep their order: a
missing integer stays a missing integer, and no question is ever dropped.

Which row wins at instant t: of the rows with event <= t (`by_known`: and known <= t; a row without
`known` then stays invisible) the one with the latest event, then the latest known, then the last
one written. A winner older than t - ttl counts as none.

A row may become known long after its event (a label does), so rows do not become visible in the
order in which they win. Rows are therefore ranked by key and by who wins, and each instant at which
the knowledge about a key changes keeps the best rank so far: a running maximum, which cannot leak
from key to key because a later key has higher ranks. Each question then halves its own key's
instants. docs/decisions/0005 says why this is not DuckDB's ASOF JOIN.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from faultcast.errors import ContractMismatch

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = 2**62
_ABSENT = -(2**63)
"""Stands for a null instant: earlier than any."""

Integers = NDArray[np.int64]


def winners(
    source: pa.Table,
    asked: pa.Table,
    keys: list[str],
    *,
    ttl: timedelta | None = None,
    by_known: bool = False,
) -> pa.Array:
    """The row number of `source` that wins for each row of `asked`.

    Args:
        source: `keys`, `event` and `known` (microseconds, int64).
        asked: `keys` and `at` (microseconds, int64).
        keys: columns that must be equal; a null key equals nothing. May be empty.
        ttl: how long after its event a row still counts; None or zero: for ever.
        by_known: leave out rows that were not known yet.

    Returns:
        int64, one an asked row, in the same order; null where no row wins.

    Raises:
        ContractMismatch: a key has types in `source` and `asked` that cannot be compared.
    """
    event, known, at = _instants(source["event"]), _instants(source["known"]), _instants(asked["at"])
    code, code_asked = _codes(source, asked, keys)
    usable = (code >= 0) & (event != _ABSENT) & ((known != _ABSENT) | (not by_known))
    if not usable.any():
        return pa.nulls(len(asked), pa.int64())
    ranked = _ranked(np.flatnonzero(usable), code, event, known)
    visible = event[ranked]
    best = np.arange(len(ranked))
    if by_known:
        visible = np.maximum(visible, known[ranked])
        order = np.argsort(_pairs(code[ranked], visible))
        visible, best = visible[order], np.maximum.accumulate(order)
    # The first slot is that of a null key, code -1, which has no rows.
    starts = np.searchsorted(code[ranked], np.arange(-1, max(code.max(), code_asked.max(initial=-1)) + 2))
    low, high = starts[code_asked + 1], starts[code_asked + 2]
    last = _last_seen(visible, low, high, at)
    row = ranked[best[last]]
    wins = (last >= low) & (at - event[row] <= (ttl // _MICROSECOND if ttl else _FOREVER))
    return pa.array(row, mask=~wins)


def _ranked(rows: Integers, code: Integers, event: Integers, known: Integers) -> Integers:
    """The rows by key, event, known and row: the fast sort of pairs first, then what it left in any order."""
    pairs = _pairs(code[rows], event[rows])
    order = np.argsort(pairs)
    same = pairs[order[1:]] == pairs[order[:-1]]
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    ties = order[tied]
    order[tied] = ties[np.lexsort((ties, known[rows[ties]], pairs[ties]))]
    return rows[order]


def _pairs(code: Integers, instants: Integers) -> Integers:
    """One integer that sorts as (code, instant) does."""
    first = int(instants.min())
    span = int(instants.max()) - first + 1
    if span * (int(code.max()) + 1) < -_ABSENT:
        return code * span + (instants - first)
    found: Integers = code * len(code) + np.unique(instants, return_inverse=True)[1]
    return found


def _last_seen(instants: Integers, low: Integers, high: Integers, at: Integers) -> Integers:
    """The last position in [low, high), ascending there, whose instant is <= at; low - 1 where there is none."""
    last = low - 1
    for bit in reversed(range(int((high - low).max(initial=0)).bit_length())):
        further = last + (1 << bit)
        last[(further < high) & (instants.take(further, mode="clip") <= at)] += 1 << bit
    return last


def _codes(source: pa.Table, asked: pa.Table, keys: list[str]) -> tuple[Integers, Integers]:
    """Each row's keys as one small integer, the same in both tables; -1 where a key is null."""
    codes = pa.array(np.zeros(len(source) + len(asked), np.int64))
    for key in keys:
        columns = [_plain(table[key]) for table in (source, asked)]
        try:
            both = pa.concat_tables([pa.table({key: one}) for one in columns], promote_options="permissive")
        except pa.ArrowInvalid as error:
            kinds = " and ".join(str(one.type) for one in columns)
            raise ContractMismatch(f"a key is {kinds} in source and question: ask with the source's type") from error
        one = both[key].combine_chunks().dictionary_encode()
        # Neither factor exceeds the number of rows: no overflow.
        mixed = pc.add(pc.multiply(codes, len(one.dictionary)), one.indices.cast(pa.int64()))
        codes = mixed.dictionary_encode().indices.cast(pa.int64())
    found: Integers = codes.fill_null(-1).to_numpy(zero_copy_only=False)
    return found[: len(source)], found[len(source) :]


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _instants(column: pa.ChunkedArray) -> Integers:
    found: Integers = column.fill_null(_ABSENT).to_numpy()
    return found


def micros(instants: pa.ChunkedArray) -> pa.ChunkedArray:
    """Microseconds since 1970 of a timestamp column; instants without a zone are UTC."""
    zone = getattr(instants.type, "tz", None)
    return instants.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64())


def between(table: pa.Table, timestamp: str, start: datetime | None, end: datetime | None) -> pa.Table:
    """The rows whose instant lies in the closed range; an absent end is open."""
    at = micros(table[timestamp])
    low = micros_of(start) if start else -_FOREVER
    high = micros_of(end) if end else _FOREVER
    return table.filter(pc.and_(pc.greater_equal(at, low), pc.less_equal(at, high)))


def micros_of(instant: datetime) -> int:
    """Microseconds since 1970; an instant without a zone is UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND
