"""Which file of the repository an import means: one small rule a family of languages, no file opened.

A rule sees the import as written, the path it stands in, and the files there are (`Known`). It answers a path, a
folder with a slash at its end where the language imports whole folders (Go, Terraform, wildcards of Java, namespaces
of C#), or None: outside the repository, or written so that only a build could tell. Where several files fit, the one
that shares most folders with the importing file is taken, then the one least deep, then the first by name.
"""

from collections.abc import Callable, Iterable, Iterator

from faultcast.measures.imports import by_file, by_folder, by_module
from faultcast.measures.imports.known import Known, family_of

_RULES: dict[str, Callable[[str, str, Known], str | None]] = {
    "python": by_module.python,
    "script": by_module.script,
    "hcl": by_folder.terraform,
    "java": by_folder.java,
    "csharp": by_folder.csharp,
    "c": by_file.include,
    "ruby": by_file.ruby,
    "rust": by_file.rust,
}
_KEYS: dict[str, Callable[[str, str], Iterator[str]]] = {
    "python": by_module.python_keys,
    "script": by_module.script_keys,
    "hcl": by_folder.terraform_keys,
    "java": by_folder.dotted_keys,
    "csharp": by_folder.dotted_keys,
    "c": by_file.include_keys,
    "ruby": by_file.ruby_keys,
    "rust": by_file.rust_keys,
}


def resolve(imported: str, path: str, language: str, known: Known, go_module: str = "") -> str | None:
    """The file, or folder with a slash at its end, that `imported` means in the file at `path`; None: none of them.

    `go_module` is what the repository's own Go imports begin with (`go_module_of` guesses it).

    >>> files = Known([("src/shop/__init__.py", "python"), ("src/shop/cart.py", "python")])
    >>> resolve("shop.cart.total", "tests/test_cart.py", "python", files)
    'src/shop/cart.py'
    """
    family = family_of(language)
    if family == "go":
        return by_folder.go(imported, go_module, known)
    rule = _RULES.get(family)
    return rule(imported, path, known) if rule else None


def keys_of(imported: str, path: str, language: str) -> tuple[tuple[str, str], ...]:
    """The (family, key) pairs under which `resolve` looks: while nothing changes there, its answer stays.

    Go has none: its answers stay while folders and the module's name do.
    """
    family = family_of(language)
    rule = _KEYS.get(family)
    return tuple((family, key) for key in dict.fromkeys(rule(imported, path))) if rule else ()


def go_module_of(imports: Iterable[str], known: Known) -> str:
    """What the repository's own Go imports begin with: the beginning after which most of them name folders of it.

    `go.mod` says it, but is no source; imports that agree say the same. "" where none leads to a folder.
    """
    support: dict[str, int] = {}
    for imported in imports:
        for module, folder in by_folder.go_splits(imported):
            if known.has_folder("go", folder):
                support[module] = support.get(module, 0) + 1
    return min(support, key=lambda module: (-support[module], len(module), module), default="")
