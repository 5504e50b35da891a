"""`GET /`, `/health`, `/health/live`, `/health/ready`, `/metrics`: for people, probes and Prometheus."""

import time

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faultcast.errors import TemporaryError
from serving.gateway import schemas
from serving.gateway.document import version
from serving.gateway.parts import Parts
from serving.gateway.routes.models import as_json
from serving.gateway.strict import answer, problems, router

ENDPOINTS = {
    "POST /predict": "how risky one change is, and why",
    "POST /analyze/code": "the same for an edit, file by file, with the code's measures",
    "POST /feedback": "what a change turned out to be: votes and corrections",
    "GET /models": "who answers",
    "POST /models/{name}/reload": "load what the registry now calls by that name",
    "GET /model-info": "what the model is, and how good it was found",
    "GET /drift-status": "whether what is asked still looks like what was learnt from",
    "GET /monitoring/stats": "the newest predictions in numbers",
    "GET /health": "readiness, uptime, resources",
    "GET /metrics": "for Prometheus",
    "GET /docs": "this interface, to try out",
}


def routes(parts: Parts) -> APIRouter:
    """The routes over these parts."""
    made = router()

    @made.get("/", response_model=schemas.Root, responses=problems(), tags=["health"])
    async def root(request: Request) -> Response:
        """What can be asked here; a browser is shown the page."""
        if "/page" in pages and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/page", 303)
        return answer({"name": "faultcast", "version": version(), "documentation": "/docs", "endpoints": ENDPOINTS})

    pages = {getattr(route, "path", "") for one in parts.routers for route in one.routes}
    _probes(made, parts)

    @made.get("/metrics", responses={**problems(), 200: METRICS}, response_class=Response, tags=["health"])
    async def metrics(request: Request) -> Response:
        """What Prometheus scrapes."""
        parts.metrics.loaded(parts.forecaster.served())
        drift = await parts.monitoring.drift()
        parts.metrics.drift(drift["drifted_feature_count"], detected=drift["drift_detected"])
        body, content_type = parts.metrics.render(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type})

    return made


METRICS = {
    "description": "In Prometheus' text format, or OpenMetrics where the scraper asks for it.",
    "content": {
        "text/plain": {"schema": {"type": "string"}},
        "application/openmetrics-text": {"schema": {"type": "string"}},
    },
}


def _probes(made: APIRouter, parts: Parts) -> None:
    not_ready = {"description": "No model answers yet.", "model": schemas.Health}

    @made.get("/health", response_model=schemas.Health, responses={**problems(), 503: not_ready}, tags=["health"])
    async def health() -> Response:
        """Readiness, uptime, resources; 503 while no model answers."""
        models = parts.forecaster.served()
        told = {
            "status": "ready" if models else "not_ready",
            "ready": bool(models),
            "uptime_seconds": round(time.time() - parts.started_at, 3),
            "version": version(),
            "models": [as_json(one) for one in models],
            "resources": parts.metrics.resources(),
        }
        return answer(told, 200 if models else 503)

    @made.get("/health/live", response_model=schemas.Live, responses=problems(), tags=["health"])
    async def live() -> Response:
        """True as long as the process answers; depends on no other system."""
        return answer({"live": True})

    @made.get("/health/ready", response_model=schemas.Ready, responses=problems(), tags=["health"])
    async def ready() -> Response:
        """True while a model answers; 503 before."""
        if not parts.forecaster.served():
            raise TemporaryError("No model is loaded yet; ask again in a few seconds")
        return answer({"ready": True})
