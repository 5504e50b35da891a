"""The official clients, over REST and gRPC: Triton's and KServe's get the same answers as a plain question."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from kserve_package import kserve
from serving_process import RAW, predict

from faultcast.features.catalogue import NAMES
from serving.predictor import messages

ROWS = np.full((2, len(NAMES)), np.nan)
ROWS[1, :3] = 300, 20, 80.5


@pytest.fixture(scope="module")
def plain(server):
    """What curl would get."""
    import httpx

    rows = [[None if np.isnan(value) else value for value in row] for row in ROWS.tolist()]
    with httpx.Client(base_url=server.url, timeout=60) as client:
        return predict(client, *({"features": row} for row in rows)).json()["predictions"]


@pytest.mark.parametrize("kind", ["http", "grpc"])
def test_tritons_clients(server, plain, kind):
    address = server.grpc if kind == "grpc" else server.url.removeprefix("http://")
    script = Path(__file__).with_name("triton_asks.py")
    told = subprocess.run(
        [sys.executable, str(script), kind, address], input=json.dumps(ROWS.tolist()), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["health"] == [True, True, True]
    assert found["risk"] == found["short"] == [one["risk"] for one in plain]
    assert found["band"] == [one["band"] for one in plain]
    assert found["assumed"] == len(plain[0]["assumed"])
    assert (found["id"], found["no reasons"]) == ("42", True)
    assert [(one["name"], one["version"], one["state"]) for one in found["index"]] == [("faultcast", "7", "READY")]
    assert found["inputs"] == {"change": [-1], "features": [-1, len(NAMES)]}
    codes = ("NOT_FOUND", "NOT_FOUND", "PERMISSION_DENIED", "PERMISSION_DENIED")
    words = ("is not served", "is not served", "refused", "refused")
    for said, code, word in zip(found["refused"], codes, words, strict=True):
        assert word in said
        assert kind == "http" or code in said


@pytest.mark.parametrize("binary", [True, False])
def test_kserves_grpc_client(server, plain, binary):
    async def ask():
        client = kserve.InferenceGRPCClient(server.grpc)
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("faultcast")
        tensor = kserve.InferInput("features", list(ROWS.shape), "FP64")
        tensor.set_data_from_numpy(ROWS, binary_data=binary)
        answer = await client.infer(kserve.InferRequest("faultcast", [tensor], request_id="42"))
        await client.close()
        return answer

    answer = asyncio.run(ask())
    found = {output.name: output.as_numpy() for output in answer.outputs}
    assert (answer.id, answer.model_version) == ("42", "7")
    assert found["risk"].tolist() == [one["risk"] for one in plain]
    assert [json.loads(one) for one in found["reasons"]] == [one["reasons"] for one in plain]


def rpc(server, tensor, **more):
    """A raw call with our own messages."""
    import grpc

    types = messages.build()
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.unary_unary(
            f"/{messages.SERVICE}/ModelInfer",
            request_serializer=types["ModelInferRequest"].SerializeToString,
            response_deserializer=types["ModelInferResponse"].FromString,
        )
        try:
            call(types["ModelInferRequest"](model_name="faultcast", inputs=[tensor], **more), timeout=30)
        except grpc.RpcError as error:
            return error.code().name, error.details()
    return "OK", ""


GOOD = {"name": "features", "datatype": "FP64", "shape": [1, len(NAMES)]}


@pytest.mark.parametrize(
    ("tensor", "more", "complaint"),
    [
        (GOOD, {}, "found 0 elements"),
        (GOOD | {"datatype": "NONE"}, {}, "expected FP64 of shape"),
        (GOOD | {"shape": [-1, len(NAMES)]}, {}, "expected FP64 of shape"),
        (GOOD | {"shape": []}, {}, "expected FP64 of shape"),
        (GOOD, {"raw_input_contents": [b"123"]}, "found 3 bytes"),
        (GOOD, {"raw_input_contents": [b"", b""]}, "raw_input_contents: found 2"),
        (GOOD | {"contents": {"fp64_contents": [1.0]}}, {"raw_input_contents": [b"1"]}, "one of them"),
        (GOOD | {"contents": {"fp64_contents": [float("inf")] * len(NAMES)}}, {}, "finite number"),
        (GOOD, {"outputs": [{"name": "nonsense"}]}, "does not exist"),
        ({"name": "change", "datatype": "BYTES", "shape": [1]}, {"raw_input_contents": [b"\xff\xff\xff\xff"]}, "ends"),
        ({"name": "change", "datatype": "BYTES", "shape": [1], "contents": {"bytes_contents": [b"\xff"]}}, {}, "JSON"),
    ],
)
def test_a_bad_grpc_request_is_an_invalid_argument_with_a_reason(server, tensor, more, complaint):
    code, told = rpc(server, tensor, **more)
    assert (code, complaint in told) == ("INVALID_ARGUMENT", True), told


def test_a_grpc_message_above_the_limit_is_refused_and_the_server_goes_on(server):
    code, _ = rpc(server, GOOD, raw_input_contents=[b" " * (9 << 20)])
    assert code == "RESOURCE_EXHAUSTED"
    missing = {"contents": {"fp64_contents": [float("nan")] * len(RAW)}}
    assert rpc(server, GOOD | missing) == ("OK", "")


def test_our_messages_are_those_that_kserves_client_ships():
    """Every field that KServe knows has the same number, type and label here, but for the repository's (see there)."""
    from kserve.protocol.grpc import grpc_predict_v2_pb2 as theirs

    def fields(message):
        return {field.name: (field.number, field.type, field.is_repeated) for field in message.fields}

    def compare(mine, other):
        assert fields(other).items() <= fields(mine).items(), other.full_name
        for inner in other.nested_types:
            compare(mine.nested_types_by_name[inner.name], inner)

    types = messages.build()
    compared = 0
    for name, message in theirs.DESCRIPTOR.message_types_by_name.items():
        if name not in ("RepositoryModelLoadRequest", "RepositoryModelUnloadRequest"):
            compare(types[name].DESCRIPTOR, message)
            compared += 1
    assert compared > 15
    assert {method.name for method in theirs.DESCRIPTOR.services_by_name["GRPCInferenceService"].methods} <= set(
        messages.METHODS
    )
