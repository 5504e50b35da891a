"""Reading git: hardened modules run it, the rest is pure."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from faultcast.history.identity import Pseudonyms, load_key
from faultcast.history.reader import Skipped
from faultcast.history.repository import Repository, open_repository

if TYPE_CHECKING:
    from faultcast.history.mining import mine

__all__ = ["Pseudonyms", "Repository", "Skipped", "load_key", "mine", "open_repository"]


def __getattr__(name: str) -> Any:
    """`mine` brings Arrow with it, which takes as long to import as to read a small history without it."""
    if name == "mine":
        return import_module("faultcast.history.mining").mine
    raise AttributeError(name)
