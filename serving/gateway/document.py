"""The OpenAPI document: what `schemas` and the routes say, and nothing that they do not do."""

from importlib.metadata import version as installed
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from serving.gateway.schemas import Problem

REFERENCE = "#/components/schemas/{model}"


def version() -> str:
    """This installation's."""
    return installed("faultcast")


def install(app: FastAPI) -> None:
    """Let an application tell of itself by `document`, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI) -> dict[str, Any]:
    """The document, with problems where FastAPI tells of errors of its own kind."""
    made = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    known = made.setdefault("components", {}).setdefault("schemas", {})
    _, more = models_json_schema([(Problem, "serialization")], ref_template=REFERENCE)
    known.update(more["$defs"])
    for own in ("HTTPValidationError", "ValidationError"):
        known.pop(own, None)
    return made
