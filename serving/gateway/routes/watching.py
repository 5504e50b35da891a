"""`GET /drift-status`, `GET /monitoring/stats`: what monitoring found."""

from fastapi import APIRouter, Response

from serving.gateway import schemas
from serving.gateway.parts import Parts
from serving.gateway.strict import answer, problems, router


def routes(parts: Parts) -> APIRouter:
    """The routes over these parts."""
    made = router()

    @made.get("/drift-status", response_model=schemas.DriftStatus, responses=problems(), tags=["watching"])
    async def drift_status() -> Response:
        """The newest comparison of what was asked with what the model learnt from."""
        return answer(await parts.monitoring.drift())

    @made.get("/monitoring/stats", response_model=schemas.MonitoringStats, responses=problems(), tags=["watching"])
    async def stats() -> Response:
        """The newest predictions in numbers."""
        return answer(await parts.monitoring.stats())

    return made
