"""A program for `test_malicious_artifacts`: loads what strangers sent, each in a fork under limits of time and memory.

Reads lines "<name>\\t<path>"; a path that ends in .zip is unpacked, everything else loaded as it
was learnt and as it serves. Prints one JSON object.
"""

import contextlib
import json
import os
import resource
import sys
import time
from pathlib import Path

import faultcast.models.hybrid  # noqa: F401  torch once, before the forks
from faultcast import models
from faultcast.errors import FaultcastError
from faultcast.models import onnx_runtime

CPU_SECONDS = 5
MORE_BYTES = 1 << 30
"""Address space beyond what the imports took."""


def attempt(path: Path) -> str:
    try:
        if path.suffix == ".zip":
            path = models.unpack(path, path.with_suffix(".unpacked"))
        models.load(path)
        onnx_runtime.load(path)
    except FaultcastError as error:
        return f"{type(error).__name__}: {error}"
    return "loaded"


def limited(path: Path, write: int) -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MORE_BYTES, used + MORE_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    found = "crashed"
    with contextlib.suppress(MemoryError):
        found = attempt(path)
    os.write(write, found.encode()[:4000])


def main() -> None:
    found = {}
    for line in sys.stdin.read().splitlines():
        name, path = line.split("\t")
        read, write = os.pipe()
        started = time.monotonic()
        child = os.fork()
        if not child:
            try:
                limited(Path(path), write)
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            said = answer.read().decode("utf-8", "replace")
        status = os.waitpid(child, 0)[1]
        found[name] = {"said": said, "status": status, "seconds": time.monotonic() - started}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
