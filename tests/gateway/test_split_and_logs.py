"""Two models and a shadow behind one gateway: who answers whom, and what the logs, the metrics and the log of predictions say."""

import json
import shutil
import signal
import socket
from types import SimpleNamespace

import httpx
import pytest
from gateway_here import asked_here
from gateway_process import running
from gateway_story import until

from faultcast.settings import Settings
from serving.gateway import build
from serving.scoring.sources import FolderSource
from serving.scoring.split import parse


def change(i):
    return {"additions": i, "deletions": 1, "commit_message": f"change {i}"}


@pytest.fixture(scope="module")
def several(small_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    for alias in ("champion", "challenger", "shadow"):
        shutil.copytree(small_model, folder / alias)
        manifest = json.loads((folder / alias / "manifest.json").read_text())
        (folder / alias / "manifest.json").write_text(json.dumps(manifest | {"seed": len(alias)}))
    source = FolderSource({alias: folder / alias for alias in ("champion", "challenger", "shadow")})
    split = parse("champion,challenger,shadow", "90/10")
    parts, _ = build.of_fleet(Settings(home=folder / "home", monitoring_interval_seconds=0), source, split)
    with asked_here(parts) as client:
        while len(client.get("/models").json()["models"]) < 3:
            pass
        yield SimpleNamespace(client=client, parts=parts)


def test_one_change_always_meets_one_model_and_ninety_of_a_hundred_the_champion(several):
    versions = {one["alias"]: one["version"] for one in several.client.get("/models").json()["models"]}
    assert len(set(versions.values())) == 3
    answered = [several.client.post("/predict", json=change(i)).json()["model_version"] for i in range(200)]
    again = [several.client.post("/predict", json=change(i)).json()["model_version"] for i in range(200)]
    assert answered == again
    assert set(answered) == {versions["champion"], versions["challenger"]}
    assert 0.8 < answered.count(versions["champion"]) / 200 < 0.98
    keyed = [
        several.client.post("/predict", json=change(i), headers={"x-split-key": "pull 7"}).json()["model_version"]
        for i in range(20)
    ]
    assert len(set(keyed)) == 1


def test_a_shadow_is_kept_and_counted_and_told_to_nobody(several):
    sent = several.client.post("/predict", json=change(777), headers={"x-request-id": "shadowed-1"})
    told = sent.json()
    several.client.portal.call(several.parts.forecaster.shadow.drained)
    kept = several.parts.log.between(0, 1e12, limit=10)
    pair = [one for one in kept if one.request_id == "shadowed-1"]
    assert {one.is_shadow for one in pair} == {True, False}
    assert len({one.input_digest for one in pair}) == 1
    (shadow,) = (one for one in pair if one.is_shadow)
    assert shadow.model_version != told["model_version"]
    assert shadow.prediction_id not in sent.text
    assert f'alias="shadow",cached="false",model_name="faultcast",model_version="{shadow.model_version}"' in (
        several.client.get("/metrics").text
    )


def test_a_request_its_prediction_and_its_feedback_are_joined_by_an_id_in_the_logs(small_model, tmp_path):
    with running(small_model, tmp_path) as gateway:
        told = httpx.post(f"{gateway.url}/predict", json=change(1), headers={"x-request-id": "joined-0001"}).json()
        word = {"prediction_id": told["prediction_id"], "label": "clean"}
        httpx.post(f"{gateway.url}/feedback", json=word, headers={"x-request-id": "joined-0002"})
        last = httpx.get(f"{gateway.url}/health/live", headers={"x-request-id": "joined-0003"})
        assert last.status_code == 200
    lines = [json.loads(line) for line in gateway.log.read_text().splitlines()]
    predicted = next(one for one in lines if one["message"] == "predicted")
    assert (predicted["request_id"], predicted["prediction_id"]) == ("joined-0001", told["prediction_id"])
    assert predicted["model_version"] == told["model_version"]
    voted = next(one for one in lines if one["message"] == "voted")
    assert (voted["request_id"], voted["prediction_id"]) == ("joined-0002", told["prediction_id"])
    by_request = {one["request_id"]: one for one in lines if one["logger"] == "faultcast.access"}
    assert by_request["joined-0001"]["endpoint"] == "/predict"
    assert by_request["joined-0003"]["status"] == 200  # written although the process ended right after


def test_a_signal_ends_the_gateway_when_what_was_asked_is_answered(small_model, tmp_path):
    body = json.dumps({"files": [{"path": "a.py", "code": "def f(x):\n    return x\n"}]}).encode()
    head = f"POST /analyze/code HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    head += "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n"
    with (
        running(small_model, tmp_path) as gateway,
        socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as asking,
        asking.makefile("rb") as answer,
    ):
        asking.sendall(head.encode())
        assert answer.readline() == b"HTTP/1.1 100 Continue\r\n"  # the gateway waits for the body
        gateway.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(gateway.port), 30)
        asking.sendall(body)
        assert answer.readline() == b"\r\n"
        assert answer.readline() == b"HTTP/1.1 200 OK\r\n"
        assert gateway.process.wait(timeout=60) == 0


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_model_that_is_refused_ends_the_process_with_its_reason(tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(AssertionError, match="ended with status"), running(tmp_path / "nothing", tmp_path):
        pass
    assert "NotFound" in (tmp_path / "log").read_text()
