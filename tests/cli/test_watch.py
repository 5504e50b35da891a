"""`faultcast watch`: commits as they arrive, by the champion here or by a gateway, in a terminal or for a program."""

import json
import os
import pty
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Self

import pytest
from command_line import PROGRAM, CommandLine, wait_until
from finished_run import Finished, finish, served
from loopback import free_port
from story import Story, lines

from faultcast.adapters.gateway import Gateway
from faultcast.cli import main
from faultcast.errors import BadChange, NotFound, Unauthorized, Unavailable, UsageError

PATIENCE_SECONDS = 60
DAY = 430  # after the end of the run's story


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Story]:
    folder = tmp_path_factory.mktemp("watched")
    story = Story(folder / "shop")
    with pytest.MonkeyPatch.context() as patch:
        found = finish(folder / "home", story, patch)
        served(found, patch)
    return found, story


@pytest.fixture
def finished(told: tuple[Finished, Story]) -> Finished:
    return told[0]


@pytest.fixture
def story(told: tuple[Finished, Story]) -> Story:
    return told[1]


@pytest.fixture
def faultcast(finished: Finished) -> CommandLine:
    return CommandLine(finished.home)


class Following:
    """`faultcast watch` in a process of its own, its lines as they come."""

    def __init__(self, faultcast: CommandLine, *arguments: object) -> None:
        self.process = faultcast.start("watch", "--interval", 0.2, *arguments)
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=gather, args=(stream, into))
            for stream, into in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]

    def __enter__(self) -> Self:
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()

    def interrupt(self) -> int:
        """Ctrl-C; return how it ended."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


def gather(stream, into: list[str]) -> None:
    """Keep lines as they come."""
    while line := stream.readline():
        into.append(line)


def change(story: Story, day: int) -> str:
    text = lines("def late(x):", *(f"    x += {n}" for n in range(day - DAY + 2)), "    return x")
    return story.commit(f"Arrive on day {day}", by="ben", day=day, files={"src/late.py": text})


def in_process(finished: Finished, capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict]:
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAULTCAST_HOME", str(finished.home))
        assert main(["watch", "--once", *map(str, arguments)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_last_commits_once_one_json_line_each(finished: Finished, capsys: pytest.CaptureFixture[str]) -> None:
    found = in_process(finished, capsys, finished.repository, "--branch", finished.commits[-1], "--last", 4, "--json")
    assert [one["commit"] for one in found] == finished.commits[-4:]
    scored = {
        one["commit"]: one for one in json.loads((finished.home / "artifacts/score/predictions").read_text())["changes"]
    }
    for one in found:
        assert one["risk"] == scored[one["commit"]]["risk"]
        assert one["band"] in {"low", "medium", "high"}
        assert one["model_version"] == "1"
    assert found[-2]["subject"].startswith("invoice")


def test_a_commit_is_shown_when_it_arrives(story: Story, faultcast: CommandLine) -> None:
    with Following(faultcast, story.path, "--json", "--last", 1) as following:
        wait_until(lambda: len(following.out) == 1, PATIENCE_SECONDS)
        first, second = change(story, DAY), change(story, DAY + 1)
        wait_until(lambda: len(following.out) == 3, PATIENCE_SECONDS)
        assert [json.loads(line)["commit"] for line in following.out[1:]] == [first, second]
        assert following.interrupt() == 0
    assert following.err == []


def test_where_stdout_is_no_terminal_lines_are_plain(finished: Finished, faultcast: CommandLine) -> None:
    ended = faultcast("watch", finished.repository, "--once", "--last", 3, "--branch", finished.commits[-1])
    assert ended.code == 0
    assert ended.out.count("\n") == 6  # a commit and its top reason
    assert "\x1b" not in ended.out  # neither colours nor what a committer wrote
    assert "\\u202egnp.exe" in ended.out
    assert "champion version 1, drift not watched here" in ended.err


def test_in_a_terminal_a_last_line_tells_who_answers_and_ctrl_c_ends_it(story: Story, faultcast: CommandLine) -> None:
    ours, theirs = pty.openpty()
    command = [PROGRAM, "watch", str(story.path), "--interval", "0.2", "--last", "2"]
    environment = faultcast.environment | {"TERM": "xterm-256color", "COLUMNS": "160", "LINES": "40"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True, start_new_session=True
    )
    os.close(theirs)
    seen = Terminal(ours)
    try:
        seen.until("Ctrl-C ends.")
        assert "champion version 1" in seen.text
        assert "\x1b[?25l" in seen.text  # the cursor is hidden meanwhile
        arrived = change(story, DAY + 10)
        seen.until(arrived[:10])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        seen.until("\x1b[?25h")
        assert "Traceback" not in seen.text
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class Terminal:
    """What a person sees, as it was written."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def until(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.text:
            assert time.monotonic() < deadline, self.text[-500:]
            if select.select([self._descriptor], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self._descriptor, 65_536).decode("utf-8", "replace")
                except OSError:  # the other side is closed
                    assert words in self.text, self.text[-500:]
                    return


