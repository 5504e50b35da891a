"""OpenAPI 3.1 -> 3.0.3, for readers that know no other; what 3.0 cannot say is left out, never said wrongly."""

from collections.abc import Mapping
from typing import Any

_UNSAYABLE = ("prefixItems", "propertyNames", "$schema", "const", "patternProperties")


def to_3_0(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same interface in OpenAPI 3.0.3.

    >>> to_3_0({"openapi": "3.1.0", "x": {"anyOf": [{"type": "string"}, {"type": "null"}]}})
    {'openapi': '3.0.3', 'x': {'type': 'string', 'nullable': True}}
    """
    made: dict[str, Any] = _down(document)
    made["openapi"] = "3.0.3"
    if "info" in made:
        made["info"].pop("summary", None)
    return made


def _down(node: Any) -> Any:
    if isinstance(node, list):
        return [_down(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    made = {name: _down(value) for name, value in node.items() if name not in _UNSAYABLE}
    if node.get("items") is False:
        made["items"] = {}
    if isinstance(node.get("const"), str | int | bool):
        made["enum"] = [node["const"]]
    if isinstance(made.get("examples"), list):
        made["example"] = made.pop("examples")[0]
    for bound in ("Minimum", "Maximum"):
        if isinstance(made.get(f"exclusive{bound}"), int | float) and not isinstance(made[f"exclusive{bound}"], bool):
            made[bound.lower()] = made.pop(f"exclusive{bound}")
            made[f"exclusive{bound}"] = True
    return _nullable(made)


def _nullable(made: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` with null, as 3.0 says it."""
    choices = made.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return made
    rest = [one for one in choices if one != {"type": "null"}]
    del made["anyOf"]
    if len(rest) == 1 and "$ref" not in rest[0]:
        return {**rest[0], **made, "nullable": True}
    return {"anyOf": rest, **made, "nullable": True}
