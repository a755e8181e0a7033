"""The objects of a fault run: many that are looked at in no time, some real clips, some twice, some that kill."""

from __future__ import annotations

from pathlib import Path

from countermark.tests.recipes import clip

from .working import POISON

FOLDERS = 8


def land(folder: Path, objects: int, clips: int, poison: int) -> None:
    """Lay them: clips of 1 s of 64x64, each also as a copy; the rest is words, and clips that are cut off."""
    made = []
    for number in range(clips):
        path = _place(folder, number, f"clip {number:03}.mp4")
        made.append(clip(path, seconds=1, size=(64, 64), fps=8, seed=number).read_bytes())
        _place(folder, number + 3, f"copy of clip {number:03}.mp4").write_bytes(made[-1])
    for number in range(poison):
        _place(folder, 5 * number + 1, f"{POISON} {number}.mp4").write_bytes(b"whoever reads this dies")
    for number in range(objects - 2 * clips - poison):
        cut = made[number % len(made)][: 40 + number % 400]
        content = cut if number % 80 == 0 else f"some words, number {number}\n".encode() * 9
        _place(folder, number, f"object-{number:05}.mp4").write_bytes(content)


def _place(folder: Path, number: int, name: str) -> Path:
    path = folder / f"part-{number % FOLDERS}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
