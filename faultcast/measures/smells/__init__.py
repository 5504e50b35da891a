"""Smells, anti-patterns and patterns: `CATALOGUE` is the table; what recognises its rows stands beside it."""

from faultcast.measures.smells.catalogue import BY_NAME, CATALOGUE, count_of
from faultcast.measures.smells.row import Smell

__all__ = ["BY_NAME", "CATALOGUE", "Smell", "count_of"]
