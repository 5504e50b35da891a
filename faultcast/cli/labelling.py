"""``faultcast label``."""

import argparse
import json
import sys
import tempfile
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from faultcast import settings
from faultcast.adapters import runs
from faultcast.adapters.places import repo_id
from faultcast.adapters.repositories import canonical, opened, origin, pseudonyms, refresh
from faultcast.adapters.trackers.issues import is_collected, load, pinned, source_of
from faultcast.errors import NotFound, UsageError
from faultcast.history import store
from faultcast.labels import Labelling, label as label_history, variant_of
from faultcast.settings import Settings
from faultcast.steps import corrected
from faultcast.wording import day, plain

_CHANGES = Text("known since  sure  inducing    changed     fix         by                        change", style="bold")


def label(options: argparse.Namespace) -> int:
    """Label a history as of a day."""
    variant = variant_of(options.variant)
    now = settings.load()
    location = canonical(options.repository)
    refresh(location, now)
    with opened(location, now) as repository:
        tip = repository.tip(options.revision)
        newest = repository.commit(tip, pseudonyms(now)).committed_at
    as_of = newest if options.as_of is None else instant(options.as_of)
    ripening = now.ripening_days if options.ripening_days is None else options.ripening_days
    named = sources(location, options.issues, now)
    trackers, votes = corrected.split(named)
    issues = load(now.home.resolve(), trackers)
    with tempfile.TemporaryDirectory(prefix="faultcast-label-") as folder:
        history = _history(location, tip, now, Path(folder), options)
        decided = corrected.decided(votes, now, repo_id(location), as_of)
        found = corrected.merged(label_history(history, as_of, ripening, variant, issues), decided)
        if options.json:
            heading: dict[str, Any] = {"repository": location, "revision": tip, "as_of": as_of, "variant": variant.name}
            heading["issues"] = {"from": named, "known": len(issues), "used": found.issues_used}
            print(json.dumps(heading | _plain(found), indent=2))
            return 0
        inducing = {link.inducing for link in found.links}
        commits = {one.id: (one.committed_at, one.subject) for one in history if one.id in inducing}
    _tell(found, commits, as_of, options.newest)
    if decided:
        print(f"Labelled as people decided: {len(decided):,}")
    if trackers:
        print(f"Issues and pull requests of {trackers}: {len(issues):,}, named by commits: {found.issues_used:,}")
    return 0


def sources(location: str, wanted: str | None, now: Settings) -> str:
    """What to label by beside the history, pinned; "" for nothing. Unless told, the issues of the repository's own
    address and the votes on its predictions.

    Raises:
        UsageError: `wanted` names no tracker.
        NotFound: nothing was collected of one that it names.
    """
    home = now.home.resolve()
    if wanted is None:
        own = source_of(origin(location), now)
        trackers = own if own and is_collected(home, own) else ""
        asked = True
    else:
        trackers, votes = corrected.split("" if wanted == "none" else wanted)
        asked = bool(votes)
    found = (pinned(home, trackers) if trackers else "", corrected.pin(now, repo_id(location)) if asked else "")
    return ",".join(source for source in found if source)


def instant(text: str) -> int:
    """Unix seconds of an ISO 8601 day (its end) or instant; without a zone it is UTC.

    Raises:
        UsageError: it is neither.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--as-of: found {text!r}, expected a day (2024-05-31) or an instant (2024-05-31T12:00:00+02:00)"
        ) from None
    if len(text) <= len("2024-05-31"):
        at = at.replace(hour=23, minute=59, second=59)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _history(location: str, tip: str, now: Settings, folder: Path, options: argparse.Namespace) -> store.HistoryFile:
    """The history up to a tip: the last run's where it ended there, else mined for this once."""
    try:
        last = runs.last(now.home.resolve(), location)
        if last.revision == tip:
            return store.HistoryFile(last.artifact("mine/history"))
    except NotFound:
        pass
    from faultcast.steps.mine import mine

    if not options.quiet:
        print(f"Mining {location} up to {tip[:10]}", file=sys.stderr)
    path = folder / "history.parquet"
    mine(location, tip, str(path))
    return store.HistoryFile(path)


def _plain(found: Labelling) -> dict[str, Any]:
    return {
        "ripening_days": found.ripening_days,
        "labels": [asdict(one) for one in found.labels],
        "links": [asdict(one) for one in found.links],
        "fixes": [asdict(one) for one in found.fixes],
    }


def _tell(found: Labelling, commits: dict[str, tuple[int, str]], as_of: int, newest: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    inducing = [one for one in found.labels if one.is_inducing]
    clean = {one.commit for one in found.labels} - {one.commit for one in inducing}
    rules = ", ".join(f"{count:,} by {rule}" for rule, count in Counter(one.rule for one in found.links).most_common())
    console.print(f"As of {datetime.fromtimestamp(as_of, UTC):%Y-%m-%d %H:%M} UTC:")
    traced = len({one.fix for one in found.links})
    console.print(
        f"  {len(found.fixes):,} fixes, {traced:,} of them traced by {len(found.links):,} links ({rules or 'none'})"
    )
    console.print(f"  {len(inducing):,} inducing changes, {len(clean):,} clean after {found.ripening_days:g} days")
    newest_first = sorted(inducing, key=lambda one: (commits[one.commit][0], one.commit), reverse=True)[:newest]
    if newest_first:
        console.print("", _CHANGES, sep="\n")
    for one in newest_first:
        at, subject = commits[one.commit]
        known = f"{day(one.known_at)}   {one.confidence:4.0%}  {one.commit[:10]}  {day(at)}  {one.fix[:10]}"
        console.print(Text(f"{known}  {one.rule:<24}  {plain(subject, 60)}"))
