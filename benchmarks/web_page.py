"""The data behind the web page: 10,000 scored changes of a real or made-up run, asked as a browser asks.

    python benchmarks/web_page.py [--changes N] [--write]

A run of N changes is made up (seeded): rows with all features, labels, reasons, a history with messages and files, in
the files that `faultcast run` leaves. Then each question is asked of the very routes, as HTTP requests to the ASGI
application in this process, and the CPU time of each answer is taken. Beside it, in the same run, another route of the
same application: pandas answers from the same rows in memory (filter, sort, counts by band, the same 50 rows to JSON),
which is how one would otherwise do it. ``ratio`` is pandas' median by ours; a bar of 50 ms stands for every question.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np
import pandas as pd
from fastapi import FastAPI, Response
from httpx import ASGITransport, AsyncClient
from page import head, line, machine, write

from faultcast.adapters import label_tables, runs
from faultcast.adapters.places import Places
from faultcast.adapters.runs import Run
from faultcast.features import Row
from faultcast.features.catalogue import CATALOGUE
from faultcast.features.table import to_table
from faultcast.history import store
from faultcast.records import Commit, FileChange
from serving.gateway import problems
from serving.gateway.page import History, router

DAY = 86_400
BAR_MS = 50.0
ROUNDS = 30
WORDS = ("parse", "render", "cache", "price", "order", "login", "token", "retry", "queue", "refund", "label", "basket")
LISTED = ["commit", "subject", "author", "committed_at", "risk", "band", "reason", "lines_added"]


def main() -> int:
    """Make up a run, ask, tell; 1 where an answer takes longer than the bar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        changes = made_up(home, options.changes)
        rows = asyncio.run(measured(home, changes))
    table = [*head("question", "median, CPU ms", "slowest of 30", "pandas, median", "ratio")]
    for question, ours, peer in rows:
        other = [f"{peer:.1f}", f"{peer / median(ours):.1f}"] if peer else ["", ""]
        table.append(line([question, f"{median(ours):.2f}", f"{max(ours):.2f}", *other]))
    text = "\n".join([f"{machine()}; {options.changes:,} changes, `python benchmarks/web_page.py`", "", *table])
    print(text)
    if options.write:
        write("web_page", text)
    return int(any(quantiles(ours, n=20)[-1] > BAR_MS for _, ours, _ in rows))


async def measured(home: Path, changes: list[dict[str, Any]]) -> list[tuple[str, list[float], float | None]]:
    """(question, CPU ms of each answer, pandas' median)."""
    app = FastAPI()
    problems.install(app)
    app.include_router(router(History(home), None))  # type: ignore[arg-type]  no block is scored here
    frame = pd.DataFrame([{**c, "reason": c["reasons"][0]["text"], "lines_added": 0} for c in changes])
    sought = frame["subject"] + "\n" + frame["author"] + "\n" + frame["commit"]
    async with AsyncClient(transport=ASGITransport(app), base_url="http://page") as client:
        first = await client.get("/changes")
        deep = first.json()["changes"][40]["commit"]
        after = first.json()["next"]
        await client.get(f"/changes/{deep}")
        questions: list[tuple[str, str, Callable[[], str] | None]] = [
            ("the newest 50", "/changes", lambda: told(frame.sort_values("committed_at", ascending=False))),
            ("the riskiest 50", "/changes?sort=risk", lambda: told(frame.sort_values("risk", ascending=False))),
            ("two words and a band", "/changes?q=price+retry&band=high", lambda: told(narrowed(frame, sought))),
            (
                "words that are nowhere",
                "/changes?q=zebra",
                lambda: told(frame[sought.str.lower().str.contains("zebra")]),
            ),
            ("the next 50", f"/changes?after={after}", None),
            ("one change in depth", f"/changes/{deep}", None),
        ]
        found = []
        for question, path, peer in questions:
            ours = [await taken(client, path) for _ in range(ROUNDS)]
            other = None
            if peer:
                app.add_api_route(f"/peer/{len(found)}", answered(peer), methods=["GET"])
                other = median([await taken(client, f"/peer/{len(found)}") for _ in range(ROUNDS)])
            found.append((question, ours, other))
    return found


def told(found: pd.DataFrame) -> str:
    rows = found.head(50)[LISTED].to_dict("records")
    return json.dumps({"matching": len(found), "counts": found["band"].value_counts().to_dict(), "changes": rows})


