"""A bucket as the store: S3 and what speaks as S3 does, Google's, Azure's. The only place that imports obstore.

Keys of the bucket, its endpoint and region come from the environment, as all programs for these services read them
(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, AWS_ALLOW_HTTP ...). What the client says of an error never
leaves this file: it repeats requests, and what was signed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputUnreadable, ObjectMissing, ObjectsUnavailable, PackageMissing, SettingsInvalid

if TYPE_CHECKING:
    from obstore import Attributes, GetOptions
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

log = logging.getLogger(__name__)

_PART = 8 << 20  # bytes of a file that are sent as one; two at a time are all that is in memory
_MOST_PARTS = 9000  # of one object; stores take 10,000
_CHUNK = 1 << 20
_CLIENT: ClientConfig = {"connect_timeout": "5s", "read_timeout": "60s", "timeout": "6h"}
_RETRIES: RetryConfig = {
    "max_retries": 4,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=3), "base": 2},
}


class Bucket:
    """A bucket, or what lies in it below a prefix."""

    def __init__(self, url: str) -> None:
        """Take a URL as s3://bucket/prefix. Nothing is asked yet."""
        try:
            from obstore.store import from_url
        except ImportError:
            advice = "`pip install '.[serve]'` in the folder of Countermark's sources installs it"
            raise PackageMissing("a bucket is reached by obstore", advice=advice) from None
        try:
            # Options of the client replace all that the environment says of it.
            plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
            client: ClientConfig = {**_CLIENT, "allow_http": plain}
            self._store: ObjectStore = from_url(url, client_options=client, retry_config=_RETRIES)
        except Exception:
            raise SettingsInvalid(
                "service.objects: the store can't be opened",
                advice="see that its URL is s3://bucket/prefix, and that its keys and region are in the environment",
            ) from None

    def put_file(self, key: str, path: Path, content_type: str | None, take: bool) -> None:
        """Send a file in parts: the object appears when the last is there."""
        import obstore

        try:
            size, file = path.stat().st_size, path.open("rb")
        except OSError as error:
            raise InputUnreadable(f"{path.name}: {error.strerror}") from None
        part = max(_PART, -(-size // _MOST_PARTS))
        with file, _translated(key, writing=True):
            obstore.put(
                self._store, key, file, attributes=_attributes(content_type), chunk_size=part, max_concurrency=2
            )
        if take:
            path.unlink(missing_ok=True)

    def put_bytes(self, key: str, data: bytes, content_type: str | None) -> None:
        """Send some bytes."""
        import obstore

        with _translated(key, writing=True):
            obstore.put(self._store, key, data, attributes=_attributes(content_type), max_concurrency=2)

    def chunks(self, key: str, start: int, end: int | None) -> Iterator[bytes]:
        """Stream an object, or of a part of it as little as the store lets us."""
        if start == 0 and end is None:
            return self._stream(key)
        size = self.size(key)
        if size is None:
            raise ObjectMissing(f"{key} is not there")
        end = size if end is None else min(end, size)
        if start >= end:
            return iter(())
        with suppress(ObjectsUnavailable):
            return self._stream(key, {"range": (start, end)})
        # Some give a range and do not say so, which the client takes for an error: they are asked for the whole.
        return _between(self._stream(key), start, end)

    def size(self, key: str) -> int | None:
        """Ask for what is known of an object."""
        import obstore

        try:
            with _translated(key):
                return int(obstore.head(self._store, key)["size"])
        except ObjectMissing:
            return None

    def move(self, key: str, to: str) -> None:
        """Have the store copy it, then let the first go."""
        import obstore

        with _translated(key):
            obstore.rename(self._store, key, to)

    def delete(self, key: str) -> None:
        """Let an object go."""
        import obstore

        with suppress(ObjectMissing), _translated(key):
            obstore.delete(self._store, key)

    def delete_all(self, prefix: str) -> int:
        """List what lies below a key and let it go."""
        import obstore

        count = 0
        with _translated(prefix):
            found = [listed["path"] for some in obstore.list(self._store, prefix=prefix) for listed in some]
        for key in found:  # one by one: not all stores know how to delete many, nor say which failed
            self.delete(key)
            count += 1
        return count

    def answers(self) -> None:
        """List what nobody put there: it takes the bucket to say that there is none."""
        import obstore

        with _translated("health", writing=True):
            next(iter(obstore.list(self._store, prefix="health")), None)

    def found(self, key: str, version: str = "") -> tuple[int, str, Iterator[bytes]]:
        """Give the bytes of an object, its tag, and itself; all three are of one answer."""
        import obstore

        options: GetOptions | None = {"version": version} if version else None
        with _translated(key):
            found = obstore.get(self._store, key, options=options)
            size, tag = int(found.meta["size"]), _tag(found.meta["e_tag"])
            stream = found.stream(min_chunk_size=_CHUNK)
        return size, tag, _read(key, stream)

    def listed(self) -> Iterator[tuple[str, int, str, float]]:
        """Give key, bytes, tag and time of change of all that lies there, as the pages of the listing come."""
        import obstore

        with _translated("its listing", writing=True):
            for page in obstore.list(self._store, chunk_size=1000):
                for one in page:
                    yield one["path"], int(one["size"]), _tag(one["e_tag"]), one["last_modified"].timestamp()

    def presigned(self, method: str, key: str, seconds: int) -> str | None:
        """Sign a URL; nothing is asked of the store."""
        import obstore

        with _translated(key):
            return str(obstore.sign(self._store, method, key, timedelta(seconds=seconds)))  # type: ignore[call-overload]

    def _stream(self, key: str, options: GetOptions | None = None) -> Iterator[bytes]:
        import obstore

        with _translated(key):
            found = obstore.get(self._store, key, options=options)
        return _read(key, found.stream(min_chunk_size=_CHUNK))


def _read(key: str, stream: Iterator[Any]) -> Iterator[bytes]:
    with _translated(key):
        for chunk in stream:
            yield bytes(chunk)


def _tag(given: str | None) -> str:
    """Give an ETag without its quotes, as notifications have it."""
    return (given or "").removeprefix("W/").strip('"')


def _between(chunks: Iterator[bytes], start: int, end: int) -> Iterator[bytes]:
    """Give of a whole what lies between, and leave the rest unread."""
    at = 0
    for chunk in chunks:
        kept = chunk[max(0, start - at) : max(0, end - at)]
        at += len(chunk)
        if kept:
            yield kept
        if at >= end:
            return


def _attributes(content_type: str | None) -> Attributes | None:
    return {"Content-Type": content_type} if content_type else None


@contextmanager
def _translated(key: str, writing: bool = False) -> Iterator[None]:
    """Say in words of ours what a store says, and nothing of what it was asked with."""
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

    try:
        yield
    except FileNotFoundError:
        if writing:
            raise ObjectsUnavailable("the bucket of media is not there", advice=_SEE) from None
        raise ObjectMissing(f"{key} is not there") from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise ObjectsUnavailable(f"the store of media refuses our keys, or {key} to them") from None
    except (BaseError, OSError, ValueError) as error:
        why = next((words for sign, words in _SIGNS if sign in str(error)), f"{type(error).__name__} of its client")
        log.warning("the store of media failed at %s: %s", key, why)
        raise ObjectsUnavailable(f"the store of media does not answer as it should, asked for {key}: {why}") from None


# Of what the client says, by which a fault is known: the first that is there names it.
_SIGNS = (
    ("169.254.169.254", "no keys to it are in the environment"),
    ("Account must be specified", "no account is named (AZURE_STORAGE_ACCOUNT_NAME)"),
    ("builder error", "its address is plain http, which only AWS_ALLOW_HTTP=true lets"),
    ("kind: Connect", "nothing can be reached at its address"),
    ("kind: Timeout", "it says nothing in time"),
    ("status code: 5", "it has a fault of its own"),
    ("Generic", "it answers with what is not understood"),
)
_SEE = "make the bucket that `service.objects` names, or name one that is there"
