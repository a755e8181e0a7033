"""From the outcomes of pieces to the report. Knows counting; opens no file of the folder and judges no attack."""

from __future__ import annotations

import platform
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, files
from typing import Any

from ...media import codecs
from ...watermark import MarkExaminer
from ...watermark.code import LIST, PAYLOAD_BITS, false_accept_bound
from ..machine import this_machine, versions
from ..results import wilson_low
from .attacks import PRESETS, Attack
from .clips import Chosen, Source
from .pieces import Piece, Setting
from .results import (
    AttackRow,
    ClipFacts,
    EncoderFacts,
    FalseAccepts,
    PeerRow,
    Quality,
    Range,
    Speed,
    WatermarkReport,
)

_LIBRARIES = {"libx264": "libx264", "libx265": "libx265", "libsvtav1": "libSvtAv1Enc", "libvpx-vp9": "libvpx"}
INSTALLED = ("countermark", "av", "numpy", "opencv-python-headless", "pillow", "invisible-watermark")


@dataclass(frozen=True)
class Outcomes:
    """Every piece, with what came of it."""

    all: tuple[tuple[Piece, dict[str, Any]], ...]

    def of(self, what: str, **which: object) -> list[tuple[Piece, dict[str, Any]]]:
        """Give those of one kind."""
        return [
            (piece, outcome)
            for piece, outcome in self.all
            if piece.what == what and all(getattr(piece, name) == value for name, value in which.items())
        ]


@dataclass(frozen=True)
class About:
    """What was asked for, and what was lacking."""

    suite: str
    command: str
    remarks: tuple[str, ...]


def report_of(
    about: About, table: tuple[Attack, ...], chosen: Chosen, outcomes: Outcomes, setting: Setting
) -> WatermarkReport:
    """Add up; small clips are held to no bar."""
    apart = [replace(attack, bar=None) for attack in table] if chosen.small else []
    marked = {piece.source: outcome for piece, outcome in outcomes.of("mark")}
    speed = next((Speed(**outcome) for _, outcome in outcomes.of("speed")), None)
    return WatermarkReport(
        suite=about.suite,
        examiner=MarkExaminer.version,
        command=about.command,
        seconds=setting.seconds,
        clips=tuple(_facts(source, marked[source], source in chosen.small) for source in chosen.both),
        payloads=len({source.payload for source in chosen.both}),
        payload_bits=PAYLOAD_BITS,
        quality=_quality([marked[source] for source in chosen.large]),
        attacks=tuple(_row(attack, outcomes, chosen.large) for attack in table),
        small=tuple(_row(attack, outcomes, chosen.small) for attack in apart),
        false_accepts=_false_accepts(outcomes),
        speed=speed,
        peers=_peers(outcomes),
        encoders=tuple(encoders()),
        unreadable=(*chosen.unreadable, *_unseen(outcomes, chosen.unreadable)),
        problems=tuple(f"{p.label}: {o['problem']}" for p, o in outcomes.of("attack") if o.get("problem")),
        remarks=about.remarks,
        machine=this_machine(),
        versions={"python": platform.python_version(), **versions(*INSTALLED)},
        date=datetime.now(UTC).date().isoformat(),
    )


def encoders() -> list[EncoderFacts]:
    """Name the encoder libraries, with the versions of the shared objects that came with PyAV."""
    try:
        shipped = [path.name for path in files("av") or ()]
    except PackageNotFoundError:
        shipped = []
    found = []
    for codec, encoder in codecs.ENCODERS.items():
        pattern = re.compile(rf"{_LIBRARIES[encoder.library]}\b[-.\w]*?\.(?:so|dylib)\.?([\d.]*)$")
        match = next(filter(None, map(pattern.match, shipped)), None)
        version = f"shared object {match[1]}" if match and match[1] else "as the system has it"
        found.append(EncoderFacts(codec, encoder.title, version, PRESETS[codec]))
    return found


