"""What a Terraform block has to do with others: the blocks that it refers to, the module it takes, what it lacks."""

import re

_REFERENCE = re.compile(
    rb"(?<![\w.\"/:-])(?:(var|local|module)\.([\w-]{1,100})|data\.([a-z]\w{0,99})\.([\w-]{1,100})"
    rb"|([a-z][a-z0-9]{0,30}_\w{1,99})\.([a-zA-Z_][\w-]{0,99}))"
)
_SOURCE = re.compile(rb"^\s{0,40}source\s{0,20}=\s{0,20}\"([^\"\n]{1,300})\"", re.MULTILINE)
_VERSION = re.compile(rb"^\s{0,40}version\s{0,20}=", re.MULTILINE)
_DESCRIPTION = re.compile(rb"\bdescription\s{0,20}=")
_FROM_GIT = re.compile(rb"^(?:git::|git@|github\.com|bitbucket\.org|https?:|ssh:)|\.git\b")


def references(block: bytes) -> set[str]:
    """The addresses of the blocks that a block's text names: ``variable.x`` for ``var.x``, ``locals`` for any local."""
    found: set[str] = set()
    for match in _REFERENCE.finditer(block):
        kind, name, data, of_data, resource, of_resource = (part.decode() if part else "" for part in match.groups())
        if kind == "local":
            found.add("locals")
        elif kind:
            found.add(f"{'variable' if kind == 'var' else kind}.{name}")
        elif data:
            found.add(f"data.{data}.{of_data}")
        else:
            found.add(f"{resource}.{of_resource}")
    return found


def smells_of(address: str, block: bytes) -> list[str]:
    """What a block lacks: a module its version, a variable or an output its description."""
    kind = address.partition(".")[0]
    if kind in {"variable", "output"}:
        return [] if _DESCRIPTION.search(block) else ["undocumented_input"]
    if kind == "module" and (source := _SOURCE.search(block)):
        taken = source[1]
        is_pinned = taken.startswith((b"./", b"../")) or b"ref=" in taken or b"?version" in taken
        is_pinned = is_pinned or (not _FROM_GIT.search(taken) and _VERSION.search(block) is not None)
        return [] if is_pinned else ["unpinned_version"]
    return []
