"""API keys: shown once, kept as digests, good until they expire or are revoked, also for a gateway that runs."""

import json
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from guarded import bearer, guarded

from faultcast.cli import main
from faultcast.errors import NotFound, UsageError
from serving.gateway.security.api_keys import ApiKeys
from serving.gateway.security.principal import Role

DAY = 86_400


class Clock:
    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def keys(tmp_path, clock):
    return ApiKeys(tmp_path, clock)


def test_a_key_opens_what_its_role_may(tmp_path):
    made, text = ApiKeys(tmp_path).create("ci", Role.SERVICE)
    with guarded(tmp_path, auth="required") as client:
        told = client.post("/predict", headers=bearer(text)).json()
        assert told == {"id": f"key-{made.id}", "roles": ["service"], "kind": "key"}
        assert client.get("/models", headers=bearer(text)).status_code == 403
        assert client.post("/models/x/reload", headers=bearer(text)).status_code == 403


def test_the_secret_is_kept_nowhere(tmp_path, keys):
    _, text = keys.create("ci", Role.SERVICE)
    secret = text.split("_", 2)[2]
    assert len(secret) == 43  # 256 bits
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or secret.encode() not in path.read_bytes()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600


def test_no_two_keys_are_alike(keys):
    assert len({keys.create(f"ci {n}", Role.SERVICE)[1] for n in range(50)}) == 50
    assert len({key.id for key in keys.all()}) == 50


def test_what_is_almost_a_key_is_none(keys):
    _, text = keys.create("ci", Role.SERVICE)
    prefix, identity, secret = text.split("_", 2)
    other = keys.create("other", Role.OPERATOR)[1].split("_", 2)[1]
    tried = (
        text[:-1], text + "A", text.upper(), f"{prefix}_{other}_{secret}", f"{prefix}_{identity}_{'A' * 43}",
        f"{prefix}__{secret}", f"{prefix}_{identity}_", prefix, "", f"{text}\n", f" {text}", f"{text}\0",
        f"{prefix}_{identity}_{keys.all()[0].sha256[:43]}", "fck_é_" + "A" * 43,
    )  # fmt: skip
    assert keys.find(text)
    assert not any(keys.find(one) for one in tried)


def test_a_key_expires(keys, clock):
    _, text = keys.create("ci", Role.SERVICE, days=90)
    _, forever = keys.create("bot", Role.SERVICE, days=0)
    clock.now += 90 * DAY - 1
    assert keys.find(text)
    clock.now += 1
    assert keys.find(text) is None
    assert keys.find(forever)
    keys.create("ci", Role.SERVICE)  # the name is free again


def test_a_running_gateway_knows_new_and_revoked_keys(tmp_path, keys, clock):
    running = ApiKeys(tmp_path, clock)
    assert running.find("fck_000000000000_" + "A" * 43) is None
    _, text = keys.create("ci", Role.SERVICE)
    clock.now += 1
    assert running.find(text)
    keys.revoke("ci")
    clock.now += 1
    assert running.find(text) is None
    with pytest.raises(NotFound):
        keys.revoke("ci")


def test_a_file_that_was_damaged_lets_nobody_else_in_and_shuts_nobody_out(tmp_path, keys, clock):
    _, text = keys.create("ci", Role.SERVICE)
    running = ApiKeys(tmp_path, clock)
    assert running.find(text)
    keys.path.write_text("{")
    clock.now += 1
    assert running.find(text)
    with pytest.raises(UsageError, match="found no list of keys"):
        keys.create("other", Role.OPERATOR)


@pytest.mark.parametrize("name", ["", "a" * 65, "a\nb", "é", "../x", "<b>"])
def test_names_that_could_deceive_are_refused(keys, name):
    with pytest.raises(UsageError, match="found the name"):
        keys.create(name, Role.SERVICE)


def test_two_good_keys_never_share_a_name(keys):
    keys.create("ci", Role.SERVICE)
    with pytest.raises(UsageError, match="already"):
        keys.create("ci", Role.OPERATOR)


def test_processes_at_once_lose_no_key(tmp_path):
    program = (
        "import sys; from pathlib import Path; from serving.gateway.security.api_keys import ApiKeys\n"
        "from serving.gateway.security.principal import Role\n"
        "for n in range(5): ApiKeys(Path(sys.argv[1])).create(f'{sys.argv[2]}-{n}', Role.SERVICE)"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, tmp_path, str(n)]) for n in range(3)]
    assert [one.wait(60) for one in running] == [0] * 3
    assert len(ApiKeys(tmp_path).all()) == 15


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FAULTCAST_HOME", str(tmp_path))

    def typed(*arguments):
        code = main(arguments)
        ended = capsys.readouterr()
        return code, ended.out, ended.err

    return typed


def test_a_key_from_the_command_line_to_the_gateway_and_back(tmp_path, command):
    code, text, said = command("key", "create", "--name", "ci payments", "--role", "reviewer", "--days", "30")
    text = text.strip()
    assert (code, bool(re.fullmatch(r"fck_[0-9a-f]{12}_[\w-]{43}", text))) == (0, True)
    assert "shown this once" in said
    assert "FAULTCAST_AUTH=required" in said
    with guarded(tmp_path, auth="required") as client:
        assert client.post("/feedback", headers=bearer(text)).status_code == 200
    _, listed, _ = command("key", "list", "--json")
    (shown,) = json.loads(listed)["keys"]
    assert (shown["name"], shown["role"], "sha256" in shown) == ("ci payments", "reviewer", False)
    assert command("key", "revoke", shown["id"])[0] == 0
    assert command("key", "revoke", shown["id"])[0] == 6
    with guarded(tmp_path, auth="required") as client:
        assert client.post("/feedback", headers=bearer(text)).status_code == 401
    lines = [json.loads(line) for line in (tmp_path / "gateway" / "audit.jsonl").read_text().splitlines()]
    assert [line["what"] for line in lines] == [
        "key created", "key used at a new address", "feedback", "key revoked", "access",
    ]  # fmt: skip
    assert text not in str(lines)
    assert command("audit", "verify")[0] == 0


def test_the_documented_commands_work_as_written(tmp_path, command):
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    typed = [shlex.split(line, comments=True) for line in lines if "41:9f2c" not in line]
    assert len(typed) == 5
    for program, *arguments in typed:
        code, said, _ = command(*arguments)
        assert (program, code, bool(said)) == ("faultcast", 0, True), arguments
