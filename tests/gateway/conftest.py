"""The gateway around a small real model, in this process: all that stands around the routes, no network."""

import time

import pytest
from small_model import build_model
from starlette.testclient import TestClient

from faultcast.settings import Settings
from serving.gateway import build
from serving.gateway.app import create_app, served
from serving.scoring.sources import FolderSource
from serving.scoring.split import parse

URL = "http://127.0.0.1:8080"
READY_SECONDS = 60


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    return build_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def parts(small_model, tmp_path_factory):
    made, _ = build.of_fleet(
        Settings(home=tmp_path_factory.mktemp("home")), FolderSource({"champion": small_model}), parse("champion")
    )
    return made


@pytest.fixture(scope="module")
def app(parts):
    return create_app(parts)


@pytest.fixture(scope="module")
def client(parts, app):
    with TestClient(served(parts, app), base_url=URL, raise_server_exceptions=False) as opened:
        wait_until_ready(opened)
        yield opened


def wait_until_ready(client):
    end = time.monotonic() + READY_SECONDS
    while client.get("/health/ready").status_code != 200:
        assert time.monotonic() < end, "no model was loaded"
        time.sleep(0.05)
