"""`faultcast ingest --pipeline-type …` and `faultcast consume`, as they are typed."""

import base64
import io
import json
import os
import signal
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest
from brokers import environment, opened, pipeline_type, serving
from killing import consumer, done, finished
from workload import everything, issue, workload

from faultcast.adapters.streams import Outgoing
from faultcast.adapters.trackers import tables as written
from faultcast.adapters.trackers.records import STREAMS
from faultcast.cli import main
from faultcast.events import RAW, REFUSED, Event
from faultcast.settings import without_secrets
from faultcast.steps.ingest import publish

ALL = ("embedded", "kafka", "kinesis")


def sarif(path: Path, *rules: str) -> None:
    results = [{"ruleId": rule, "message": {"text": f"{rule}: ask bo@example.org"}} for rule in rules]
    path.write_text(
        json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": results}]})
    )


def typed(home: Path, served: dict[str, str], *arguments: str, code: int = 0) -> Any:
    out = io.StringIO()
    with patch.dict(os.environ, environment(home, served), clear=True), redirect_stdout(out):
        assert main([*arguments, "--json", "--quiet"]) == code, out.getvalue()
    return json.loads(out.getvalue())


def tables(home: Path) -> dict[str, list[dict[str, object]]]:
    return {
        f"{path.parent.name}/{path.stem}": pq.read_table(path).to_pylist()
        for path in sorted((home / "ingest").rglob("*.parquet"))
    }


