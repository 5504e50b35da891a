"""The model's folder: manifest.json and the files that it lists with their SHA-256. No pickle, ever.

Everything is read into memory once, checked, and only what was checked is used. A folder is refused
if it holds anything that the manifest does not list (a forgotten pickle, a link to elsewhere), if a
digest differs, or if a file is of a kind that can run code. That is no signature: whoever can write
the folder can write the manifest too, so loading must be harmless even then.
"""

import hashlib
import stat
from dataclasses import replace
from pathlib import Path

from faultcast.errors import NotFound, UnsafeArtifact
from faultcast.models import blend, linear
from faultcast.models.manifest import Manifest, check_contract, from_json
from faultcast.models.model import Model, Scorer

MANIFEST = "manifest.json"
ALLOWED = {".json", ".safetensors"}
MAX_BYTES = 1 << 30
"""A model's file larger than this (1 GiB) is refused before it is read."""


def load(folder: Path) -> Model:
    """A model from its folder, checked.

    Raises:
        NotFound: there is no model in the folder.
        UnsafeArtifact: the folder is not exactly what its manifest says.
        ContractMismatch: the model was trained on other features, or kept in another format.
    """
    manifest, files = read_files(folder)
    check_contract(manifest)
    return Model(manifest, _scorer(manifest, files))


def write(folder: Path, manifest: Manifest, files: dict[str, bytes]) -> Manifest:
    """Write a model's files and, last, the manifest with their digests; returns that manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _check_name(name)
        (folder / name).write_bytes(content)
    complete = replace(manifest, files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()})
    aside = folder / f"{MANIFEST}.partial"
    aside.write_text(complete.to_json(), encoding="utf-8")
    aside.replace(folder / MANIFEST)
    return complete


def read_files(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and the content of each file that it lists, all digests checked."""
    if not (folder / MANIFEST).is_file():
        raise NotFound(f"No model in {folder} (there is no {MANIFEST}); train one first")
    manifest = from_json(_read(folder / MANIFEST).decode("utf-8", errors="replace"))
    present = {entry.name for entry in folder.iterdir()} - {MANIFEST}
    unlisted = sorted(present - set(manifest.files))
    if unlisted:
        raise UnsafeArtifact(
            f"{folder} holds files that its manifest does not list: {', '.join(unlisted)}; remove them"
        )
    files: dict[str, bytes] = {}
    for name, digest in manifest.files.items():
        _check_name(name)
        files[name] = _read(folder / name)
        found = hashlib.sha256(files[name]).hexdigest()
        if found != digest:
            raise UnsafeArtifact(
                f"{name} has SHA-256 {found[:12]}…, the manifest says {str(digest)[:12]}…: "
                "the file was changed after training; fetch or train the model again"
            )
    return manifest, files


def _check_name(name: str) -> None:
    if Path(name).name != name or name == MANIFEST or Path(name).suffix not in ALLOWED:
        raise UnsafeArtifact(
            f"{name!r} is no file that a model may have; expected one of *{', *'.join(sorted(ALLOWED))}"
        )


def _read(path: Path) -> bytes:
    try:
        found = path.lstat()
    except FileNotFoundError as error:
        raise UnsafeArtifact(f"{path.name} is listed in the manifest but absent; fetch the model again") from error
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeArtifact(f"{path.name} is a link or no ordinary file; a model's files are plain files")
    if found.st_size > MAX_BYTES:
        raise UnsafeArtifact(f"{path.name} has {found.st_size} bytes, at most {MAX_BYTES} are read")
    return path.read_bytes()


def _scorer(manifest: Manifest, files: dict[str, bytes]) -> Scorer:
    # Imported here so that serving a forest does not cost torch's memory.
    num_columns = len(manifest.normaliser.columns)
    if manifest.kind == "simple":
        return blend.from_files(files, manifest.config, num_columns)
    if manifest.kind == "incremental":
        return linear.from_files(files, num_columns)
    from faultcast.models.hybrid import from_files as read_hybrid  # noqa: PLC0415

    return read_hybrid(files, manifest.config, num_columns)
