"""Reads a table of clips, and says by which weights each is to be judged. Knows rows and folds; opens no clip.

A row is a clip: its path (relative to the table), its label, and its group: the generator that made it, or the source
that the footage came from. Groups are what is resampled and held out, so that clips of one are never counted as many.
Clips of a second table, named beside the first, are judged too and counted by kind alone: they move no other figure.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path

from ...errors import ClipTableInvalid, InputMissing, InputUnreadable

NEEDED, LABELS = ("path", "label", "group"), ("real", "synthetic")
PROTOCOL, RELEASE = "leave-generators-out", "release"
FACES, SPLICED, OWN, UNTOUCHED = ("face", "talking-head"), ("splice", "face-swap"), ("own-decoder",), "untouched"
HARD = ("animation", "cgi", "screen", "edited")
BESIDE = (*SPLICED, *OWN, UNTOUCHED, *HARD)  # the kinds that are counted by themselves


@dataclass(frozen=True)
class Clip:
    """One row."""

    name: str  # its path, as the table has it
    path: Path
    label: str  # real or synthetic
    group: str
    kind: str = ""
    maker: str = ""  # the decoder of our own that made it, where that is known
    beside: bool = False  # of a table that stands beside

    @property
    def synthetic(self) -> bool:
        """Whether a generator made it."""
        return self.label == "synthetic"

    @property
    def pooled(self) -> bool:
        """Whether it counts among a condition's own clips."""
        return not self.beside and self.kind not in (*SPLICED, *OWN, UNTOUCHED)


def read_table(table: Path) -> tuple[Clip, ...]:
    """Read every row, or say which line is wrong."""
    clips = _clips(table)
    for label in LABELS:
        if not any(clip.label == label for clip in clips):
            raise ClipTableInvalid(f"{table}: no clip is {label}; without both there is nothing to tell apart")
    return clips


def read_tables(table: Path, beside: Sequence[Path]) -> tuple[Clip, ...]:
    """Read a table and those that stand beside it, whose clips bear their folders' names, of one label or both."""
    clips = {clip.name: clip for clip in read_table(table)}
    for other in beside:
        for clip in _clips(other):
            named = replace(clip, name=f"{other.resolve().parent.name}/{clip.name}", beside=True)
            if named.kind not in BESIDE:
                kind = f"kind {named.kind!r}" if named.kind else "no kind"
                raise ClipTableInvalid(
                    f"{other}: {clip.name} has {kind}, and would be counted nowhere",
                    advice=f"beside the table stand clips of kind {', '.join(BESIDE)}; name others with --clips",
                )
            if named.name in clips:
                raise ClipTableInvalid(f"{other}: {named.name} stands there already")
            clips[named.name] = named
    return tuple(clips.values())


def _clips(table: Path) -> tuple[Clip, ...]:
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
    """Name the weights for each clip: those of the fold that holds its group out.

    Without folds the released judge all; and with them what lies in no fold, since nobody was trained on it.
    """
    if folds is None:
        return {clip.name: RELEASE for clip in clips}
    models = {clip.name: f"fold-{folds[clip.group]}" if clip.group in folds else RELEASE for clip in clips}
    if not any(models[clip.name] != RELEASE for clip in clips if not clip.beside):
        raise ClipTableInvalid(
            "no fold holds out any of these groups", advice="leave --protocol out: the released weights judge all clips"
        )
    return models


def check_splits(digests: dict[str, str], clips: Sequence[Clip], models: Mapping[str, str]) -> None:
    """Refuse the same file for two sets of weights: one of them would judge what it was trained on."""
    seen: dict[str, Clip] = {}
    for clip in clips:
        first = seen.setdefault(digests.get(clip.name, clip.name), clip)
        if models[first.name] != models[clip.name]:
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
    return Clip(name, table.parent / name, row["label"], row["group"], row.get("kind", ""), row.get("maker", ""))
