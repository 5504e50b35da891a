"""Who may load and unload, what the index says, and that the old model answers until a new one can."""

import json
import shutil
import subprocess
import threading
import time
from types import SimpleNamespace

import httpx
import pytest
from loopback import free_port
from serving_process import RAW, V1, V2, predict, running, wait_for
from small_model import build_model

from faultcast.features.catalogue import NAMES
from serving.predictor import messages

TOKEN = "an operator's token"
INDEX, LOAD, UNLOAD = (
    f"/v2/repository/{rest}" for rest in ("index", "models/faultcast/load", "models/faultcast/unload")
)
OPERATOR = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def operated(tmp_path_factory):
    """A server whose operator has a token; `folder` is the model's."""
    folder = build_model(tmp_path_factory.mktemp("operated") / "model")
    log, grpc = tmp_path_factory.mktemp("log") / "log", free_port()
    with running(folder, log, "--grpc-port", grpc, operator_token=TOKEN) as (process, url):
        wait_for(process, url, "/v2/health/ready")
        with httpx.Client(base_url=url, timeout=60) as client:
            yield SimpleNamespace(client=client, folder=folder, grpc=f"127.0.0.1:{grpc}", log=log)


def version(client):
    return predict(client, {"features": RAW}).json()["predictions"][0]["model_version"]


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xe9"])
@pytest.mark.parametrize("path", [LOAD, UNLOAD])
def test_another_than_the_operator_is_401_and_the_model_stays(operated, path, given):
    headers = [] if given is None else [(b"authorization", given.encode("latin-1"))]
    refused = operated.client.post(path, headers=headers)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert operated.client.get("/v2/health/ready").status_code == 200


def test_the_operator_takes_the_model_out_and_everything_says_so(operated):
    client = operated.client
    told = client.post(INDEX).json()
    assert [(one["name"], one["state"], one["reason"]) for one in told] == [("faultcast", "READY", "")]
    assert client.post(UNLOAD, headers=OPERATOR).status_code == 200
    for path in ("/v2/health/ready", f"{V2}/ready", V1):
        assert client.get(path).status_code == 503
    assert client.get("/v2/health/live").status_code == 200
    refused = predict(client, {"features": RAW})
    assert (refused.status_code, "unloaded" in refused.json()["error"]) == (503, True)
    assert client.post(INDEX).json()[0] | {"version": ""} == {
        "name": "faultcast", "version": "", "state": "UNAVAILABLE", "reason": "unloaded"
    }  # fmt: skip
    assert client.post(INDEX, json={"ready": True}).json() == []
    assert "ml_model_loaded{" not in client.get("/metrics").text
    assert client.post(LOAD, headers=OPERATOR).status_code == 200
    assert predict(client, {"features": RAW}).status_code == 200


def test_a_model_that_cannot_be_served_is_refused_and_the_old_one_goes_on(operated, tmp_path):
    before = version(operated.client)
    kept = tmp_path / "kept"
    shutil.copytree(operated.folder, kept)
    other = (("lines_of_code", "int64", "lines"), *((name, "int64", "") for name in NAMES[1:]))
    shutil.rmtree(operated.folder)
    build_model(operated.folder, features=other)
    refused = operated.client.post(LOAD, headers=OPERATOR)
    assert (refused.status_code, "lines_of_code" in refused.json()["error"]) == (409, True), refused.text
    shutil.rmtree(operated.folder)
    assert operated.client.post(LOAD, headers=OPERATOR).status_code == 404
    assert version(operated.client) == before
    assert operated.client.get("/v2/health/ready").status_code == 200
    shutil.copytree(kept, operated.folder)


def test_loading_under_load_fails_no_request(operated):
    """The folder's model becomes another one; questions go on all the while."""
    before, statuses, done = version(operated.client), [], threading.Event()

    def ask():
        with httpx.Client(base_url=operated.client.base_url, timeout=60) as client:
            while not done.is_set():
                statuses.append(predict(client, {"features": RAW}).status_code)

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    manifest = operated.folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"seed": 99}))
    for _ in range(3):
        assert operated.client.post(LOAD, headers=OPERATOR).status_code == 200
        time.sleep(0.1)
    done.set()
    for thread in asking:
        thread.join(30)
    assert set(statuses) == {200}
    assert version(operated.client) != before


def test_grpc_asks_for_the_same_token(operated):
    import grpc

    types = messages.build()

    def call(method, fields, metadata=()):
        with grpc.insecure_channel(operated.grpc) as channel:
            ask = channel.unary_unary(
                f"/{messages.SERVICE}/{method}",
                request_serializer=types[f"{method}Request"].SerializeToString,
                response_deserializer=types[f"{method}Response"].FromString,
            )
            try:
                return ask(types[f"{method}Request"](**fields), metadata=metadata, timeout=30)
            except grpc.RpcError as error:
                return error.code().name

    token = [("authorization", f"Bearer {TOKEN}")]
    assert call("RepositoryModelUnload", {"model_name": "faultcast"}) == "UNAUTHENTICATED"
    assert call("RepositoryModelUnload", {"model_name": "other"}, token) == "NOT_FOUND"
    assert call("RepositoryModelUnload", {"repository_name": "faultcast"}, token).isUnloaded  # as KServe numbers it
    assert not call("ServerReady", {}).ready
    assert call("ServerLive", {}).live
    assert [one.state for one in call("RepositoryIndex", {}).models] == ["UNAVAILABLE"]
    assert call("ModelInfer", {"model_name": "faultcast"}) in ("UNAVAILABLE", "INVALID_ARGUMENT")
    assert call("RepositoryModelLoad", {"model_name": "faultcast"}, token).isLoaded  # as Triton does
    assert call("ServerReady", {}).ready


def test_the_token_is_in_no_log_and_no_answer(operated):
    text = operated.log.read_text() + operated.client.get("/metrics").text
    assert TOKEN not in text
    assert "Traceback" not in text


def test_metrics_tell_status_and_version_and_nothing_that_a_stranger_wrote(client):
    predict(client, {"features": RAW})
    predict(client, {"features": [1]})
    client.get("/v2/models/faultcast-secret-route")
    client.request("BREW", "/pot")
    text = client.get("/metrics").text
    assert 'api_requests_total{endpoint="/v1/models/{model}:predict",method="POST",status="200"}' in text
    assert 'api_requests_total{endpoint="/v1/models/{model}:predict",method="POST",status="400"}' in text
    assert 'ml_predictions_total{model_name="faultcast",model_version="7",protocol="v1"}' in text
    assert 'ml_model_loaded{model_name="faultcast",model_version="7"} 1.0' in text
    assert 'ml_prediction_errors_total{reason="bad_change"}' in text
    assert "api_request_duration_seconds_bucket" in text
    assert "secret-route" not in text
    assert "BREW" not in text


def test_prometheus_reads_what_is_scraped(client, tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed")
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=client.get("/metrics").text, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, json.dumps(checked.stdout + checked.stderr)
