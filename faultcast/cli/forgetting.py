"""``faultcast forget``."""

import argparse
import json
from contextlib import ExitStack
from dataclasses import asdict

from rich.console import Console

from faultcast import settings
from pipelines.lock import exclusive

LEFT = 1


def forget(options: argparse.Namespace) -> int:
    """Erase an author from the state folder."""
    from faultcast.steps.forget import forget as forget_author

    now = settings.load()
    home = now.home.resolve()
    with ExitStack() as stack:
        for lock in sorted((home / "kfp" / "locks").glob("*.lock")):
            stack.enter_context(exclusive(lock, lock.stem))
        found = forget_author(options.author, now, dry_run=options.dry_run)
    if options.json:
        print(json.dumps(asdict(found) | {"dry_run": options.dry_run}, indent=2))
        return LEFT if found.left else 0
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for erased in found.places:
        console.print(f"{'would be ' if options.dry_run else ''}{erased.became}  {erased.place}")
    if options.dry_run:
        console.print(f"{len(found.places):,} places; nothing was changed.")
        return 0
    console.print(f"Remembered as forgotten; {len(found.places):,} places cleaned, {len(found.left):,} left.")
    for place in found.left:
        console.print(f"left  {place}: is another process writing it? Type the same again when it has ended.")
    for location in found.again:
        console.print(f"Type `faultcast run {location}` to learn again without them.")
    return LEFT if found.left else 0
