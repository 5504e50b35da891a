"""What finished stages keep on this machine: KFP's cache entries and the artifacts that they point to.

KFP writes an entry only after its task succeeded, under another name first, and takes an entry that it cannot read
or whose artifacts are gone for none. So a killed run leaves no entry of the stage it was in; it leaves that stage's
half-written artifacts, which nothing points to.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

LOGS_KEPT = 20


def prune(artifacts: Path, cache: Path) -> None:
    """Remove task folders that no entry points to, and what a killed writer left of an entry.

    Call only while no other run uses the folders. Layout: ``artifacts/<run>/<task>/<artifact>``.
    """
    for left in cache.glob(".kfp_cache_*.tmp"):
        left.unlink(missing_ok=True)
    used = {uri.parent.resolve() for entry in cache.glob("*.json") for uri in _uris(entry)}
    for run in artifacts.glob("*"):
        for task in run.glob("*"):
            if task.resolve() not in used:
                shutil.rmtree(task, ignore_errors=True)
        if not any(run.iterdir()):
            run.rmdir()


def prune_logs(logs: Path, name: str) -> None:
    """Keep the newest logs of one repository."""
    for suffix in (".log", ".jsonl"):
        for old in sorted(logs.glob(f"{name}-*{suffix}"))[:-LOGS_KEPT]:
            old.unlink(missing_ok=True)


def _uris(entry: Path) -> Iterator[Path]:
    try:
        outputs = json.loads(entry.read_text("utf-8"))
    except ValueError:
        return
    for output in outputs.values() if isinstance(outputs, dict) else ():
        if isinstance(output, dict) and output.get("uri"):
            yield Path(output["uri"])
