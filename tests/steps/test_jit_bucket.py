"""A state in S3: fetched once, asked for by its ETag, and errors told in words. The server is moto's, on loopback."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from state_story import as_bytes, ran
from story import Story

from faultcast.adapters.state_bucket import Bucket
from faultcast.errors import NotFound, Unavailable, UnsafeArtifact, UsageError
from faultcast.settings import Settings
from faultcast.steps.jit import score_commit
from faultcast.steps.keep import keep

STATE = "s3://states/team/shop"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def requests(server: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Credentials and an empty bucket; calling it tells what was asked since."""
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="states")
    for entry in client.list_objects_v2(Bucket="states").get("Contents", ()):
        client.delete_object(Bucket="states", Key=entry["Key"])
    asked: list[str] = []

    def sent(request: object, **_: object) -> None:
        asked.append(f"{request.method} {request.url.split('/shop/')[-1]}")  # type: ignore[attr-defined]

    boto3.setup_default_session()
    boto3.DEFAULT_SESSION.events.register("before-send.s3", sent)  # type: ignore[union-attr]

    def told() -> list[str]:
        found = list(asked)
        asked.clear()
        return found

    return told


@pytest.fixture
def now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FAULTCAST_NUM_WORKERS", "1")
    return Settings(home=tmp_path / "home")


def test_a_state_is_fetched_once(
    story: Story, tmp_path: Path, now: Settings, requests: Callable[[], list[str]]
) -> None:
    first = story.commit("Begin", files={"a.py": "x = 1\n"})
    second = story.commit("Go on", by="ben", day=1, files={"a.py": "x = 2\n"})
    keep(ran(story.path, first, now, tmp_path / "run").run, now, STATE)
    full = ran(story.path, second, now, tmp_path / "full")
    requests()
    for expected in (5, 1):  # state.json and four files; then state.json alone, which has not changed
        found = score_commit(str(story.path), second, STATE, now)
        assert as_bytes(found.row) == as_bytes(full.rows[second])
        assert len(requests()) == expected
    keep(full.run, now, STATE)
    requests()
    assert score_commit(str(story.path), second, STATE, now).behind == 0
    assert len(requests()) == 5  # a newer state, whole
    (cache,) = (now.home / "states").iterdir()
    assert len(list(cache.glob("state-*"))) == 1
    assert not [path for path in cache.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]


def test_older_states_go_and_a_changed_file_is_refused(
    story: Story, tmp_path: Path, now: Settings, requests: Callable[[], list[str]]
) -> None:
    for day in range(3):
        commit = story.commit("More", day=day, files={"a.py": f"x = {day}\n"})
        keep(ran(story.path, commit, now, tmp_path / f"run{day}").run, now, STATE)
    client = boto3.client("s3")
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket="states")["Contents"]]
    assert len({key.split("/")[2] for key in keys if "state-" in key}) == 2
    current = Bucket(STATE, tmp_path / "cache").read("state.json").decode()
    (past,) = [key for key in keys if key.endswith("past") and key.split("/")[2] in current]
    client.put_object(Bucket="states", Key=past, Body=b"other")
    with pytest.raises(UnsafeArtifact, match="is not the file"):
        score_commit(str(story.path), commit, STATE, now)
    assert requests()


def test_what_s3_refuses_is_said(
    story: Story, now: Settings, requests: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    story.commit("Begin", files={"a.py": "x = 1\n"})
    for location in ("s3://states/nothing", "s3://no-such-bucket/x"):
        with pytest.raises(NotFound, match=r"found no state\.json.*--save-history s3://"):
            score_commit(str(story.path), "HEAD", location, now)
    with pytest.raises(UsageError, match="found no bucket"):
        score_commit(str(story.path), "HEAD", "s3://", now)
    with pytest.raises(UsageError, match="Check the bucket's name"):
        Bucket("s3://no-such-bucket/x", now.home).write("state.json", b"")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="Check AWS_ENDPOINT_URL"):
        score_commit(str(story.path), "HEAD", STATE, now)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    boto3.setup_default_session()
    with pytest.raises(UsageError, match="Set AWS_ACCESS_KEY_ID"):
        score_commit(str(story.path), "HEAD", STATE, now)
    del requests