def narrowed(frame: pd.DataFrame, sought: "pd.Series[str]") -> pd.DataFrame:
    lower = sought.str.lower()
    fits = lower.str.contains("price", regex=False) & lower.str.contains("retry", regex=False)
    return frame[fits & (frame["band"] == "high")].sort_values("committed_at", ascending=False)


async def taken(client: AsyncClient, path: str) -> float:
    """CPU milliseconds of one answer, threads of this process included."""
    began = time.process_time()
    answer = await client.get(path)
    seconds = time.process_time() - began
    if answer.status_code != 200:
        sys.exit(f"{path}: {answer.status_code} {answer.text}")
    return 1_000 * seconds


def answered(peer: Callable[[], str]) -> Callable[[], Response]:
    def route() -> Response:
        return Response(peer(), media_type="application/json")

    return route


def made_up(home: Path, count: int) -> list[dict[str, Any]]:
    """A run of `count` changes, all of them scored."""
    random = np.random.default_rng(11)
    values_NC = random.poisson(6, (count, len(CATALOGUE)))
    ids = [f"{n:08x}" + "0" * 32 for n in random.permutation(count)]
    subjects = [" ".join(random.choice(WORDS, 6)) for _ in range(count)]
    at = [1_600_000_000 + n * 9_000 for n in range(count)]
    folder = home / "artifacts"
    folder.mkdir()
    place = {
        name: folder / name.replace("/", "-")
        for name in ("describe/features", "mine/history", "label/labels", "score/predictions")
    }
    commits = (
        Commit(
            one,
            n,
            (),
            "author-1",
            at[n],
            at[n],
            f"{subjects[n]}\n\n{'Why it was done. ' * 20}",
            (FileChange(f"src/{n % 97}.py", f"src/{n % 97}.py", "M", "", "", 5, 2),),
        )
        for n, one in enumerate(ids)
    )
    store.write_commits(commits, place["mine/history"])
    rows = [
        Row(
            one,
            at[n],
            f"author-{n % 40}",
            subjects[n],
            (f"src/{n % 97}.py",),
            "",
            made(values_NC[n].tolist()),
        )
        for n, one in enumerate(ids)
    ]
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(to_table(rows, "made-up"), place["describe/features"])
    labels(place["label/labels"], ids, at, random.uniform(size=count) < 0.15)
    risks = np.sort(random.beta(1.5, 8, count))[::-1]
    order = random.permutation(count)
    reasons = [
        {"feature": "lines_added", "value": 6, "typical": k, "effect": 0.1 / k, "text": f"6 lines added, typically {k}"}
        for k in range(1, 6)
    ]
    changes = [
        {
            "commit": ids[n],
            "subject": subjects[n],
            "committed_at": at[n],
            "author": f"author-{n % 40}",
            "paths": [f"src/{n % 97}.py"],
            "risk": risk,
            "band": "high" if risk > 0.3 else "medium" if risk > 0.15 else "low",
            "reasons": reasons,
        }
        for n, risk in zip(order.tolist(), risks.tolist(), strict=True)
    ]
    place["score/predictions"].write_text(
        json.dumps({"model": {"name": "simple", "version": "1", "basis": "model"}, "changes": changes})
    )
    places = Places(home.resolve(), str(home / "shop"))
    artifacts = {name: str(path) for name, path in place.items()}
    runs.save(Run(places.location, places.repo_id, ids[-1], at[-1], "", artifacts), places)
    return changes


def made(values: list[int]) -> dict[str, Any]:
    """Values of the catalogue's types."""
    kinds = {"int64": int, "float64": float, "bool": lambda value: value > 6}
    return {feature.name: kinds[feature.dtype](value) for feature, value in zip(CATALOGUE, values, strict=True)}


def labels(path: Path, ids: list[str], at: list[int], inducing: Any) -> None:
    """What became of each change, known a month later."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    known = [1_000_000 * (one + 30 * DAY) for one in at]
    n = len(ids)
    columns = {
        "repository": ["made-up"] * n,
        "commit": ids,
        "event_timestamp": known,
        "created": known,
        "label": [int(one) for one in inducing],
        "confidence": [0.9] * n,
        "fix": ["" if not one else ids[0] for one in inducing],
        "rule": [""] * n,
    }
    arrays = [pa.array(columns[field.name]).cast(field.type) for field in label_tables.LABELS]
    pq.write_table(pa.Table.from_arrays(arrays, schema=label_tables.LABELS), path)


if __name__ == "__main__":
    sys.exit(main())
