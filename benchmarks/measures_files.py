"""Files and versions of files of real repositories, for `benchmarks/measures.py`."""

import random
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from faultcast.measures import language_of
from faultcast.measures.text import is_measurable

File = tuple[str, bytes]


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Ask git, which trusts nobody's folders by default."""
    command = ["git", "-c", "safe.directory=*", "-C", str(repository), *arguments]
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def contents(repository: Path, blobs: list[str]) -> Iterator[bytes]:
    """The blobs' contents, in order; an absent one is empty."""
    text, at = git(repository, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode()), 0
    for _ in blobs:
        end = text.index(b"\n", at)
        head = text[at:end].split()
        size = int(head[2]) if len(head) == 3 else -1
        yield text[end + 1 : end + 1 + max(0, size)]
        at = end + 2 + size


def files(repository: Path, most: int) -> list[File]:
    """Files at HEAD that can be measured, at most so many a language."""
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in git(repository, "ls-tree", "-r", "-z", "HEAD").decode(errors="replace").split("\0"):
        meta, _, path = entry.partition("\t")
        if meta.startswith("100") and (language := language_of(path)):
            by_language[language].append((path, meta.split()[2]))
    drawn = [one for found in by_language.values() for one in random.Random(1).sample(found, min(most, len(found)))]
    texts = contents(repository, [blob for _, blob in drawn])
    return [(path, text) for (path, _), text in zip(drawn, texts, strict=True) if is_measurable(text)]


def changed(repository: Path, *limit: str) -> list[tuple[str, str]]:
    """Each version of a file as (path, blob), in the order of the commits that left it."""
    raw = git(repository, "log", "--reverse", "--raw", "--no-abbrev", "--no-renames", "--format=", *limit, "HEAD")
    found: list[tuple[str, str]] = []
    for entry in raw.decode(errors="replace").splitlines():
        meta, _, path = entry.partition("\t")
        parts = meta.split()
        if len(parts) == 5 and parts[1].startswith("100") and language_of(path):
            found.append((path, parts[3]))
    return found


def loaded(repository: Path, drawn: list[tuple[str, str]]) -> list[File]:
    """What of it can be measured."""
    texts = contents(repository, [blob for _, blob in drawn])
    return [(path, text) for (path, _), text in zip(drawn, texts, strict=True) if is_measurable(text)]


def versions(repository: Path, most: int) -> list[File]:
    """Versions of files that were changed, file by file in the order of commits, about so many a language."""
    by_path: dict[str, list[str]] = defaultdict(list)
    for path, blob in changed(repository):
        by_path[path].append(blob)
    paths = sorted(path for path, blobs in by_path.items() if len(blobs) > 1)
    random.Random(2).shuffle(paths)
    taken: Counter[str] = Counter()
    drawn: list[tuple[str, str]] = []
    for path in paths:
        language = language_of(path) or ""
        if taken[language] < most:
            taken[language] += len(by_path[path])
            drawn += [(path, blob) for blob in by_path[path]]
    return loaded(repository, drawn)
