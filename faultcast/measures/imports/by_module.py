"""Imports that name a module by its place: Python, JavaScript, TypeScript."""

from collections.abc import Iterator

from faultcast.measures.imports.closest import closest, ends_with, first_known, join
from faultcast.measures.imports.known import SCRIPT_SUFFIXES, Known, key_of_name, split

_PYTHON_SUFFIXES = (".py", ".pyi", ".pyw")


# --- Python --------------------------------------------------------------------------------


def python(imported: str, path: str, known: Known) -> str | None:
    """A module of the repository; the last name may be something inside a module."""
    if imported.startswith("."):
        return first_known("python", _python_relative(imported, path), known)
    parts = imported.removesuffix(".*").split(".")
    for names in (parts, parts[:-1]):
        if names and (found := _python_absolute(names, path, known)):
            return found
    return None


def _python_relative(imported: str, path: str) -> Iterator[str]:
    name = imported.lstrip(".")
    up = len(imported) - len(name) - 1
    folders = path.split("/")[:-1]
    if up > len(folders):
        return
    base = folders[: len(folders) - up]
    parts = [part for part in name.removesuffix("*").split(".") if part]
    for names in (parts, parts[:-1]) if parts else (parts,):
        stem = "/".join([*base, *names])
        yield from _python_files(stem, is_folder_only=not names)


def _python_files(stem: str, *, is_folder_only: bool = False) -> Iterator[str]:
    if not is_folder_only:
        yield from (stem + suffix for suffix in _PYTHON_SUFFIXES)
    yield f"{stem}/__init__.py" if stem else "__init__.py"


def _python_absolute(names: list[str], path: str, known: Known) -> str | None:
    """A module whose path ends with the names and begins with a folder that is no package: a root of imports."""
    tails = list(_python_files("/".join(names)))
    fitting: list[str] = []
    for file in known.files("python", names[-1]):
        tail = next((tail for tail in tails if ends_with(file, tail)), None)
        if tail is None:
            continue
        root = file[: -len(tail)]
        # A lone module at another root (tools/json.py) is found only by programs that start there.
        if known.has("python", f"{root}__init__.py") or not (path.startswith(root) or "/" in tail):
            continue
        fitting.append(file)
    return closest(fitting, path)


def python_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of the files that the import could mean."""
    name = imported.lstrip(".").removesuffix("*").strip(".")
    parts = name.split(".") if name else []
    yield from parts[-2:]
    if imported.startswith(".") and len(parts) < 2:
        up = len(imported) - len(imported.lstrip(".")) - 1
        folders = path.split("/")[:-1]
        base = folders[: max(0, len(folders) - up)]
        yield base[-1] if base else ""


# --- JavaScript and TypeScript -------------------------------------------------------------


def script(imported: str, path: str, known: Known) -> str | None:
    """A file beside this one or, with ``@/`` and ``~/``, below the nearest root; packages by name are others'."""
    for stem in _script_stems(imported, path):
        if found := first_known("script", _script_files(stem), known):
            return found
    return None


def _script_stems(imported: str, path: str) -> Iterator[str]:
    folder = split(path)[0]
    if imported.startswith("."):
        stem = join(folder, imported)
        if stem is not None:
            yield stem
    elif imported.startswith(("@/", "~/")):  # by custom the nearest src, or the folder that the package stands in
        inside = imported[2:]
        while folder:
            yield f"{folder}/src/{inside}"
            yield f"{folder}/{inside}"
            folder = split(folder)[0]
        yield f"src/{inside}"
        yield inside


def _script_files(stem: str) -> Iterator[str]:
    yield stem
    yield from (stem + suffix for suffix in SCRIPT_SUFFIXES)
    if stem.endswith((".js", ".jsx", ".mjs", ".cjs")):  # TypeScript writes the name of what will be there
        bare = stem.rpartition(".")[0]
        yield from (bare + suffix for suffix in SCRIPT_SUFFIXES)
    inside = f"{stem}/" if stem else ""
    yield from (f"{inside}index{suffix}" for suffix in SCRIPT_SUFFIXES)


def script_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of the files that the import could mean."""
    folder = split(path)[0]
    stem: str | None = None
    if imported.startswith("."):
        stem = join(folder, imported)
    elif imported.startswith(("@/", "~/")):
        stem = imported[2:]
        yield from ("src", "", *folder.split("/"))
    if stem is not None:
        before, name = split(stem)
        yield name
        yield name.removesuffix(".d")
        yield key_of_name("script", name)
        yield split(before)[1]  # ./a/index is found under a
