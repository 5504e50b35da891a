"""Consumers that are killed by -9 again and again, and how fast consuming is: `faultcast consume`.

    python benchmarks/streams.py [--events 10000] [--kills 50] [--write]

Each broker is a process of its own on loopback: librdkafka's mock cluster of three Kafka brokers, moto's server for
Kinesis; the embedded one is a file. About one message in ten changes a record that was told before, one in twenty
comes twice, one in a hundred is poison. What was kept is compared with the tables that collecting directly leaves,
row by row, and every topic that was written is read to its end and counted.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from page import head, line, machine, write

from faultcast.adapters.streams import Broker
from faultcast.adapters.trackers.records import STREAMS
from faultcast.events import REFUSED, id_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "adapters" / "streams"))
from brokers import opened, serving
from killing import consumer, finished, kill_again_and_again
from workload import REPOSITORIES, Workload, everything, workload

KINDS = ("embedded", "kafka", "kinesis")
BATCH = 20
"""Messages a transaction while consumers are killed: small, so that kills fall between and into many of them."""


def rows(home: Path) -> Counter[str]:
    """All rows of all tables of a state folder."""
    found: Counter[str] = Counter()
    for name in REPOSITORIES:
        for stream in STREAMS:
            path = home / "ingest" / "github" / name.replace("/", "+") / f"{stream}.parquet"
            found.update(repr(row) for row in pq.read_table(path).to_pylist())
    return found


def topics(broker: Broker, told: Workload) -> tuple[int, int]:
    """How many messages the topics lack, and how many they have too many."""
    valid = Counter(id_of(value) for value in everything(broker, ["validated-issues"]))
    dead = Counter(id_of(value) for value in everything(broker, [REFUSED]))
    lost = told.distinct - len(valid) + told.poison - len(dead)
    return lost, valid.total() - len(valid) + dead.total() - len(dead)


def killed(kind: str, folder: Path, events: int, kills: int) -> str:
    """One row: a consumer killed so often."""
    home, told = folder / "home", workload(events)
    told.write_tables(folder / "expected")
    with serving(kind) as environment:
        broker = opened(home, kind, environment)
        told.publish(broker)
        small = environment | {"FAULTCAST_STREAM_BATCH": str(BATCH)}
        started = time.monotonic()
        done = kill_again_and_again(home, kind, small, told.distinct + told.poison, kills, seed=events)
        finished(consumer(home, kind, small))
        seconds = time.monotonic() - started
        expected, found = rows(folder / "expected"), rows(home)
        lost, doubled = topics(broker, told)
        broker.close()
    cells = (done, expected.total(), (expected - found).total(), (found - expected).total(), lost, doubled)
    return line([kind, f"{events:,}", *(f"{cell:,}" for cell in cells), f"{told.poison:,}", f"{seconds:.0f}"])


def fast(kind: str, folder: Path, events: int) -> str:
    """One row: publishing and consuming undisturbed, start and end of the process included."""
    told = workload(events)
    with serving(kind) as environment:
        broker = opened(folder / "home", kind, environment)
        started = time.monotonic()
        told.publish(broker)
        published = time.monotonic() - started
        broker.close()
        before, started = _children(), time.monotonic()
        finished(consumer(folder / "home", kind, environment))
        seconds = time.monotonic() - started
        cpu = _children() - before
    return line([kind, f"{events:,}", f"{events / published:,.0f}", f"{events / seconds:,.0f}", f"{events / cpu:,.0f}"])


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure all and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
    kept, speed = [], []
    for kind in KINDS:
        with tempfile.TemporaryDirectory(prefix="faultcast-bench-") as name:
            kept.append(killed(kind, Path(name) / "killed", options.events, options.kills))
            speed.append(fast(kind, Path(name) / "fast", options.events))
        print(kept[-1], speed[-1], sep="\n", file=sys.stderr)
    rows_head = ("rows", "rows lost", "rows doubled or wrong", "in topics: lost", "in topics: doubled")
    parts = [
        f"{machine()}. Killed consumers, {BATCH} messages a transaction:",
        "",
        *head("broker", "messages", "kills", *rows_head, "dead letters", "s"),
        *kept,
        "",
        "Undisturbed, 500 messages a transaction, wall time of a machine with other work on it:",
        "",
        *head("broker", "messages", "published/s", "consumed/s", "consumed/CPU s"),
        *speed,
    ]
    print("\n".join(parts))
    if options.write:
        write("streams", "\n".join(parts))


if __name__ == "__main__":
    main()
