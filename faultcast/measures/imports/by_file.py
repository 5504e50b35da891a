"""Imports that name a file, or nearly: C, C++, Ruby, Rust."""

from collections.abc import Iterator
from posixpath import normpath

from faultcast.measures.imports.closest import closest, ends_with, first_known, join
from faultcast.measures.imports.known import Known, split
from faultcast.measures.languages import words

_STANDARD_HEADERS = words(
    "assert.h ctype.h errno.h fcntl.h float.h getopt.h inttypes.h limits.h locale.h math.h netdb.h poll.h pthread.h"
    " regex.h sched.h setjmp.h signal.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h"
    " strings.h syslog.h termios.h time.h unistd.h wchar.h windows.h"
)  # a stand-in of the repository's is for a system that lacks it
_RUBY_ROOTS = frozenset({"lib", "test", "spec", "app", "ext"})
_RUST_ROOTS = frozenset({"mod.rs", "lib.rs", "main.rs"})


def include(imported: str, path: str, known: Known) -> str | None:
    """The file beside this one, or the nearest whose path ends as the include does."""
    name = imported.strip("<>")
    if imported.startswith("<") and name in _STANDARD_HEADERS:
        return None
    beside = join(split(path)[0], name)
    if beside is not None and not imported.startswith("<") and known.has("c", beside):
        return beside
    tail = normpath(name)
    while tail.startswith("../"):
        tail = tail[3:]
    return closest((file for file in known.files("c", split(tail)[1]) if ends_with(file, tail)), path)


def include_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of the files that the include could mean."""
    del path
    yield split(normpath(imported.strip("<>")))[1]


def ruby(imported: str, path: str, known: Known) -> str | None:
    """The file beside this one, or one below a folder that Ruby programs put on their load path."""
    name = imported.removesuffix(".rb")
    if imported.startswith(("./", "../")):
        beside = join(split(path)[0], name)
        return first_known("ruby", (f"{beside}.rb",), known) if beside else None
    fitting = []
    for file in known.files("ruby", split(name)[1]):
        root = file.removesuffix(f"{name}.rb")
        if root == "" or (root != file and root.endswith("/") and split(root[:-1])[1] in _RUBY_ROOTS):
            fitting.append(file)
    return closest(fitting, path)


def ruby_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of the files that the require could mean."""
    del path
    yield split(imported.removesuffix(".rb"))[1]


def rust(imported: str, path: str, known: Known) -> str | None:
    """The file of the deepest module that the path names."""
    parts = imported.removesuffix("::*").split("::")
    base, parts = _rust_base(parts, path, known)
    if base is None:
        return None
    for count in range(len(parts), 0, -1):
        stem = "/".join([base, *parts[:count]]) if base else "/".join(parts[:count])
        if found := first_known("rust", (f"{stem}.rs", f"{stem}/mod.rs"), known):
            return found
    inside = f"{base}/" if base else ""
    return first_known("rust", (f"{inside}lib.rs", f"{inside}mod.rs", f"{inside}main.rs", f"{base}.rs"), known)


def _rust_base(parts: list[str], path: str, known: Known) -> tuple[str | None, list[str]]:
    """The folder in which a path's modules are looked for, and the modules' names."""
    folder, name = split(path)
    own = folder if name in _RUST_ROOTS else path.removesuffix(".rs")
    first = parts[0]
    if first == "crate":
        while folder and split(folder)[1] != "src":
            folder = split(folder)[0]
        return folder, parts[1:]
    if first in {"self", "super"}:
        while parts and parts[0] in {"self", "super"}:
            own = split(own)[0] if parts[0] == "super" else own
            parts = parts[1:]
        return own, parts
    roots = [
        split(file)[0]
        for file in known.files("rust", "src")  # each crate's src/lib.rs is found under its folder
        if file.endswith("src/lib.rs") and split(split(split(file)[0])[0])[1].replace("-", "_") == first
    ]
    return closest(roots, path), parts[1:]


def rust_keys(imported: str, path: str) -> Iterator[str]:
    """Keys of the files that the path could mean."""
    yield from ("src", "")
    yield from imported.removesuffix("::*").split("::")
    yield from path.removesuffix(".rs").split("/")
