"""Which clips are held out together. Knows the table of clips; nothing of pixels.

A fold holds whole families of generators and whole sources of real footage: what shares a base model, or the stock
footage it was made from, is never on both sides of a split. Sources of real footage that were re-rendered by a family
lie in that family's fold.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputMissing, InputUnreadable

FOLDS = 5

# Whole families, by fold; a generator in no row is a family of its own, and so is a source.
FAMILIES: dict[str, tuple[str, ...]] = {
    "stock-rerendered": ("tune-a-video", "control-video", "make-your-video", "text2video-zero", "lvdm", "driving"),
    "runway": ("runway-gen1", "runway-gen2"),
    "pika": ("pika-0.x", "pika-1.0"),
    "svd": ("svd", "svd-xt"),
    "wan": ("wan2.1", "self-forcing", "causvid"),
    "cogvideo": ("cogvideox", "cogvideox-1.5", "diffusion-as-shader"),
    "image-animated": ("pia", "animatediff", "i2vgen-xl", "consisti2v", "seine", "cinemo"),
    "dynamicrafter": ("dynamicrafter", "tooncrafter"),
    "modelscope": ("instructvideo", "videocomposer"),
    "avatars": ("loopy", "cyberhost"),
    "portraits": ("aniportrait", "liveportrait"),
    "pixel-diffusion": ("imagen-video", "make-a-video", "pyoco"),
}


@dataclass(frozen=True)
class Clip:
    """One row of the table."""

    path: Path
    label: str  # real or synthetic
    group: str  # its generator, or the source of real footage
    kind: str
    fold: int

    @property
    def synthetic(self) -> bool:
        """Whether a generator made it."""
        return self.label == "synthetic"

    @property
    def name(self) -> str:
        """One word for files about it."""
        return f"{self.group}-{self.path.stem}"[:80]


def family(group: str) -> str:
    """Give the family that a generator or a source belongs to; itself, where it has none."""
    return next((name for name, groups in FAMILIES.items() if group in groups), group)


def read_clips(table: Path) -> tuple[Clip, ...]:
    """Read a table with path, label, group and kind, and give each clip its fold."""
    if not table.is_file():
        raise InputMissing(f"{table}: no such table", advice="name the table of clips with --clips")
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    if not rows or not {"path", "label", "group"} <= set(rows[0]):
        raise InputUnreadable(f"{table}: its columns are not path, label, group", advice="see docs/detector-bench.md")
    rows = [row for row in rows if row.get("split") != "test"]  # these are measured on, and nothing is fitted to them
    folds = fold_of([(row["label"], row["group"]) for row in rows])
    return tuple(
        Clip(table.parent / row["path"], row["label"], row["group"], row.get("kind") or "", folds[row["group"]])
        for row in rows
    )


def fold_of(rows: list[tuple[str, str]]) -> dict[str, int]:
    """Deal families to folds, the largest first, each to the fold that has least of what it brings."""
    sizes: dict[str, dict[str, int]] = {}
    for label, group in rows:
        counts = sizes.setdefault(family(group), {"real": 0, "synthetic": 0})
        counts[label] += 1
    held = [{"real": 0, "synthetic": 0} for _ in range(FOLDS)]
    dealt: dict[str, int] = {}
    for name, counts in sorted(sizes.items(), key=lambda one: (-sum(one[1].values()), one[0])):
        main = max(counts, key=lambda label: counts[label])
        fold = min(range(FOLDS), key=lambda k: (held[k][main], sum(held[k].values()), k))
        dealt[name] = fold
        for label, count in counts.items():
            held[fold][label] += count
    return {group: dealt[family(group)] for _, group in rows}


def real_clips(clips: tuple[Clip, ...], fold: int) -> tuple[Clip, ...]:
    """Give the real clips of one fold, but for those that no camera took."""
    return tuple(c for c in clips if c.fold == fold and not c.synthetic and c.kind in ("camera", "face"))
