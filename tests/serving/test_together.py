"""What arrives together is scored together: the same risks as alone, and one's mistake is not another's."""

import asyncio
import json

import httpx
import numpy as np
import pytest
from serving_process import RAW, V1, V2, outputs

from faultcast.features.catalogue import CATALOGUE


def rows(count):
    """Small whole numbers within each feature's range, one in ten missing."""
    rng = np.random.default_rng(11)
    low = [max(feature.minimum or 0, 0) for feature in CATALOGUE]
    high = [1 if feature.dtype == "bool" else min(feature.maximum or 5, 5) for feature in CATALOGUE]
    drawn = [rng.integers(low, np.add(high, 1)).astype(float).tolist() for _ in range(count)]
    return [[None if rng.random() < 0.1 else value for value in row] for row in drawn]


def question(row):
    tensor = {"name": "features", "datatype": "FP64", "shape": [1, len(row)], "data": row}
    return {"inputs": [tensor], "outputs": [{"name": "risk"}]}


def test_many_at_once_get_what_each_gets_alone(server, client):
    """Up to the last bit, which ONNX Runtime's logarithm rounds by the place in its vector."""
    asked = rows(120)
    alone = [outputs(client.post(f"{V2}/infer", json=question(row)))["risk"][0] for row in asked]
    with_reasons = client.post(f"{V1}:predict", json={"instances": [{"features": row} for row in asked]}).json()

    async def ask_all():
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as opened:
            v2 = [opened.post(f"{V2}/infer", json=question(row)) for row in asked]
            v1 = [opened.post(f"{V1}:predict", json={"instances": [{"features": row}], "top": 0}) for row in asked]
            return await asyncio.gather(*v2, *v1)

    found = asyncio.run(ask_all())
    same = pytest.approx(alone, rel=1e-14, abs=0)
    assert [outputs(one)["risk"][0] for one in found[:120]] == same
    assert [one.json()["predictions"][0]["risk"] for one in found[120:]] == same
    assert [one["risk"] for one in with_reasons["predictions"]] == same
    assert len(set(alone)) > 20


def test_a_wrong_value_is_told_to_whoever_sent_it_alone(server):
    wrong = [[-1, *RAW[1:]], RAW, [1.5, *RAW[1:]], RAW, [*RAW[:-1], 7], RAW] * 8

    async def ask_all():
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as opened:
            return await asyncio.gather(*(opened.post(f"{V2}/infer", json=question(row)) for row in wrong))

    found = asyncio.run(ask_all())
    assert [one.status_code for one in found] == [400, 200] * 24
    told = [one.json()["error"] for one in found[::2]]
    expected = [
        "features[0][0] (lines_added): expected 0 or more, found -1",
        "expected a whole number, found 1.5",
        "0 to 6",
    ]
    assert all(words in one for words, one in zip(expected * 8, told, strict=True)), told


@pytest.mark.parametrize("top", [0, 1, 3])
def test_as_many_reasons_as_asked_for(client, top):
    body = {"instances": [{"features": [300, 200, *RAW[2:14], 9, *RAW[15:]]}], "top": top}
    assert len(client.post(f"{V1}:predict", json=body).json()["predictions"][0]["reasons"]) <= top


@pytest.mark.parametrize("top", [-1, 1.5, "x", True])
def test_a_number_of_reasons_that_is_none_is_400(client, top):
    refused = client.post(f"{V1}:predict", content=json.dumps({"instances": [{"features": RAW}], "top": top}))
    assert (refused.status_code, "body.top" in refused.json()["error"]) == (400, True)
