"""Which row of a table was true, and known, at an instant: a point-in-time join on DuckDB.

DuckDB sees only keys and instants (as microseconds) and answers one row number per question; the
caller takes those rows with Arrow, so values keep their exact types and questions keep their order:
a missing integer stays a missing integer, and no question is ever dropped.

Which row wins at instant t: of the rows with event <= t (`by_known`: and known <= t; a row without
`known` then stays invisible) the one with the latest event, then the latest known, then the last
one written. A winner older than t - ttl counts as none.

A row may become known long after its event (a label does), so rows do not become visible in the
order in which they win. `_PICK` ranks rows by who wins, and keeps for each instant at which the
knowledge about a key changes the best rank so far; one ASOF JOIN over those instants is exact.
"""

from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = 2**62

_PICK = """
WITH ranked AS (
  SELECT *, row_number() OVER (ORDER BY event, known NULLS FIRST, row) AS rank FROM source WHERE visible IS NOT NULL
), changes AS (
  SELECT DISTINCT {keys} visible, max(rank) OVER (PARTITION BY {keys} 1 ORDER BY visible) AS rank FROM ranked
), answers AS (
  SELECT asked.row, asked.at, changes.rank FROM asked ASOF LEFT JOIN changes ON {match} asked.at >= changes.visible
)
SELECT CASE WHEN ranked.event >= answers.at - $ttl THEN ranked.row END AS row
FROM answers LEFT JOIN ranked ON ranked.rank = answers.rank ORDER BY answers.row
"""


def winners(
    source: pa.Table,
    asked: pa.Table,
    keys: list[str],
    *,
    ttl: timedelta | None = None,
    by_known: bool = False,
    threads: int = 2,
    memory_limit: str = "1GB",
) -> pa.Array:
    """The row number of `source` that wins for each row of `asked`.

    Args:
        source: `keys`, `event` and `known` (microseconds, int64).
        asked: `keys` and `at` (microseconds, int64).
        keys: columns that must be equal; a null key equals nothing. May be empty.
        ttl: how long after its event a row still counts; None or zero: for ever.
        by_known: leave out rows that were not known yet.
        threads: threads of DuckDB.
        memory_limit: what DuckDB may hold before it spills.

    Returns:
        int64, one an asked row, in the same order; null where no row wins.
    """
    event, known = source["event"], source["known"]
    visible = pc.max_element_wise(event, known, skip_nulls=False) if by_known else event
    source = source.append_column("visible", visible).append_column("row", pa.array(np.arange(len(source))))
    query = _PICK.format(
        keys="".join(f'"{key}", ' for key in keys),
        match="".join(f'asked."{key}" = changes."{key}" AND ' for key in keys),
    )
    with duckdb.connect(config={"threads": threads, "memory_limit": memory_limit}) as connection:
        connection.register("source", source)
        connection.register("asked", asked.append_column("row", pa.array(np.arange(len(asked)))))
        found = connection.sql(query, params={"ttl": ttl // _MICROSECOND if ttl else _FOREVER}).to_arrow_table()
    return found["row"].combine_chunks()


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
