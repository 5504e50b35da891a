"""The model's folder: manifest.json and the files that it lists with their SHA-256. No pickle, ever.

Everything is read into memory once, checked, and only what was checked is used. A folder is refused
if it holds anything that the manifest does not list (a forgotten pickle, a link to elsewhere), if a
digest differs, or if a file is of a kind that can run code. Whoever can write the folder can write
the manifest too, so loading must be harmless even then; who wrote it is what `manifest.sig` says
(`signature`), to those who trust a key.
"""

import hashlib
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from faultcast.errors import NotFound, UnsafeArtifact
from faultcast.models import blend, folder as lying, linear, strict_json
from faultcast.models.folder import ALLOWED, MANIFEST, MAX_BYTES, MODEL, READER, REFERENCE, SIGNATURE
from faultcast.models.manifest import Manifest, check_contract, from_json
from faultcast.models.manifest_types import check_types
from faultcast.models.model import Model, Scorer

__all__ = [
    "ALLOWED",
    "MANIFEST",
    "MAX_BYTES",
    "SIGNATURE",
    "load",
    "read_files",
    "read_manifest",
    "scorer_of",
    "sign",
    "write",
]


def load(folder: Path, trusted: Collection[bytes] = ()) -> Model:
    """A model from its folder, checked.

    Args:
        folder: where it lies.
        trusted: public keys (`signature.public_keys`); if there are any, one of them must have signed the model.

    Raises:
        NotFound: there is no model in the folder.
        UnsafeArtifact: the folder is not exactly what its manifest says, or nobody trusted signed it.
        ContractMismatch: the model was trained on other features, or kept in another format.
    """
    manifest, files = read_files(folder, trusted)
    check_contract(manifest)
    return Model(manifest, scorer_of(manifest, files))


def read_manifest(folder: Path, trusted: Collection[bytes] = ()) -> Manifest:
    """What a model is, of a folder checked as `load` checks it; what was learnt is not loaded. Errors as `load`."""
    manifest, _ = read_files(folder, trusted, only=())
    check_contract(manifest)
    return manifest


def write(folder: Path, manifest: Manifest, files: dict[str, bytes]) -> Manifest:
    """Write a model's files and, last, the manifest with their digests; returns that manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SIGNATURE).unlink(missing_ok=True)  # of what was here before
    for name, content in files.items():
        lying.check_name(name)
        (folder / name).write_bytes(content)
    complete = replace(manifest, files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()})
    _write_whole(folder / MANIFEST, complete.to_json().encode())
    return complete


def sign(folder: Path, key: bytes) -> None:
    """Sign a model with a private key (`signature.private_key`); doing it again writes the same bytes.

    Raises:
        NotFound: there is no model in the folder.
        UnsafeArtifact: the folder is not exactly what its manifest says.
    """
    from faultcast.models import signature  # noqa: PLC0415  most models are neither signed nor asked to be

    read_files(folder)
    signed = signature.sign(lying.read_file(folder, MANIFEST), key)
    if not (folder / SIGNATURE).is_file() or lying.read_file(folder, SIGNATURE) != signed:
        _write_whole(folder / SIGNATURE, signed)


def read_files(
    folder: Path, trusted: Collection[bytes] = (), only: Collection[str] | None = None
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and the content of each file that it lists, all digests checked; arguments and errors as `load`.

    With `only`, other files are checked as well, and their content is let go.
    """
    if not os.path.lexists(folder / MANIFEST):
        raise NotFound(f"No model in {folder} (there is no {MANIFEST}); train one first")
    present = lying.names_in(folder)
    said = lying.read_file(folder, MANIFEST)
    if trusted:
        from faultcast.models import signature  # noqa: PLC0415

        signed = lying.read_file(folder, SIGNATURE) if SIGNATURE in present else b""
        signature.check(said, signed, trusted)
    manifest = _manifest(said)
    unlisted = sorted(present - {MANIFEST, SIGNATURE} - set(manifest.files))
    if unlisted:
        raise UnsafeArtifact(
            f"{folder} holds files that its manifest does not list: {', '.join(unlisted)[:500]}; remove them"
        )
    files: dict[str, bytes] = {}
    for name, digest in manifest.files.items():
        lying.check_name(name)
        content = lying.read_file(folder, name)
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise UnsafeArtifact(
                f"{name} has SHA-256 {found[:12]}…, the manifest says {digest[:12]}…: "
                "the file was changed after training; fetch or train the model again"
            )
        lying.check_content(name, content)
        if only is None or name in only:
            files[name] = content
    return manifest, files


def _manifest(content: bytes) -> Manifest:
    strict_json.read(MANIFEST, content)
    manifest = from_json(content.decode("utf-8"))
    check_types(manifest)
    return manifest


def _write_whole(path: Path, content: bytes) -> None:
    aside = path.with_name(f"{path.name}.partial")
    aside.write_bytes(content)
    aside.replace(path)


def scorer_of(manifest: Manifest, files: Mapping[str, bytes]) -> Scorer:
    """The learnt part as it was evaluated, in NumPy or torch; `onnx_runtime` has it as it serves.

    Raises:
        UnsafeArtifact: the files are none of the manifest's kind.
    """
    files = {name: content for name, content in files.items() if name not in (MODEL, READER, REFERENCE)}
    num_columns = len(manifest.normaliser.columns)
    if manifest.kind == "simple":
        return blend.from_files(files, manifest.config, num_columns)
    if manifest.kind == "incremental":
        return linear.from_files(files, num_columns)
    # Imported here so that a forest does not cost torch's memory.
    from faultcast.models.hybrid import from_files as read_hybrid  # noqa: PLC0415

    return read_hybrid(files, manifest.config, num_columns)
