"""Seeing where aliases point without MLflow: its SQLite table and its server's REST API, as they are and as they may be."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlparse

import pytest

from faultcast.adapters.served_models import ServedModels
from faultcast.errors import NotFound, Unavailable
from faultcast.settings import Settings

MODEL = "faultcast-shop-12345678"


def models(home: Path, uri: str = "") -> ServedModels:
    return ServedModels(Settings(home=home, mlflow_tracking_uri=uri), MODEL, home / "served.json")


def database(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / "mlflow.db")) as opened, opened:
        for statement in statements:
            opened.execute(statement)


TABLE = "CREATE TABLE registered_model_aliases (alias TEXT, version INTEGER, name TEXT)"


@contextmanager
def server(status: int, body: object) -> Iterator[tuple[str, list[str]]]:
    """A server that says this to everyone; yields its address and what it was asked."""
    asked: list[str] = []

    class Say(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            return

    listener = HTTPServer(("127.0.0.1", 0), Say)
    thread = Thread(target=listener.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/", asked
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def test_the_rows_of_the_database_say_where_the_aliases_of_this_model_point(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no MLflow database"):
        models(tmp_path).aliases()
    database(tmp_path, TABLE)
    assert models(tmp_path).aliases() == {}
    with pytest.raises(NotFound, match="has no champion"):
        models(tmp_path).find("champion")
    database(
        tmp_path,
        f"INSERT INTO registered_model_aliases VALUES ('champion', 3, '{MODEL}'), ('shadow', 4, '{MODEL}')",
        "INSERT INTO registered_model_aliases VALUES ('champion', 9, 'another')",
    )
    assert models(tmp_path).aliases() == {"champion": "3", "shadow": "4"}
    assert models(tmp_path, f"sqlite:///{tmp_path / 'mlflow.db'}").aliases() == {"champion": "3", "shadow": "4"}


def test_a_file_that_is_no_database_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"half a database" * 100)
    with pytest.raises(Unavailable, match="cannot be read"):
        models(tmp_path).aliases()


def test_looking_makes_and_changes_nothing(tmp_path: Path) -> None:
    database(tmp_path, TABLE)
    before = (tmp_path / "mlflow.db").read_bytes()
    models(tmp_path).aliases()
    assert (tmp_path / "mlflow.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_an_mlflow_server_is_asked_over_its_rest_api(tmp_path: Path) -> None:
    told = {"registered_model": {"name": MODEL, "aliases": [{"alias": "champion", "version": "3"}]}}
    with server(200, told) as (uri, asked):
        assert models(tmp_path, uri).aliases() == {"champion": "3"}
    place = urlparse(asked[0])
    assert (place.path, parse_qs(place.query)) == ("/api/2.0/mlflow/registered-models/get", {"name": [MODEL]})
    with server(200, {"registered_model": {"name": MODEL}}) as (uri, _):
        assert models(tmp_path, uri).aliases() == {}
    with server(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"}) as (uri, _):
        assert models(tmp_path, uri).aliases() == {}


@pytest.mark.parametrize(("status", "body"), [(503, b""), (429, b"{}"), (200, b"<html>"), (404, b"<html>")])
def test_a_server_in_trouble_does_not_answer(tmp_path: Path, status: int, body: bytes) -> None:
    with server(status, body) as (uri, _), pytest.raises(Unavailable, match="MLflow's server"):
        models(tmp_path, uri).aliases()


def test_what_is_remembered_serves_while_the_registry_is_away_unless_it_was_changed(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    kept = {"aliases": {"champion": "3"}, "versions": {"3": {"folder": str(folder), "manifest": digest}}}
    (tmp_path / "served.json").write_text(json.dumps(kept))
    found = models(tmp_path).find("champion")
    assert (found.name, found.version, found.folder) == (MODEL, "3", folder)
    with pytest.raises(Unavailable):
        models(tmp_path).find("challenger")
    (folder / "manifest.json").write_text("{ }")
    with pytest.raises(Unavailable):
        models(tmp_path).find("champion")
