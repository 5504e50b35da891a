"""Strict schemas for what we render: an unknown field, a wrong type or a missing one is a problem, named by its path.

Built-in kinds: kubernetes-validate's strict JSON schemas. KServe: the models of the kserve package, read as
a schema. HTTPRoute: the JSON schema in schemas/, with every object closed.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kserve.models
import kubernetes.client.models
import kubernetes_validate

KUBERNETES = "1.34"
SCHEMAS = Path(__file__).resolve().parent / "schemas"
PRIMITIVES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "datetime": (str,),
    "object": (object,),
    "ResourceQuantity": (str, int),
}


def problems(manifest: dict[str, Any]) -> list[str]:
    """All that is wrong with an object's shape; empty when it fits its schema."""
    kind = (manifest.get("apiVersion"), manifest.get("kind"))
    if kind == ("serving.kserve.io/v1beta1", "InferenceService"):
        return list(by_model(manifest, "V1beta1InferenceService", "InferenceService")) + replicas(manifest)
    if kind == ("gateway.networking.k8s.io/v1", "HTTPRoute"):
        shape = [error_text(e) for e in jsonschema.Draft7Validator(httproute()).iter_errors(manifest)]
        return shape + list(by_model(manifest.get("metadata"), "V1ObjectMeta", "HTTPRoute.metadata"))
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [error_text(error)]
    except kubernetes_validate.SchemaNotFoundError as error:
        return [f"no schema for {kind}: {error.message}"]
    return []


def error_text(error: jsonschema.ValidationError) -> str:
    return f"{'.'.join(map(str, error.absolute_path))}: {error.message}"


@cache
def httproute() -> dict[str, Any]:
    return close(json.loads((SCHEMAS / "httproute-v1.json").read_text()))


def close(schema: Any) -> Any:
    """The same schema, refusing fields it does not name."""
    if isinstance(schema, list):
        return [close(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type", "object") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def replicas(manifest: dict[str, Any]) -> list[str]:
    """What KServe's admission webhook asks of the replicas; no schema says it."""
    spec = manifest["spec"]["predictor"]
    low, high = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if not isinstance(low, int) or not isinstance(high, int):
        return []  # the model has said so
    found = [f"minReplicas: {low} is negative"] if low < 0 else []
    return found + ([f"maxReplicas: {high} is below minReplicas {low}"] if high and high < low else [])


def by_model(value: Any, type_name: str, path: str) -> Iterator[str]:
    """Compare a value with a type of an OpenAPI-generated Python client, such as `list[V1Container]`."""
    if type_name in PRIMITIVES:
        wrong_bool = isinstance(value, bool) and type_name in {"int", "float", "ResourceQuantity"}
        if wrong_bool or not isinstance(value, PRIMITIVES[type_name]):
            yield f"{path}: expected {type_name}, found {type(value).__name__} {value!r}"
    elif part := re.fullmatch(r"list\[(.+)\]", type_name):
        if not isinstance(value, list):
            yield f"{path}: expected a list, found {value!r}"
            return
        for i, item in enumerate(value):
            yield from by_model(item, part[1], f"{path}[{i}]")
    elif part := re.fullmatch(r"dict[\[(]str, (.+)[\])]", type_name):
        if not isinstance(value, dict):
            yield f"{path}: expected an object, found {value!r}"
            return
        for key, item in value.items():
            yield from by_model(item, part[1], f"{path}.{key}")
    else:
        yield from by_class(value, model(type_name), path)


def by_class(value: Any, cls: Any, path: str) -> Iterator[str]:
    """Compare an object with one generated class: its fields, their types, and what the class requires."""
    if not isinstance(value, dict):
        yield f"{path}: expected an object, found {value!r}"
        return
    fields = {cls.attribute_map[name]: name for name in cls.openapi_types}
    for key, item in value.items():
        if key in fields:
            yield from by_model(item, cls.openapi_types[fields[key]], f"{path}.{key}")
        else:
            yield f"{path}: unknown field {key!r}"
    try:
        cls(**{fields[key]: item for key, item in value.items() if key in fields})
    except ValueError as error:  # a required field is missing or a value is outside its list
        yield f"{path}: {error}"


def model(type_name: str) -> Any:
    """KServe's own classes, and Kubernetes' under the names that KServe uses for some of them."""
    short = re.sub(r"^K8sIo(?:Api|Apimachinery).*?(?=V\d)", "", type_name)
    for module in (kserve.models, kubernetes.client.models):
        for name in (type_name, short):
            if hasattr(module, name):
                return getattr(module, name)
    raise LookupError(f"no generated class for {type_name}")