@pytest.mark.parametrize("kind", ALL)
def test_the_same_rows_whatever_brings_them(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    served = {} if kind == "embedded" else request.getfixturevalue(kind)
    report, how = tmp_path / f"{kind}.sarif", pipeline_type(kind)
    ingest = ("ingest", "--provider", "sarif", "--repositories", str(report))
    sarif(report, "R1", "R2")
    typed(tmp_path / "direct", {}, *ingest)
    [told] = typed(tmp_path / "streamed", served, *ingest, "--pipeline-type", how)["repositories"]
    assert (told["told"]["published"], told["told"]["broker"]) == (2, kind)
    typed(tmp_path / "streamed", served, "consume", "--pipeline-type", how)
    assert tables(tmp_path / "direct") == tables(tmp_path / "streamed")
    assert any(rows for rows in tables(tmp_path / "direct").values())
    # Only what is new is told.
    sarif(report, "R1", "R2", "R3")
    typed(tmp_path / "direct", {}, *ingest)
    [told] = typed(tmp_path / "streamed", served, *ingest, "--pipeline-type", how)["repositories"]
    assert told["told"]["published"] == 1
    assert typed(tmp_path / "streamed", served, "consume", "--pipeline-type", how)["kept"] == 1
    assert tables(tmp_path / "direct") == tables(tmp_path / "streamed")


def test_poison_stops_nobody(tmp_path: Path) -> None:
    """Each message ends as a dead letter with its reason, and what is valid beside it is kept."""
    good = Event("issues", "github", "team/shop", 1, issue(1))
    poison = {
        "no JSON": b"{",
        "no such name": Event("issues", "github", "../../etc", 1, issue(1)).value,
        "unknown provider": Event("issues", "gopher", "team/shop", 1, issue(1)).value,
        "names somebody": Event("issues", "github", "team/shop", 1, issue(1, "says bo@example.org")).value,
        "wrong type": b"7",
    }
    paths = ("relative.sarif", "/a\0b", "~nobody/x")
    broker = opened(tmp_path, "embedded", {})
    broker.publish([Outgoing(RAW, "a", value) for value in (*poison.values(), good.value)])
    broker.publish([Outgoing(RAW, "a", Event("issues", "sarif", path, 1, issue(1)).value) for path in paths])
    told = typed(tmp_path, {}, "consume")
    assert told["rules"] == dict.fromkeys(poison, 1) | {"no such name": 4}
    assert (told["kept"], told["refused"]) == (1, 8)
    letters = [json.loads(value) for value in everything(broker, [REFUSED])]
    assert [letter["source"]["position"] for letter in letters] == [1, 2, 3, 4, 5, 7, 8, 9]
    assert base64.b64decode(letters[0]["original"]) == b"{"
    assert {letter["rule"] for letter in letters} == set(poison)
    assert b"bo@example.org" not in b"".join(base64.b64decode(letter["original"]) for letter in letters)
    assert b"says (address)" in base64.b64decode(letters[3]["original"])
    broker.close()


def test_a_record_may_go_back_to_what_it_was(tmp_path: Path) -> None:
    """Open, closed, open again: three events, though the first and the last say the same."""
    broker = opened(tmp_path, "embedded", {})
    states = ("open", "closed", "open")
    told = [Event("issues", "github", "team/shop", at, issue(1, state=state)) for at, state in enumerate(states)]
    broker.publish([Outgoing(RAW, one.key, one.value) for one in told])
    assert typed(tmp_path, {}, "consume")["kept"] == 3
    assert [row["state"] for row in tables(tmp_path)["team+shop/issues"]] == ["open"]
    broker.close()


def test_a_publisher_that_was_killed_tells_the_same_again(tmp_path: Path) -> None:
    """Published, but not remembered: the same ids come again and are known."""
    report = tmp_path / "a.sarif"
    sarif(report, *(f"R{number}" for number in range(20)))
    ingest = ("ingest", "--provider", "sarif", "--repositories", str(report), "--pipeline-type", "kafka")
    [told] = typed(tmp_path, {}, *ingest)["repositories"]
    for memory in Path(told["folder"]).glob("published.sqlite*"):
        memory.unlink()
    [told] = typed(tmp_path, {}, *ingest)["repositories"]
    assert told["told"]["published"] == 20
    ended = typed(tmp_path, {}, "consume")
    assert (ended["kept"], ended["repeated"]) == (20, 20)


def test_tables_that_were_collected_directly_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "ingest" / "github" / "team+shop"
    folder.mkdir(parents=True)
    (folder / "journal.jsonl").write_text("{}\n")
    broker = opened(tmp_path, "embedded", {})
    for name in ("team/shop", "team/till"):
        broker.publish([Outgoing(RAW, "a", Event("issues", "github", name, 1, issue(1)).value)])
    told = typed(tmp_path, {}, "consume", code=2)
    assert "found tables that `faultcast ingest` collected directly" in told["error"]["message"]
    assert [name for name, rows in tables(tmp_path).items() if rows] == ["team+till/issues"]
    (folder / "journal.jsonl").unlink()
    assert typed(tmp_path, {}, "consume")["folders"] == [str(folder)]
    assert [name for name, rows in tables(tmp_path).items() if rows] == ["team+shop/issues", "team+till/issues"]
    broker.close()


def test_follow_ends_when_told(tmp_path: Path) -> None:
    """It keeps what comes while it waits; a TERM ends it as done, after the tables were written."""
    told = workload(200)
    broker = opened(tmp_path, "embedded", {})
    following = consumer(tmp_path, "embedded", {}, "--follow")
    told.publish(broker)
    until = time.monotonic() + 60
    while sum(1 for _ in everything(broker, ["validated-issues"])) < told.distinct and time.monotonic() < until:
        time.sleep(0.05)
    # Nobody else consumes here meanwhile.
    assert "another consumer is at work" in typed(tmp_path, {}, "consume", code=8)["error"]["message"]
    following.send_signal(signal.SIGTERM)
    assert finished(following)["kept"] == told.distinct
    told.write_tables(tmp_path / "expected")
    assert tables(tmp_path) == tables(tmp_path / "expected")
    broker.close()


def test_a_broker_that_is_away(tmp_path: Path) -> None:
    away = {"FAULTCAST_KAFKA_BROKERS": "127.0.0.1:9", "FAULTCAST_STREAM_TIMEOUT_SECONDS": "1"}
    told = typed(tmp_path, away, "consume", code=8)["error"]["message"]
    assert "Kafka at 127.0.0.1:9 does not answer" in told
    away = {"FAULTCAST_KINESIS_URL": "http://127.0.0.1:9", "FAULTCAST_KINESIS_REGION": "eu-west-1"}
    away |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    told = typed(tmp_path, away, "consume", "--pipeline-type", "kinesis", code=8)["error"]["message"]
    assert "Kinesis at http://127.0.0.1:9 does not answer" in told


def test_a_broker_that_goes_away(tmp_path: Path) -> None:
    """Who follows is told so, and what was kept is in the tables."""
    told = workload(100)
    told.write_tables(tmp_path / "expected")
    with serving("kafka") as served:
        broker = opened(tmp_path, "kafka", served)
        told.publish(broker)
        following = consumer(tmp_path, "kafka", served | {"FAULTCAST_STREAM_TIMEOUT_SECONDS": "2"}, "--follow")
        until = time.monotonic() + 60
        while done(tmp_path) < told.distinct + told.poison and time.monotonic() < until:
            time.sleep(0.05)
        broker.close()
    out, err = following.communicate(timeout=60)
    assert following.returncode == 8, err
    assert "does not answer" in json.loads(out)["error"]["message"]
    assert tables(tmp_path) == tables(tmp_path / "expected")


def test_away_is_told_before_the_collecting(tmp_path: Path) -> None:
    away = {"FAULTCAST_KAFKA_BROKERS": "127.0.0.1:9", "FAULTCAST_STREAM_TIMEOUT_SECONDS": "1"}
    typed(tmp_path, away, "ingest", "--repositories", "team/shop", "--pipeline-type", "kafka", code=8)
    assert not (tmp_path / "streams" / "ingest").exists()


def test_what_no_event_can_hold_is_told(tmp_path: Path) -> None:
    broker, told = opened(tmp_path, "embedded", {}), []
    kept = {"1": issue(1), "2": issue(2, labels=("x" * 2_000,) * 900)}
    written.write({stream: kept if stream == "issues" else {} for stream in STREAMS}, tmp_path)
    found = publish(broker, tmp_path, "github", "team/shop", told.append)
    assert (found.published, found.left_out) == (1, 1)
    assert "1 records left out" in told[0]
    broker.close()


def test_no_stage_is_given_the_password() -> None:
    assert without_secrets({"FAULTCAST_KAFKA_PASSWORD": "hunter2", "HOME": "/"}) == {"HOME": "/"}
