"""The gateway with everything on, under load and under attack: python benchmarks/gateway.py [--write] [--minutes 10]

A run of `faultcast demo` is served by `faultcast serve` with API keys asked for, every prediction logged in SQLite,
access logs written and metrics counted. `benchmarks/load.py` asks in a process of its own, open loop: what a request
waits for counts. Every question is a new one (a cache miss) unless a line says otherwise.

    --home DIR      serve the last run of this state folder instead of a new demo
    --seconds S     length of each measurement (default: 15)
    --rate R        requests a second of the line "stated rate" (default: 100)
    --minutes M     a soak at 70 % of the peak, with the memory's slope; left out by default
    --write         into results.md
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import gateway_server
import load
import numpy as np
import page
from gateway_hostile import KINDS
from gateway_server import Server

NEW = '{"repository":"shop","additions":$N,"deletions":3,"files_changed":2,"commit_message":"Fix the total"}'
SAME = NEW.replace("$N", "45")
CONNECTIONS = 16
WARM_UP_SECONDS = 2.0
RELOADS = 3
FIELDS = "many fields"
"""The hostile kind that the bar does not name."""
SAMPLE_SECONDS = 5.0
Report = dict[str, Any]


class Measured:
    """Measures one server; every question is numbered on, so none is asked twice."""

    def __init__(self, server: Server, seconds: float) -> None:
        self.server = server
        self.seconds = seconds
        self.asked = 0

    def load(self, body: str = NEW, seconds: float = 0.0, **options: Any) -> Report:
        """One run of the generator, with the server's CPU time and memory beside its figures."""
        seconds = seconds or self.seconds
        self.asked += 1_000_000
        with self.started(body, seconds, **options) as running:
            time.sleep(WARM_UP_SECONDS)
            with self.cores() as used:
                time.sleep(seconds)
            report = running.report()
        return {**report, "per_cpu_second": report["rate"] / used[0]}

    @contextmanager
    def cores(self) -> Iterator[list[float]]:
        """The cores that the server used meanwhile, in a list that is filled at the end."""
        used: list[float] = []
        before, began = self.server.cpu_seconds(), time.monotonic()
        yield used
        used.append((self.server.cpu_seconds() - before) / (time.monotonic() - began))

    def started(self, body: str, seconds: float, **options: Any) -> Any:
        """The generator in the background."""
        return load.started(
            f"{self.server.url}/predict", bodies=[body], headers=self.server.headers, seconds=seconds,
            warm_up=WARM_UP_SECONDS, first=self.asked, timeout=30, **options,
        )  # fmt: skip


def line(name: str, report: Report) -> str:
    """One row of the table."""
    failed = sum(report["failed"].values())
    statuses = " ".join(f"{status}: {count:,}" for status, count in sorted(report["answered"].items()))
    cells = [name, f"{report['rate']:,.0f}", *(f"{report[one]:.1f}" for one in ("p50", "p95", "p99", "max"))]
    share = [f"{report['per_cpu_second']:,.0f}"] if "per_cpu_second" in report else [""]
    return page.line([*cells, *share, f"{statuses}{f' failed: {failed}' if failed else ''}"])


def steady(measured: Measured, rate: float) -> tuple[list[str], float]:
    """Peak, and latencies below it; returns rows and the peak."""
    peak = measured.load(closed=CONNECTIONS)
    top = peak["rate"]
    rows = [
        line(f"peak: {CONNECTIONS} connections that never pause", peak),
        line("half of the peak", measured.load(rate=top / 2)),
        line("70 % of the peak", measured.load(rate=top * 0.7)),
        line(f"stated rate: {rate:g} a second", measured.load(rate=rate)),
        line("twice the peak", measured.load(rate=top * 2, connections=512)),
        line(f"peak, answered from the cache: {CONNECTIONS} connections", measured.load(SAME, closed=CONNECTIONS)),
        line("the same at half of the peak without", measured.load(SAME, rate=top / 2)),
    ]
    return rows, top


def changing(measured: Measured, rate: float) -> tuple[list[str], list[str]]:
    """Reloads and promotions while half of the peak is asked."""
    server, done = measured.server, []
    first, second = server.versions

    def change() -> None:
        time.sleep(WARM_UP_SECONDS + 1)
        done.extend(f"reload {server.reload()}" for _ in range(RELOADS))
        for version in (second, first):
            server.promote(version)
            done.append(f"promotion of version {version}")

    changer = threading.Thread(target=change)
    changer.start()
    report = measured.load(rate=rate, seconds=max(measured.seconds, 25))
    changer.join()
    told = f"Meanwhile: {', '.join(done)}. Not answered with 200: {not_good(report)}."
    return [line("half of the peak, reloads and promotions", report)], [told]


def attacked(measured: Measured, rate: float) -> tuple[list[str], list[str]]:
    """Other clients' latencies at 30 % of the peak: alone, beside hostile ones, beside bodies of many fields."""
    before = measured.server.memory_mb()
    calm = measured.load(rate=rate)
    named, outcomes, highest = beside(measured, rate, [kind for kind in KINDS if kind != FIELDS])
    fields, more, again = beside(measured, rate, [FIELDS])
    times, again_times = (one["p99"] / calm["p99"] for one in (named, fields))
    told = (
        f"p99 of the others: {times:.2f} times what it was (bar: 2); beside bodies of 90,000 fields, each read in one "
        f"piece, {again_times:.2f} times. Memory: {before:.0f}, then {max(highest, again):.0f} MB."
    )
    text = [
        told,
        "",
        *page.head("hostile client", "was answered"),
        *(page.line([kind, one]) for kind, one in (outcomes | more).items()),
    ]
    rows = [
        line("30 % of the peak", calm),
        line("30 % of the peak, hostile clients beside", named),
        line("30 % of the peak, bodies of 90,000 fields beside", fields),
    ]
    return rows, text


