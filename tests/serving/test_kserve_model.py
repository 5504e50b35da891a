"""In KServe's own `ModelServer` the model gives the answers that the bare server gives."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from loopback import free_port
from serving_process import RAW, V1, V2, infer, outputs, predict, wait_for

from serving.wire.change import to_instance


@pytest.fixture(scope="module")
def kserves(model_dir, tmp_path_factory):
    port = free_port()
    command = [sys.executable, str(Path(__file__).with_name("kserve_server.py")), str(model_dir), str(port)]
    with (tmp_path_factory.mktemp("kserve") / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(process, f"http://127.0.0.1:{port}", f"{V2}/ready")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                yield client
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def asked(story):
    change = to_instance(story.commits[-1], story.contents)
    return {"features": RAW}, {"features": [300, *RAW[1:]], "text": "fix"}, {**change, "author": ""}


@pytest.fixture(scope="module")
def bare(model_dir, tmp_path_factory):
    """The bare server with as little as KServe's: no past, no store."""
    from serving_process import running

    with running(model_dir, tmp_path_factory.mktemp("bare") / "log", "--model-version", "7") as (process, url):
        wait_for(process, url, "/v2/health/ready")
        with httpx.Client(base_url=url, timeout=60) as client:
            yield client


@pytest.mark.parametrize("verb", ["predict", "explain"])
def test_v1_is_answered_alike(kserves, bare, asked, verb):
    assert predict(kserves, *asked, verb=verb).json() == predict(bare, *asked, verb=verb).json()


def test_v2_is_answered_alike(kserves, bare, asked):
    theirs, ours = infer(kserves, *asked), infer(bare, *asked)
    assert outputs(theirs) == outputs(ours)
    assert [output["datatype"] for output in theirs.json()["outputs"]] == ["FP64", "BYTES", "BYTES", "BYTES"]
    only = [{"name": "risk"}]
    assert outputs(infer(kserves, *asked, outputs=only)) == outputs(infer(bare, *asked, outputs=only))


def test_metadata_has_the_real_tensors(kserves, bare):
    told = [client.get(V2).json() for client in (kserves, bare)]
    assert told[0]["inputs"] == told[1]["inputs"]
    assert told[0]["outputs"] == told[1]["outputs"]


def test_what_the_bare_server_refuses_is_no_answer_here_either(kserves, bare):
    """KServe makes its own status of it; the words are the same."""
    bad = {"instances": [{"features": ["7", *RAW[1:]]}]}
    refused = [client.post(f"{V1}:predict", content=json.dumps(bad)) for client in (kserves, bare)]
    assert refused[1].status_code == 400
    assert refused[0].status_code >= 400
    assert refused[1].json()["error"] in json.dumps(refused[0].json(), ensure_ascii=False)
