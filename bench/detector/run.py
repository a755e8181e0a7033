"""Runs the detector's bench: reads the table, has every clip judged under every condition, adds up. Knows no pixel.

What is finished stands in `work.ndjson` of the output folder; the same command goes on from there. Copies lie in a
hidden folder beside it until all is done; nothing else of the output folder is touched, and clips are only read.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import CountermarkError, OutputIsInput
from ...networks import processors
from ...outputs import check_input, check_output, translated
from ..machine import this_machine, versions
from ..pool import workers
from ..watermark.journal import Journal
from .baselines import Seen, baselines_of, check_fitting
from .conditions import AS_FOUND, CONDITIONS, HARDER, MATCHED, Condition, named
from .keys import key_of
from .metrics import DRAWS
from .pieces import Piece, Setting, What, do
from .results import BaselineRow, DetectorReport, Speed
from .scoring import Detector, Scored
from .speed import make_clip, measure_speed
from .sums import Judged, condition_row, losses
from .table import PROTOCOL, RELEASE, Clip, check_splits, models_for, read_tables
from .written import write_report

log = logging.getLogger(__name__)
JOURNAL, WORK = "work.ndjson", ".countermark-bench-detector"  # a name that nobody else uses: it goes in the end
QUICK = (AS_FOUND.name, MATCHED)
QUICK_CLIPS = 2  # of each group
MEMORY = 4 << 30  # bytes of a worker's address space
INSTALLED = ("countermark", "av", "numpy", "onnxruntime", "opencv-python-headless", "scikit-learn")


@dataclass(frozen=True)
class Asked:
    """What a person asked for."""

    clips: Path
    out: Path
    protocol: str | None = None
    conditions: tuple[str, ...] = tuple(condition.name for condition in CONDITIONS)
    quick: bool = False
    jobs: int = 0  # 0: as many as there are cores
    keep: bool = False  # the copies
    beside: tuple[Path, ...] = ()  # tables whose clips are counted by kind alone

    @property
    def command(self) -> str:
        """Give the command that measures this again; of a table its name, of one beside its folder's name too."""
        words = ["countermark bench detector", f"--clips {self.clips.name}"]
        words += [f"--beside {table.resolve().parent.name}/{table.name}" for table in self.beside]
        words += [f"--protocol {self.protocol}"] if self.protocol else []
        all_of_them = self.conditions == Asked.conditions
        words += [] if all_of_them or self.quick else [f"--conditions {','.join(self.conditions)}"]
        words += ["--quick"] if self.quick else []
        return " ".join(words)

    @property
    def shown(self) -> tuple[Condition, ...]:
        """Give the conditions, in their own order."""
        wanted = QUICK if self.quick else self.conditions
        return tuple(condition for condition in (*CONDITIONS, *HARDER) if condition.name in wanted)


@dataclass(frozen=True)
class Bench:
    """What is judged, and by what."""

    asked: Asked
    detector: Detector
    clips: tuple[Clip, ...]  # those whose files are there
    digests: Mapping[str, str]  # of each clip's file
    models: Mapping[str, str]  # of each clip
    versions: Mapping[str, str]  # of each model

    def key(self, what: What, clip: Clip, condition: str) -> str:
        """Name an outcome."""
        judge = self.versions[self.models[clip.name]] if what == "score" else ""
        return key_of(what, clip=self.digests[clip.name], condition=condition, judge=judge)

    def pieces(self, journal: Journal) -> list[Piece]:
        """Give what is not done yet."""
        found = []
        for clip in self.clips:
            wanted: tuple[What, ...] = ("score", "numbers") if clip.pooled and not self.asked.quick else ("score",)
            for condition in self.asked.shown:
                missing = tuple(what for what in wanted if self.key(what, clip, condition.name) not in journal.done)
                if missing:
                    model = self.models[clip.name]
                    found.append(Piece(clip, self.digests[clip.name], condition.name, model, missing))
        return found


