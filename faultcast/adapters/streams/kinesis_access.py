"""Settings -> a client of Kinesis, and botocore's errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from faultcast.adapters.streams.shape import is_loopback
from faultcast.errors import NotFound, Unavailable, UsageError
from faultcast.settings import Settings

_REFUSED = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Access:
    """A client, and where it leads."""

    client: Any = field(repr=False)
    address: str
    timeout_seconds: float


def access(settings: Settings) -> Access:
    """How these settings reach Kinesis.

    Raises:
        UsageError: no region, or an address that is not encrypted.
    """
    url = urlsplit(settings.kinesis_url)
    if (
        settings.kinesis_url
        and url.scheme != "https"
        and not (url.scheme == "http" and is_loopback(url.hostname or ""))
    ):
        raise UsageError(f"FAULTCAST_KINESIS_URL: found {settings.kinesis_url!r}, expected https://…")
    config = Config(
        connect_timeout=min(10.0, settings.stream_timeout_seconds),
        read_timeout=settings.stream_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
    )
    try:
        client = boto3.client(
            "kinesis",
            region_name=settings.kinesis_region or None,
            endpoint_url=settings.kinesis_url or None,
            verify=settings.ca_file or None,
            config=config,
        )
    except (NoRegionError, ProfileNotFound) as error:
        raise UsageError(f"Kinesis: {error} Set FAULTCAST_KINESIS_REGION or AWS_PROFILE.") from error
    except (BotoCoreError, ValueError) as error:
        raise UsageError(f"Kinesis: {error} Check FAULTCAST_KINESIS_REGION and FAULTCAST_KINESIS_URL.") from error
    return Access(client, settings.kinesis_url or client.meta.endpoint_url, settings.stream_timeout_seconds)


@contextmanager
def told(how: Access, topic: str) -> Iterator[None]:
    """Botocore's errors as ours."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            raise NotFound(
                f"Kinesis at {how.address}: found no stream {topic!r}. Create it: aws kinesis create-stream "
                f"--stream-name {topic} --shard-count 2"
            ) from error
        if code in _REFUSED:
            raise UsageError(
                f"Kinesis at {how.address}, stream {topic!r}: {code}. The role needs kinesis:ListShards, "
                "GetShardIterator, GetRecords and PutRecords on the streams."
            ) from error
        raise Unavailable(f"Kinesis at {how.address}, stream {topic!r}: {code}. Run again; nothing is lost.") from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise UsageError(f"Kinesis: {error}. Give this process a role, or set AWS_PROFILE.") from error
    except BotoCoreError as error:
        raise Unavailable(
            f"Kinesis at {how.address} does not answer ({type(error).__name__}). Run again; nothing is lost."
        ) from error
