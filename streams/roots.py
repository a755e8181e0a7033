"""Which objects a source may tell of: those below the roots that the operator has named, and no others."""

from __future__ import annotations

from .values import Allowed, Stored

SCHEMES = ("s3://", "gs://", "az://")
MOST = 2048  # letters of a URI


def stored(allowed: Allowed, uri: str, tag: str = "", version: str = "") -> Stored | str:
    """Find an object below its root, or say why it is not taken. A URI is read as it stands: nothing in it is quoted.

    >>> stored(Allowed(("s3://in/a",)), "s3://in/a/clip 1.mp4")
    Stored(root='s3://in/a', name='clip 1.mp4', tag='', version='')
    >>> stored(Allowed(("s3://in/a",)), "s3://in/abc/clip.mp4")
    'it names an object outside of the roots that this source may tell of'
    """
    if not uri.startswith(SCHEMES):
        return "it names no object of a bucket: s3://, gs:// or az://bucket/name"
    if len(uri) > MOST or not uri.isprintable():
        return f"its object's name has control characters, or more than {MOST} letters"
    for root in allowed.roots:
        if uri.startswith(f"{root}/"):
            name = uri.removeprefix(f"{root}/")
            if any(part in ("", ".", "..") for part in name.split("/")):
                return "its object's name has empty parts, '.' or '..'"
            return Stored(root, name, tag, version)
    return "it names an object outside of the roots that this source may tell of"