def run_detector(
    asked: Asked, detector: Detector, progress: Callable[[float], None]
) -> tuple[DetectorReport, list[Path]]:
    """Measure; give the report and the files that were written."""
    if not asked.quick:
        check_fitting()
    clips, folds = read_tables(asked.clips, asked.beside), detector.folds() if asked.protocol else None
    clips = _few(clips) if asked.quick else clips
    models = models_for(clips, folds)
    digests, unreadable = _digests(clips)
    if folds is not None:
        check_splits(digests, clips, models)
    known = {model: detector.scorer(model).version for model in sorted(set(models.values()))}
    bench = Bench(asked, detector, tuple(clip for clip in clips if clip.name in digests), digests, models, known)
    work, journal = _places(asked)
    speed = None if asked.quick else _speed(bench, journal, work)
    _do_all(bench, journal, work, progress)
    report, judged = _report(bench, journal, folds, speed, unreadable)
    files = write_report(report, judged, asked.out)
    if not asked.keep:
        shutil.rmtree(work, ignore_errors=True)
    return report, files


def _places(asked: Asked) -> tuple[Path, Journal]:
    """Make the output folder, which is no place among clips, and the hidden one in it."""
    if asked.out.exists() and asked.clips.exists() and asked.out.resolve() == asked.clips.resolve().parent:
        raise OutputIsInput(f"{asked.out}: the clips' own folder", advice="choose another folder with --out")
    with translated(asked.out):
        asked.out.mkdir(parents=True, exist_ok=True)
    check_output(asked.out / JOURNAL, (), force=True)
    work = asked.out / WORK
    with translated(work):
        work.mkdir(exist_ok=True)
        for left in work.glob(".*"):  # of a run that was killed
            left.unlink(missing_ok=True) if left.is_file() else shutil.rmtree(left, ignore_errors=True)
    return work, Journal(asked.out / JOURNAL)


def _do_all(bench: Bench, journal: Journal, work: Path, progress: Callable[[float], None]) -> None:
    pieces = bench.pieces(journal)
    if not pieces:
        return
    with workers(bench.asked.jobs or processors(), do, fewer="--jobs", memory=MEMORY) as pool:
        for number, (piece, outcomes) in enumerate(pool.each(pieces, Setting(bench.detector, work)), 1):
            for what, outcome in outcomes.items():
                key = bench.key("score" if what == "score" else "numbers", piece.clip, piece.condition)
                journal.add(key, {"what": what, "piece": piece.label}, outcome)
            progress(number / len(pieces))
            log.info("%d of %d: %s", number, len(pieces), piece.label)


def _speed(bench: Bench, journal: Journal, work: Path) -> Speed:
    """Measure before workers take the cores; what an earlier run of this command measured, holds."""
    model = min(bench.versions)
    key = key_of("speed", judge=bench.versions[model], machine=asdict(this_machine()))
    if key not in journal.done:
        clip = work / "ten-seconds.mp4"
        make_clip(clip)
        measured = measure_speed(bench.detector.scorer(model), clip)
        journal.add(key, {"what": "speed", "piece": model}, asdict(measured))
    return Speed(**journal.done[key])


