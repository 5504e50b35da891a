"""Requests per second of the server's own processor time, beside KServe's Python server on the same model.

    python benchmarks/predictor.py [--rounds 8] [--seconds 2] [--write]

One seeded forest (`predictor_model.py`) is served by `python -m serving` and by KServe's server (`predictor_peers.py`),
each in a process of its own on loopback. All are up, one at a time is asked, in turns; the load comes from a process of
its own over 16 connections, one change a request, 87 raw features, and the risk is what is asked for. Counted is the
server process's time from /proc. Then the server of this project alone: latency at half of its peak, seconds from its
start until it is ready, memory.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import load
import predictor_model
from page import head, line, machine, write

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from loopback import end, free_port  # noqa: E402

CONNECTIONS, WARM_UP = 16, 0.5
BARS = {"scikit-learn": 8.0, "onnxruntime": 5.0}
"""How many times a peer's requests per processor second: the first on V1 and V2, the second on V2."""
MAX_P99_MS, MAX_READY_SECONDS, MAX_RSS_MB = 10.0, 2.0, 150.0
PATHS = {"V1": "/v1/models/faultcast:predict", "V2": "/v2/models/faultcast/infer"}
SHORT = {"V1": {"top": 0}, "V2": {"outputs": [{"name": "risk"}]}}
"""What asks this project's server for the risk without its reasons, which the peers have none of."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    process: "subprocess.Popen[bytes]"
    url: str
    ready_seconds: float

    def cpu_seconds(self) -> float:
        """User and system time of the process, its ended threads included."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mb(self) -> float:
        """Resident memory now."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def running(name: str, folder: Path) -> Iterator[Server]:
    """Start a server, wait until it is ready, end it."""
    port = str(free_port())
    peer = [sys.executable, str(HERE / "predictor_peers.py"), name, str(folder), port]
    own = [sys.executable, "-m", "serving", "--model-dir", str(folder), "--port", port]
    start = time.monotonic()
    command = own if name == "faultcast" else peer
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HERE.parent)
    try:
        while not _is_ready(f"http://127.0.0.1:{port}"):
            if process.poll() is not None or time.monotonic() > start + 60:
                raise RuntimeError(f"{name} is not ready: run `{' '.join(command)}`")
            time.sleep(0.01)
        yield Server(name, process, f"http://127.0.0.1:{port}", time.monotonic() - start)
    finally:
        end(process)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/v2/models/faultcast/ready", timeout=5) as answer:  # noqa: S310  loopback
            return bool(json.load(answer)["ready"])
    except (urllib.error.URLError, ConnectionError, KeyError):
        return False


def bodies(protocol: str, own: bool, *, reasons: bool = False) -> list[bytes]:
    """64 different requests."""
    found: list[dict[str, Any]] = []
    for row in predictor_model.rows(64, seed=9).tolist():
        if protocol == "V2":
            tensor = {"name": "features", "datatype": "FP64", "shape": [1, len(row)], "data": row}
            found.append({"inputs": [tensor]})
        else:
            found.append({"instances": [{"features": row} if own else row]})
        found[-1] |= SHORT[protocol] if own and not reasons else {}
    return [json.dumps(body).encode() for body in found]


def peak(server: Server, protocol: str, seconds: float, *, reasons: bool = False) -> tuple[float, float]:
    """Requests per processor second of the server, and per second, as fast as 16 connections ask."""
    own = server.name == "faultcast"
    before = server.cpu_seconds()
    found = load.run(
        f"{server.url}{PATHS[protocol]}", bodies=bodies(protocol, own, reasons=reasons), closed=CONNECTIONS,
        seconds=seconds, warm_up=0.0,
    )  # fmt: skip
    spent = server.cpu_seconds() - before
    if found["failed"] or set(found["answered"]) != {"200"}:
        raise RuntimeError(f"{server.name}, {protocol}: {found}")
    return found["answered"]["200"] / spent, found["rate"]


def compared(folder: Path, rounds: int, seconds: float) -> tuple[list[str], dict[str, float]]:
    """The table of peers; the servers take turns. Also the rates of this project's server, by protocol."""
    names = ("faultcast", "scikit-learn", "onnxruntime", "quiet")
    found: dict[tuple[str, str], list[float]] = {(n, p): [] for n in names for p in PATHS}
    rates: dict[str, list[float]] = {protocol: [] for protocol in PATHS}
    with ExitStack() as stack:
        servers = [stack.enter_context(running(name, folder)) for name in names]
        for round_ in range(rounds + 1):  # the first is not counted
            for server, protocol in itertools.product(servers, PATHS):
                per_cpu, rate = peak(server, protocol, seconds)
                print(f"round {round_}: {server.name:13} {protocol} {per_cpu:8,.0f} per CPU-second", file=sys.stderr)
                if round_:
                    found[server.name, protocol].append(per_cpu)
                    rates[protocol] += [rate] if server.name == "faultcast" else []
    median = {key: statistics.median(values) for key, values in found.items()}
    said = {"faultcast": "`python -m serving`", "scikit-learn": "KServe + scikit-learn", "onnxruntime":
            "KServe + onnxruntime", "quiet": "KServe + onnxruntime, latency log off"}  # fmt: skip
    rows = head("server", "V1", "V2", "times fewer, V1", "times fewer, V2", "bar")
    for name in names:
        times = [median["faultcast", protocol] / median[name, protocol] for protocol in PATHS]
        bar = BARS.get(name)
        rows.append(line([
            said[name], *(f"{median[name, protocol]:,.0f}" for protocol in PATHS),
            *("" if name == "faultcast" else f"{ratio:.1f}" for ratio in times), f"{bar:g} on V2" if bar else "",
        ]))  # fmt: skip
    return rows, {protocol: statistics.median(values) for protocol, values in rates.items()}