def test_a_gateway_that_is_away_is_asked_again_and_nothing_is_lost(
    finished: Finished, story: Story, faultcast: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Following(faultcast, story.path, "--url", url, "--json", "--last", 2) as following:
        wait_until(lambda: "does not answer" in "".join(following.err), PATIENCE_SECONDS)
        assert "Trying again in" in following.err[0]
        arrived = change(story, DAY + 20)
        with faultcast.serving(story.path, "--port", port):
            wait_until(lambda: len(following.out) >= 3, PATIENCE_SECONDS)
            found = [json.loads(line) for line in following.out]
            assert found[-1]["commit"] == arrived
            assert all(one["band"] and one["model_version"] == "1" for one in found)
            assert following.interrupt() == 0
            # The gateway and the champion here say the same of what the run has seen.
            branch = ("--branch", finished.commits[-1], "--last", 5, "--json")
            elsewhere = in_process(finished, capsys, story.path, "--url", url, *branch)
            here = in_process(finished, capsys, story.path, *branch)
    assert [one["commit"] for one in elsewhere] == [one["commit"] for one in here]
    assert [one["risk"] for one in elsewhere] == pytest.approx([one["risk"] for one in here], abs=1e-6)
    ended = faultcast("watch", story.path, "--url", url, "--once")
    assert ended.code == 8  # away, and it was to look once
    assert "Is it running there?" in ended.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--last", "-1"), 2), (("--interval", "0"), 2), (("--url", "ftp://127.0.0.1"), 2), (("--url", "gateway"), 2),
        (("--branch", "nowhere"), 3),
    ],
)  # fmt: skip
def test_what_cannot_be_watched_is_said(finished: Finished, arguments, code, capsys, monkeypatch) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(finished.home))
    assert main(["watch", str(finished.repository), "--once", *arguments]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_without_a_run_there_is_nothing_to_score_by(tmp_path: Path, finished: Finished, monkeypatch, capsys) -> None:
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path))
    assert main(["watch", str(finished.repository), "--once"]) == 6
    assert "faultcast run" in capsys.readouterr().err


# --- what the gateway is asked through --------------------------------------------------------


@pytest.fixture
def answering() -> Iterator[tuple[str, list]]:
    """A server that answers what it is told to, and keeps what it was asked."""
    asked: list = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization")))
            status = int(self.path[1:4])
            self.send_response(status)
            self.send_header("Location", "/200")
            body = b'{"detail": "why"}' if status != 200 else self.path[4:].encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/503", Unavailable), ("/429", Unavailable), ("/500", Unavailable), ("/404", NotFound), ("/401", Unauthorized),
        ("/403", Unauthorized), ("/422", BadChange), ("/413", BadChange), ("/307", UsageError), ("/200<html>", Unavailable),
        ("/200[1]", Unavailable),
    ],
)  # fmt: skip
def test_every_refusal_is_one_of_our_errors(answering, path: str, error: type[Exception]) -> None:
    url, asked = answering
    with pytest.raises(error):
        Gateway(url, "secret").get(path)
    assert asked == [(path, "Bearer secret")]  # asked once, nowhere else


def test_a_token_never_travels_unencrypted_to_another_machine() -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        Gateway("http://gateway.example", "secret")
    assert Gateway("https://gateway.example", "secret").url == "https://gateway.example"
