"""benchmarks/results.md: each benchmark writes its own part, between its marks, and says on which machine."""

import json
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path

RESULTS = Path(__file__).with_name("results.md")


def machine() -> str:
    """The day and the machine of a measurement."""
    day, python = time.strftime("%Y-%m-%d"), platform.python_version()
    return f"{day}, {os.cpu_count()} cores, {platform.machine()}, Python {python}"


def line(cells: Iterable[str]) -> str:
    """One row of a table."""
    return f"| {' | '.join(cells)} |"


def head(*names: str) -> list[str]:
    """The first two rows of a table."""
    return [line(names), line("---" for _ in names)]


def name_of(location: str) -> str:
    """owner/name where the location tells both (``…/owner+name/repo``, ``https://…/name.git``)."""
    plain = location.rstrip("/").removesuffix(".git").removesuffix(".parquet")
    return [part for part in plain.split("/") if part not in ("", "repo")][-1].replace("+", "/", 1)


def name_of_run(dataset: Path, repository: str) -> str:
    """owner/name of the run that left a data set, as far as its state folder tells; else what it calls itself."""
    for home in dataset.resolve().parents:
        run = home / "repositories" / repository / "run.json"
        if run.is_file():
            return name_of(json.loads(run.read_text(encoding="utf-8"))["location"])
    return repository


def write(part: str, text: str) -> None:
    """Put a benchmark's text between the marks of its part."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    before, _, rest = RESULTS.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    RESULTS.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
