"""The gateway around a small real model, in this process."""

import pytest
from gateway_here import asked_here
from small_model import build_model

from faultcast.settings import Settings
from serving.gateway import build
from serving.gateway.app import create_app
from serving.scoring.sources import FolderSource
from serving.scoring.split import parse


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
    with asked_here(parts, app, raise_server_exceptions=False) as opened:
        yield opened
