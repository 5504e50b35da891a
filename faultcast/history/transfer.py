"""Bringing a remote repository here: the only connection that git is ever allowed to open."""

import subprocess
import tempfile
from pathlib import Path

from faultcast.errors import Unavailable
from faultcast.history.process import ENVIRONMENT, OPTIONS, last_words
from faultcast.history.remote import Remote


def mirror(remote: Remote, destination: Path, ca_file: str = "") -> None:
    """Clone a remote into a bare repository, or bring an earlier clone up to date.

    The connection goes to the address that was checked; redirects are not followed; nothing is
    checked out and no hook or submodule is touched.

    Raises:
        Unavailable: the remote does not answer, or refuses.
    """
    pinned: tuple[str, ...] = ("-c", "protocol.https.allow=always", "-c", "http.followRedirects=false",
              "-c", f"http.curloptResolve={remote.pin}", "-c", "transfer.fsckObjects=true",
              "-c", "fetch.fsck.zeroPaddedFilemode=ignore", "-c", "fetch.fsck.missingSpaceBeforeDate=ignore",
              "-c", "fetch.fsck.badTimezone=ignore")  # fmt: skip
    if ca_file:
        pinned = (*pinned, "-c", f"http.sslCAInfo={ca_file}")
    if destination.is_dir():
        heads = "+refs/heads/*:refs/heads/*"
        arguments = [f"--git-dir={destination}", *OPTIONS, *pinned, "fetch", "--quiet", "--prune", "--no-tags",
                     "--no-recurse-submodules", "--end-of-options", remote.url, heads]  # fmt: skip
        _transfer(remote, arguments)
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=".clone-") as folder:
        partial = Path(folder) / "bare"
        arguments = [*OPTIONS, *pinned, "clone", "--quiet", "--bare", "--no-local", "--template=",
                     "--end-of-options", remote.url, str(partial)]  # fmt: skip
        _transfer(remote, arguments)
        partial.rename(destination)


def _transfer(remote: Remote, arguments: list[str]) -> None:
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
