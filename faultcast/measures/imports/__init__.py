"""Imports: what a statement names, which file of the repository that is, and the graph of all of them."""

from faultcast.measures.imports.graph import ImportGraph
from faultcast.measures.imports.known import Known
from faultcast.measures.imports.names import names_in
from faultcast.measures.imports.resolve import resolve

__all__ = ["ImportGraph", "Known", "names_in", "resolve"]
