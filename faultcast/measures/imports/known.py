"""The files of a tree that an import could mean, found by a short key.

A key is what an import and its target have in common whatever the folders around them: the file's name without its
suffix, or the folder's for files that stand for their folder (``__init__.py``, ``index.js``, ``mod.rs``). Looking only
under keys keeps resolving cheap, and tells which imports may mean something else when a file comes or goes.
"""

from collections.abc import Iterable, Iterator
from typing import Final

FAMILIES: Final = {
    "python": "python",
    "javascript": "script",
    "typescript": "script",
    "go": "go",
    "java": "java",
    "csharp": "csharp",
    "c": "c",
    "cpp": "c",
    "rust": "rust",
    "ruby": "ruby",
    "hcl": "hcl",
}
"""Languages that can import one another share a family."""

SCRIPT_SUFFIXES: Final = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_STANDS_FOR_FOLDER: Final = {
    "python": frozenset({"__init__"}),
    "script": frozenset({"index"}),
    "rust": frozenset({"mod", "lib", "main"}),
}
_BY_FOLDER: Final = frozenset({"go", "hcl", "csharp", "java"})
"""Families in which an import may mean a whole folder."""
_ONLY_BY_FOLDER: Final = frozenset({"go", "hcl"})


def family_of(language: str) -> str:
    """The family of a language; "" where imports of it are not resolved."""
    return FAMILIES.get(language, "")


def split(path: str) -> tuple[str, str]:
    """A path's folder ("" at the root) and name."""
    folder, _, name = path.rpartition("/")
    return folder, name


def key_of_name(family: str, name: str) -> str:
    """The key of a file by its name alone: without its suffix, but C's includes write the suffix."""
    if family == "c":
        return name
    if family == "script":
        for suffix in SCRIPT_SUFFIXES:
            if name.endswith(suffix):
                return name[: -len(suffix)].removesuffix(".d")
        return name
    return name.rpartition(".")[0] or name


def key_of_file(family: str, path: str) -> str:
    """The key under which a file is found."""
    folder, name = split(path)
    key = key_of_name(family, name)
    return split(folder)[1] if key in _STANDS_FOR_FOLDER.get(family, ()) else key


def key_of_folder(family: str, folder: str) -> str:
    """The key under which a folder is found: its last name, in C# only what follows the last dot of it."""
    name = split(folder)[1]
    return name.rpartition(".")[2] if family == "csharp" else name


class Known:
    """The files and folders of each family, by key. `add` and `remove` tell which keys now mean something else."""

    def __init__(self, files: Iterable[tuple[str, str]] = ()) -> None:
        """`files` are (path, language)."""
        self._family: dict[str, str] = {}
        self._files: dict[tuple[str, str], dict[str, None]] = {}
        self._folders: dict[tuple[str, str], dict[str, int]] = {}  # folder -> files right in it
        for path, language in files:
            self.add(path, language)

    def has(self, family: str, path: str) -> bool:
        """Whether a file of the family stands at `path`."""
        return self._family.get(path) == family

    def has_folder(self, family: str, folder: str) -> bool:
        """Whether files of the family stand right in `folder`."""
        return folder in self._folders.get((family, key_of_folder(family, folder)), ())

    def files(self, family: str, key: str) -> Iterable[str]:
        """The paths under a key, in no particular order."""
        return self._files.get((family, key), ())

    def folders(self, family: str, key: str) -> Iterable[str]:
        """The folders under a key, in no particular order."""
        return self._folders.get((family, key), ())

    def add(self, path: str, language: str) -> set[tuple[str, str]]:
        """Add a file; the (family, key) pairs under which something new is found."""
        family = family_of(language)
        if self._family.get(path) == family:
            return set()
        changed = self.remove(path)
        if not family:
            return changed
        self._family[path] = family
        file_key = (family, key_of_file(family, path))
        self._files.setdefault(file_key, {})[path] = None
        if family not in _ONLY_BY_FOLDER:
            changed.add(file_key)
        if family in _BY_FOLDER:
            folder = split(path)[0]
            folder_key = (family, key_of_folder(family, folder))
            counts = self._folders.setdefault(folder_key, {})
            counts[folder] = counts.get(folder, 0) + 1
            if counts[folder] == 1:
                changed.add(folder_key)
        changed.update(self._of_package(family, path))
        return changed

    def remove(self, path: str) -> set[tuple[str, str]]:
        """Remove a file; the (family, key) pairs under which something is missing now. Unknown paths change nothing."""
        family = self._family.pop(path, "")
        if not family:
            return set()
        file_key = (family, key_of_file(family, path))
        del self._files[file_key][path]
        if not self._files[file_key]:
            del self._files[file_key]
        changed = {file_key} if family not in _ONLY_BY_FOLDER else set()
        if family in _BY_FOLDER:
            folder = split(path)[0]
            folder_key = (family, key_of_folder(family, folder))
            counts = self._folders[folder_key]
            counts[folder] -= 1
            if not counts[folder]:
                del counts[folder]
                changed.add(folder_key)
            if not counts:
                del self._folders[folder_key]
        changed.update(self._of_package(family, path))
        return changed

    def _of_package(self, family: str, path: str) -> Iterator[tuple[str, str]]:
        """Keys of the files below a Python package that comes or goes: their absolute names change with it."""
        if family == "python" and path.endswith("__init__.py"):
            below = path.removesuffix("__init__.py")
            for (other, key), paths in self._files.items():
                if other == family and any(file.startswith(below) for file in paths):
                    yield other, key
