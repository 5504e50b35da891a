"""A light load generator, in a process of its own: python benchmarks/load.py URL --rate 500 --seconds 10

    --rate R        open loop: R requests a second arrive whether or not the server keeps up, and a latency is counted
                    from the instant that a request was due, so waiting for a free connection counts (no coordinated
                    omission)
    --closed N      closed loop instead: N connections, each asks again as soon as it is answered (to find the peak)
    --body FILE     bodies to POST, one a line, taken in turn; `$N` inside becomes the request's number (never cached)
    --header H      "Name: value", repeatable
    --connections   keep-alive connections at most (open loop)
    --even          requests are due at even distances; otherwise as a Poisson process draws them
    --warm-up S     seconds before anything is counted
    --timeout S     after which a request counts as `timeout`

It prints JSON: `answered` and `failed` by status or kind of failure, `rate` achieved, latencies in ms (`p50` … `max`),
`late_p99`: how late the generator itself was to send (part of the latencies), and `cpu_seconds` of the generator.
From a benchmark: `report = load.run(url, rate=500, seconds=10, bodies=[...])`, or `with load.started(...) as running:`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop
from load_engine import Load


def command(url: str, bodies_file: Path | None, headers: Sequence[str], options: dict[str, Any]) -> list[str]:
    """The command line of a generator."""
    words = [sys.executable, str(Path(__file__).resolve()), url]
    words += ["--body", str(bodies_file)] if bodies_file else []
    words += [word for header in headers for word in ("--header", header)]
    for name, value in options.items():
        words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return words


class Running:
    """A generator at work; `report` waits for it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def report(self) -> dict[str, Any]:
        """What it measured."""
        out, _ = self.process.communicate()
        if self.process.returncode:
            raise RuntimeError(f"the load generator ended with status {self.process.returncode}")
        found: dict[str, Any] = json.loads(out)
        return found


@contextmanager
def started(
    url: str, *, bodies: Sequence[str | bytes] = (), headers: Sequence[str] = (), **options: Any
) -> Iterator[Running]:
    """A generator in the background; options as on the command line (`rate=`, `closed=`, `seconds=` …)."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bodies"
        file.write_bytes(b"\n".join(body.encode() if isinstance(body, str) else body for body in bodies))
        words = command(url, file if bodies else None, headers, options)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(10)


def run(url: str, **options: Any) -> dict[str, Any]:
    """Run a generator to its end; see `started`."""
    with started(url, **options) as running:
        return running.report()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--rate", type=float)
    how.add_argument("--closed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=1.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--timeout", type=float, default=10.0)
    parser.add_argument("--body", default="")
    parser.add_argument("--header", action="append", default=[])
    parser.add_argument("--even", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", type=int, default=0, help="the number that $N starts with")
    options = parser.parse_args()
    sys.stdout.write(json.dumps(uvloop.run(Load(options).run())) + "\n")


if __name__ == "__main__":
    main()
