"""The wire formats: JSON instances in, V1 answers out. V2's tensors carry the same things (`tensors`).

An instance is one of

    {"commit": "<full id>", "repository"?: "…"}            a commit that the feature store knows
    {"message": …, "author": …, "files": […], …}           a change as its files (see `change`)
    {"features": […], "text"?: "…"}                        raw values in catalogue order, null: missing
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from faultcast.errors import BadChange
from faultcast.features.catalogue import CATALOGUE, NAMES, Feature
from faultcast.records import Reason
from serving.wire.change import parse
from serving.wire.fields import items, kind, refuse_unknown, text
from serving.wire.requests import Assumed, KnownCommit, RawFeatures, Request, Scored, UnseenChange, Value

MAX_INSTANCES = 512
"""Changes in one request."""
THRESHOLD = 0.5
"""Risk from which `prediction` reads "bug_inducing"; `band` has the model's own thresholds."""


def parse_v1(payload: object) -> list[Request]:
    """V1 body -> requests.

    Raises:
        BadChange: with the place, what was found and what was expected.
    """
    if isinstance(payload, bytes | str):
        payload = parse_json(payload, "body")
    if not isinstance(payload, Mapping):
        raise BadChange(f'body: expected an object like {{"instances": [...]}}, found {kind(payload)}')
    refuse_unknown(payload, ("instances",), "body")
    instances = items(payload, "instances", "body", limit=MAX_INSTANCES)
    if not instances:
        raise BadChange("body.instances: found an empty list, expected at least one change")
    return [parse_instance(instance, f"instances[{i}]") for i, instance in enumerate(instances)]


def parse_json(data: bytes | str, where: str) -> Any:
    """Strict JSON: no NaN, no infinity, UTF-8, bounded depth.

    Raises:
        BadChange: it is not JSON.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadChange(f"{where}: expected JSON, found something else: {error}") from None


def parse_instance(data: object, where: str) -> Request:
    """One instance -> a request. Raises BadChange."""
    if not isinstance(data, Mapping):
        raise BadChange(f"{where}: expected an object with commit, files or features, found {kind(data)}")
    if "features" in data:
        refuse_unknown(data, ("features", "text"), where)
        values = items(data, "features", where)
        return parse_features(values, text(data, "text", where, default=""), f"{where}.features", "text" in data)
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


def parse_features(values: Sequence[object], semantic: str, where: str, has_text: bool) -> RawFeatures:
    """Raw values in catalogue order -> a request. Raises BadChange."""
    if len(values) != len(CATALOGUE):
        raise BadChange(f"{where}: found {len(values)} values, expected {len(CATALOGUE)} in catalogue order")
    read = {
        feature.name: _value(feature, value, f"{where}[{i}] ({feature.name})")
        for i, (feature, value) in enumerate(zip(CATALOGUE, values, strict=True))
    }
    missing = tuple(
        Assumed(name, "missing: the model puts what is typical") for name, value in read.items() if value is None
    )
    return RawFeatures(read, semantic, missing if has_text else (*missing, Assumed("text", "empty")))


def _value(feature: Feature, value: object, where: str) -> Value:
    if value is None:
        return None
    if feature.dtype == "bool":
        if value in (0, 1):  # False and True are equal to these
            return bool(value)
        raise BadChange(f"{where}: expected true, false, 0 or 1, found {str(value)[:40]}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        found = str(value)[:40] if isinstance(value, int | float) else kind(value)
        raise BadChange(f"{where}: expected a finite number or null, found {found}")
    if feature.dtype == "int64" and (value != int(value) or abs(value) >= 2**63):
        raise BadChange(f"{where}: expected a whole number, found {value}")
    low, high = feature.minimum, feature.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise BadChange(f"{where}: expected {feature.range}, found {value}")
    return int(value) if feature.dtype == "int64" else float(value)


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
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in dataclasses.asdict(reason).items()
    }


def assumed_json(assumed: Sequence[Assumed]) -> list[dict[str, str]]:
    """What was not sent and what stood in for it."""
    return [{"field": one.field, "assumed": one.instead} for one in assumed]
