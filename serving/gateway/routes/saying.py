"""`POST /feedback`: votes and corrections on a prediction's change."""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from faultcast.feedback import Opinion, Tally, Vote
from serving.gateway import questions, schemas
from serving.gateway.asked import iso
from serving.gateway.logs import current_request_id, feedback as log, tell
from serving.gateway.parts import Parts
from serving.gateway.strict import WITH_BODY, answer, problems, router

OPINIONS = {"bug_inducing": Opinion.INDUCING, "clean": Opinion.CLEAN, "withdrawn": Opinion.WITHDRAWN}
LABELS = {opinion: label for label, opinion in OPINIONS.items()}


def routes(parts: Parts) -> APIRouter:
    """The route over these parts."""
    made = router()

    @made.post("/feedback", response_model=schemas.Standing, responses=problems(404, *WITH_BODY), tags=["feedback"])
    async def give(request: Request, word: Annotated[questions.Feedback, Body()]) -> Response:
        """Vote on what a change turned out to be, or correct its label; a later word of yours replaces the earlier."""
        principal = await parts.security.principal(request)
        vote = Vote(
            prediction_id=word.prediction_id,
            account=principal.id,
            opinion=OPINIONS[word.label],
            at=time.time(),
            is_correction=word.is_correction,
            fix=word.fix,
            comment=word.comment,
            request_id=current_request_id(),
        )
        standing = await asyncio.to_thread(parts.feedback.vote, vote)
        tell(
            log, "voted", prediction_id=vote.prediction_id, label=word.label, is_correction=word.is_correction,
            account=principal.id,
        )  # fmt: skip
        return answer(as_json(standing))

    return made


def as_json(standing: Tally) -> dict[str, Any]:
    """As `schemas.Standing` has it."""
    return {
        "prediction_id": standing.prediction_id,
        "label": LABELS[standing.decided] if standing.decided else None,
        "votes_bug_inducing": standing.inducing,
        "votes_clean": standing.clean,
        "accounts": standing.accounts,
        "is_correction": standing.is_corrected,
        "decided_at": iso(standing.decided_at) if standing.decided_at is not None else None,
        "fix": standing.fix,
    }