def beside(measured: Measured, rate: float, kinds: Sequence[str]) -> tuple[Report, dict[str, str], float]:
    """Others' latencies beside hostile clients; what those were answered; the highest memory meanwhile."""
    server = measured.server
    script = str(Path(__file__).with_name("gateway_hostile.py"))
    seconds = str(measured.seconds + WARM_UP_SECONDS)
    command = [sys.executable, script, server.url.removeprefix("http://"), "--seconds", seconds]
    command += [word for kind in kinds for word in ("--kind", kind)]
    command += [word for header in server.headers for word in ("--header", header)]
    highest = [0.0]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hostile:
        watching = threading.Thread(target=watch, args=(server, hostile, highest))
        watching.start()
        report = measured.load(rate=rate)
        told, _ = hostile.communicate()
        watching.join()
    outcomes = {kind: ", ".join(f"{k}: {n}" for k, n in sorted(one.items())) for kind, one in json.loads(told).items()}
    return report, outcomes, highest[0]


def watch(server: Server, hostile: "subprocess.Popen[str]", highest: list[float]) -> None:
    """The highest memory while a process runs."""
    while hostile.poll() is None:
        highest[0] = max(highest[0], server.memory_mb())
        time.sleep(0.05)


def soak(measured: Measured, rate: float, minutes: float) -> str:
    """Memory over minutes of load: slope with its 95 % interval, from the second minute on."""
    seconds, samples = minutes * 60, []
    measured.asked += 10_000_000
    with measured.started(NEW, seconds, rate=rate) as running:
        began = time.monotonic()
        with measured.cores() as used:
            while time.monotonic() < began + seconds:
                time.sleep(SAMPLE_SECONDS)
                samples.append(((time.monotonic() - began) / 60, measured.server.memory_mb()))
        report = running.report()
    report["per_cpu_second"] = report["rate"] / used[0]
    at_N, memory_N = np.array([one for one in samples if one[0] >= min(2.0, minutes / 4)]).T
    slope, low, high = slope_of(at_N, memory_N)
    told = (
        f"Memory from {memory_N[0]:.1f} to {memory_N[-1]:.1f} MB; slope {slope:+.3f} MB a minute "
        f"({low:+.3f} to {high:+.3f}). Not answered with 200: {not_good(report)}. The server used {used[0]:.2f} cores; "
        "one thread of it answers, so as it comes near to one, requests wait for one another."
    )
    return "\n".join([*head(), line(f"{minutes:g} minutes at 70 % of the peak", report), "", told])


def slope_of(at_N: Any, memory_N: Any) -> tuple[float, float, float]:
    """Least squares' slope with a 95 % interval; neighbours move together, so only every independent sample counts."""
    centred_N = at_N - at_N.mean()
    slope = float((centred_N * memory_N).sum() / (centred_N**2).sum())
    rest_N = memory_N - memory_N.mean() - slope * centred_N
    lag = float((rest_N[1:] * rest_N[:-1]).sum() / max((rest_N**2).sum(), 1e-12))
    effective = max(3.0, len(at_N) * (1 - max(lag, 0)) / (1 + max(lag, 0)))
    error = float(np.sqrt((rest_N**2).mean() / (centred_N**2).mean() / (effective - 2)))
    return slope, slope - 1.96 * error, slope + 1.96 * error


def not_good(report: Report) -> int:
    """Requests that were not answered with 200."""
    return sum(report["failed"].values()) + sum(n for status, n in report["answered"].items() if status != "200")


def head() -> list[str]:
    """The head of the table of latencies."""
    return page.head("load", "answered a second", "p50 ms", "p95 ms", "p99 ms", "max ms", "a CPU-second", "status")


def measure(options: argparse.Namespace) -> tuple[str, str]:
    """The two parts of the page."""
    with ExitStack() as stack:
        home = stack.enter_context(gateway_server.home_of(options.home))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(gateway_server.serving(home, folder / "log"))
        measured = Measured(server, options.seconds)
        idle = server.memory_mb()
        rows, peak = steady(measured, options.rate)
        parts: list[Sequence[str]] = []
        for rates, texts in (changing(measured, peak / 2), attacked(measured, peak * 0.3)):
            rows += rates
            parts.append(["", *texts])
        ready = f"{page.machine()}. Ready {server.start_seconds:.1f} s after its start, {idle:.0f} MB."
        told = [ready, "", *head(), *rows, *(text for part in parts for text in part)]
        minutes = options.minutes
        return "\n".join(told), soak(measured, peak * 0.7, minutes) if minutes else ""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", default="")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for part, text in zip(("gateway", "gateway-soak"), measure(options), strict=True):
        if text:
            print(f"{text}\n")
        if text and options.write:
            page.write(part, text)


if __name__ == "__main__":
    main()
