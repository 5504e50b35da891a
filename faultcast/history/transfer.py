"""Bringing a remote repository here: the only connection that git is ever allowed to open."""

import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from faultcast.errors import Unavailable
from faultcast.history.process import ENVIRONMENT, OPTIONS, last_words
from faultcast.history.remote import Remote

SILENT_SECONDS = 120
"""A server that sends less than `SLOW_BYTES` a second for so long is given up."""

SLOW_BYTES = 10

_PARTIAL = ".clone-"
_ABANDONED_SECONDS = 86_400
_HEADS = "refs/heads/"


def mirror(remote: Remote, destination: Path, ca_file: str = "") -> None:
    """Clone a remote into a bare repository, or bring an earlier clone up to date.

    Branches follow the remote's, also where they were rewritten or deleted, and so does HEAD. A mirror that
    cannot be brought up to date, left behind by a killed process or damaged, is cloned anew. The connection
    goes to the address that was checked; redirects are not followed; nothing is checked out and no hook or
    submodule is touched.

    Raises:
        Unavailable: the remote does not answer, or refuses.
    """
    pinned = _pinned(remote, ca_file)
    if destination.is_dir():
        try:
            _update(remote, destination, pinned)
        except Unavailable:  # the remote's fault, or the mirror's: a clone tells, and mends the second
            _clone(remote, destination, pinned)
        return
    _clone(remote, destination, pinned)


def _pinned(remote: Remote, ca_file: str) -> list[str]:
    options = (
        "protocol.https.allow=always", "http.followRedirects=false", f"http.curloptResolve={remote.pin}",
        f"http.lowSpeedLimit={SLOW_BYTES}", f"http.lowSpeedTime={SILENT_SECONDS}", "transfer.fsckObjects=true",
        "fetch.fsck.zeroPaddedFilemode=ignore", "fetch.fsck.missingSpaceBeforeDate=ignore",
        "fetch.fsck.badTimezone=ignore", *([f"http.sslCAInfo={ca_file}"] if ca_file else []),
    )  # fmt: skip
    return [*OPTIONS, *(part for option in options for part in ("-c", option))]


def _update(remote: Remote, mirrored: Path, pinned: list[str]) -> None:
    own = [f"--git-dir={mirrored}", *pinned]
    _transfer(remote, [*own, "fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules",
                       "--end-of-options", remote.url, f"+{_HEADS}*:{_HEADS}*"])  # fmt: skip
    told = _transfer(remote, [*own, "ls-remote", "--symref", "--end-of-options", remote.url, "HEAD"])
    default = told.removeprefix("ref: ").split("\t")[0] if told.startswith(f"ref: {_HEADS}") else ""
    if default:
        _transfer(remote, [*own, "symbolic-ref", "HEAD", default])


def _clone(remote: Remote, destination: Path, pinned: list[str]) -> None:
    destination.parent.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(destination.parent)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=_PARTIAL) as folder:
        partial = Path(folder) / "bare"
        _transfer(remote, [*pinned, "clone", "--quiet", "--bare", "--no-local", "--template=",
                           "--end-of-options", remote.url, str(partial)])  # fmt: skip
        if destination.is_dir():
            destination.rename(Path(folder) / "old")
        partial.rename(destination)


def _clear_abandoned(folder: Path) -> None:
    """Delete what killed clones left behind, but nothing that may still be at work."""
    for left in folder.glob(f"{_PARTIAL}*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _transfer(remote: Remote, arguments: list[str]) -> str:
    done = subprocess.run(
        ["git", *arguments],
        env=ENVIRONMENT | {"GIT_ALLOW_PROTOCOL": "https"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise Unavailable(
            f"{remote.url}: {last_words(done.stderr)}. Check the URL; a private repository: clone it yourself."
        )
    return done.stdout.decode("utf-8", "replace")