def _facts(source: Source, outcome: dict[str, Any], small: bool) -> ClipFacts:
    return ClipFacts(
        name=source.name,
        native=source.native,
        size=source.size,
        frames=outcome["frames"],
        rate=round(float(source.rate), 3),
        payload=source.payload,
        psnr_rgb=round(outcome["psnr_rgb"], 2),
        small=small,
    )


def _quality(marked: list[dict[str, Any]]) -> Quality:
    def over(name: str) -> Range:
        return Range.of([outcome[name] for outcome in marked])

    return Quality(
        over("psnr_rgb"),
        over("psnr_y"),
        over("ssim"),
        over("flicker_rms"),
        over("max_delta"),
        over("bitrate_delta_crf23"),
    )


def _row(attack: Attack, outcomes: Outcomes, sources: tuple[Source, ...]) -> AttackRow:
    found = [(p.source, o) for p, o in outcomes.of("attack", attack=attack.name) if p.source in sources]
    read = [outcome for _, outcome in found if outcome["recovered"]]
    accuracies = [outcome["bit_accuracy"] for outcome in read]
    return AttackRow(
        name=attack.name,
        kind=attack.kind,
        bar=attack.bar,
        n=len(found),
        recovered=len(read),
        wilson_low=round(wilson_low(len(read), len(found)), 4),
        bit_accuracy_mean=_over(statistics.mean, accuracies, 4),
        bit_accuracy_min=_over(min, accuracies, 4),
        direct=sum(outcome["direct"] for outcome in read),
        cpu_s=_over(statistics.mean, [outcome["cpu_s"] for _, outcome in found], 3) or 0.0,
        lost=tuple(source.name for source, outcome in found if source and not outcome["recovered"]),
        encoded=next((outcome["encoded"] for _, outcome in found if outcome["encoded"]), ""),
        kbit_s=_over(statistics.mean, [o["kbit_s"] for _, o in found if o["kbit_s"]], 1) or 0.0,
        note=attack.note,
    )


def _false_accepts(outcomes: Outcomes) -> FalseAccepts:
    looks = [(piece.label, look) for piece, outcome in outcomes.all for look in outcome.get("wrong", ())]
    trials, keys, accepts = (sum(look[what] for _, look in looks) for what in ("trials", "keys", "accept"))
    most = max((look["trials"] for _, look in looks), default=0)
    return FalseAccepts(
        trials=trials,
        looks=len(looks),
        keys=keys,
        decodings=trials // LIST + accepts,  # one that accepts ends before its list does
        accepts=accepts,
        bound=false_accept_bound(most),
        accepted=tuple(label for label, look in looks if look["accept"]),
    )


def _unseen(outcomes: Outcomes, known: tuple[str, ...]) -> list[str]:
    """Name unmarked clips that could not be looked at, but for what failed when clips were chosen."""
    failed = [(piece.name, outcome["problem"]) for piece, outcome in outcomes.of("unmarked") if outcome.get("problem")]
    return [f"{name}: {problem}" for name, problem in failed if problem not in known]


def _peers(outcomes: Outcomes) -> tuple[PeerRow, ...]:
    """Add the clips up, method by method and attack by attack."""
    gathered: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for _, outcome in outcomes.of("peers"):
        for row in outcome["rows"]:
            gathered.setdefault((row["method"], row["attack"]), []).append(row)
    return tuple(
        PeerRow(
            method=method,
            attack=attack,
            n=len(rows),
            exact=sum(row["exact"] for row in rows),
            bit_accuracy=_over(statistics.mean, [r["accuracy"] for r in rows if r["accuracy"] is not None], 4),
            psnr_rgb=round(statistics.median(row["psnr_rgb"] for row in rows), 2),
        )
        for (method, attack), rows in gathered.items()
    )


def _over(how: Callable[[list[float]], float], values: list[float], digits: int) -> float | None:
    return round(float(how(values)), digits) if values else None
