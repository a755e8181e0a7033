"""Reads a table of clips, and says by which weights each is to be judged. Knows rows and folds; opens no clip.

A row is a clip: its path (relative to the table), its label, and its group: the generator that made it, or the source
that the footage came from. Groups are what is resampled and held out, so that clips of one are never counted as many.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from ...errors import ClipTableInvalid, InputMissing, InputUnreadable

NEEDED, LABELS = ("path", "label", "group"), ("real", "synthetic")
PROTOCOL, RELEASE = "leave-generators-out", "release"


@dataclass(frozen=True)
class Clip:
    """One row."""

    name: str  # its path, as the table has it
    path: Path
    label: str  # real or synthetic
    group: str
    kind: str = ""
    source: str = ""

    @property
    def synthetic(self) -> bool:
        """Whether a generator made it."""
        return self.label == "synthetic"


def read_table(table: Path) -> tuple[Clip, ...]:
    """Read every row, or say which line is wrong."""
    rows = _rows(table)
    head = rows[0][1] if rows else []
    lacking = [column for column in NEEDED if column not in head]
    if lacking:
        raise ClipTableInvalid(f"{table}, line 1: no column {', '.join(lacking)}; it has to be divided by tabs")
    clips: dict[str, Clip] = {}
    for line, cells in rows[1:]:
        clip = _clip(table, line, head, cells)
        if clip.name in clips:
            raise ClipTableInvalid(f"{table}, line {line}: {clip.name} stands there already")
        clips[clip.name] = clip
    for label in LABELS:
        if not any(clip.label == label for clip in clips.values()):
            raise ClipTableInvalid(f"{table}: no clip is {label}; without both there is nothing to tell apart")
    return tuple(clips.values())


def read_folds(place: Traversable) -> dict[str, int]:
    """Read the fold that holds each group out."""
    try:
        folds = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputMissing(
            f"{place}: no such list of folds", advice="leave --protocol out: the released weights then judge all clips"
        ) from None
    except (OSError, ValueError) as error:
        raise InputUnreadable(f"{place}: {error}") from None
    if not isinstance(folds, dict) or not all(isinstance(fold, int) for fold in folds.values()):
        raise InputUnreadable(f"{place}: not a fold for each group")
    return folds


def models_for(clips: Sequence[Clip], folds: dict[str, int] | None) -> dict[str, str]:
    """Name the weights for each clip: those of the fold that holds its group out, or without folds the released."""
    if folds is None:
        return {clip.name: RELEASE for clip in clips}
    unknown = sorted({clip.group for clip in clips} - set(folds))
    if unknown:
        raise ClipTableInvalid(
            f"no fold holds out {', '.join(unknown[:5])}{' and others' if unknown[5:] else ''}",
            advice="leave those rows out; or leave --protocol out, and the released weights judge all clips",
        )
    return {clip.name: f"fold-{folds[clip.group]}" for clip in clips}


def check_splits(digests: dict[str, str], clips: Sequence[Clip], folds: dict[str, int]) -> None:
    """Refuse the same file in two folds: a network would judge what it was trained on."""
    seen: dict[str, Clip] = {}
    for clip in clips:
        first = seen.setdefault(digests.get(clip.name, clip.name), clip)
        if folds[first.group] != folds[clip.group]:
            raise ClipTableInvalid(
                f"{clip.name} is the same file as {first.name}, and its group lies in another fold",
                advice="keep one of both rows",
            )


def _rows(table: Path) -> list[tuple[int, list[str]]]:
    """Give the lines that say something, with their numbers."""
    if not table.is_file():
        raise InputMissing(f"{table}: no such table", advice="name a TSV file with path, label and group with --clips")
    try:
        with table.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines, delimiter="\t", strict=True)
            return [(reader.line_num, cells) for cells in reader if any(cells)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ClipTableInvalid(f"{table}: not a table of tabs and UTF-8: {error}") from None
    except OSError as error:
        raise InputUnreadable(f"{table}: {error.strerror or error}") from None


def _clip(table: Path, line: int, head: list[str], cells: list[str]) -> Clip:
    if len(cells) != len(head):
        raise ClipTableInvalid(f"{table}, line {line}: {len(cells)} cells under {len(head)} columns")
    row = {column: cell.strip() for column, cell in zip(head, cells, strict=True)}
    empty = [column for column in NEEDED if not row[column]]
    if empty:
        raise ClipTableInvalid(f"{table}, line {line}: {', '.join(empty)} is empty")
    if row["label"] not in LABELS:
        raise ClipTableInvalid(f"{table}, line {line}: label {row['label']!r} is none of {', '.join(LABELS)}")
    if "\0" in row["path"]:
        raise ClipTableInvalid(f"{table}, line {line}: no path")
    name = row["path"]
    return Clip(name, table.parent / name, row["label"], row["group"], row.get("kind", ""), row.get("source", ""))
