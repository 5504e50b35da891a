"""The audit log: what was written stays, or it shows."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from guarded import bearer, guarded

from faultcast.cli import main
from faultcast.errors import UsageError
from faultcast.settings import Settings
from serving.gateway.security import chain
from serving.gateway.security.api_keys import ApiKeys
from serving.gateway.security.audit import AuditLog
from serving.gateway.security.chain import Head
from serving.gateway.security.principal import Role

KEY = b"k" * 32


@pytest.fixture(params=[None, KEY], ids=["chain alone", "with a key"])
def log(request, tmp_path):
    """A log of twenty lines."""
    made = AuditLog(tmp_path, request.param)
    for n in range(20):
        made.append("reload", f"user-{n % 3}", "done", model=f"model-{n}")
    return made


def lines_of(log):
    return log.path.read_bytes().split(b"\n")[:-1]


def put(log, lines):
    log.path.write_bytes(b"".join(line + b"\n" for line in lines))


def test_a_log_that_nobody_touched_fits(log):
    head, finding = log.verify()
    assert (head.lines, finding) == (20, None)
    entry = json.loads(lines_of(log)[7])
    assert (entry["n"], entry["what"], entry["who"], entry["outcome"], entry["model"]) == (
        8, "reload", "user-1", "done", "model-7",
    )  # fmt: skip
    assert entry["at"].endswith("Z")
    assert oct(log.path.stat().st_mode & 0o777) == "0o600"


def test_every_change_of_a_line_is_named(log):
    """Whatever character is changed, in whichever line."""
    chance, whole = random.Random(7), lines_of(log)
    for n in range(len(whole)):
        for _ in range(12):
            at = chance.randrange(len(whole[n]))
            other = bytes([chance.choice([b for b in range(32, 127) if b != whole[n][at]])])
            put(log, [*whole[:n], whole[n][:at] + other + whole[n][at + 1 :], *whole[n + 1 :]])
            _, finding = log.verify()
            assert finding is not None, (n, at, other)
            assert finding.line in {n + 1, n + 2}


def test_a_changed_line_whose_seal_was_not_made_anew_is_named_itself(log):
    whole = lines_of(log)
    put(log, [*whole[:9], whole[9].replace(b"user-0", b"user-1"), *whole[10:]])
    assert log.verify()[1].line == 10
    assert "was changed" in log.verify()[1].why


def test_every_deletion_is_named(log):
    whole = lines_of(log)
    for n in range(len(whole)):
        put(log, [*whole[:n], *whole[n + 1 :]])
        assert log.verify()[1].line == n + 1


def test_every_swap_is_named(log):
    whole = lines_of(log)
    for n in range(len(whole)):
        for m in range(n + 1, len(whole)):
            swapped = whole.copy()
            swapped[n], swapped[m] = whole[m], whole[n]
            put(log, swapped)
            assert log.verify()[1].line == n + 1


def test_every_insertion_is_named(log):
    whole = lines_of(log)
    for n in range(len(whole) + 1):
        for strange in (whole[(n + 5) % 20], whole[n - 1], b"{}", b"", b"\xff", b'{"n":%d}' % (n + 1)):
            put(log, [*whole[:n], strange, *whole[n:]])
            finding = log.verify()[1]
            assert finding is not None, (n, strange)
            assert finding.line == n + 1


@pytest.mark.parametrize("cut", [1, 2, 7, 19, 20])
def test_a_tail_that_is_missing_shows_by_the_head(log, cut):
    """The chain alone fits: what is missing at the end can be told only by who remembers how long it was."""
    put(log, lines_of(log)[:-cut])
    assert chain.check(lines_of(log), None)[1] is None
    finding = log.verify()[1]
    assert finding.line == 20 - cut + 1
    assert "missing" in finding.why


def test_a_head_kept_elsewhere_tells_of_a_tail_that_was_cut_with_the_head_beside_it(log):
    head, _ = log.verify()
    whole = lines_of(log)
    put(log, whole[:-3])
    log.path.with_suffix(".head").write_text(str(chain.check(whole[:-3], None)[0]))
    assert log.verify()[1] is None
    assert log.verify(head)[1].line == 18


def test_going_on_after_a_cut_hides_nothing(log):
    put(log, lines_of(log)[:-3])
    log.append("reload", "user-9", "done")
    entries = [json.loads(line)["what"] for line in lines_of(log)]
    assert entries[-2:] == [chain.UNFIT, "reload"]
    finding = log.verify()[1]
    assert finding.line == 18


@pytest.mark.parametrize("what", ["whole log removed", "whole log emptied"])
def test_a_log_begun_anew_beside_an_old_head_shows(log, what):
    log.path.unlink() if what == "whole log removed" else log.path.write_bytes(b"")
    assert log.verify()[1] is not None
    log.append("reload", "user-9", "done")
    assert log.verify()[1].line == 1


def test_a_head_that_was_removed_shows(log):
    log.path.with_suffix(".head").unlink()
    assert log.verify()[1] is not None


def test_lines_written_past_the_head_show(log):
    """Somebody who knows the digests but not the head; two lines, because one may be left by a kill."""
    text, head = chain.next_line({"what": "reload"}, log.verify()[0], log._key)
    more, _ = chain.next_line({"what": "reload"}, head, log._key)
    put(log, [*lines_of(log), text, more])
    assert log.verify()[1].line == 21


def test_without_the_key_no_chain_can_be_made_anew(tmp_path):
    """Whoever may write the file but has no key: a whole new chain, its head included, is refused at line 1."""
    log = AuditLog(tmp_path, KEY)
    log.append("reload", "user-1", "done")
    for forger in (None, b"x" * 32):
        text, head = chain.next_line({"at": "2026-01-01T00:00:00Z", "what": "reload", "who": "x"}, Head(), forger)
        put(log, [text])
        log.path.with_suffix(".head").write_text(str(head))
        finding = chain.check(lines_of(log), KEY)[1]
        assert finding.line == 1


def test_without_a_key_a_new_chain_fits_and_only_a_head_kept_elsewhere_tells(tmp_path):
    """What the chain alone cannot do, said as a test."""
    log = AuditLog(tmp_path)
    log.append("reload", "user-1", "done")
    kept_elsewhere = log.verify()[0]
    text, head = chain.next_line({"what": "nothing happened"}, Head(), None)
    put(log, [text])
    log.path.with_suffix(".head").write_text(str(head))
    assert log.verify()[1] is None
    assert log.verify(kept_elsewhere)[1].line == 1


@pytest.mark.parametrize(("began", "goes_on"), [(None, KEY), (KEY, None)])
def test_a_log_is_not_gone_on_with_under_another_seal(tmp_path, began, goes_on):
    AuditLog(tmp_path, began).append("reload", "user-1", "done")
    key_file = tmp_path / "audit.key"
    key_file.write_text(KEY.hex())
    with pytest.raises(UsageError, match="was begun with"):
        AuditLog.of(Settings(home=tmp_path, audit_key_file=str(key_file) if goes_on else ""))


def test_a_key_file_is_read_with_care(tmp_path):
    with pytest.raises(UsageError, match="there is no such file"):
        AuditLog.of(Settings(home=tmp_path, audit_key_file=str(tmp_path / "none")))
    (tmp_path / "short").write_text("abc")
    with pytest.raises(UsageError, match="64 hexadecimal digits"):
        AuditLog.of(Settings(home=tmp_path, audit_key_file=str(tmp_path / "short")))


def test_every_torn_tail_is_taken_away_and_told_of(tmp_path):
    log = AuditLog(tmp_path)
    log.append("reload", "user-1", "done")
    log.append("reload", "user-2", "done")
    whole, head = log.path.read_bytes(), log.path.with_suffix(".head").read_bytes()
    text, _ = chain.next_line({"what": "reload", "who": "user-3"}, log.verify()[0], None)
    for length in {*range(1, len(text), 7), len(text) - 1, len(text)}:
        log.path.write_bytes(whole + text[:length])
        log.path.with_suffix(".head").write_bytes(head)
        log.append("reload", "user-4", "done")
        entries = [json.loads(line) for line in lines_of(log)]
        assert [one["what"] for one in entries] == ["reload", "reload", chain.TORN, "reload"]
        assert (entries[2]["bytes"], log.verify()[1]) == (length, None)


WRITER = """
import sys
from pathlib import Path
from serving.gateway.security.audit import AuditLog
log = AuditLog(Path(sys.argv[1]))
n = 0
while True:
    head = log.append("reload", sys.argv[2], "done", padding="x" * (n % 190))
    print(f"{sys.argv[2]} {n} {head.lines}", flush=True)
    n += 1
