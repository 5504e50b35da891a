"""The running server, asked by KServe's own client and by a plain one."""

import asyncio
import json

import httpx
import numpy as np
import pytest
from kserve_package import kserve
from serving_process import RAW, V1, V2, infer, outputs, predict

from faultcast.features.catalogue import CATALOGUE, NAMES
from serving.wire.change import to_instance


@pytest.fixture(scope="module")
def instance(story):
    """The newest commit, which the served past has not observed."""
    return to_instance(story.commits[-1], story.contents)


# --- good questions -------------------------------------------------------------------------


def test_an_unseen_change_is_described_as_in_training_and_scored(client, instance, story):
    (found,) = predict(client, instance).json()["predictions"]
    assert 0 <= found["risk"] <= 1
    assert found["band"] in ("low", "medium", "high")
    assert found["prediction"] == ("bug_inducing" if found["risk"] >= 0.5 else "clean")
    assert (found["model_name"], found["model_version"], found["assumed"]) == ("faultcast", "7", [])
    assert found["reasons"]
    assert set(found["reasons"][0]) == {"feature", "value", "typical", "effect", "text"}
    (explained,) = predict(client, instance, verb="explain").json()["explanations"]
    assert explained["features"] == story.rows[-1].values
    assert explained["risk"] == found["risk"]
    assert len(explained["reasons"]) >= len(found["reasons"])


def test_a_stored_commit_an_unseen_change_and_raw_features_are_one_and_the_same(client, instance, story):
    stored, row = story.commits[-1].id, story.rows[-1]
    raw = {"features": [row.values[name] for name in NAMES], "text": row.text}
    answers = predict(client, {"commit": stored}, instance, raw).json()["predictions"]
    assert len({answer["risk"] for answer in answers}) == 1
    assert answers[0]["reasons"] == answers[1]["reasons"] == answers[2]["reasons"]


def test_v1_and_v2_answer_alike(client, instance, story):
    sent = (instance, {"commit": story.commits[2].id}, {"features": RAW})
    v1 = predict(client, *sent).json()["predictions"]
    response = infer(client, *sent, id="42")
    v2 = outputs(response)
    assert response.json()["id"] == "42"
    assert response.json()["model_version"] == "7"
    assert v2["risk"] == [one["risk"] for one in v1]
    assert v2["band"] == [one["band"] for one in v1]
    assert [json.loads(one) for one in v2["reasons"]] == [one["reasons"] for one in v1]
    assert [json.loads(one) for one in v2["assumed"]] == [one["assumed"] for one in v1]


@pytest.mark.parametrize("binary", [True, False])
def test_kserves_client_gets_the_same_from_both_protocols(server, instance, binary):
    async def ask():
        v1 = await kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v1")).infer(
            server.url, {"instances": [instance]}, model_name="faultcast"
        )
        v2_client = kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2"))
        assert await v2_client.is_server_live(server.url)
        assert await v2_client.is_server_ready(server.url)
        assert await v2_client.is_model_ready(server.url, "faultcast")
        tensor = kserve.InferInput("change", [1], "BYTES")
        tensor.set_data_from_numpy(np.array([json.dumps(instance)], dtype=object), binary_data=binary)
        request = kserve.InferRequest("faultcast", [tensor], parameters={"binary_data_output": binary})
        v2 = await v2_client.infer(server.url, request, model_name="faultcast")
        return v1["predictions"][0], {output.name: output.as_numpy()[0] for output in v2.outputs}

    v1, v2 = asyncio.run(ask())
    assert v2["risk"] == v1["risk"]
    assert v2["band"] in (v1["band"], v1["band"].encode())
    assert json.loads(v2["reasons"]) == v1["reasons"]


def test_a_features_tensor_takes_nan_as_missing_in_binary_and_null_in_json(server, client):
    async def ask(values):
        tensor = kserve.InferInput("features", list(values.shape), "FP64")
        tensor.set_data_from_numpy(values, binary_data=True)
        answer = await kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2")).infer(
            server.url, kserve.InferRequest("faultcast", [tensor]), model_name="faultcast"
        )
        return answer.get_output_by_name("risk").as_numpy().tolist()

    values = np.full((2, len(NAMES)), np.nan)
    values[1, 0] = 300
    by_binary = asyncio.run(ask(values))
    data = [None if np.isnan(one) else one for one in values.ravel()]
    tensor = {"name": "features", "datatype": "FP64", "shape": list(values.shape), "data": data}
    by_json = outputs(client.post(f"{V2}/infer", json={"inputs": [tensor]}))["risk"]
    nested = {**tensor, "data": [data[: len(NAMES)], data[len(NAMES) :]]}
    assert by_binary == by_json == outputs(client.post(f"{V2}/infer", json={"inputs": [nested]}))["risk"]
    assert by_json[1] > by_json[0]


def test_only_the_outputs_that_were_asked_for_come_back(client, instance):
    assert set(outputs(infer(client, instance, outputs=[{"name": "risk"}]))) == {"risk"}


def test_what_was_not_sent_is_said_in_the_answer(client):
    sent = {"files": [{"path": "src/cart.py", "before": "a = 1\n", "after": "a = 2\n"}]}
    (found,) = predict(client, sent).json()["predictions"]
    assert {one["field"] for one in found["assumed"]} == {
        "message",
        "author",
        "authored_at",
        "reviewers",
        "files[src/cart.py].hunks",
    }
    (explained,) = predict(client, sent, verb="explain").json()["explanations"]
    assert explained["features"]["author_changes"] is None  # an unknown author is no newcomer
    assert explained["features"]["developers"] == 1  # but the file's history is known


def test_a_body_is_read_as_json_whatever_its_content_type_says(client, instance):
    body = json.dumps({"instances": [instance]})
    kinds = ("application/x-www-form-urlencoded", "application/json; charset=utf-8", "application/cloudevents+json")
    found = [client.post(f"{V1}:predict", content=body, headers={"content-type": kind}) for kind in kinds]
    assert [one.status_code for one in found] == [200] * len(kinds)


# --- health and metadata --------------------------------------------------------------------


def test_health_and_metadata_tell_what_is_there(client):
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get(f"{V2}/ready").json() == {"name": "faultcast", "ready": True}
    assert client.get(f"{V2}/versions/7/ready").status_code == 200
    assert client.get(V1).json() == {"name": "faultcast", "ready": True}
    assert client.get("/v1/models").json() == {"models": ["faultcast"]}
    assert client.get("/v2").json()["name"]
    metadata = client.get(V2).json()
    assert (metadata["name"], metadata["versions"]) == ("faultcast", ["7"])
    assert {one["name"]: (one["datatype"], one["shape"]) for one in metadata["inputs"]} == {
        "change": ("BYTES", [-1]),
        "features": ("FP64", [-1, len(CATALOGUE)]),
    }
    assert [one["name"] for one in metadata["outputs"]] == ["risk", "band", "reasons", "assumed"]


def test_health_answers_while_predictions_are_computed(server):
    async def ask():
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            body = {"instances": [{"features": [i, *RAW[1:]]} for i in range(512)]}
            slow = asyncio.create_task(client.post(f"{V1}:explain", json=body))
            await asyncio.sleep(0.05)
            health = await client.get("/v2/health/live")
            still_computing = not slow.done()
            return health.status_code, still_computing, (await slow).status_code

    assert asyncio.run(ask()) == (200, True, 200)
