"""``faultcast key`` and ``faultcast audit``."""

import argparse
import json
import os
from collections import deque
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from faultcast import settings
from faultcast.errors import NotFound, UsageError
from faultcast.report.words import plain

DOES_NOT_FIT = 1


def key(options: argparse.Namespace) -> int:
    """Make, list or revoke API keys."""
    return {"create": _create, "list": _list, "revoke": _revoke}[options.action](options)


def audit(options: argparse.Namespace) -> int:
    """Check or show the audit log."""
    return {"verify": _verify, "show": _show}[options.action](options)


def _create(options: argparse.Namespace) -> int:
    from serving.gateway.security import Role, is_required
    from serving.gateway.security.api_keys import ApiKeys

    now = settings.load()
    made, text = ApiKeys(now.home).create(options.name, Role(options.role), options.days)
    _record(now, "key created", made.id, role=made.role, expires_at=_day(made.expires_at))
    if options.json:
        print(json.dumps(_shown(asdict(made)) | {"key": text}, indent=2))
        return 0
    print(text)
    console = _console(stderr=True)
    console.print(f"The key of {made.name}, role {made.role}, expires {_day(made.expires_at)}. It is shown this once:")
    console.print("keep it where secrets are kept. Send it as `Authorization: Bearer KEY`.")
    if not is_required(now):
        console.print("The gateway asks nobody for a key yet: set FAULTCAST_AUTH=required where it starts.")
    return 0


def _list(options: argparse.Namespace) -> int:
    from serving.gateway.security.api_keys import ApiKeys

    keys = [_shown(asdict(one)) for one in ApiKeys(settings.load().home).all()]
    if options.json:
        print(json.dumps({"keys": keys}, indent=2))
        return 0
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    for name in ("id", "name", "role", "created", "expires", "revoked"):
        table.add_column(name, overflow="fold")
    for one in keys:
        days = (_day(one[name]) for name in ("created_at", "expires_at", "revoked_at"))
        table.add_row(one["id"], plain(one["name"]), one["role"], *days)
    _console().print(table if keys else "No key yet. `faultcast key create --name ci` makes one.")
    return 0


def _revoke(options: argparse.Namespace) -> int:
    from serving.gateway.security.api_keys import ApiKeys

    now = settings.load()
    revoked = ApiKeys(now.home).revoke(options.key)
    _record(now, "key revoked", revoked.id)
    if options.json:
        print(json.dumps(_shown(asdict(revoked)), indent=2))
        return 0
    _console().print(f"{revoked.id} ({revoked.name}) opens nothing any more; running gateways know within a second.")
    return 0


def _verify(options: argparse.Namespace) -> int:
    from serving.gateway.security.audit import AuditLog
    from serving.gateway.security.chain import Head

    anchor = Head.read(options.head) if options.head else None
    if options.head and anchor is None:
        raise UsageError(f"--head: found {options.head!r}, expected a number, a colon and 64 hexadecimal digits")
    log = AuditLog.of(settings.load())
    if not log.exists():
        raise NotFound(f"{log.path}: there is no audit log, expected one that the gateway or `faultcast key` wrote")
    head, finding = log.verify(anchor)
    if options.json:
        told = {"lines": head.lines, "head": str(head), "first_unfit": finding and asdict(finding)}
        print(json.dumps(told, indent=2))
    elif finding:
        _console().print(f"{log.path}: line {finding.line:,} does not fit: {finding.why}.")
    else:
        _console().print(f"{log.path}: {head.lines:,} lines fit. Head {head}")
    return DOES_NOT_FIT if finding else 0


def _show(options: argparse.Namespace) -> int:
    from serving.gateway.security.audit import AuditLog

    log = AuditLog.of(settings.load())
    if not log.exists():
        raise NotFound(f"{log.path}: there is no audit log, expected one that the gateway or `faultcast key` wrote")
    with log.path.open(encoding="utf-8", errors="replace") as file:
        for line in deque(file, max(0, options.last)):
            print(plain(line.rstrip("\n"), 4_000))
    return 0


def _record(now: settings.Settings, what: str, key_id: str, **details: str) -> None:
    """Who typed it is the operating system's user, as a pseudonym."""
    from serving.gateway.security.audit import AuditLog
    from serving.gateway.security.pseudonyms import Pseudonyms, load_key

    who = Pseudonyms(load_key(now)).of("shell", str(os.getuid()))
    AuditLog.of(now).append(what, who, "done", key=key_id, **details)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "sha256"}


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat() if at else "never"


def _console(*, stderr: bool = False) -> Console:
    return Console(stderr=stderr, highlight=False, soft_wrap=True, markup=False)
