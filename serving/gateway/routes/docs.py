"""`GET /docs` and `GET /openapi.json`: Swagger UI from a wheel, so that a page without a way out works, too.

No inline script and no inline style: a strict Content-Security-Policy holds. Swagger UI 4 reads OpenAPI 3.0 alone, so
it is shown the document written down to that (`downgrade`); `/openapi.json` is the true one.
"""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException

from serving.gateway.downgrade import to_3_0
from serving.gateway.strict import answer, problems, router

PREFIX = "/assets/docs"
PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>faultcast</title>
<link rel="stylesheet" href="{PREFIX}/swagger-ui.css">
<link rel="icon" href="{PREFIX}/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{PREFIX}/swagger-ui-bundle.js"></script>
<script src="{PREFIX}/start.js"></script>
</body>
</html>
"""
START = f"""window.ui = SwaggerUIBundle({{
  url: "{PREFIX}/openapi-3.0.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
}});
"""
KINDS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
OPENAPI: dict[int | str, dict[str, Any]] = {
    200: {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}
}


def routes() -> APIRouter:
    """The routes; the document is that of the application that they are in."""
    made = router()

    @made.get("/docs", include_in_schema=False)
    async def page() -> Response:
        return Response(PAGE, media_type="text/html")

    @made.get("/openapi.json", responses={**problems(), **OPENAPI}, response_class=Response, tags=["health"])
    async def openapi(request: Request) -> Response:
        """This document."""
        return answer(_app(request).openapi())

    @made.get(PREFIX + "/{name}", include_in_schema=False)
    async def asset(request: Request, name: str) -> Response:
        if name == "openapi-3.0.json":
            return answer(to_3_0(_app(request).openapi()))
        if name == "start.js":
            return Response(START, media_type="text/javascript")
        if name not in KINDS:
            raise HTTPException(404)
        return Response(_bytes(name), media_type=KINDS[name], headers={"cache-control": "public, max-age=86400"})

    return made


def _app(request: Request) -> FastAPI:
    app: FastAPI = request.app
    return app


@cache
def _bytes(name: str) -> bytes:
    from swagger_ui_bundle import swagger_ui_path  # noqa: PLC0415  only who opens the page pays

    return (Path(str(swagger_ui_path)) / name).read_bytes()
