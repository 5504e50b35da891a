"""`POST /predict`: one change, its risk, and why."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request, Response

from serving.gateway import schemas, summary
from serving.gateway.asked import Asked, Asker
from serving.gateway.parts import Parts
from serving.gateway.strict import WITH_BODY, answer, problems, router
from serving.wire.instances import parse_instance

SplitKey = Annotated[
    str | None,
    Header(
        alias="X-Split-Key",
        max_length=200,
        description="Requests with one key are answered by one model; without it, the change itself is the key.",
    ),
]


def routes(parts: Parts) -> APIRouter:
    """The route over these parts."""
    made = router()
    asker = Asker(parts)

    @made.post("/predict", response_model=schemas.Prediction, responses=problems(404, *WITH_BODY), tags=["asking"])
    async def predict(
        request: Request, question: Annotated[schemas.Question, Body()], x_split_key: SplitKey = None
    ) -> Response:
        """How risky a change is, how sure that is, and why.

        Send the seven fields that a client without a clone knows, a change as its files, a commit that the feature
        store knows, or raw features in catalogue order.
        """
        del question  # checked; what was sent is read below
        sent = await request.json()
        told = await asker.ask(request, [read(sent)], key=x_split_key or "")
        return answer(told[0].as_json())

    return made


def read(sent: dict[str, Any]) -> Asked:
    """What was sent, as a question to the model.

    Raises:
        BadChange: it is malformed in a way that the schema does not tell.
    """
    repository = sent.get("repository") or ""
    if "features" in sent or "files" in sent or "commit" in sent:
        return Asked(parse_instance(sent, "body"), repository)
    return Asked(summary.features(sent), repository)
