"""Who imports whom, as of one commit: a graph kept up file by file.

What the graph answers depends on the files and imports that it holds, not on the order in which they came. Edges are
drawn when somebody asks: a commit that adds a thousand files costs one look at each. Memory: the files, their imports
and the edges.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from faultcast.measures.imports.known import Known, family_of, split
from faultcast.measures.imports.resolve import go_module_of, keys_of, resolve

_Key = tuple[str, str]


class ImportGraph:
    """Files and what they import.

    >>> graph = ImportGraph()
    >>> graph.observe("shop/cart.py", "python", ())
    >>> graph.observe("shop/app.py", "python", ("os", ".cart.total"))
    >>> graph.fan_in("shop/cart.py"), graph.fan_out("shop/app.py")
    (1, 1)
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[str, tuple[str, ...]]] = {}  # path -> language, imports
        self._known = Known()
        self._seekers: dict[_Key, dict[str, None]] = {}  # key -> files whose imports look there
        self._targets: dict[str, tuple[str, ...]] = {}
        self._importers: dict[str, dict[str, None]] = {}
        self._go_imports: dict[str, int] = {}  # import -> files that have it
        self._go_module = ""
        self._is_go_changed = False
        self._changed_files: dict[str, None] = {}
        self._changed_keys: dict[_Key, None] = {}

    def observe(self, path: str, language: str, imports: Iterable[str]) -> None:
        """The file at `path` now imports these names, as `FileVersion.imports` has them; whatever it was before."""
        now = (language, tuple(dict.fromkeys(imports)))
        before = self._files.get(path)
        if before == now:
            return
        if before is not None:
            self._forget_imports(path)
        self._files[path] = now
        self._mark(self._known.add(path, language))
        for key in self._keys(path):
            self._seekers.setdefault(key, {})[path] = None
        if language == "go":
            for imported in now[1]:
                self._go_imports[imported] = self._go_imports.get(imported, 0) + 1
            self._is_go_changed = True
        self._changed_files[path] = None

    def remove(self, path: str) -> None:
        """The file is gone. Unknown paths change nothing."""
        if path in self._files:
            self._forget_imports(path)
            del self._files[path]
            self._mark(self._known.remove(path))
            self._changed_files[path] = None

    def rename(self, old_path: str, path: str) -> None:
        """The file is at `path` now, with the same imports, which may mean other files from there."""
        if old_path in self._files and old_path != path:
            language, imports = self._files[old_path]
            self.remove(old_path)
            self.observe(path, language, imports)

    def fan_in(self, path: str) -> int:
        """How many other files import this one, or the folder that it stands in; 0 for a file not held."""
        return len(self.importers(path))

    def fan_out(self, path: str) -> int:
        """How many files and folders of the repository this file imports, each once; 0 for a file not held."""
        self._settle()
        return len(self._targets.get(path, ()))

    def importers(self, path: str) -> frozenset[str]:
        """The files that import this one or its folder."""
        self._settle()
        if path not in self._files:
            return frozenset()
        found = {*self._importers.get(path, ()), *self._importers.get(split(path)[0] + "/", ())}
        found.discard(path)
        return frozenset(found)

    def imported(self, path: str) -> tuple[str, ...]:
        """What the file imports of the repository: paths, and folders with a slash at their end; in order."""
        self._settle()
        return self._targets.get(path, ())

    def to_state(self) -> dict[str, list[Any]]:
        """The graph as JSON can write it: ``{path: [language, [import, ...]]}``, sorted by path."""
        return {path: [language, list(imports)] for path, (language, imports) in sorted(self._files.items())}

    @classmethod
    def from_state(cls, state: Mapping[str, Sequence[Any]]) -> Self:
        """The graph that `to_state` wrote."""
        graph = cls()
        for path, (language, imports) in state.items():
            graph.observe(path, language, imports)
        return graph

    def _keys(self, path: str) -> set[_Key]:
        language, imports = self._files[path]
        return {key for imported in imports for key in keys_of(imported, path, language)}

    def _forget_imports(self, path: str) -> None:
        for key in self._keys(path):
            seekers = self._seekers[key]
            del seekers[path]
            if not seekers:
                del self._seekers[key]
        language, imports = self._files[path]
        if language == "go":
            for imported in imports:
                self._go_imports[imported] -= 1
                if not self._go_imports[imported]:
                    del self._go_imports[imported]
            self._is_go_changed = True

    def _mark(self, keys: Iterable[_Key]) -> None:
        for key in keys:
            self._changed_keys[key] = None
            self._is_go_changed |= key[0] == "go"

    def _settle(self) -> None:
        """Draw the edges of every file whose imports may mean something else than before."""
        if not (self._changed_files or self._changed_keys):
            return
        waiting = self._changed_files
        for key in self._changed_keys:
            waiting.update(self._seekers.get(key, ()))
        if self._is_go_changed:
            waiting.update(self._go_files_to_settle())
        self._changed_files, self._changed_keys, self._is_go_changed = {}, {}, False
        for path in waiting:
            self._draw(path)

    def _go_files_to_settle(self) -> dict[str, None]:
        """All of them where the module or a folder changed; a folder of Go's is a key of the known files."""
        module = go_module_of(self._go_imports, self._known)
        is_same = module == self._go_module and not any(family == "go" for family, _ in self._changed_keys)
        self._go_module = module
        return {} if is_same else {path: None for path, (language, _) in self._files.items() if language == "go"}

    def _draw(self, path: str) -> None:
        for old in self._targets.pop(path, ()):
            importers = self._importers[old]
            del importers[path]
            if not importers:
                del self._importers[old]
        language, imports = self._files.get(path, ("", ()))
        if not family_of(language):
            return
        found: dict[str, None] = {}
        for imported in imports:
            target = resolve(imported, path, language, self._known, self._go_module)
            if target is not None and target != path:
                found[target] = None
        if found:
            self._targets[path] = tuple(found)
        for target in found:
            self._importers.setdefault(target, {})[path] = None
