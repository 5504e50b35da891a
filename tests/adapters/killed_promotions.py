"""A program for `test_killed_promotions`: promotes and rolls back without end, is killed, and looks at what is left.

MLflow is imported once; every process after that is a fork. Prints one JSON object.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from pathlib import Path

from faultcast.adapters.registry import Registry, folder_digest
from faultcast.errors import NotFound

MODEL = "faultcast-killed"


def champions(home: Path) -> list[str]:
    """What MLflow's own table says, past all of our code."""
    with sqlite3.connect(home / "mlflow.db") as connection:
        rows = connection.execute(
            "SELECT version FROM registered_model_aliases WHERE alias = 'champion' AND name = ?", [MODEL]
        ).fetchall()
    return [str(version) for (version,) in rows]


def check(home: Path, registry: Registry, digests: dict[str, str]) -> int:
    """Exactly one champion, complete; a readable log; the next promotion and rollback work. Returns entries left open."""
    [version] = champions(home)
    champion = registry.champion(MODEL)
    assert champion is not None
    assert (champion.version, folder_digest(champion.folder)) == (version, digests[version])
    opened = [entry for entry in registry.promotions(MODEL) if entry.state == "intended"]
    assert len(opened) <= 1
    other = next(one for one in digests if one != version)
    assert registry.promote(MODEL, other, "champion", why="next") is not None
    assert champions(home) == [other]
    assert registry.rollback(MODEL, why="and back").to_version == version
    assert champions(home) == [version]
    log = registry.promotions(MODEL)
    assert {entry.state for entry in log} <= {"done", "undone"}
    assert [entry.to_version for entry in log if entry.state == "done"][-1] == version
    return len(opened)


def forked(home: Path, digests: dict[str, str], seed: int, *, for_ever: bool) -> tuple[int, int]:
    """A process that checks, says how many entries it found open, and goes on promoting: (its id, that number)."""
    read, write = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child:
        os.close(write)
        found = os.read(read, 8)
        os.close(read)
        assert found, "the checks failed"
        return child, int(found)
    try:
        registry, rng = Registry(home), random.Random(seed)
        os.write(write, str(check(home, registry, digests)).encode())
        while for_ever and os.getppid() == parent:
            try:
                if rng.random() < 0.3:
                    registry.rollback(MODEL, why="back")
            except NotFound:
                pass
            registry.promote(MODEL, rng.choice(sorted(digests)), "champion", why="on")
    except BaseException:  # noqa: BLE001  a fork must not go on with its parent's work
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    home, kills = Path(sys.argv[1]), int(sys.argv[2])
    digests: dict[str, str] = json.loads(sys.argv[3])
    rng, open_entries = random.Random(4), 0
    Registry(home.parent / "warm").champion(MODEL)  # what MLflow imports late; no connection to `home` is inherited
    for seed in range(kills):
        child, found = forked(home, digests, seed, for_ever=True)
        open_entries += found
        time.sleep(rng.uniform(0, 0.15))  # a promotion takes some 0.03 s, and one follows the other
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    child, found = forked(home, digests, kills, for_ever=False)
    ended = os.waitpid(child, 0)[1]
    print(json.dumps({"kills": kills, "open": open_entries + found, "ended": ended}))


if __name__ == "__main__":
    main()
