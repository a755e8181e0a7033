"""The protocol of uploads that resume, tus 1.0: its headers, read and written. Knows no bytes and no tenants."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import base64
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from ...docket.uploads import Upload
from .. import intake
from ..problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request as AnyRequest

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination,checksum"
CHECKSUMS = ("sha1", "sha256")
PIECE_TYPE = "application/offset+octet-stream"


def offered(most: int) -> dict[str, str]:
    """Say what is spoken here."""
    told = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(most)}
    return {**told, "Tus-Checksum-Algorithm": ",".join(CHECKSUMS)}


def begins(request: "AnyRequest") -> bool:
    """Say whether the headers, and not a body, tell what is to be sent."""
    return "upload-length" in request.headers or "upload-defer-length" in request.headers


def file_name(request: "AnyRequest") -> str:
    """Read the name out of Upload-Metadata: pairs of a key and base64, by commas."""
    for pair in request.headers.get("upload-metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key in ("filename", "name"):
            try:
                return intake.plain_name(base64.b64decode(value, validate=True).decode("utf-8", "replace"))
            except ValueError:
                raise Problem("bad-request", "Upload-Metadata is no base64") from None
    return "upload"


def number(request: "AnyRequest", name: str) -> int:
    """Read a header that is a number of bytes."""
    value = request.headers.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 17):
        raise Problem("bad-request", f"the header {name.title()} is to be a number of bytes")
    return int(value)


def checksum(request: "AnyRequest") -> tuple[str, bytes] | None:
    """Read what a piece is to be: an algorithm and its digest; None: nothing is said of it."""
    given = request.headers.get("upload-checksum")
    if given is None:
        return None
    name, _, value = given.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except ValueError:
        digest = b""
    if name not in CHECKSUMS or not digest:
        raise Problem("bad-request", f"Upload-Checksum is one of {', '.join(CHECKSUMS)}, a blank, and base64")
    return name, digest


def spoken() -> Any:
    """Make a dependency that refuses who speaks another version of tus."""
    from fastapi import Request

    def refuse(request: Request) -> None:
        version = request.headers.get("tus-resumable", VERSION)
        if version != VERSION and request.method != "OPTIONS":
            headers = {"Tus-Version": VERSION}
            raise Problem("precondition-failed", f"tus {VERSION} is spoken here", advice="use that", headers=headers)

    return refuse


def stands(upload: Upload) -> dict[str, str]:
    """Say how far one has come."""
    return {"Upload-Offset": str(upload.offset), **expires(upload)}


def expires(upload: Upload) -> dict[str, str]:
    """Say when one is forgotten."""
    return {"Upload-Expires": format_datetime(datetime.fromisoformat(upload.until), usegmt=True)}
