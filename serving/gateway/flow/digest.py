"""What makes two requests the same: their content, whatever the order in which the fields came."""

import hashlib
from collections.abc import Iterable

import orjson

from faultcast.errors import BadChange
from serving.scoring.forecaster import Served
from serving.wire.requests import Assumed, KnownCommit, RawFeatures, Request

_LAYOUT = "1"
"""Part of every key: answers kept under another layout are never read."""


def digest(request: Request) -> str:
    """SHA-256 of a request's content, in hexadecimal.

    Values are compared as numbers (3, 3.0) and a value that is missing equals one that was not sent.
    Contents count by their bytes, not by the blob ids that the request claims for them.

    Raises:
        BadChange: it holds what JSON cannot write, such as half of a surrogate pair.
    """
    seen = hashlib.sha256()
    try:
        seen.update(orjson.dumps(_content(request), option=orjson.OPT_SORT_KEYS))
    except TypeError as error:
        raise BadChange(f"change: expected texts and numbers that JSON can write, found others: {error}") from None
    if not isinstance(request, KnownCommit | RawFeatures):
        for blob, content in sorted(request.contents.items()):
            seen.update(b"%s %d\0" % (blob.encode(), len(content)))
            seen.update(content)
    return seen.hexdigest()


def cache_key(served: Served | None, request: Request, digested: str, top: int) -> str:
    """Name under which an answer is kept: no answer of another model, contract or depth goes by it.

    Of a change that nobody has stored, the row depends on the past that was loaded with the model, too.
    """
    if served is None:
        return f"none-{top}-{digested}"
    past = 0.0 if isinstance(request, KnownCommit | RawFeatures) else served.loaded_at
    parts = (_LAYOUT, served.name, served.version, served.fingerprint, repr(past), str(top), digested)
    return hashlib.sha256(orjson.dumps(parts)).hexdigest()


def _content(request: Request) -> object:
    if isinstance(request, KnownCommit):
        return ("known", request.commit, request.repository)
    if isinstance(request, RawFeatures):
        values = {name: float(value) for name, value in request.values.items() if value is not None}
        return ("raw", values, request.text, _pairs(request.assumed))
    return ("unseen", request.commit, _pairs(request.assumed))


def _pairs(assumed: Iterable[Assumed]) -> list[tuple[str, str]]:
    return sorted((one.field, one.instead) for one in assumed)
