"""Every call in docs/serving.md works as it is written."""

import json
import shutil

import pytest
from documented import blocks, works

from serving.wire.change import to_instance

BLOCKS = blocks("serving.md")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", BLOCKS)
def test_a_documented_call_works(server, story, tmp_path, block):
    (tmp_path / "change.json").write_text(json.dumps(to_instance(story.commits[-1], story.contents)))
    works(block.replace("faultcast change . HEAD", "cat change.json"), server.url, tmp_path)


def test_every_route_of_the_protocols_is_documented():
    routes = (
        "v1/models/faultcast:predict v1/models/faultcast:explain v2/models/faultcast/infer v2/health/ready /metrics"
    )
    assert [route for route in routes.split() if not any(route in block for block in BLOCKS)] == []
