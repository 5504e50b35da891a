"""The reading side of progress: events as they are appended to a file."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Event = dict[str, object]

_SECONDS_BETWEEN_LOOKS = 0.05


def follow(path: Path, stop: Callable[[], bool]) -> Iterator[Event]:
    """Yield the events of the file as they arrive, until `stop()` is true and the file is read to its end.

    The file need not exist yet. A line that is not a JSON object (cut off by a full disk) is left out.
    """
    rest = b""
    position = 0
    while True:
        is_last_look = stop()  # asked before reading: what was written before the stop is still read
        data = _read_from(path, position)
        position += len(data)
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            event = _parse(line)
            if event is not None:
                yield event
        if is_last_look:
            return
        if not data:
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def _read_from(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read()
    except FileNotFoundError:
        return b""


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
