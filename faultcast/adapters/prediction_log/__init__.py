"""Predictions and what people said of them, kept append-only: SQLite inside `home`, or PostgreSQL.

log.py             `PredictionLog`: append (acknowledged when kept), read
choose.py          `opened(settings)`
writer.py          group commit: many predictions a transaction, one sync for all
rows.py            predictions <-> rows; features as packed numbers
sql.py             what both databases have in common
sqlite_store.py    one file
"""

from faultcast.adapters.prediction_log.choose import exists, opened, opened_to_read
from faultcast.adapters.prediction_log.log import PredictionLog

__all__ = ["PredictionLog", "exists", "opened", "opened_to_read"]
