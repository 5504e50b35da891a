"""Imports that mean a whole folder, always or sometimes: Go, Terraform, Java, C#."""

from collections.abc import Iterator

from faultcast.measures.imports.closest import closest, ends_with, join
from faultcast.measures.imports.known import Known, split

_HOSTS_OF_OWNERS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "golang.org"})


def go(imported: str, module: str, known: Known) -> str | None:
    """The folder that the import names inside the repository's own module."""
    if not module or not imported.startswith(module):
        return None
    inside = imported[len(module) :]
    if inside and not inside.startswith("/"):
        return None
    folder = inside.strip("/")
    return f"{folder}/" if known.has_folder("go", folder) else None


def go_splits(imported: str) -> Iterator[tuple[str, str]]:
    """The import as (module, folder inside it), for every module that a repository could be."""
    parts = imported.split("/")
    if "." not in parts[0]:
        return
    least = 3 if parts[0] in _HOSTS_OF_OWNERS else 2
    for count in range(least, min(len(parts), least + 2)):
        yield "/".join(parts[:count]), "/".join(parts[count:])


def terraform(imported: str, path: str, known: Known) -> str | None:
    """The folder of a local module; registries and URLs are others'."""
    folder = join(split(path)[0], imported) if imported.startswith(("./", "../")) or imported in {".", ".."} else None
    return f"{folder}/" if folder is not None and known.has_folder("hcl", folder) else None


def terraform_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of the folders that the source could mean."""
    folder = join(split(path)[0], imported) if imported.startswith(".") else None
    if folder is not None:
        yield split(folder)[1]


def java(imported: str, path: str, known: Known) -> str | None:
    """The class, or the folder of a wildcard."""
    names = imported.removesuffix(".*").split(".")
    for count in (len(names), len(names) - 1):  # the last may be a nested class or a static member
        tail = "/".join(names[:count])
        files = (file for file in known.files("java", names[count - 1]) if ends_with(file, f"{tail}.java"))
        if count and (found := closest(files, path)):
            return found
    if not imported.endswith(".*"):
        return None
    tail = "/".join(names)
    found = closest((folder for folder in known.folders("java", names[-1]) if ends_with(folder, tail)), path)
    return f"{found}/" if found is not None else None


def csharp(imported: str, path: str, known: Known) -> str | None:
    """A namespace is by custom the folders it stands in, dots for slashes; ``using static`` names a class."""
    name = imported.rpartition(".")[2]
    folders = (at for at in known.folders("csharp", name) if f".{at.replace('/', '.')}".endswith(f".{imported}"))
    if found := closest(folders, path):
        return f"{found}/"
    files = (file for file in known.files("csharp", name) if f".{file.replace('/', '.')}".endswith(f".{imported}.cs"))
    return closest(files, path)


def dotted_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of what a dotted name could mean."""
    del path
    yield from reversed(imported.removesuffix(".*").rsplit(".", 2)[-2:])
