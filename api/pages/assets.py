"""The files that pages bring along: style, script, fonts, icons. Each has its digest in its address, and never changes.

Serves what lies in `static/`, by a list that is made once; a name that is not on it is not looked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Asset:
    """One file."""

    name: str
    media_type: str
    digest: str
    data: bytes

    @property
    def address(self) -> str:
        """Where pages find it."""
        return f"/static/{self.name}?v={self.digest[:12]}"


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Read them all; together they are small."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in TYPES:
            name, data = path.relative_to(STATIC).as_posix(), path.read_bytes()
            found[name] = Asset(name, TYPES[path.suffix], hashlib.sha256(data).hexdigest(), data)
    return found


def address(name: str) -> str:
    """Give the address of one; KeyError for one that is not there."""
    return assets()[name].address
