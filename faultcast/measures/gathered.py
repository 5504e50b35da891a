"""Which nodes the walk keeps for a closer look: calls, imports, classes, fields, and what may smell."""

from faultcast.measures.calls import CALLEES
from faultcast.measures.cohesion import COHESION_LANGUAGES
from faultcast.measures.languages import Language
from faultcast.measures.smells.by_shape import SHAPES

_NONE: frozenset[str] = frozenset()
_EXPORT = frozenset({"export_statement"})
_ALSO_IMPORT = {"javascript": _EXPORT, "typescript": _EXPORT, "rust": frozenset({"mod_item"})}
"""Nodes that name another file without being import statements."""

FIELD_NODES = {
    "java": frozenset({"field_declaration"}),
    "csharp": frozenset({"field_declaration", "property_declaration"}),
    "cpp": frozenset({"field_declaration"}),
}


def import_nodes(row: Language) -> frozenset[str]:
    """Types of nodes that name what is imported; Ruby and Terraform import by calls and blocks."""
    return row.imports | _ALSO_IMPORT.get(row.name, _NONE)


def class_nodes(row: Language) -> frozenset[str]:
    """Types of nodes that declare a class, where cohesion is defined."""
    return row.classes if row.name in COHESION_LANGUAGES else _NONE


def gathered_by(row: Language) -> frozenset[str]:
    """Every type of node that something looks at closely."""
    looked_at = (CALLEES.get(row.name, {}), SHAPES.get(row.name, {}), FIELD_NODES.get(row.name, _NONE))
    return frozenset(name for names in looked_at for name in names) | import_nodes(row) | class_nodes(row)
