"""KServe's V1 and V2 over REST in the same server: `/v1/models/…:predict`, `/v2/models/…/infer` and the rest.

They are documented by KServe and in docs/serving.md, not in the OpenAPI document. What is asked here goes the same way
as `POST /predict`: through cache, line, model and log. Errors have KServe's `error` beside the problem's fields.
"""

import asyncio
import uuid
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from faultcast.errors import NotFound, TemporaryError
from faultcast.features.catalogue import NAMES
from serving.gateway.asked import Asked, Asker
from serving.gateway.parts import Parts
from serving.gateway.strict import answer
from serving.scoring.forecaster import Served
from serving.wire import infer_json, instances, tensors

NAME = "faultcast"
REASONS = 5
KEY = "x-split-key"


def routes(parts: Parts) -> APIRouter:
    """The routes over these parts."""
    made, asker = APIRouter(include_in_schema=False), Asker(parts)
    _v1(made, parts, asker)
    _v2(made, parts, asker)
    _metadata(made, parts)
    return made


def _v1(made: APIRouter, parts: Parts, asker: Asker) -> None:
    async def v1(request: Request, name: str, *, explain: bool) -> Response:
        _known(parts, name)
        asked, top = instances.open_v1(await request.body())
        parsed = await asyncio.to_thread(instances.parse_instances, asked)
        most = top if top is not None else len(NAMES) if explain else REASONS
        answers, _ = await asker.ask_all(
            request, [Asked(one) for one in parsed], key=request.headers.get(KEY, ""), top=most
        )
        scored = [one.forecast.scored for one in answers]
        return answer(instances.explanations_v1(scored) if explain else instances.predictions_v1(scored))

    @made.post("/v1/models/{name}:predict")
    async def predict(request: Request, name: str) -> Response:
        return await v1(request, name, explain=False)

    @made.post("/v1/models/{name}:explain")
    async def explain(request: Request, name: str) -> Response:
        return await v1(request, name, explain=True)


def _v2(made: APIRouter, parts: Parts, asker: Asker) -> None:
    @made.post("/v2/models/{name}/infer")
    async def infer(request: Request, name: str) -> Response:
        _known(parts, name)
        wanted = infer_json.read(await request.body(), request.headers.get(infer_json.LENGTH_HEADER.decode()))
        parsed = await asyncio.to_thread(partial(tensors.requests_of, tensors.the_input(wanted)))
        answers, _ = await asker.ask_all(
            request,
            [Asked(one) for one in parsed],
            key=request.headers.get(KEY, ""),
            top=REASONS if wanted.wants_reasons else 0,
        )
        scored = [one.forecast.scored for one in answers]
        version = scored[0].prediction.model_version
        body, length = infer_json.write(wanted, scored, name, version, wanted.id or str(uuid.uuid4()))
        if length is None:
            return Response(body, media_type="application/json")
        headers = {infer_json.LENGTH_HEADER.decode(): str(length)}
        return Response(body, headers=headers, media_type="application/octet-stream")


def _metadata(made: APIRouter, parts: Parts) -> None:
    @made.get("/v2")
    async def server() -> Response:
        return answer({"name": NAME, "version": "", "extensions": ["binary_tensor_data"]})

    @made.get("/v1/models")
    @made.get("/v2/models")
    async def models() -> Response:
        return answer({"models": [NAME]})

    @made.get("/v2/health/live")
    async def live() -> Response:
        return answer({"live": True})

    @made.get("/v2/health/ready")
    async def ready() -> Response:
        _champion(parts)
        return answer({"ready": True})

    @made.get("/v1/models/{name}")
    @made.get("/v2/models/{name}/ready")
    async def model_ready(name: str) -> Response:
        _known(parts, name)
        _champion(parts)
        return answer({"name": name, "ready": True})

    @made.get("/v2/models/{name}")
    async def model(name: str) -> Response:
        _known(parts, name)
        told: dict[str, Any] = {"name": name, "versions": [one.version for one in parts.forecaster.served()]}
        return answer(told | {"platform": NAME, "inputs": tensors.INPUTS, "outputs": tensors.OUTPUTS})


def _known(parts: Parts, name: str) -> None:
    """Refuse another model than ours, which goes by one name whatever the registry calls it."""
    if name != NAME and name not in {one.name for one in parts.forecaster.served()}:
        raise NotFound(f"model {name[:60]!r} is not served, {NAME!r} is")


def _champion(parts: Parts) -> Served:
    known = parts.forecaster.served()
    if not known:
        raise TemporaryError("No model is loaded yet; ask again in a few seconds")
    return known[0]
