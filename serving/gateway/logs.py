"""Structured logs: one JSON object a line, each with the id of the request that it belongs to.

Lines are written by a thread of their own: a pipe that nobody reads must not hold a request up. What does not fit its
queue is dropped and counted, never waited for.
"""

import logging
import queue
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from typing import Any, TextIO

import orjson

WAITING = 10_000
"""Lines that may wait to be written."""

_request_id: ContextVar[str] = ContextVar("request_id", default="")

access = logging.getLogger("faultcast.access")
"""One line a request."""
predictions = logging.getLogger("faultcast.predictions")
"""One line a prediction: which model, which version, which answer."""
feedback = logging.getLogger("faultcast.feedback")
"""One line a vote."""


def current_request_id() -> str:
    """The id of the request that is answered now; "" outside of one."""
    return _request_id.get()


def enter_request(request_id: str) -> None:
    """From here on, this task and those that it starts belong to a request."""
    _request_id.set(request_id)


def tell(logger: logging.Logger, message: str, **fields: object) -> None:
    """Log one event with its fields."""
    if logger.isEnabledFor(logging.INFO):
        logger.info(message, extra={"fields": fields})


class JsonLines(logging.Formatter):
    """A record as one line of JSON; what was raised stands in `error` and `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := getattr(record, "request_id", ""):
            line["request_id"] = request_id
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _Handler(QueueHandler):
    """Takes the request's id along to the thread that writes."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.request_id = _request_id.get()
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


class Logs:
    """JSON lines of the whole process, from `start` until `stop`, which writes what still waits."""

    def __init__(self, stream: TextIO | None = None, level: int = logging.INFO) -> None:
        written = logging.StreamHandler(stream or sys.stderr)
        written.setFormatter(JsonLines())
        self._handler = _Handler(queue.Queue(WAITING))
        self._listener = QueueListener(self._handler.queue, written)
        self._level = level

    @property
    def dropped(self) -> int:
        """Lines that were not written because nobody read fast enough."""
        return self._handler.dropped

    def start(self) -> None:
        """Replace what the root logger had."""
        root = logging.getLogger()
        root.handlers[:] = [self._handler]
        logging.captureWarnings(True)  # a library's warning is a line of this log, not text between its lines
        root.setLevel(logging.WARNING)
        logging.getLogger("faultcast").setLevel(self._level)
        logging.getLogger("serving").setLevel(self._level)
        self._listener.start()

    def stop(self) -> None:
        """Write what waits."""
        self._listener.stop()
        logging.getLogger().handlers.remove(self._handler)
