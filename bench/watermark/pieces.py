"""One piece of the bench at a time, in a process of its own: a clip marked, a copy made and read, a clip looked at.

Knows how a piece is done and what it yields, as plain values for the journal; knows no order and no sums.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import CountermarkError, DiskFull, OutputUnwritable
from ...media import Video, probe
from ...settings import Limits
from ...watermark import OPEN_KEY
from . import hostile
from .attacks import Attack, named
from .clips import Source
from .copies import make
from .footage import Case
from .marking import mark
from .reading import SECOND_KEY, Seen, read, wrong_key

What = Literal["mark", "average", "attack", "unmarked", "speed", "peers"]


@dataclass(frozen=True)
class Setting:
    """What all pieces share."""

    sources: tuple[Source, ...]
    work: Path
    seconds: float
    wrong_key: bool  # read copies that only a codec changed with a wrong key as well

    def looks_wrongly_at(self, attack: Attack) -> bool:
        """Say whether copies by this attack are read with a key that did not mark them, too."""
        return self.wrong_key and attack.kind == "codec"


@dataclass(frozen=True)
class Piece:
    """One thing to do."""

    what: What
    source: Source | None = None
    attack: str = ""
    path: Path | None = None  # of an unmarked clip
    keys: tuple[int, ...] = ()  # numbers of the wrong keys to look with
    name: str = ""
    digest: str = ""

    @property
    def label(self) -> str:
        """For people."""
        clip = self.source.name if self.source else self.name
        return f"{clip} · {self.attack or self.what}" if clip else self.what


def do(piece: Piece, setting: Setting) -> dict[str, Any]:
    """Do one piece."""
    if piece.what == "mark" and piece.source:
        return asdict(mark(piece.source, marked_file(piece.source, setting.work), setting.seconds))
    if piece.what == "average":
        hostile.average_of(setting.sources, setting.work)
        return {}
    if piece.what == "attack" and piece.source:
        return _attacked(piece.source, named(piece.attack), setting)
    if piece.what == "unmarked" and piece.path:
        return _unmarked(piece.path, piece.keys)
    if piece.what == "speed":
        from .speed import measure_speed

        return asdict(measure_speed(setting.work))
    if piece.what == "peers" and piece.source:
        from .peers import compare

        return {"rows": compare(piece.source, setting.seconds, setting.work)}
    raise ValueError(f"no such piece: {piece}")


def marked_file(source: Source, work: Path) -> Path:
    """Say where a clip's marked file lies."""
    both = hashlib.sha256(f"{source.digest}\0{source.name}".encode())  # a copy elsewhere carries a payload of its own
    return work / f"{both.hexdigest()[:32]}.mp4"


# A copy, made and read -----------------------------------------------------------------------------------------------


def _attacked(source: Source, attack: Attack, setting: Setting) -> dict[str, Any]:
    case = Case(source, attack.name, setting.sources, setting.work, setting.seconds)
    part = setting.work / f".{os.getpid()}-{source.digest[:16]}"
    made: list[Path] = []
    try:
        copy, encoded = make(attack, case, marked_file(source, setting.work), part, made)
        facts = probe(copy, Limits())
        said = _read(copy, source, attack, setting.looks_wrongly_at(attack))
        return {"encoded": encoded, "kbit_s": _kbit_s(facts), **said}
    except (DiskFull, OutputUnwritable):
        raise  # of this machine, not of this copy
    except CountermarkError as error:
        return {"encoded": "", "kbit_s": 0.0, "problem": str(error), **_lost()}
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def _read(copy: Path, source: Source, attack: Attack, with_wrong_key: bool) -> dict[str, Any]:
    seen = read(copy, (SECOND_KEY if attack.reads == "second" else OPEN_KEY,))
    wanted = {"payload": source.payload, "second": source.payload_of("second"), "any": None}[attack.reads]
    accuracy = seen.accuracy(wanted)
    outcome: dict[str, Any] = {
        "recovered": accuracy is not None,
        "bit_accuracy": accuracy,
        "direct": accuracy is not None and seen.direct,
        "cpu_s": seen.cpu_s,
        "problem": seen.problem,
        "wrong": [],
    }
    if with_wrong_key:
        outcome["wrong"] = _looks(read(copy, (wrong_key(0),)), 1)
    return outcome


def _lost() -> dict[str, Any]:
    return {"recovered": False, "bit_accuracy": None, "direct": False, "cpu_s": 0.0, "wrong": []}


def _unmarked(path: Path, keys: Iterable[int]) -> dict[str, Any]:
    """Look once, with the open key and wrong ones: one search, in which what stands out under any key is decoded."""
    tried = (OPEN_KEY, *map(wrong_key, keys))
    try:
        seen = read(path, tried)
    except CountermarkError as error:
        return {"wrong": [], "problem": str(error)}
    return {"wrong": _looks(seen, len(tried)), "problem": seen.problem}


def _looks(seen: Seen, keys: int) -> list[dict[str, Any]]:
    """Give the one look where nothing should be found; none if it failed."""
    return [] if seen.problem else [{"trials": seen.trials, "keys": keys, "accept": bool(seen.marks)}]


def _kbit_s(video: Video) -> float:
    return video.bytes * 8 / 1000 / max(video.duration_s, 1e-3)
