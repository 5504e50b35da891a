"""The OpenAPI document: what `schemas` and the routes say, and nothing that they do not do."""

from importlib.metadata import version as installed
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from serving.gateway.schemas import Problem
from serving.gateway.security.principal import Need
from serving.gateway.security.table import TABLE

REFERENCE = "#/components/schemas/{model}"


def version() -> str:
    """This installation's."""
    return installed("faultcast")


LOGIN = {"type": "http", "scheme": "bearer", "description": "An API key, or a token of the OIDC issuer."}


def install(app: FastAPI, *, with_login: bool) -> None:
    """Let an application tell of itself by `document`, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
            if with_login:
                _ask_for_login(app.openapi_schema)
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


def _ask_for_login(made: dict[str, Any]) -> None:
    made["components"]["securitySchemes"] = {"bearer": LOGIN}
    made["security"] = [{"bearer": []}]
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            rule = TABLE.find(method.upper(), path).rule
            if rule is not None and rule.need is Need.OPEN:
                operation["security"] = []
