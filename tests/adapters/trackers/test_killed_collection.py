"""Killed anywhere, a collection goes on where it was: nothing lost, nothing twice."""

import json
import random
import shutil
import signal
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from collecting_story import Collecting
from fake_github import FakeGithub
from fake_server import Asked, FakeServer, Told
from ingest_process import command

from faultcast.adapters.trackers import load_issues
from faultcast.adapters.trackers.records import STREAMS
from faultcast.errors import Unavailable, UsageError


def tables(folder: Path) -> dict[str, list[dict[str, object]]]:
    return {stream: pq.read_table(folder / f"{stream}.parquet").to_pylist() for stream in STREAMS}


def test_kill_9_in_the_middle_of_pages(server: FakeServer, today: FakeGithub, tmp_path: Path) -> None:
    server.answer = today.answer
    whole = command(server, tmp_path / "whole", "--no-clone")
    assert whole.wait(60) == 0
    pages = len(server.asked)
    server.asked.clear()
    (tmp_path / "killed").mkdir()
    shutil.copy(tmp_path / "whole" / "identity.key", tmp_path / "killed")  # the same pseudonyms

    dice, kills = random.Random(5), 0
    victim: list[subprocess.Popen[str]] = []
    left = [0]

    def kill(_: Asked) -> None:
        left[0] -= 1
        if left[0] == 0:
            victim[0].send_signal(signal.SIGKILL)

    server.on_request = kill
    for _ in range(6):
        left[0] = dice.randrange(1, 4)
        victim[:] = [command(server, tmp_path / "killed", "--no-clone")]
        kills += victim[0].wait(60) == -signal.SIGKILL
    assert kills == 6
    left[0] = 0
    last = command(server, tmp_path / "killed", "--no-clone")
    told = json.loads(last.communicate(timeout=60)[0])
    assert told["repositories"][0]["resumed"] is True
    # A page is asked for once, and once more for each kill that took it.
    assert pages <= len(server.asked) <= pages + kills
    folders = [tmp_path / name / "ingest" / "github" / "team+shop" for name in ("whole", "killed")]
    assert tables(folders[0]) == tables(folders[1])
    assert {stream: len(rows) for stream, rows in tables(folders[1]).items()} == {
        "issues": 7,
        "pull_requests": 4,
        "reviews": 10,
        "check_runs": 8,
        "findings": 0,
    }


def test_a_line_may_be_cut_at_any_byte(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    """What a kill during a write leaves: the beginning of a line. The page is asked for again."""
    collecting()
    expected, pages = tables(collecting.folder), len(server.asked)
    journal = collecting.folder / "journal.jsonl"
    journal.unlink()
    # As it is before the last page has come:
    stop = Told(status=429, headers={"Retry-After": "86400"})
    server.answer = lambda asked: stop if len(server.asked) == 2 * pages else shop.answer(asked)
    with pytest.raises(Unavailable):
        collecting()
    server.answer, unfinished = shop.answer, journal.read_bytes()
    assert unfinished.count(b"\n") == 2 + pages - 1
    for cut in random.Random(11).sample(range(len(unfinished)), 25):
        journal.write_bytes(unfinished[:cut])
        asked = len(server.asked)
        collecting()
        assert tables(collecting.folder) == expected, cut
        kept = max(0, unfinished[:cut].count(b"\n") - 2)
        assert len(server.asked) - asked == pages - kept


def test_killed_twice_in_a_row(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    """The line that was cut off is taken away before another is written behind it."""
    stop = Told(status=429, headers={"Retry-After": "86400"})
    journal = collecting.folder / "journal.jsonl"
    for pages in range(1, 6):
        server.asked.clear()
        server.answer = lambda asked: stop if len(server.asked) == 3 else shop.answer(asked)
        with pytest.raises(Unavailable):
            collecting()
        whole = journal.read_bytes()
        assert whole.count(b"\n") == 3 + pages
        journal.write_bytes(whole[:-7])
    server.answer = shop.answer
    assert collecting().records == {"issues": 7, "pull_requests": 4, "reviews": 10, "check_runs": 8}


def test_a_damaged_state_is_named(collecting: Collecting, shop: FakeGithub) -> None:
    collecting()
    journal = collecting.folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"begin"', b'"begun', 1))
    with pytest.raises(UsageError, match=r"damaged state\. Delete its folder"):
        collecting()


def test_two_at_once_do_not_mix(collecting: Collecting, shop: FakeGithub, server: FakeServer) -> None:
    def second(_: Asked) -> None:
        server.on_request = lambda _: None
        with pytest.raises(Unavailable, match="another collection is at work"):
            Collecting(server, collecting.folder)()
        met.append(True)

    met: list[bool] = []
    server.on_request = second
    collecting()
    assert met
    assert len(load_issues(collecting.folder)) == 7


def test_the_state_does_not_grow_by_looking(collecting: Collecting, shop: FakeGithub) -> None:
    collecting()
    size = (collecting.folder / "journal.jsonl").stat().st_size
    for _ in range(3):
        collecting.hours.now += 3600
        collecting()
    assert (collecting.folder / "journal.jsonl").stat().st_size <= size
