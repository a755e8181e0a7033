"""Links that hold for a short time: a path, until when, and a digest under a key of this service. Knows no route.

A new one is made for each view. They end on the quarter of an hour, so that who looks again soon is given the same one.
Servers that share a database share the file of the key too: copy `home/links.key` among them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from ..errors import OutputExists
from ..private_files import read_private, release_private

FILE = "links.key"
STEP_S = 900
_SIZE = 32


@dataclass(frozen=True)
class Link:
    """A path that opens something, and until when."""

    path: str  # with its query
    until: int  # seconds of Unix time


@dataclass(frozen=True)
class Links:
    """Makes links, and says whether one still holds."""

    home: Path

    def made(self, path: str, now: float) -> Link:
        """Make a link to a path of this service that holds for a quarter of an hour at least, two at most."""
        until = (int(now) // STEP_S + 2) * STEP_S
        return Link(f"{quote(path)}?until={until}&signature={self._signature(path, until)}", until)

    def holds(self, path: str, until: int, signature: str, now: float) -> bool:
        """Whether a link was made here and its time is not over."""
        return now < until and hmac.compare_digest(self._signature(path, until).encode(), signature.encode())

    def _signature(self, path: str, until: int) -> str:
        return hmac.new(_key(self.home), f"{until} {path}".encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _key(home: Path) -> bytes:
    """Read the key; made where there is none. Of two that make it at once, both take the first one's."""
    path = home / FILE
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            release_private(path, secrets.token_bytes(_SIZE))
        except OutputExists:
            pass
    return read_private(path)
