"""What a fault run looks at: clips that can be read, each by its own bytes, copies of them, words, clips cut off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from countermark.tests.recipes import clip

from .working import POISON

FOLDERS = 8
FILMS = 8  # that differ in what they show


@dataclass(frozen=True)
class Landed:
    """How many of each."""

    clips: int  # that can be read, all of other bytes
    copies: int
    words: int  # and clips that are cut off
    poison: int = 0

    @property
    def objects(self) -> int:
        """All of them."""
        return self.clips + self.copies + self.words + self.poison


def land(folder: Path, what: Landed) -> set[str]:
    """Lay them down; give their names."""
    films = _films(folder.with_name(f"{folder.name} films"), min(FILMS, what.clips))
    clips = [_own(films[number % len(films)], number) for number in range(what.clips)]
    kinds = {
        "clip": clips,
        "copy": [clips[number % len(clips)] for number in range(what.copies)],
        "words": [_words(number, clips) for number in range(what.words)],
        POISON: [b"whoever reads this dies"] * what.poison,
    }
    names = set()
    for at, (kind, contents) in enumerate(kinds.items()):
        for number, content in enumerate(contents):
            name = f"part-{(number + 3 * at) % FOLDERS}/{number:05} {kind}.mp4"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
            names.add(name)
    return names


def _films(folder: Path, count: int) -> list[bytes]:
    folder.mkdir(parents=True)
    sized = [clip(folder / f"{number}.mp4", seconds=0.5, size=(64, 64), fps=8, seed=number) for number in range(count)]
    return [path.read_bytes() for path in sized]


def _own(film: bytes, number: int) -> bytes:
    """Give a clip that nobody has looked at by its bytes: a box that players pass over holds a number."""
    return film + (16).to_bytes(4, "big") + b"free" + number.to_bytes(8, "big")


def _words(number: int, clips: list[bytes]) -> bytes:
    if number % 8 == 0:
        return clips[number % len(clips)][: 40 + number % 400] + f"{number}".encode()
    return f"some words, number {number}\n".encode() * 9
