"""`create_app`: the routes, and what stands around every one of them.

id, access log and api_* metrics -> who may -> limits of the body -> route -> flow -> model -> log -> answer
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from serving.gateway import document, problems
from serving.gateway.parts import Parts
from serving.gateway.routes import asking, docs, health, models, protocols, saying, watching
from serving.gateway.telemetry import Telemetry

ROUTES = (asking.routes, saying.routes, models.routes, watching.routes, health.routes, protocols.routes)


def create_app(parts: Parts) -> FastAPI:
    """The routes alone, without what stands around them; `served` adds that."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        for start in parts.start:
            await start()
        try:
            yield
        finally:
            for stop in parts.stop:
                await stop()

    app = FastAPI(
        title="faultcast",
        version=document.version(),
        summary="How risky a change is, why, and where.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=None,
    )
    problems.install(app)
    for routes in ROUTES:
        app.include_router(routes(parts))
    app.include_router(docs.routes())
    for router in parts.routers:
        app.include_router(router)
    document.install(app, with_login=not parts.security.embedded)
    return app


def served(parts: Parts, app: FastAPI | None = None) -> ASGIApp:
    """Everything, as a server runs it."""
    app = app or create_app(parts)
    inside: ASGIApp = app
    for wrapper in reversed(parts.wrappers):
        inside = wrapper(inside)
    return Telemetry(parts.security.wrap(inside), parts.metrics, [*_leaves(app.routes)])


def _leaves(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes themselves; FastAPI keeps those of a router behind one that stands for it."""
    for route in routes:
        router = getattr(route, "original_router", None)
        yield from [route] if router is None else _leaves(router.routes)
