"""The token is on the wire and nowhere else; nor is an e-mail address; and git is never told."""

import logging
import subprocess
import traceback
from pathlib import Path

import pytest
from collecting_story import TOKEN, Collecting
from fake_github import FakeGithub
from fake_server import Asked, FakeServer, Told
from ingest_process import finished
from story import Story, git

from faultcast.adapters.trackers import load_issues
from faultcast.errors import FaultcastError
from faultcast.settings import Settings


def contents(folder: Path) -> bytes:
    found = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return b"\n".join([*found, *(str(path).encode() for path in folder.rglob("*"))])


def children_of(pid: int) -> list[Path]:
    """The processes below one, as Linux shows them."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
    below, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in below} - below
        below, grown = below | more, bool(more)
    return [Path("/proc") / str(child) for child in below - {pid}]


def test_a_whole_call_with_its_clone(server: FakeServer, today: FakeGithub, story: Story, tmp_path: Path) -> None:
    """Tables, mirror, output, and the processes that git is: none of them holds the token."""
    story.commit("add the shop", by="ana", day=1, files={"shop.py": "open = True\n"})
    bare = tmp_path / "served.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(story.path), str(bare))
    git(bare, "update-server-info")
    seen: list[bytes] = []
    process: list[subprocess.Popen[str]] = []

    def answer(asked: Asked) -> Told:
        if not asked.plain.startswith("/team/shop.git/"):
            return today.answer(asked)
        for child in children_of(process[0].pid):
            seen.extend((child / name).read_bytes() for name in ("environ", "cmdline"))
        assert "authorization" not in asked.headers
        file = bare / asked.plain.removeprefix("/team/shop.git/")
        if not file.is_file():
            return Told(status=404, body={})
        return Told(body=file.read_bytes(), kind="text/plain")

    server.answer = answer
    ended = finished(server, tmp_path / "home", started=process)
    assert ended.code == 0, ended.err
    [told] = ended.data["repositories"]
    assert told["location"] == f"{server.url}/team/shop.git"
    [mirror] = (tmp_path / "home" / "mirrors").glob("*.git")
    assert git(mirror, "log", "--format=%s").strip() == "add the shop"
    assert len(load_issues(Path(told["folder"]))) == 7
    assert any(b"clone" in text for text in seen)
    for text in (*seen, contents(tmp_path / "home"), ended.out.encode(), ended.err.encode()):
        assert TOKEN.encode() not in text
    assert b"ana@example.org" not in contents(tmp_path / "home" / "ingest")


def test_a_server_that_repeats_it(server: FakeServer, tmp_path: Path) -> None:
    """As an error, as a record, as an address: what a broken proxy or a curious server may do."""
    for status in (401, 404, 500, 200):
        server.answer = lambda asked, status=status: Told(
            status=status, body={"message": f"you sent {asked.headers['authorization']}"}, headers={"Retry-After": "0"}
        )
        ended = finished(server, tmp_path / "home", "--no-clone")
        assert ended.code in {2, 6, 8}
        assert TOKEN not in ended.out + ended.err
        assert "Traceback" not in ended.err
    assert TOKEN.encode() not in contents(tmp_path / "home")


def test_a_record_that_holds_it(collecting: Collecting, shop: FakeGithub) -> None:
    shop.issue(1, updated=collecting.hours.now, body=f"my token is {TOKEN}")
    collecting()
    assert load_issues(collecting.folder)[1].text == "my token is (token)"
    assert TOKEN.encode() not in contents(collecting.folder)


def test_logs_errors_and_reprs(
    collecting: Collecting, shop: FakeGithub, server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything that any library logs, and every value of every frame of ours that an error passes."""
    caplog.set_level(logging.DEBUG)
    server.bad = [Told(hang_up=True), Told(body=b"[", cut=0), Told(status=502)]
    collecting()
    tracker = collecting.tracker()
    texts = [caplog.text, repr(tracker), repr(vars(tracker)), repr(collecting.told)]
    for bad in (
        Told(status=401),
        Told(status=404),
        Told(hang_up=True),
        Told(status=302, headers={"Location": "https://evil.example/"}),
        Told(status=429, headers={"Retry-After": "99999"}),
        Told(body={"no": "list"}),
    ):
        server.answer = lambda _, bad=bad: bad
        with pytest.raises(FaultcastError) as caught:
            collecting()
        deep = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        deep_ours = [f"{frame.name}: {frame.locals}" for frame in deep.stack if "/faultcast/" in frame.filename]
        texts += ["".join(deep.format_exception_only()), *deep_ours]
        assert deep_ours
    assert all(TOKEN not in text for text in texts)
    assert "ana@example.org" not in caplog.text


def test_settings_do_not_show_it() -> None:
    kinds = ("github", "gitlab", "bitbucket", "jira", "sonarqube")
    assert TOKEN not in repr(Settings(**{f"{kind}_token": TOKEN for kind in kinds}))