"""


def test_two_writers_killed_again_and_again_lose_nothing_that_was_told(tmp_path):
    chance, told = random.Random(7), set()
    for round_ in range(5):
        names = [f"{round_}-a", f"{round_}-b"]
        running = [
            # Without a buffer: what one reads ahead of a line, `communicate` does not see.
            subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, name], stdout=subprocess.PIPE, bufsize=0)
            for name in names
        ]
        for one in running:
            one.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        for one in running:
            os.kill(one.pid, signal.SIGKILL)
        for one in running:
            rest = one.communicate(timeout=60)[0].decode().splitlines(keepends=True)
            told |= {tuple(line.split()) for line in rest if line.endswith("\n") and len(line.split()) == 3}
    log = AuditLog(tmp_path)
    log.append("reload", "end", "done")
    head, finding = log.verify()
    assert finding is None
    there = {(one["who"], str(one["n"])) for one in map(json.loads, lines_of(log))}
    assert {(who, line) for who, _, line in told} <= there
    assert head.lines > len(told) > 50


def test_what_is_written_down(tmp_path):
    _, operator = ApiKeys(tmp_path).create("ops", Role.OPERATOR)
    _, service = ApiKeys(tmp_path).create("ci", Role.SERVICE)
    with guarded(tmp_path, auth="required") as client:
        client.post("/models/main/reload", headers=bearer(operator))
        client.post("/feedback", headers=bearer(operator))
        client.post("/models/main/reload", headers=bearer(service))
        client.get("/models")
        for _ in range(50):  # one who keeps trying gets one line a minute
            client.get("/models", headers=bearer("guess"))
    whole = (tmp_path / "gateway" / "audit.jsonl").read_text()
    told = [(one["what"], one["outcome"], one.get("route", "")) for one in map(json.loads, whole.splitlines())]
    assert told == [
        ("key used at a new address", "done", ""),
        ("reload", "done", ""),
        ("feedback", "done", ""),
        ("key used at a new address", "done", ""),
        ("access", "refused", "POST /models/{name}/reload"),
        ("access", "refused", "GET /models"),
    ]
    assert "192.0.2.7" not in whole
    assert "guess" not in whole


def test_a_log_that_cannot_be_written_stops_no_prediction(tmp_path, caplog):
    _, operator = ApiKeys(tmp_path).create("ops", Role.OPERATOR)
    (tmp_path / "gateway" / "audit.jsonl").mkdir()
    with guarded(tmp_path / "other", auth="required") as client:
        client.security.watch._log.path = tmp_path / "gateway" / "audit.jsonl"
        assert client.get("/models").status_code == 401
    assert "audit log cannot be written" in caplog.text
    assert operator not in caplog.text


@pytest.mark.parametrize("change", ["none", "line", "tail"])
def test_the_command_line_names_the_first_line_that_does_not_fit(log, change, tmp_path, monkeypatch, capsys):
    if log._key:
        (tmp_path / "key").write_text(KEY.hex())
        monkeypatch.setenv("FAULTCAST_AUDIT_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path))
    head, whole = log.verify()[0], lines_of(log)
    if change == "line":
        put(log, [*whole[:4], whole[4].replace(b"done", b"lost"), *whole[5:]])
    elif change == "tail":
        put(log, whole[:-1])
    code = main(["audit", "verify", "--head", str(head)])
    said = capsys.readouterr().out
    assert code == (0 if change == "none" else 1)
    assert {"none": "20 lines fit", "line": "line 5 does not fit", "tail": "line 20 does not fit"}[change] in said


def test_no_log_and_a_head_that_is_none_are_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path))
    assert main(["audit", "verify"]) == 6
    assert main(["audit", "verify", "--head", "7"]) == 2
    assert not list(Path(tmp_path).iterdir())
    capsys.readouterr()
