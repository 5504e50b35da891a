"""Reading git: hardened modules run it, the rest is pure."""

from faultcast.history.identity import Pseudonyms, load_key
from faultcast.history.reader import Skipped
from faultcast.history.repository import Repository, mine, open_repository

__all__ = ["Pseudonyms", "Repository", "Skipped", "load_key", "mine", "open_repository"]
