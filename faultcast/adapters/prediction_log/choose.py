"""Which database: one setting."""

from faultcast.adapters.places import state_folder
from faultcast.adapters.prediction_log.log import PredictionLog
from faultcast.adapters.prediction_log.shape import Store
from faultcast.adapters.prediction_log.sqlite_store import SqliteStore
from faultcast.settings import Settings

FILE = "predictions.db"
"""The embedded database's name inside `home`."""
WAITING_FILE = "predictions-waiting.db"
"""What waits for PostgreSQL while that is away."""
_PATIENT_SECONDS = 60.0


def exists(settings: Settings) -> bool:
    """Whether anything may have been kept: there is a database's address, or a file."""
    return bool(settings.prediction_log) or (settings.home / FILE).is_file()


def opened(settings: Settings) -> PredictionLog:
    """Open the log that the settings name, made if need be.

    Raises:
        UsageError: the setting names no database, or the file holds something else.
        OutOfSpace: the disk is full.
    """
    return PredictionLog(
        _store(settings), waiting=settings.prediction_log_waiting, stall_seconds=settings.prediction_log_stall_seconds
    )


def opened_to_read(settings: Settings) -> PredictionLog:
    """The same log for who looks at much of it at once, such as the monitor: it may take a minute.

    Raises:
        UsageError: as `opened`.
    """
    if not settings.prediction_log:
        return opened(settings)
    from faultcast.adapters.prediction_log.postgres_store import PostgresStore  # noqa: PLC0415

    return PredictionLog(PostgresStore(settings.prediction_log, answer_seconds=_PATIENT_SECONDS))


def _store(settings: Settings) -> Store:
    home = state_folder(settings.home)
    if not settings.prediction_log:
        return SqliteStore(home / FILE)
    from faultcast.adapters.prediction_log.postgres_store import PostgresStore  # noqa: PLC0415  the driver is loaded where it is used
    from faultcast.adapters.prediction_log.spill import SpillingStore  # noqa: PLC0415

    return SpillingStore(PostgresStore(settings.prediction_log), home / WAITING_FILE)
