"""What `load.py` runs: connections, when requests are due, and what came of them."""

import argparse
import asyncio
import itertools
import random
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httptools
import numpy as np

now = time.monotonic
"""Not the loop's clock: uvloop's stands still within a turn and counts milliseconds."""


@dataclass(slots=True)
class Tally:
    """What was measured since the warm-up."""

    latencies: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    retry_after: int = 0

    def report(self, seconds: float) -> dict[str, Any]:
        """As JSON; latencies are of all that were answered, whatever the status."""
        ms = np.array(self.latencies) * 1000
        names = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9, "max": 100}
        return {
            "answered": dict(self.answered), "failed": dict(self.failed), "retry_after": self.retry_after,
            "rate": round(len(self.latencies) / seconds, 1),
            **{name: round(float(np.percentile(ms, share)), 3) if len(ms) else None for name, share in names.items()},
            "late_p99": round(float(np.percentile(np.array(self.late or [0.0]) * 1000, 99)), 3),
            "cpu_seconds": round(time.process_time(), 2),
        }  # fmt: skip


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.transport: asyncio.Transport | None = None
        self.due = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.parser = httptools.HttpResponseParser(self)

    def send(self, due: float, request: bytes) -> None:
        assert self.transport is not None
        self.due, self.busy = due, True
        self.load.note_late(due)
        self.timer = self.load.loop.call_later(self.load.timeout, self.fail, "timeout")
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.fail("unreadable")

    def on_header(self, name: bytes, _value: bytes) -> None:
        if name.lower() == b"retry-after":
            self.load.note_retry_after()

    def on_message_complete(self) -> None:
        keep = self.parser.should_keep_alive()
        status = self.parser.get_status_code()
        self.settle()
        self.load.note(self.due, str(status))
        if keep:
            self.parser = httptools.HttpResponseParser(self)
            self.load.free(self)
        elif self.transport is not None:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.busy:
            self.fail("closed")
        self.load.lost(self)

    def fail(self, kind: str) -> None:
        if self.busy:
            self.settle()
            self.load.note(self.due, kind, failed=True)
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]

    def settle(self) -> None:
        self.busy = False
        if self.timer is not None:
            self.timer.cancel()


class Load:
    """Requests to one address."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.timeout = options.timeout
        url = urlsplit(options.url)
        self.address = (url.hostname, url.port or 80)
        bodies = Path(options.body).read_bytes().splitlines() if options.body else [b""]
        method = "POST" if options.body else "GET"
        lines = [f"{method} {url.path or '/'}{'?' + url.query if url.query else ''} HTTP/1.1", f"Host: {url.netloc}"]
        lines += [*(["Content-Type: application/json"] if options.body else []), *options.header]
        self.head = "\r\n".join(lines).encode()
        self.bodies = itertools.cycle(bodies)
        self.numbers = itertools.count(options.first)
        self.idle: list[Connection] = []
        self.backlog: deque[tuple[float, bytes]] = deque()
        self.size = 0
        self.pending = 0
        self.tally = Tally()
        self.counting_from = float("inf")
        self.ends = float("inf")

    async def run(self) -> dict[str, Any]:
        self.loop = asyncio.get_running_loop()
        begins = now() + 0.05
        self.counting_from = begins + self.options.warm_up
        self.ends = self.counting_from + self.options.seconds
        if self.options.closed:
            for _ in range(self.options.closed):
                self.push(now())
            await asyncio.sleep(self.ends - now())
        else:
            await self.arrive(begins)
        until = now() + self.timeout + 1
        while self.pending and now() < until:  # noqa: ASYNC110  counted, and no one is there to set an event
            await asyncio.sleep(0.02)
        if self.pending:
            self.tally.failed["unanswered"] += self.pending
        return self.tally.report(self.options.seconds)

    async def arrive(self, begins: float) -> None:
        rate, due, draw = self.options.rate, begins, random.Random(self.options.seed)
        while due < self.ends:
            wait = due - now()
            if wait > 0:
                await asyncio.sleep(wait)
            self.push(due)
            due += 1 / rate if self.options.even else draw.expovariate(rate)

    def request(self) -> bytes:
        number = b"%d" % next(self.numbers)
        body = next(self.bodies).replace(b"$N", number)
        length = b"\r\nContent-Length: %d" % len(body) if body else b""
        return b"%s%s\r\n\r\n%s" % (self.head.replace(b"$N", number), length, body)

    def push(self, due: float) -> None:
        self.pending += 1
        if self.idle:
            self.idle.pop().send(due, self.request())
            return
        self.backlog.append((due, self.request()))
        if self.size < max(self.options.connections, self.options.closed):
            self.size += 1
            task = self.loop.create_task(self.connect())
            task.add_done_callback(lambda _: None)
            self.opening = task

    async def connect(self) -> None:
        connection = Connection(self)
        try:
            await asyncio.wait_for(self.loop.create_connection(lambda: connection, *self.address), self.timeout)
        except (OSError, TimeoutError) as error:
            self.size -= 1
            if self.backlog:
                self.note(
                    self.backlog.popleft()[0], "refused" if isinstance(error, OSError) else "timeout", failed=True
                )
            return
        self.free(connection)

    def free(self, connection: Connection) -> None:
        if self.backlog:
            connection.send(*self.backlog.popleft())
        else:
            self.idle.append(connection)

    def lost(self, connection: Connection) -> None:
        self.size -= 1
        if connection in self.idle:
            self.idle.remove(connection)
        if self.backlog:
            self.size += 1
            self.opening = self.loop.create_task(self.connect())

    def note_late(self, due: float) -> None:
        if self.counting_from <= due < self.ends:
            self.tally.late.append(now() - due)

    def note_retry_after(self) -> None:
        if now() >= self.counting_from:
            self.tally.retry_after += 1

    def note(self, due: float, kind: str, *, failed: bool = False) -> None:
        self.pending -= 1
        at = now()
        if self.counting_from <= due < self.ends:
            (self.tally.failed if failed else self.tally.answered)[kind] += 1
            if not failed:
                self.tally.latencies.append(at - due)
        if self.options.closed and at < self.ends:
            if failed:  # a server that refuses is not asked in a busy loop
                self.loop.call_later(0.01, self.again)
            else:
                self.loop.call_soon(self.again)

    def again(self) -> None:
        self.push(now())