def alone(folder: Path, rates: dict[str, float], seconds: float) -> list[str]:
    """What the peers are not asked: latency at half of the peak, the price of reasons, start, memory."""
    starts = []
    for _ in range(5):
        with running("faultcast", folder) as server:
            starts.append(server.ready_seconds)
    rows = head("what", "found", "bar")
    with running("faultcast", folder) as server:
        for protocol, rate in rates.items():
            peak(server, protocol, WARM_UP)
            told = load.run(
                f"{server.url}{PATHS[protocol]}", bodies=bodies(protocol, own=True), rate=rate / 2,
                connections=CONNECTIONS, seconds=2 * seconds,
            )  # fmt: skip
            rows.append(line([
                f"{protocol}, p50 / p99 at half of the peak ({rate / 2:,.0f} requests a second)",
                f"{told['p50']:.2f} / {told['p99']:.2f} ms", f"p99 < {MAX_P99_MS:g} ms",
            ]))  # fmt: skip
        for protocol in PATHS:
            per_cpu, _ = peak(server, protocol, seconds, reasons=True)
            rows.append(line([f"{protocol} with five reasons, requests per CPU-second", f"{per_cpu:,.0f}", ""]))
        rows.append(line(["memory after that (RSS)", f"{server.rss_mb():.0f} MB", f"< {MAX_RSS_MB:g} MB"]))
    rows.append(
        line(["start until ready, median of 5", f"{statistics.median(starts):.2f} s", f"< {MAX_READY_SECONDS:g} s"])
    )
    return rows


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--write", action="store_true", help="put the tables into results.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        predictor_model.write(Path(folder))
        peers, rates = compared(Path(folder), options.rounds, options.seconds)
        own = alone(Path(folder), rates, options.seconds)
    how = (
        f"{machine()}. Medians of {options.rounds} interleaved rounds of {options.seconds:g} s after one that is not "
        f"counted, {CONNECTIONS} connections, one change of {len(predictor_model.CATALOGUE)} raw features a request, "
        f"a forest of {predictor_model.TREES} trees; requests per second of the server process's own processor time. "
        "Only the risk is asked for. The peers' models do nothing but score: a `kserve.Model` around the scikit-learn "
        "forest and around the very ONNX file, because KServe's package for scikit-learn is not on the package index."
    )
    text = "\n".join([how, "", *peers, "", *own, "", "`python benchmarks/predictor.py --write`"])
    print(text)
    if options.write:
        write("serving", text)


if __name__ == "__main__":
    main()
