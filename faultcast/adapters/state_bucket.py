"""A state's location in S3, or in whatever answers like it; `state_files` says what lies there.

Addresses and credentials are boto3's business: AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, a role, …
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from faultcast.errors import NotFound, Unavailable, UsageError

SCHEME = "s3://"
_UNCHANGED = {"304", "NotModified"}
_ABSENT = {"404", "NoSuchKey", "NoSuchBucket"}
_ANSWER_SECONDS = 20


class Bucket:
    """``s3://bucket/prefix``. The file `asked_for` is kept in `cache` with its ETag, and sent again only if changed.

    Methods raise UsageError where boto3 or credentials are missing or refused, Unavailable where nothing answers.
    """

    def __init__(self, location: str, cache: Path, asked_for: str = "state.json") -> None:
        place = urlsplit(location)
        if not place.netloc or location[: len(SCHEME)] != SCHEME:
            raise UsageError(f"{location}: found no bucket, expected {SCHEME}BUCKET/PREFIX")
        self._bucket, self._prefix = place.netloc, place.path.strip("/")
        self._location = location
        self._asked_for, self._kept = asked_for, cache / f"{asked_for}.etag"
        with self._told():
            self._client = _boto3().client("s3", config=_patience())

    def read(self, name: str) -> bytes:
        """Return a file's content.

        Raises:
            NotFound: there is none.
        """
        etag, kept = self._remembered() if name == self._asked_for else (b"", b"")
        condition = {"IfNoneMatch": etag.decode("ascii")} if etag else {}
        with self._told():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._key(name), **condition)
                content: bytes = found["Body"].read()
            except _errors().ClientError as error:
                if _code(error) in _UNCHANGED:
                    return kept
                if _code(error) in _ABSENT:
                    raise NotFound(
                        f"{self._location}: found no {name}, expected the state of a history. "
                        f"`faultcast run REPO --save-history {self._location}` writes one."
                    ) from error
                raise
        if name == self._asked_for:
            self._remember(str(found["ETag"]).encode("ascii"), content)
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole."""
        with self._told():
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=content)

    def folders(self) -> list[str]:
        """Name the folders, the one that was written first in front."""
        first: dict[str, Any] = {}
        for entry in self._entries(""):
            folder, slash, _ = str(entry["Key"]).removeprefix(self._key("")).partition("/")
            if slash and folder.startswith("state-"):
                first[folder] = min(first.get(folder, entry["LastModified"]), entry["LastModified"])
        return sorted(first, key=lambda folder: first[folder])

    def remove(self, folder: str) -> None:
        """Remove a folder."""
        with self._told():
            for entry in self._entries(f"{folder}/"):
                self._client.delete_object(Bucket=self._bucket, Key=entry["Key"])

    def _entries(self, below: str) -> list[dict[str, Any]]:
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._key(below))
            return [entry for page in pages for entry in page.get("Contents", ())]

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _remembered(self) -> tuple[bytes, bytes]:
        try:
            etag, _, content = self._kept.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return b"", b""
        return etag, content

    def _remember(self, etag: bytes, content: bytes) -> None:
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        partial = self._kept.with_name(f".{self._kept.name}.{os.getpid()}")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(etag + b"\n" + content)
        partial.replace(self._kept)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what boto3 says."""
        errors = _errors()
        try:
            yield
        except (errors.NoCredentialsError, errors.PartialCredentialsError, errors.NoRegionError) as error:
            raise UsageError(f"{self._location}: {error} Set AWS_ACCESS_KEY_ID and so on, or give a role.") from error
        except errors.ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
                raise Unavailable(f"{self._location}: {error}. Try again later.") from error
            raise UsageError(f"{self._location}: {error}. Check the bucket's name and the credentials.") from error
        except (errors.BotoCoreError, errors.HTTPClientError) as error:
            raise Unavailable(f"{self._location}: {error}. Check AWS_ENDPOINT_URL, or try again later.") from error


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _boto3() -> Any:
    _errors()
    import boto3  # noqa: PLC0415  half a second, for S3 alone

    return boto3


def _errors() -> Any:
    try:
        from botocore import exceptions  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("S3 needs boto3: pip install 'faultcast[ingest]'") from error
    return exceptions


def _patience() -> Any:
    from botocore.config import Config  # noqa: PLC0415

    return Config(connect_timeout=_ANSWER_SECONDS, read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 3})
