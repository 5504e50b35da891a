"""The same registry behind a real MLflow server, on loopback: two machines, one log."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import end, free_port

from faultcast.adapters.registry import Registry, folder_digest

MODEL = "faultcast-shop-12345678"
PATIENCE_SECONDS = 240


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    Registry(folder)  # its database, made once
    port = free_port()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        end(process)


def _wait(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.2)


def test_two_machines_share_versions_aliases_and_the_log(server: str, tmp_path: Path) -> None:
    here, there = Registry(tmp_path / "here", server), Registry(tmp_path / "there", server)
    folders = []
    for name in ("one", "two", "three"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "manifest.json").write_text(name)
        folders.append(folder)
    run = here.log_training("simple", {"seed": 7}, {"auc": 0.7}, folders[0])
    here.register(MODEL, folders[0], {}, "champion", run_id=run, why="first", verdict="PASS", card="# one")
    here.register(MODEL, folders[1], {}, "challenger", why="better", verdict="PASS")
    here.archive(MODEL, folders[2], {}, "FAIL", "AUC 0.5")

    there.promote(MODEL, "2", "champion", why="a week later", by="bob")
    assert here.champion(MODEL).version == "2"  # type: ignore[union-attr]
    rolled_back = here.rollback(MODEL, why="alarms", by="ana")
    champion = there.champion(MODEL)

    assert champion is not None
    assert (rolled_back.to_version, champion.version) == ("1", "1")
    assert folder_digest(champion.folder) == folder_digest(folders[0])
    assert champion.folder.is_relative_to(tmp_path / "there")
    assert [(one.version, one.aliases, one.verdict, one.why) for one, _ in there.versions(MODEL)] == [
        ("1", ("champion",), "PASS", "first"),
        ("2", ("challenger",), "PASS", "better"),
        ("3", (), "FAIL", "AUC 0.5"),
    ]
    assert [(one.alias, one.kind, one.by, one.to_version, one.state) for one in there.promotions(MODEL)] == [
        ("champion", "promotion", "faultcast", "1", "done"),
        ("challenger", "promotion", "faultcast", "2", "done"),
        ("champion", "promotion", "bob", "2", "done"),
        ("champion", "rollback", "ana", "1", "done"),
    ]
