"""Killed anywhere, a consumer loses nothing and keeps nothing twice, whatever brings the events."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from brokers import opened, serving
from killing import consumer, finished, kill_again_and_again
from workload import REPOSITORIES, Workload, everything, workload

from faultcast.adapters.streams import Broker
from faultcast.adapters.trackers.records import STREAMS
from faultcast.events import REFUSED, id_of


def tables(home: Path) -> dict[str, list[dict[str, object]]]:
    folders = [home / "ingest" / "github" / name.replace("/", "+") for name in REPOSITORIES]
    return {
        f"{folder.name}/{one}": pq.read_table(folder / f"{one}.parquet").to_pylist()
        for folder in folders
        for one in STREAMS
    }


def holds(broker: Broker, expected: Workload) -> None:
    """Each valid event is in its topic once, each message of poison among the dead letters once."""
    valid = Counter(id_of(value) for value in everything(broker, ["validated-issues"]))
    dead = Counter(id_of(value) for value in everything(broker, [REFUSED]))
    assert (len(valid), valid.total()) == (expected.distinct, expected.distinct)
    assert (len(dead), dead.total()) == (expected.poison, expected.poison)


@pytest.mark.parametrize(("kind", "batch"), [("embedded", 5), ("kafka", 5), ("kinesis", 20)])
def test_kill_9(kind: str, batch: int, tmp_path: Path) -> None:
    home, told = tmp_path / "home", workload(1_000)
    told.write_tables(tmp_path / "expected")
    with serving(kind) as settings:
        broker = opened(home, kind, settings)
        told.publish(broker)
        small = settings | {"FAULTCAST_STREAM_BATCH": str(batch)}
        killed = kill_again_and_again(home, kind, small, told.distinct + told.poison, kills=8, seed=5)
        assert killed == 8
        finished(consumer(home, kind, small))
        assert tables(home) == tables(tmp_path / "expected")
        holds(broker, told)
        # Nothing is left to do, and nothing comes of reading all again.
        assert finished(consumer(home, kind, small))["kept"] == 0
        again = finished(consumer(home, kind, settings, "--from-start"))
        assert (again["kept"], again["refused"], again["repeated"]) == (0, 0, 1_000)
        holds(broker, told)
        broker.close()
