"""Tiny real git repositories, told as stories. Objects are written byte by byte, so anything git can hold can be told.

Ids are deterministic: the same story has the same ids on every machine.
"""

import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from faultcast.history import Pseudonyms, Skipped, mine, open_repository, store
from faultcast.records import Commit

DAY = 86_400
START = 1_609_718_400
"""Day 0 of every story: Monday 2021-01-04, 00:00 UTC."""

KEY = b"k" * 32
FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"

Content = str | bytes
Entry = tuple[str, str]  # mode, object id
Tree = dict[bytes, Entry]


def clean_environment() -> dict[str, str]:
    """The environment of a git that reads no one's configuration."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "Ana",
        "GIT_AUTHOR_EMAIL": "ana@example.org",
        "GIT_COMMITTER_NAME": "Ana",
        "GIT_COMMITTER_EMAIL": "ana@example.org",
    }


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Run a real git, cleanly; return what it printed (bytes that are no UTF-8 as surrogates)."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env=clean_environment(), capture_output=True, check=False
    )
    assert not (check and done.returncode), done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8", "surrogateescape")


def raw(text: Content) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


class Story:
    """A repository that grows commit by commit. Every branch is a name of `tips`."""

    def __init__(self, path: Path, object_format: str = "sha1", *, bare: bool = False) -> None:
        self.path = path
        path.mkdir(parents=True)
        git(path, "init", "-q", "-b", "main", f"--object-format={object_format}", *(["--bare"] if bare else []))
        self.git_dir = path if bare else path / ".git"
        self.tips: dict[str, str] = {}
        self.trees: dict[str, Tree] = {}
        self._parents: dict[str, tuple[str, ...]] = {}
        self._hash = hashlib.sha256 if object_format == "sha256" else hashlib.sha1

    def commit(
        self,
        message: Content = "Change something",
        *,
        by: str = "ana",
        day: float = 0,
        files: Mapping[Content, Content | None] | None = None,
        renames: Mapping[str, str] | None = None,
        entries: Mapping[Content, Entry] | None = None,
        modes: Mapping[str, str] | None = None,
        on: str = "main",
        parents: Iterable[str] | None = None,
        tree: Tree | None = None,
        author: Content | None = None,
        dates: tuple[str, str] | None = None,
        headers: Content = b"",
    ) -> str:
        """Write a commit on a branch and return its id.

        `files` path -> content (None deletes); `renames` old -> new; `entries` path -> (mode, id) as they are;
        `author` stands for "Name <address>"; `dates` for the raw author's and committer's "seconds zone".
        """
        tip = self.tips.get(on)
        before = tuple(parents) if parents is not None else ((tip,) if tip else ())
        now = dict(self.trees[before[0]]) if before and tree is None else dict(tree or {})
        for old, new in (renames or {}).items():
            now[raw(new)] = now.pop(raw(old))
        for path, content in (files or {}).items():
            if content is None:
                del now[raw(path)]
            else:
                now[raw(path)] = (now.get(raw(path), (FILE, ""))[0], self.blob(content))
        now |= {raw(path): entry for path, entry in (entries or {}).items()}
        now |= {raw(path): (mode, now[raw(path)][1]) for path, mode in (modes or {}).items()}
        authored, committed = dates or (f"{START + int(day * DAY)} +0000",) * 2
        who = raw(author if author is not None else f"{by.title()} <{by}@example.org>")
        body = b"tree " + self._write_tree(now).encode() + b"\n"
        body += b"".join(b"parent " + parent.encode() + b"\n" for parent in before)
        body += b"author " + who + b" " + authored.encode() + b"\ncommitter " + who + b" " + committed.encode() + b"\n"
        commit = self._write("commit", body + raw(headers) + b"\n" + raw(message) + b"\n")
        self.trees[commit], self._parents[commit] = now, before
        self.point(on, commit)
        return commit

    def merge(
        self,
        *others: str,
        message: str = "Merge branch",
        on: str = "main",
        by: str = "ana",
        day: float = 0,
        files: Mapping[Content, Content | None] | None = None,
    ) -> str:
        """Merge branches: per path the side that changed it wins; `files` resolve what both changed."""
        now = dict(self.trees[self.tips[on]])
        for other in others:
            base, theirs = self.trees.get(self._base(self.tips[on], self.tips[other]), {}), self.tips[other]
            for path in base.keys() | self.trees[theirs].keys():
                if base.get(path) != self.trees[theirs].get(path):
                    self._place(now, path, self.trees[theirs].get(path))
        parents = [self.tips[on], *(self.tips[other] for other in others)]
        return self.commit(message, by=by, day=day, files=files, on=on, parents=parents, tree=now)

    def branch(self, name: str, at: str = "main") -> None:
        self.point(name, self.tips.get(at, at))

    def point(self, branch: str, commit: str) -> None:
        self.tips[branch] = commit
        reference = self.git_dir / "refs" / "heads" / branch
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(f"{commit}\n")

    def blob(self, content: Content) -> str:
        return self._write("blob", raw(content))

    def loose(self, name: str) -> Path:
        """Where an object lies."""
        return self.git_dir / "objects" / name[:2] / name[2:]

    def lose(self, name: str) -> None:
        """Delete an object."""
        self.loose(name).unlink()

    @staticmethod
    def _place(tree: Tree, path: bytes, entry: Entry | None) -> None:
        if entry is None:
            tree.pop(path, None)
        else:
            tree[path] = entry

    def _ancestors(self, commit: str) -> list[str]:
        found = [commit]
        for name in found:
            found += [parent for parent in self._parents[name] if parent not in found]
        return found

    def _base(self, ours: str, theirs: str) -> str:
        known = set(self._ancestors(ours))
        return next((name for name in self._ancestors(theirs) if name in known), "")

    def _write_tree(self, tree: Tree) -> str:
        folders: dict[bytes, Tree] = {}
        rows: list[tuple[bytes, bytes]] = []
        for path, (mode, name) in tree.items():
            folder, slash, rest = path.partition(b"/")
            if slash:
                folders.setdefault(folder, {})[rest] = (mode, name)
            else:
                rows.append((path, mode.encode() + b" " + path + b"\0" + bytes.fromhex(name)))
        for folder, inner in folders.items():
            row = b"40000 " + folder + b"\0" + bytes.fromhex(self._write_tree(inner))
            rows.append((folder + b"/", row))
        return self._write("tree", b"".join(row for _, row in sorted(rows)))

    def _write(self, kind: str, body: bytes) -> str:
        content = f"{kind} {len(body)}\0".encode() + body
        name = self._hash(content).hexdigest()
        place = self.loose(name)
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(zlib.compress(content, 1))
        return name


def mined(location: Path, tip: str = "HEAD", workers: int = 1) -> tuple[list[Commit], list[Skipped]]:
    """Mine a repository as the stage does; return the commits and what was skipped."""
    with open_repository(location) as repository:
        total, batches = mine(repository, repository.tip(tip), Pseudonyms(KEY), workers)
        parts = list(batches)
    commits = [commit for batch, _ in parts for commit in commits_of(batch)]
    assert len(commits) == total
    return commits, [skipped for _, left_out in parts for skipped in left_out]


def commits_of(batch: pa.RecordBatch) -> list[Commit]:
    return store.to_commits(batch)


def history(location: Path, tip: str = "HEAD") -> list[Commit]:
    """The commits of a repository of which nothing may be skipped."""
    commits, skipped = mined(location, tip)
    assert skipped == []
    return commits


def lines(*texts: str) -> str:
    """The content of a file of these lines."""
    return "".join(f"{text}\n" for text in texts)
