"""Reading git: one hardened module runs it, the rest is pure."""

from faultcast.history.identity import Pseudonyms, load_key
from faultcast.history.repository import Repository, Skipped, mine, open_repository

__all__ = ["Pseudonyms", "Repository", "Skipped", "load_key", "mine", "open_repository"]
