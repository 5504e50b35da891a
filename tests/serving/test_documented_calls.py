"""Every call in docs/serving.md works as it is written."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from serving.wire.change import to_instance

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", BLOCKS)
def test_a_documented_call_works(server, story, tmp_path, block):
    (tmp_path / "change.json").write_text(json.dumps(to_instance(story.commits[-1], story.contents)))
    command = block.replace("http://127.0.0.1:8080", server.url).replace("faultcast change . HEAD", "cat change.json")
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-ec", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout


def test_every_route_of_the_protocols_is_documented():
    routes = (
        "v1/models/faultcast:predict v1/models/faultcast:explain v2/models/faultcast/infer v2/health/ready /metrics"
    )
    assert [route for route in routes.split() if not any(route in block for block in BLOCKS)] == []
