"""The running server refuses what it cannot answer: 4xx with a reason, never 500."""

import json

import pytest
from serving_process import RAW, V1, V2, predict

from faultcast.features.catalogue import NAMES


def test_a_commit_that_the_store_does_not_know_is_404(client):
    response = predict(client, {"commit": "f" * 40})
    assert response.status_code == 404
    assert "does not know it" in response.json()["error"]


@pytest.mark.parametrize(
    "path", ["/v1/models/other:predict", "/v2/models/other/infer", "/v2/models/other", f"{V2}/versions/8/infer", "/v3"]
)
def test_another_model_version_or_route_is_404(client, path):
    response = client.get(path) if path.endswith(("other", "v3")) else client.post(path, json={"inputs": []})
    assert response.status_code == 404


@pytest.mark.parametrize("verb", ["unload", "load"])
def test_nobody_takes_the_model_out(client, verb):
    assert client.post(f"/v2/repository/models/faultcast/{verb}").status_code == 403
    assert client.get("/v2/health/ready").json() == {"ready": True}


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "expected JSON"),
        (b"{", "expected JSON"),
        (b"\xff\xfe", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
        (b"null", "found null"),
        (b"[]", "found a list"),
        (b"{}", "body.instances: expected a list, found nothing"),
        (b'{"instances": {}}', "expected a list, found an object"),
        (b'{"instances": []}', "found an empty list"),
        (b'{"instances": [1]}', "instances[0]: expected an object"),
        (b'{"instances": [{}]}', "found none of commit, files, features"),
        (b'{"instances": [{"commit": 5}]}', "instances[0].commit: expected a text, found a number"),
        (b'{"instances": [{"commit": ""}]}', "found an empty text"),
        (b'{"instances": [{"files": [{"path": "a"}]}]}', "found neither hunks nor before and after"),
        (b'{"instances": [{"features": [NaN]}]}', "expected JSON"),
        (b'{"instances": [{"features": [1, 2]}]}', f"found 2 values, expected {len(NAMES)}"),
        (b'{"instances": [], "parameters": {}}', "unknown field 'parameters'"),
        (
            json.dumps({"instances": [{"features": ["7", *RAW[1:]]}]}).encode(),
            "(lines_added): expected a finite number",
        ),
        (json.dumps({"instances": [{"features": [1.5, *RAW[1:]]}]}).encode(), "expected a whole number, found 1.5"),
        (json.dumps({"instances": [{"features": [True, *RAW[1:]]}]}).encode(), "expected a finite number"),
        (json.dumps({"instances": [{"features": [-1, *RAW[1:]]}]}).encode(), "expected 0 or more, found -1"),
        (json.dumps({"instances": [{"features": [*RAW[:-1], 7]}]}).encode(), "(weekday): expected 0 to 6, found 7"),
        (json.dumps({"instances": [{"features": RAW}] * 513}).encode(), "found 513 items, at most 512"),
    ],
)
@pytest.mark.parametrize("verb", ["predict", "explain"])
def test_a_bad_v1_body_is_400_with_a_reason(client, body, complaint, verb):
    response = client.post(f"{V1}:{verb}", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400, response.text
    assert complaint in response.json()["error"]


def tensor(**changed):
    good = {"name": "features", "datatype": "FP64", "shape": [1, len(NAMES)], "data": RAW}
    return {"inputs": [{**good, **changed}]}


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ([], "found a list"),
        ({}, "body.inputs: expected a list"),
        ({"inputs": []}, "expected one tensor, 'change' or 'features', found none"),
        ({"inputs": [3]}, "inputs[0]: expected an object"),
        ({"inputs": [{"name": "change"}]}, "inputs[0].datatype: expected a text"),
        (tensor(name="x"), "found 'x'"),
        (tensor(datatype="INT64"), "expected FP64 of shape [N, "),
        (tensor(shape=[len(NAMES)]), "expected FP64 of shape [N, "),
        (tensor(shape=[-1, len(NAMES)]), "expected whole numbers"),
        (tensor(shape=[2, len(NAMES)]), f"expected {2 * len(NAMES)} by its shape"),
        (tensor(shape=[10**9, len(NAMES)]), "N from 1 to 512"),
        (tensor(data="abc"), "expected a list"),
        (tensor(data=[[None]]), "found 1 elements"),
        (tensor(data=[{}, *RAW[1:]]), "expected a finite number"),
        (tensor(parameters=7), "expected an object"),
        (tensor(parameters={"binary_data_size": "x"}), "whole binary_data_size"),
        ({**tensor(), "outputs": [{"name": "nonsense"}]}, "'nonsense' does not exist"),
        ({**tensor(), "outputs": [7]}, "expected an object with a name"),
        ({**tensor(), "outputs": 7}, "outputs: expected a list"),
        ({**tensor(), "id": 7}, "id: expected a text"),
        ({**tensor(), "parameters": {"binary_data_output": "x"}}, "expected true or false"),
        ({"inputs": [{"name": "change", "datatype": "BYTES", "shape": [1], "data": [7]}]}, "expected a text"),
        (
            {"inputs": [{"name": "change", "datatype": "BYTES", "shape": [1], "data": ["{"]}]},
            "change[0]: expected JSON",
        ),
        ({"inputs": [{"name": "change", "datatype": "BYTES", "shape": [1], "data": ["{}"]}]}, "found none of commit"),
    ],
)
def test_a_bad_v2_body_is_400_with_a_reason(client, body, complaint):
    response = client.post(f"{V2}/infer", json=body)
    assert response.status_code == 400, response.text
    assert complaint in response.json()["error"]


@pytest.mark.parametrize("length", ["x", "-1", "10000000", "2"])
def test_a_wrong_length_of_the_binary_extension_is_400(client, length):
    headers = {"inference-header-content-length": length, "content-type": "application/octet-stream"}
    assert client.post(f"{V2}/infer", content=b'{"inputs":[]}', headers=headers).status_code == 400


def test_broken_binary_tensors_are_400(client):
    for datatype, raw in (("BYTES", b"\xff\xff\xff\xff"), ("BYTES", b"\1\0\0\0\xff"), ("FP64", b"123"), ("FP99", b"")):
        parameters = {"binary_data_size": len(raw)}
        head = json.dumps(
            {"inputs": [{"name": "change", "datatype": datatype, "shape": [1], "parameters": parameters}]}
        )
        headers = {"inference-header-content-length": str(len(head))}
        response = client.post(f"{V2}/infer", content=head.encode() + raw, headers=headers)
        assert response.status_code == 400, (datatype, raw, response.text)


@pytest.mark.parametrize("path", [f"{V1}:predict", f"{V2}/infer", "/nowhere"])
def test_a_body_that_is_too_large_is_413(client, path):
    response = client.post(path, content=b" " * (9 * 1024 * 1024))
    assert response.status_code == 413
    assert "larger than" in response.json()["error"]


def test_a_body_that_announces_no_length_is_counted(client):
    chunks = (b" " * 1024 * 1024 for _ in range(9))
    assert client.post(f"{V1}:predict", content=chunks).status_code == 413


def test_nothing_that_was_asked_here_made_the_server_stumble(client, server):
    """Runs last: no traceback in the log, and still ready."""
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert "Traceback" not in server.log.read_text()
