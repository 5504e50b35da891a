"""`POST /predict` and `POST /analyze/code`: one change, its risk, and why."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Request, Response

from serving.gateway import analysis, questions, schemas, summary
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
        request: Request, question: Annotated[questions.Question, Body()], x_split_key: SplitKey = None
    ) -> Response:
        """How risky a change is, how sure that is, and why.

        Send the seven fields that a client without a clone knows, a change as its files, a commit that the feature
        store knows, or raw features in catalogue order.
        """
        del question  # checked; what was sent is read below
        sent = await request.json()
        asked = await asyncio.to_thread(read, sent) if "files" in sent else read(sent)
        told, _ = await asker.ask(request, asked, key=x_split_key or "")
        return answer(told.as_json())

    @made.post("/analyze/code", response_model=schemas.Analysis, responses=problems(404, *WITH_BODY), tags=["asking"])
    async def analyze(
        request: Request, code: Annotated[questions.Code, Body()], x_split_key: SplitKey = None
    ) -> Response:
        """How risky an edit is, file by file, with the measures of the code: what an editor asks while one types."""
        edit = await asyncio.to_thread(analysis.Edit.of, code)
        whole = Asked(edit.whole, code.repository or "")
        told, alone = await asker.ask(request, whole, beside=edit.alone, key=x_split_key or "")
        return answer(told.as_json() | {"files": edit.told(told.prediction, [one.scored.prediction for one in alone])})

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
