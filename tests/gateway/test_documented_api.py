"""Every call in docs/api.md works as it is written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from gateway_process import running

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def gateway(small_model, tmp_path_factory):
    with running(small_model, tmp_path_factory.mktemp("documented")) as started:
        yield started


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", BLOCKS)
def test_a_documented_call_works(gateway, tmp_path, block):
    command = block.replace("http://127.0.0.1:8080", gateway.url)
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-euc", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout


def test_every_route_has_a_documented_call(app):
    routes = {path.replace("{name}", "champion") for path in app.openapi()["paths"]} - {"/openapi.json"}
    assert {route for route in routes if not re.search(rf"8080{re.escape(route)}[\s\"\\]", "".join(BLOCKS))} == set()


def test_every_metric_is_documented(parts):
    told = {family.name for family in parts.metrics.registry.collect()}
    assert {name for name in told if name not in PAGE} == set()
