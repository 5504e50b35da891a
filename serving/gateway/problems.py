"""Errors as RFC 9457 problems: `application/problem+json`, with what was found and expected, nothing of the machine.

| status | what |
| --- | --- |
| 400 | the body is no JSON, or the change is malformed in a way that no schema tells |
| 401, 403 | nobody knows who asks; who asks may not |
| 404, 405 | no such path, prediction, commit or model; not by this method |
| 409 | a model cannot be served: other features, or a folder that is not what its manifest says |
| 413, 408 | the body is too large, or came too slowly (`serving.limits`) |
| 422 | the body, a header or the path is not what the route's schema says |
| 429, 503 | too many, or something is not there now; `Retry-After` says when to come back |
| 500 | a defect of ours: the log has it, the answer only the request's id |
"""

import math
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from faultcast.errors import (
    BadChange,
    ContractMismatch,
    FaultcastError,
    Forbidden,
    NotFound,
    NotPassed,
    TemporaryError,
    TooMany,
    Unauthorized,
    UnsafeArtifact,
    UsageError,
)
from serving.gateway.logs import current_request_id

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
"""Where an error does not know better."""
MAX_ERRORS = 20
"""Fields named in one answer; a body may be wrong in millions of places."""

FORMS = ("form of a summary", "form of a change", "form of a commit", "form of features")
"""Names of a question's forms, which are no fields and stand in no pointer."""

STATUS: tuple[tuple[type[FaultcastError], int], ...] = (
    (TooMany, 429),
    (TemporaryError, 503),
    (Unauthorized, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (BadChange, 400),
    (UsageError, 400),
    (ContractMismatch, 409),
    (UnsafeArtifact, 409),
    (NotPassed, 409),
)
"""The first that fits counts; other errors of ours are defects here, 500."""

SAID = {409: "This model cannot be served here; the log says why. What was served before goes on."}
"""What is told instead of an error's own words where those speak of folders and hosts, which are nobody's business."""
_FOLDER = re.compile(r"(?<![\w/.:])/[^\s/:;,'\"()]+(?:/[^\s/:;,'\"()]+)+(?<![.])/?")
"""An absolute path of two names or more; routes of ours that messages name have one."""
UNAVAILABLE = "Something that this answer needs is not there now; try again."


def status_of(error: FaultcastError) -> int:
    """The HTTP status of an error of ours."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    is_kserve: bool = False,
) -> Response:
    """One problem as an answer; `errors` are (pointer, detail) of single fields."""
    sent = dict(headers or {})
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        sent.setdefault("retry-after", str(RETRY_AFTER_SECONDS))
    return Response(body(status, detail, errors=errors, is_kserve=is_kserve), status, sent, MEDIA_TYPE)


def body(status: int, detail: str, *, errors: Sequence[Mapping[str, str]] = (), is_kserve: bool = False) -> bytes:
    """The problem alone, for those who answer without a framework; KServe's clients look for `error`."""
    told: dict[str, Any] = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail}
    if errors:
        told["errors"] = list(errors)
    told["request_id"] = current_request_id()
    if is_kserve:
        told["error"] = detail
    return orjson.dumps(told)


def written(status: int, message: str) -> tuple[bytes, bytes]:
    """(content type, body) of a refusal, as `serving.limits` wants it."""
    return MEDIA_TYPE.encode(), body(status, message)


def of(error: FaultcastError, *, is_kserve: bool = False) -> Response:
    """One of our errors as an answer."""
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, TemporaryError):
        seconds = getattr(error, "retry_after", RETRY_AFTER_SECONDS)
        headers["retry-after"] = str(max(1, math.ceil(seconds)))
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = 'Bearer realm="faultcast"'
    return problem(status, detail_of(error, status), headers=headers, is_kserve=is_kserve)


def detail_of(error: FaultcastError, status: int) -> str:
    """What may be told of an error: its own words where they speak of the request alone."""
    if status >= 500 and type(error) is not TemporaryError:
        return UNAVAILABLE if isinstance(error, TemporaryError) else _defect()
    return SAID.get(status, without_folders(str(error)))


def without_folders(message: str) -> str:
    """A message without this machine's folders: what stands there is told, where it stands is not.

    >>> without_folders("no feature store in /srv/faultcast/feast: run the stage `materialize` first")
    'no feature store in (a folder of this server): run the stage `materialize` first'
    """
    return _FOLDER.sub("(a folder of this server)", message)


def install(app: FastAPI) -> None:
    """Let an application answer every error as a problem."""

    async def ours(request: Request, error: Exception) -> Response:
        is_kserve = request.url.path.startswith(("/v1/", "/v2"))
        return of(error, is_kserve=is_kserve) if isinstance(error, FaultcastError) else problem(500, _defect())

    async def https(request: Request, error: Exception) -> Response:
        del request
        if not isinstance(error, HTTPException):
            return problem(500, _defect())
        return problem(error.status_code, _words(error), headers=error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        del request
        found = error.errors() if isinstance(error, RequestValidationError) else []
        return problem(
            422, "The request is not what this route's schema says.", errors=[*map(_field, found)][:MAX_ERRORS]
        )

    async def defect(request: Request, error: Exception) -> Response:
        del request, error
        return problem(500, _defect())

    app.add_exception_handler(FaultcastError, ours)
    app.add_exception_handler(HTTPException, https)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, defect)


def _defect() -> str:
    return "A defect of this server. Its log tells more under this request's id."


def _title(status: int) -> str:
    return HTTPStatus(status).phrase


def _words(error: HTTPException) -> str:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "Nothing goes by this path. GET /docs lists what does."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return "This path does not know this method. GET /docs lists what it knows."
    return str(error.detail)[:300]


def _field(found: Mapping[str, Any]) -> dict[str, str]:
    """One wrong place: a JSON pointer (RFC 6901) below body, path or query, and what is wrong there."""
    named = [part for part in found.get("loc", ()) if part not in FORMS]
    place = "/".join(str(part)[:60].replace("~", "~0").replace("/", "~1") for part in named)
    return {"pointer": f"/{place}", "detail": str(found.get("msg", ""))[:300]}
