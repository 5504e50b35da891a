"""The other side of `instances`: requests -> a V1 body, and V1 answers -> scored changes, for who asks a server."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from faultcast.errors import Unavailable
from faultcast.features.catalogue import NAMES
from faultcast.records import Band, Prediction, Reason
from serving.wire.change import to_instance
from serving.wire.requests import Assumed, KnownCommit, Request, Scored, UnseenChange


def body_v1(requests: Sequence[Request], top: int) -> bytes:
    """Requests -> the body of `:explain` that asks for at most `top` reasons of each change."""
    return orjson.dumps({"instances": [instance(request) for request in requests], "top": top})


def instance(request: Request) -> dict[str, Any]:
    """One request as JSON; what was assumed for it here is sent like anything that is known."""
    if isinstance(request, KnownCommit):
        return {"commit": request.commit} | ({"repository": request.repository} if request.repository else {})
    if isinstance(request, UnseenChange):
        return to_instance(request.commit, request.contents)
    return {"features": [request.values.get(name) for name in NAMES], "text": request.text}


def scored_v1(body: bytes, requests: Sequence[Request]) -> list[Scored]:
    """The answer of `:explain` -> scored changes, one a request; what was assumed here comes before what was there.

    Raises:
        Unavailable: it is not such an answer.
    """
    try:
        answers = orjson.loads(body)["explanations"]
        return [_scored(answer, request) for answer, request in zip(answers, requests, strict=True)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(
            f"the predictor's answer is not one of a faultcast predictor ({type(error).__name__}); "
            "does predictor_url name one of this version?"
        ) from error


def _scored(answer: Mapping[str, Any], request: Request) -> Scored:
    here = () if isinstance(request, KnownCommit) else request.assumed
    known = {one.field for one in here}
    there = (Assumed(str(one["field"]), str(one["assumed"])) for one in answer["assumed"])
    prediction = Prediction(
        commit=str(answer["commit"]),
        risk=float(answer["risk"]),
        band=Band(answer["band"]),
        reasons=tuple(Reason(**one) for one in answer["reasons"]),
        model_name=str(answer["model_name"]),
        model_version=str(answer["model_version"]),
    )
    values = {name: answer["features"][name] for name in NAMES}
    return Scored(prediction, values, (*here, *(one for one in there if one.field not in known)))
