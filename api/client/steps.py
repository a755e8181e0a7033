"""What the client's logic asks for, step by step, and what it gets: no connection is opened here, and nobody waits.

An operation is a generator: it yields an `Ask` or a `Pause` and is sent what came of it, by whoever drives it, with or
without an event loop. So there is one body of logic for both.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ...errors import ServerRefused

T = TypeVar("T")
MOST_BYTES = 64 << 20  # of an answer that is kept in memory
MOST_SAVED = 16 << 30
_BLOCK = 1 << 18


@dataclass(frozen=True)
class Piece:
    """Some bytes of a file, to be sent."""

    path: Path
    start: int
    end: int
    on_bytes: Callable[[int], None]  # how many of the file's were sent so far

    def blocks(self) -> Generator[bytes, None, None]:
        """Read them bit by bit."""
        at = self.start
        with self.path.open("rb") as file:
            file.seek(at)
            while at < self.end and (block := file.read(min(_BLOCK, self.end - at))):
                yield block
                at += len(block)
                self.on_bytes(at)


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str  # beneath the service's address
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Piece | None = None
    into: Path | None = None  # where the answer's bytes go, if it is a good one
    on_share: Callable[[float], None] | None = None  # how much of them has come
    lines: Callable[[str], bool] | None = None  # hears a good answer line by line; False: it has heard enough
    seconds: float | None = None  # without a byte


@dataclass(frozen=True)
class Pause:
    """Some time without asking."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """What a service said."""

    status: int
    headers: Mapping[str, str]  # by names in small letters
    body: bytes

    @property
    def good(self) -> bool:
        """Whether it did what it was asked."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Lost:
    """No answer, or half of one."""

    why: str


Step = Ask | Pause
Steps = Generator[Step, Answer | Lost | None, T]


class Taking:
    """Takes an answer in as its bytes come: into memory, into a file, or line by line."""

    def __init__(self, ask: Ask, status: int, headers: Mapping[str, str]) -> None:
        """Take the head of an answer."""
        self._ask, self._status = ask, status
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._good = 200 <= status < 300
        self._kept, self._line, self._count = bytearray(), b"", 0
        self._file = ask.into.open("wb") if ask.into is not None and self._good else None

    def feed(self, block: bytes) -> bool:
        """Take some bytes; False: no more are wanted."""
        self._count += len(block)
        if self._file is not None:
            self._save(block)
        elif self._ask.lines is not None and self._good:
            return self._hear(block, self._ask.lines)
        else:
            self._kept += block
            if len(self._kept) > MOST_BYTES:
                raise ServerRefused(f"its answer has more than {MOST_BYTES:,} bytes")
        return True

    def answer(self) -> Answer:
        """Give what came."""
        return Answer(self._status, self._headers, bytes(self._kept))

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()

    def _save(self, block: bytes) -> None:
        assert self._file is not None
        if self._count > MOST_SAVED:
            raise ServerRefused(f"its answer has more than {MOST_SAVED:,} bytes")
        self._file.write(block)
        whole = self._headers.get("content-length", "")
        if self._ask.on_share is not None and whole.isascii() and whole.isdigit() and int(whole):
            self._ask.on_share(min(1.0, self._count / int(whole)))

    def _hear(self, block: bytes, lines: Callable[[str], bool]) -> bool:
        *whole, self._line = (self._line + block).split(b"\n")
        if len(self._line) > MOST_BYTES:
            raise ServerRefused("a line of its answer has no end")
        return all(lines(one.decode("utf-8", "replace").rstrip("\r")) for one in whole)
