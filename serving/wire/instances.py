"""The wire formats: JSON instances in, V1 answers out. V2's tensors carry the same things (`tensors`).

An instance is one of

    {"commit": "<full id>", "repository"?: "…"}            a commit that the feature store knows
    {"message": …, "author": …, "files": […], …}           a change as its files (see `change`)
    {"features": […], "text"?: "…"}                        raw values in catalogue order, null: missing

A V1 body is `{"instances": [one, …], "top"?: <reasons for each>}`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from faultcast.errors import BadChange
from faultcast.features.catalogue import NAMES
from faultcast.records import Reason
from serving.limits import check_size
from serving.wire.change import parse
from serving.wire.features import RawRows, as_request, read_list
from serving.wire.fields import items, kind, number, refuse_unknown, text
from serving.wire.requests import Assumed, KnownCommit, RawFeatures, Request, Scored, UnseenChange

MAX_INSTANCES = 512
"""Changes in one request."""
MAX_VALUES = 500_000
"""Values in one JSON text: each takes 50 to 100 bytes once it is read."""
THRESHOLD = 0.5
"""Risk from which `prediction` reads "bug_inducing"; `band` has the model's own thresholds."""


def parse_v1(payload: object) -> list[Request]:
    """V1 body -> requests; raises as `open_v1`."""
    return parse_instances(open_v1(payload)[0])


def open_v1(payload: object) -> tuple[list[Any], int | None]:
    """V1 body -> its instances, unread, and how many reasons each shall have (None: not said).

    Raises:
        BadChange: with the place, what was found and what was expected.
    """
    if isinstance(payload, bytes | str):
        payload = parse_json(payload, "body")
    if not isinstance(payload, Mapping):
        raise BadChange(f'body: expected an object like {{"instances": [...]}}, found {kind(payload)}')
    refuse_unknown(payload, ("instances", "top"), "body")
    instances = items(payload, "instances", "body", limit=MAX_INSTANCES)
    if not instances:
        raise BadChange("body.instances: found an empty list, expected at least one change")
    return instances, None if payload.get("top") is None else number(payload, "top", "body")


def parse_instances(instances: Sequence[object]) -> list[Request]:
    """Instances of a V1 body -> requests. Raises BadChange."""
    return [parse_instance(instance, f"instances[{i}]") for i, instance in enumerate(instances)]


def parse_json(data: bytes | str, where: str) -> Any:
    """Strict JSON: no NaN, no infinity, UTF-8, bounded depth (orjson's own: 1,024) and size once read.

    Raises:
        BadChange: it is not JSON, or would take many times its bytes.
    """
    if len(data) > MAX_VALUES:
        check_size(data.encode() if isinstance(data, str) else data, MAX_VALUES, where)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadChange(f"{where}: expected JSON, found something else: {error}") from None


def parse_instance(data: object, where: str) -> Request:
    """One instance -> a request. Raises BadChange."""
    if not isinstance(data, Mapping):
        raise BadChange(f"{where}: expected an object with commit, files or features, found {kind(data)}")
    if "features" in data:
        values, semantic = open_raw(data, where)
        return parse_features(values, semantic or "", f"{where}.features", semantic is not None)
    if "files" in data or "message" in data:
        parsed = parse(data, where)
        return UnseenChange(parsed.commit, parsed.contents, parsed.assumed)
    if "commit" in data:
        refuse_unknown(data, ("commit", "repository"), where)
        commit = text(data, "commit", where)
        if not commit:
            raise BadChange(f"{where}.commit: expected the id of a commit, found an empty text")
        return KnownCommit(commit, text(data, "repository", where, default=""))
    raise BadChange(f"{where}: found none of commit, files, features; expected one of them")


def open_raw(data: Mapping[str, Any], where: str) -> tuple[list[Any], str | None]:
    """Raw features -> values, unread, and the text if one was sent. Raises BadChange."""
    refuse_unknown(data, ("features", "text"), where)
    return items(data, "features", where), text(data, "text", where, default="") if "text" in data else None


def read_raw(instances: Sequence[Mapping[str, Any]]) -> RawRows:
    """Instances that are raw features -> their rows, without a request around each. Raises BadChange."""
    rows, texts = [], []
    for i, instance in enumerate(instances):
        values, semantic = open_raw(instance, f"instances[{i}]")
        rows.append(_one_row(values, "instances[{}].features", i))
        texts.append(semantic)
    return RawRows(rows[0] if len(rows) == 1 else np.concatenate(rows), "instances[{}].features", texts)


def _one_row(values: Sequence[object], named: str, number: int) -> NDArray[np.float64]:
    if len(values) != len(NAMES):
        raise BadChange(f"{named.format(number)}: found {len(values)} values, expected {len(NAMES)} in catalogue order")
    return read_list(values, named, number)


def parse_features(values: Sequence[object], semantic: str, where: str, has_text: bool) -> RawFeatures:
    """Raw values in catalogue order -> a request. Raises BadChange."""
    named = where.replace("{", "{{").replace("}", "}}")
    rows = RawRows(_one_row(values, named, 0), named)
    rows.check()
    return as_request(rows.values_NC[0], semantic, has_text=has_text)


def predictions_v1(scored: Sequence[Scored]) -> dict[str, Any]:
    """Answer of `:predict`."""
    return {"predictions": [answer(one) for one in scored]}


def explanations_v1(scored: Sequence[Scored]) -> dict[str, Any]:
    """Answer of `:explain`: every feature's share in the risk, and the row itself."""
    return {"explanations": [{**answer(one), "features": {n: one.values.get(n) for n in NAMES}} for one in scored]}


def answer(scored: Scored) -> dict[str, Any]:
    """One prediction as JSON."""
    prediction = scored.prediction
    return {
        "commit": prediction.commit,
        "risk": prediction.risk,
        "band": prediction.band.value,
        "prediction": "bug_inducing" if prediction.risk >= THRESHOLD else "clean",
        "reasons": [reason_json(reason) for reason in prediction.reasons],
        "model_name": prediction.model_name,
        "model_version": prediction.model_version,
        "assumed": assumed_json(scored.assumed),
    }


def reason_json(reason: Reason) -> dict[str, Any]:
    """One reason as JSON; a number that is missing is null."""
    return {
        "feature": reason.feature,
        "value": _finite(reason.value),
        "typical": _finite(reason.typical),
        "effect": _finite(reason.effect),
        "text": reason.text,
    }


def _finite(value: float | str | None) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def assumed_json(assumed: Sequence[Assumed]) -> list[dict[str, str]]:
    """What was not sent and what stood in for it."""
    return [{"field": one.field, "assumed": one.instead} for one in assumed]
