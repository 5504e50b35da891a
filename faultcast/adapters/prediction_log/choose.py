"""Which database: one setting."""

from faultcast.adapters.places import state_folder
from faultcast.adapters.prediction_log.log import PredictionLog
from faultcast.adapters.prediction_log.sqlite_store import SqliteStore
from faultcast.settings import Settings

FILE = "predictions.db"
"""The embedded database's name inside `home`."""


def opened(settings: Settings) -> PredictionLog:
    """Open the log that the settings name, made if need be.

    Raises:
        UsageError: the setting names no database, or the file holds something else.
        OutOfSpace: the disk is full.
    """
    store = SqliteStore(state_folder(settings.home) / FILE)
    return PredictionLog(
        store, waiting=settings.prediction_log_waiting, stall_seconds=settings.prediction_log_stall_seconds
    )
