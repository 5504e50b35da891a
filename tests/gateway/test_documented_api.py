"""Every call in docs/api.md works as it is written."""

import re
import shutil

import pytest
from documented import DOCS, blocks, works
from gateway_process import running

BLOCKS = blocks("api.md")


@pytest.fixture(scope="module")
def gateway(small_model, tmp_path_factory):
    with running(small_model, tmp_path_factory.mktemp("documented")) as started:
        yield started


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", BLOCKS)
def test_a_documented_call_works(gateway, tmp_path, block):
    works(block, gateway.url, tmp_path)


def test_every_route_has_a_documented_call(app):
    routes = {path.replace("{name}", "champion") for path in app.openapi()["paths"]} - {"/openapi.json"}
    assert {route for route in routes if not re.search(rf"8080{re.escape(route)}[\s\"\\]", "".join(BLOCKS))} == set()


def test_every_metric_is_documented(parts):
    page = (DOCS / "api.md").read_text()
    told = {family.name for family in parts.metrics.registry.collect()}
    assert {name for name in told if name not in page} == set()