def _report(
    bench: Bench, journal: Journal, folds: dict[str, int] | None, speed: Speed | None, unreadable: list[str]
) -> tuple[DetectorReport, dict[str, list[Judged]]]:
    """Add up what stands in the journal."""
    draws = DRAWS // 5 if bench.asked.quick else DRAWS
    judged, baselines = {}, list[BaselineRow]()
    for condition in bench.asked.shown:
        outcomes = [(clip, journal.done[bench.key("score", clip, condition.name)]) for clip in bench.clips]
        judged[condition.name] = [
            Judged(clip, _scored(said), bench.models[clip.name]) for clip, said in outcomes if "problem" not in said
        ]
        problems = [f"{clip.name}, {condition.name}: {said['problem']}" for clip, said in outcomes if "problem" in said]
        unreadable += problems
        if not bench.asked.quick:
            baselines += _baselines(bench, journal, condition.name, judged[condition.name], folds, draws)
    rows = [condition_row(named(name), judged[name], draws) for name in judged]
    lost = losses(rows)
    rows = [replace(row, auc_lost=lost.get(row.name)) for row in rows]
    headline = next((row for row in rows if row.name == MATCHED), rows[0])
    report = DetectorReport(
        command=bench.asked.command,
        protocol=bench.asked.protocol or RELEASE,
        detector=bench.detector.name,
        models=dict(bench.versions),
        headline=headline.name,
        macro_auc=headline.macro_auc,
        worst_quartile_auc=headline.worst_quartile_auc,
        coverage_error_80=headline.coverage_error_80,
        conditions=tuple(rows),
        baselines=tuple(baselines),
        speed=speed,
        unreadable=tuple(unreadable),
        remarks=_remarks(bench),
        machine=this_machine(),
        versions={"python": platform.python_version(), **versions(*INSTALLED)},
        date=datetime.now(UTC).date().isoformat(),
    )
    return report, judged


def _baselines(
    bench: Bench,
    journal: Journal,
    condition: str,
    judged: list[Judged],
    folds: dict[str, int] | None,
    draws: int,
) -> list[BaselineRow]:
    """Hold simpler means to the clips that the detector's own figures are of."""
    seen = []
    for one in judged:
        if not one.pooled:
            continue
        said = journal.done[bench.key("numbers", one.clip, condition)]
        if "problem" not in said:
            seen.append(Seen(one.clip, said, one.scored.numbers))
    return baselines_of(condition, seen, folds, draws) if len({one.clip.label for one in seen}) == 2 else []


def _scored(said: dict[str, Any]) -> Scored:
    return Scored(**{**said, "quality": tuple(said["quality"]), "numbers": tuple(said["numbers"])})


def _digests(clips: tuple[Clip, ...]) -> tuple[dict[str, str], list[str]]:
    """Give the digests of clips that are there, and say what is wrong with the others."""
    digests, unreadable = {}, []
    for clip in clips:
        try:
            check_input(clip.path)
            with clip.path.open("rb") as file:
                digests[clip.name] = hashlib.file_digest(file, "sha256").hexdigest()
        except CountermarkError as error:
            unreadable.append(f"{clip.name}: {error}")
    return digests, unreadable


def _few(clips: tuple[Clip, ...]) -> tuple[Clip, ...]:
    """Take a few clips of each group, by the digests of their names."""
    ordered = sorted(clips, key=lambda clip: hashlib.sha256(clip.name.encode()).digest())
    groups = {(clip.label, clip.group) for clip in clips}
    kept = {
        clip.name
        for label, group in groups
        for clip in [one for one in ordered if (one.label, one.group) == (label, group)][:QUICK_CLIPS]
    }
    return tuple(clip for clip in clips if clip.name in kept)


def _remarks(bench: Bench) -> tuple[str, ...]:
    """Say loudly what is lacking, and what a reader could take amiss."""
    remarks = []
    if bench.asked.quick:
        remarks.append(
            f"QUICK: {QUICK_CLIPS} clips of each group at most, and neither baselines nor speed; quote none of it"
        )
    if find_spec("matplotlib") is None:
        remarks.append("NO PLOTS WERE DRAWN: matplotlib is not installed (the extra `bench`)")
    twice = len(bench.digests) - len(set(bench.digests.values()))
    if twice:
        remarks.append(f"{twice} rows name files that other rows hold as well, byte for byte")
    if bench.asked.protocol != PROTOCOL:
        remarks.append("the released weights judged these clips: figures hold only for clips they were not made from")
        return tuple(remarks)
    groups = sorted({clip.group for clip in bench.clips if bench.models[clip.name] == RELEASE})
    if groups:
        remarks.append(
            f"no fold holds out {', '.join(groups)}: the released weights judged these, which is true of clips that"
            " nothing was fitted to, and of no others"
        )
    return tuple(remarks)
