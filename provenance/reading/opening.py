"""One reading of one file by the C2PA library: with the store inside it, one from elsewhere, or with its fragments.

Knows how the library is opened and what its errors mean; judges nothing. Nothing is ever fetched. What the library
does not recognise by itself (svg, archives) is told from the first bytes, never from a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ...errors import ManifestFileInvalid
from ...evidence import FailureDetails, Finding
from .loose import plain
from .report import Report

if TYPE_CHECKING:
    import c2pa

STORE = "application/c2pa"
MOST_STORE_BYTES = 64 << 20
ELSEWHERE = "the credentials lie elsewhere, and were not fetched: "
NO_PLACE = "C2PA has no place for a manifest in this container: a mark and the registry serve such files"
UNSUPPORTED = "unsupported: the credentials are of a kind that can't be judged here: "
_HEAD = 1 << 16
_UNSUPPORTED = ("unknown algorithm", "prerelease content", "unsupported", "not supported")
_PARTS = (b"styp", b"moof", b"sidx", b"prft", b"emsg")  # what a fragment begins with


@dataclass(frozen=True)
class Given:
    """What was handed over beside a file: its manifest store, or the fragments that follow it."""

    manifest: Path | None = None
    fetched: bool = False  # the store was fetched from where the file says that it lies
    fragments: tuple[Path, ...] = ()
    init: Path | None = None  # what was signed, where the file at hand was joined from it and the fragments

    def to_wire(self) -> dict[str, Any]:
        """As plain values, for the limited child."""
        return {
            "manifest": str(self.manifest.absolute()) if self.manifest else None,
            "fetched": self.fetched,
            "fragments": [str(one.absolute()) for one in self.fragments],
            "init": str(self.init.absolute()) if self.init else None,
        }

    @classmethod
    def from_wire(cls, values: dict[str, Any]) -> Given:
        """Rebuild from plain values."""
        manifest, init = (Path(values[name]) if values[name] else None for name in ("manifest", "init"))
        return cls(manifest, bool(values["fetched"]), tuple(Path(one) for one in values["fragments"]), init)


def beside(path: Path) -> Path | None:
    """Give the sidecar of a file: same folder, same name, but for the ending."""
    sidecar = path.with_suffix(".c2pa")
    return sidecar if sidecar != path and sidecar.is_file() else None


def store_in(path: Path) -> bytes:
    """Read a manifest store from a file of its own."""
    try:
        if not path.is_file():
            raise ManifestFileInvalid(f"{path.name} is no file")
        with path.open("rb") as file:
            store = file.read(MOST_STORE_BYTES + 1)
    except OSError as error:
        raise ManifestFileInvalid(f"{path.name}: {error.strerror or error}") from None
    if len(store) > MOST_STORE_BYTES:
        raise ManifestFileInvalid(f"{path.name}: more than {MOST_STORE_BYTES >> 20} MiB of manifest")
    if not is_store(store):
        raise ManifestFileInvalid(f"{path.name} is no C2PA manifest store")
    return store


def is_store(head: bytes) -> bool:
    """Say whether bytes begin as a manifest store does."""
    return head[4:8] == b"jumb" and b"c2pa" in head[8:64]


def readers(
    stream: BinaryIO, ground: c2pa.Context, store: bytes | None = None, fragments: Sequence[Path] = ()
) -> Iterator[c2pa.Reader]:
    """Yield the reader of a file; with fragments, once for each of them, held to the binding together with the file.

    Raises the library's errors, and OSError for a fragment that can't be opened.
    """
    import c2pa

    if store is not None:
        _check_place(stream, ground)
    mime = "video/mp4" if fragments else _mime(stream)
    for fragment in fragments or (None,):
        stream.seek(0)
        with c2pa.Reader(mime, stream, store, context=ground) as reader:
            if fragment is not None:
                with fragment.open("rb") as part:
                    yield reader.with_fragment(mime, stream, part)
            else:
                yield reader


def reports(
    stream: BinaryIO, ground: c2pa.Context, store: bytes | None = None, fragments: Sequence[Path] = ()
) -> Iterator[Report]:
    """Give the library's reports: one, or one for each fragment. Raises as `readers` does, and ValueError."""
    for reader in readers(stream, ground, store, fragments):
        yield Report(reader.json(), reader.crjson())


def unread(error: Exception) -> tuple[Finding, FailureDetails] | None:
    """Say what an error of the library means; None where a manifest store is there and past reading."""
    import c2pa

    text = plain(error)
    if isinstance(error, c2pa.C2paError.NotSupported):
        return "inconclusive", FailureDetails(NO_PLACE)
    if isinstance(error, c2pa.C2paError.RemoteManifest) or "must fetch remote manifests" in text:
        found = re.search(r"https?://\S+", str(error))
        return "inconclusive", FailureDetails(ELSEWHERE + plain(found[0] if found else text))
    if isinstance(error, c2pa.C2paError.Io) or "asset could not be parsed" in text:
        return "failed", FailureDetails(f"the container can't be parsed: {text}")
    if any(word in text.lower() for word in _UNSUPPORTED):
        return "inconclusive", FailureDetails(UNSUPPORTED + text)
    return None


def nothing_inside(error: Exception) -> bool:
    """Whether an error of the library means that a file holds no store of its own, and could hold one."""
    import c2pa

    if isinstance(error, c2pa.C2paError.ManifestNotFound):
        return True
    told = unread(error)
    return told is not None and told[1].error.startswith(ELSEWHERE)


def alone(stream: BinaryIO) -> FailureDetails | None:
    """Say of a file that it is a part of something, which speaks only together with the rest; None: it is whole."""
    head = stream.read(_HEAD)
    stream.seek(0)
    if is_store(head):
        return FailureDetails("a manifest store without the file that it speaks of: give that file")
    if head[4:8] in _PARTS:
        return FailureDetails("a fragment without its beginning: give the init segment, and this among its fragments")
    return None


def _check_place(stream: BinaryIO, ground: c2pa.Context) -> None:
    """Raise for containers that the library knows nothing of: given a store, it would read that one alone."""
    import c2pa

    stream.seek(0)
    try:
        c2pa.Reader(_mime(stream), stream, context=ground).close()
    except c2pa.C2paError.NotSupported:
        raise
    except c2pa.C2paError:
        return  # nothing inside, or nothing that counts beside the store that was given


def _mime(stream: BinaryIO) -> str | None:
    """Name the type of what the library does not recognise by itself."""
    head = stream.read(_HEAD)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return "zip"  # documents and books are archives too
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()  # of text alone: no binary file passes for a drawing
    return "image/svg+xml" if text.startswith(b"<") and re.search(rb"<svg[\s>]", text) else None
