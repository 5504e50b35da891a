"""A model's folder as it lies there: which files it may hold, and reading them without following anything.

Each file is checked for what its kind can do to a reader before any library sees it.
"""

import os
import stat
from pathlib import Path

from faultcast.errors import UnsafeArtifact
from faultcast.models import onnx_read, strict_json, tokenizer_file
from faultcast.models.tensors import read_header

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
MODEL, READER = "model.onnx", "reader.onnx"
"""What serves: the graph that scores, and the one that reads texts."""
ALLOWED = {".json", ".onnx", ".safetensors"}
REFERENCE = "reference.json"
"""What the model was taught with, as monitoring compares with it (`faultcast.validation.reference`)."""
MAX_BYTES = 1 << 30
"""A model's file larger than this (1 GiB) is refused before it is read."""
MAX_FILES = 64
_NAMES_CODE = {"auto_map", "custom_pipelines", "trust_remote_code"}
"""What asks transformers to import Python code from beside the weights."""


def check_name(name: object) -> None:
    """Refuse what is no plain name of a file that a model may have beside its manifest.

    Raises:
        UnsafeArtifact: it leads out of the folder, or is of a kind that can run code.
    """
    plain = isinstance(name, str) and Path(name).name == name and name.isprintable() and "\\" not in name
    suffix = Path(str(name)).suffix
    if not plain or name == MANIFEST or suffix not in ALLOWED or (suffix == ".onnx" and name not in (MODEL, READER)):
        raise UnsafeArtifact(
            f"{str(name)[:200]!r} is no file that a model may have; expected one of *{', *'.join(sorted(ALLOWED))}"
        )


def names_in(folder: Path) -> set[str]:
    """What the folder holds.

    Raises:
        UnsafeArtifact: more than a model has.
    """
    found: set[str] = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            found.add(entry.name)
            if len(found) > MAX_FILES:
                raise UnsafeArtifact(f"{folder} holds more than {MAX_FILES} files; a model has a handful")
    return found


def read_file(folder: Path, name: str) -> bytes:
    """One file's content; neither links nor pipes nor devices are followed, nor waited for.

    Raises:
        UnsafeArtifact: it is absent, no ordinary file, or too large.
    """
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise UnsafeArtifact(f"{name} is listed in the manifest but absent; fetch the model again") from error
    except OSError as error:
        raise UnsafeArtifact(f"{name} is a link or no ordinary file; a model's files are plain files") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise UnsafeArtifact(f"{name} is a link or no ordinary file; a model's files are plain files")
        if found.st_size > MAX_BYTES:
            raise UnsafeArtifact(f"{name} has {found.st_size} bytes, at most {MAX_BYTES} are read")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(found.st_size)
    finally:
        os.close(descriptor)


def check_content(name: str, content: bytes) -> None:
    """Refuse what could harm the library that reads it.

    Raises:
        UnsafeArtifact: it is not what its name says, or asks for more than a model needs.
    """
    if name.endswith(".safetensors"):
        read_header(name, content)
        return
    if name.endswith(".onnx"):
        onnx_read.read(name, content)
        return
    found = strict_json.read(name, content)
    if isinstance(found, dict) and (code := sorted(_NAMES_CODE & set(found))):
        raise UnsafeArtifact(f"{name} names code to import ({', '.join(code)}); a model holds data alone")
    if name == tokenizer_file.FILE:
        tokenizer_file.check(found)
