"""What GitHub tells ends in the same tables, collected directly or published and consumed."""

import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet as pq
from fake_github import FakeGithub
from fake_server import FakeServer
from ingest_process import finished

from faultcast.adapters.trackers.records import STREAMS
from faultcast.cli import main


def tables(home: Path) -> dict[str, list[dict[str, object]]]:
    folder = home / "ingest" / "github" / "team+shop"
    return {stream: pq.read_table(folder / f"{stream}.parquet").to_pylist() for stream in STREAMS}


def consume(home: Path) -> None:
    with patch.dict(os.environ, {"FAULTCAST_HOME": str(home), "FAULTCAST_KAFKA_BROKERS": ""}):
        assert main(["consume", "--quiet", "--json"]) == 0


def test_the_same_rows(server: FakeServer, today: FakeGithub, tmp_path: Path) -> None:
    server.answer = today.answer
    direct, streamed = tmp_path / "direct", tmp_path / "streamed"
    assert finished(server, direct, "--no-clone").code == 0
    streamed.mkdir()
    shutil.copy(direct / "identity.key", streamed)  # the same pseudonyms
    told = finished(server, streamed, "--no-clone", "--pipeline-type", "kafka").data["repositories"][0]["told"]
    assert (told["published"], told["left_out"]) == (7 + 4 + 10 + 8, 0)
    consume(streamed)
    assert tables(streamed) == tables(direct)
    # An issue is closed: one event, one row that changed.
    today.issues[1] |= {"state": "closed", "title": "Crash number 1, by @ana"}
    assert finished(server, direct, "--no-clone").code == 0
    told = finished(server, streamed, "--no-clone", "--pipeline-type", "kafka").data["repositories"][0]["told"]
    assert told["published"] == 1
    consume(streamed)
    assert tables(streamed) == tables(direct)
    assert [row["title"] for row in tables(direct)["issues"] if row["key"] == "1"] == ["Crash number 1, by (person)"]
