"""Clients that mean no good, in a process of their own: python benchmarks/gateway_hostile.py HOST:PORT --seconds 10

Each kind asks again and again at its pace, and every answer is counted by its status (`closed`: the connection ended
without one; `hung`: none came within `PATIENCE_SECONDS`). It prints JSON: kind -> outcome -> how often.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

PATIENCE_SECONDS = 30.0
MIB = 1024 * 1024
BLANKS = b" " * MIB
CHUNK = b"100000\r\n" + BLANKS + b"\r\n"
BRACKETS = b'{"files":' + b"[" * MIB
FIELDS = b'{"additions":1' + b"".join(b',"f%d":1' % number for number in range(90_000)) + b"}"
"""Made once: what is measured is the server, not who makes bodies beside it."""
Content = Callable[[], AsyncIterator[bytes]]


async def oversized() -> AsyncIterator[bytes]:
    """64 MiB that say so beforehand."""
    yield b"Content-Length: %d\r\n\r\n" % (64 * MIB)
    for _ in range(64):
        yield BLANKS


async def endless() -> AsyncIterator[bytes]:
    """Chunks that say nothing of how many there will be."""
    yield b"Transfer-Encoding: chunked\r\n\r\n"
    for _ in range(64):
        yield CHUNK


async def nested() -> AsyncIterator[bytes]:
    """A megabyte of brackets."""
    yield b"Content-Length: %d\r\n\r\n" % len(BRACKETS)
    yield BRACKETS


async def many_fields() -> AsyncIterator[bytes]:
    """A megabyte of fields that nobody knows."""
    yield b"Content-Length: %d\r\n\r\n" % len(FIELDS)
    yield FIELDS


async def malformed() -> AsyncIterator[bytes]:
    """No JSON at all."""
    body = b"\xff\xfe{]" * 1_000
    yield b"Content-Length: %d\r\n\r\n" % len(body)
    yield body


async def wrong_types() -> AsyncIterator[bytes]:
    """JSON of another shape."""
    body = b'{"additions":"many","deletions":-1,"commit_message":[null]}'
    yield b"Content-Length: %d\r\n\r\n" % len(body)
    yield body


async def long_head() -> AsyncIterator[bytes]:
    """A head without end."""
    for number in range(4_000):
        yield b"X-Header-%d: %s\r\n" % (number, b"x" * 100)


async def slow_body() -> AsyncIterator[bytes]:
    """A byte a second."""
    yield b"Content-Length: 1000\r\n\r\n"
    for _ in range(1_000):
        await asyncio.sleep(1)
        yield b" "


async def slow_head() -> AsyncIterator[bytes]:
    """A header a second."""
    for number in range(1_000):
        await asyncio.sleep(1)
        yield b"X-%d: 1\r\n" % number


KINDS: dict[str, tuple[Content, int, float]] = {
    "oversized": (oversized, 1, 0.5), "endless": (endless, 1, 0.5), "nested": (nested, 1, 0.25),
    "many fields": (many_fields, 1, 0.5), "malformed": (malformed, 2, 0.1), "wrong types": (wrong_types, 2, 0.1),
    "long head": (long_head, 1, 0.25), "slow body": (slow_body, 20, 0.0), "slow head": (slow_head, 20, 0.0),
}  # fmt: skip
"""Kind -> what it sends, how many of them at once, and seconds between two tries of one."""


class Hostile:
    """All kinds at once against one address."""

    def __init__(self, address: str, path: str, headers: list[str], kinds: list[str]) -> None:
        self.host, _, port = address.partition(":")
        self.port = int(port)
        lines = [f"POST {path} HTTP/1.1", f"Host: {address}", "Content-Type: application/json", *headers, ""]
        self.head = "\r\n".join(lines).encode()
        self.seen: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}

    async def run(self, seconds: float) -> dict[str, dict[str, int]]:
        until = time.monotonic() + seconds
        tasks = [
            asyncio.create_task(self.again(kind, content, pause, until))
            for kind in self.seen
            for content, at_once, pause in [KINDS[kind]]
            for _ in range(at_once)
        ]
        await asyncio.wait(tasks, timeout=seconds + PATIENCE_SECONDS)
        for task in tasks:
            task.cancel()
        return {kind: dict(outcomes) for kind, outcomes in self.seen.items()}

    async def again(self, kind: str, content: Content, pause: float, until: float) -> None:
        while time.monotonic() < until:
            self.seen[kind][await self.once(content)] += 1
            await asyncio.sleep(pause)

    async def once(self, content: Content) -> str:
        try:
            reader, writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            return "refused"
        sending = asyncio.create_task(self.send(writer, content))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = await reader.readline()
        except TimeoutError:
            return "hung"
        except OSError:
            return "closed"
        finally:
            sending.cancel()
            writer.transport.abort()
        words = line.split()
        return words[1].decode() if len(words) > 1 else "closed"

    async def send(self, writer: asyncio.StreamWriter, content: Content) -> None:
        try:
            writer.write(self.head)
            async for part in content():
                writer.write(part)
                await writer.drain()
        except OSError:
            return


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--path", default="/predict")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind (default: all at once)")
    options = parser.parse_args()
    hostile = Hostile(options.address, options.path, options.header, options.kind or [*KINDS])
    sys.stdout.write(json.dumps(asyncio.run(hostile.run(options.seconds))) + "\n")


if __name__ == "__main__":
    main()
