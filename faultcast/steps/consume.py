"""`consume`: the topic of all that was told -> valid events in tables and topics of their own, the rest set aside.

Each batch is judged and kept in one transaction with the position that was reached; then it is passed on. Killed at
any instant, the next call loses nothing and keeps nothing twice.
"""

import fcntl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from faultcast import settings
from faultcast.adapters.places import state_folder
from faultcast.adapters.streams import Broker, Sink, Source, open_broker
from faultcast.adapters.trackers import state_of, tables
from faultcast.adapters.trackers.records import STREAMS, Record
from faultcast.errors import NotFound, TemporaryError, Unavailable, UsageError
from faultcast.events import RAW, id_of, record
from faultcast.steps.judge import judge

SINK = "streams/sink.sqlite"
"""Below the state folder: all that a consumer keeps."""

WAIT_SECONDS = 1.0
"""How long one look for more lasts."""

TELL_SECONDS = 5.0
"""How often a long call says how far it is."""

SAVE_SECONDS = 10.0
"""How often tables are written while more comes."""

_READ_BACK = 1_000


@dataclass(frozen=True, slots=True)
class Consumed:
    """What one call did; `folders` of the repositories whose tables it wrote, `rules` that refused messages broke."""

    broker: str
    address: str
    kept: int
    repeated: int
    refused: int
    rules: dict[str, int]
    folders: list[Path]
    lost: int


def consume(
    pipeline_type: str,
    *,
    follow: bool,
    from_start: bool,
    tell: Callable[[str], None],
    is_over: Callable[[], bool] = lambda: False,
) -> Consumed:
    """Judge and keep all that was told so far; `follow`: and what comes, until `is_over`.

    Raises:
        UsageError: a setting, a right or a topic's state is wrong, or tables are not ours to write.
        NotFound: there is no such topic.
        Unavailable: the broker does not answer, or another consumer is at work here; what was judged is kept.
    """
    now = settings.load()
    home = state_folder(now.home)
    with _alone(home), closing(open_broker(pipeline_type, home, now)) as broker:
        tell(f"reading {RAW} of {broker.name} at {broker.address}")
        with closing(Sink(home / SINK, broker.name)) as sink:
            if from_start:
                sink.rewind()
            recover(broker, sink)
            with closing(broker.source(RAW, sink.positions(is_ours=False))) as source:
                work = _Work(broker, sink, source, home, tell)
                work.run(now.stream_batch, lambda: is_over() or (source.is_at_end and not follow))
                refused, folders = work.rules.total(), sorted(work.folders)
                counts = (work.kept, work.repeated, refused, dict(work.rules))
                return Consumed(broker.name, broker.address, *counts, folders, source.lost)


def recover(broker: Broker, sink: Sink) -> None:
    """Find out what of the outbox had arrived when a consumer before us was stopped, and publish the rest."""
    ids, known = {one for one, _ in sink.outbox()}, sink.positions(is_ours=True)
    for topic in sorted({out.topic for _, out in sink.outbox()}):
        try:
            source = broker.source(topic, known)
        except NotFound:
            continue  # so nothing of it can have arrived
        with closing(source):
            while True:
                found = source.poll(_READ_BACK, WAIT_SECONDS)
                arrived = ids.intersection(id_of(message.value) for message in found)
                sink.passed_on(arrived, {message.place: message.position for message in found})
                if source.is_at_end:
                    break
    _pass_on(broker, sink)


def _pass_on(broker: Broker, sink: Sink) -> None:
    if waiting := sink.outbox():
        sink.passed_on([one for one, _ in waiting], broker.publish([out for _, out in waiting]))


class _Work:
    def __init__(self, broker: Broker, sink: Sink, source: Source, home: Path, tell: Callable[[str], None]) -> None:
        self.kept = self.repeated = 0
        self.rules: Counter[str] = Counter()
        self.folders: set[Path] = set()
        self._broker = broker
        self._sink = sink
        self._source = source
        self._home = home
        self._tell = tell

    def run(self, limit: int, is_over: Callable[[], bool]) -> None:
        """Batch after batch, tables in between and at the end."""
        if self._source.lost:
            self._tell(
                f"{RAW}: {self._source.lost:,} messages were deleted before they were read: retention is too short"
            )
        try:
            self._until(limit, is_over)
        except TemporaryError:
            self._save()  # what was kept before the trouble is there to be read
            raise
        if left_out := self._save():
            raise UsageError(
                f"{', '.join(left_out)}: found tables that `faultcast ingest` collected directly. Delete the folder, "
                "or consume with another FAULTCAST_HOME; the events are kept and will be written then."
            )

    def _until(self, limit: int, is_over: Callable[[], bool]) -> None:
        told_at = saved_at = time.monotonic()
        while True:
            self._batch(limit)
            now = time.monotonic()
            if now - told_at >= TELL_SECONDS:
                told_at = now
                self._tell(f"{self.kept:,} events kept, {self.rules.total():,} refused so far")
            if is_over():
                break
            if now - saved_at >= SAVE_SECONDS:
                saved_at = now
                self._save()

    def _batch(self, limit: int) -> None:
        judged = [judge(message) for message in self._source.poll(limit, WAIT_SECONDS)]
        if judged:
            new = self._sink.take(judged)
            self.kept += sum(one.event is not None for one in new)
            self.repeated += len(judged) - len(new)
            self.rules.update(one.rule for one in new if one.rule)
            _pass_on(self._broker, self._sink)

    def _save(self) -> list[str]:
        """Write the tables of every repository that changed; return the folders that are not ours to write."""
        left_out = []
        for provider, name in self._sink.unsaved():
            folder = state_of(self._home, provider, name)
            if (folder / "journal.jsonl").exists():
                left_out.append(str(folder))
                continue
            folder.mkdir(parents=True, exist_ok=True)
            tables.write({stream: self._records(provider, name, stream) for stream in STREAMS}, folder)
            self._sink.saved(provider, name)
            self.folders.add(folder)
        return left_out

    def _records(self, provider: str, name: str, stream: str) -> dict[str, Record]:
        values = self._sink.records(provider, name, stream)
        return {one.id: one for one in (record(STREAMS[stream], value) for value in values)}


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    folder = home / "streams"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"{folder}: another consumer is at work there. Wait for its end.") from None
        yield
