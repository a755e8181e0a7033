"""Runs the watermark's bench: chooses, plans pieces, has them done on all cores, adds up. Knows no pixel.

What is finished stands in `work.ndjson` of the output folder; the same command goes on from there. Marked files lie in
a hidden folder beside it until all is done; nothing else of the output folder is touched.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import OutputIsInput
from ...networks import processors
from ...outputs import check_output, translated
from ...watermark import MarkExaminer
from ..pool import Pool, workers
from .attacks import ATTACKS, AVERAGE_PASTED, AVERAGE_REMOVED, QUICK, Attack, named
from .clips import Chosen, Source, choose_clips, every_clip
from .hostile import AVERAGE
from .journal import Journal, key_of
from .pieces import Piece, Setting, do, marked_file
from .results import WatermarkReport
from .sums import About, Outcomes, report_of
from .written import write_report

log = logging.getLogger(__name__)
JOURNAL, WORK = "work.ndjson", ".countermark-bench"  # a name that nobody else uses: it is emptied, and goes in the end
WRONG_KEYS = 12  # that a thorough look at an unmarked clip tries beside the open one
PEER_CLIPS = 3


@dataclass(frozen=True)
class Suite:
    """How much is measured."""

    name: str
    count: int
    seconds: float
    attacks: tuple[str, ...]
    thorough: bool  # wrong keys, the whole folder for false accepts, peers

    @property
    def table(self) -> tuple[Attack, ...]:
        """Give its attacks."""
        return tuple(named(name) for name in self.attacks)


SUITES = {
    "quick": Suite("quick", 4, 2.0, QUICK, thorough=False),
    "full": Suite("full", 12, 5.0, tuple(attack.name for attack in ATTACKS), thorough=True),
}


@dataclass(frozen=True)
class Asked:
    """What a person asked for."""

    clips: Path
    out: Path
    suite: Suite
    count: int | None = None
    skip: int = 0
    workers: int = 0  # 0: as many as there are cores

    @property
    def command(self) -> str:
        """Give the command that measures this again; of the folder, its name alone."""
        words = ["countermark bench watermark", f"--clips {self.clips.resolve().name}", f"--suite {self.suite.name}"]
        words += [f"--count {self.count}"] if self.count else []
        words += [f"--skip {self.skip}"] if self.skip else []
        return " ".join(words)


def run_watermark(asked: Asked, progress: Callable[[float], None]) -> tuple[WatermarkReport, list[Path]]:
    """Measure; give the report and the files that were written."""
    _check_out(asked)
    chosen = choose_clips(asked.clips, asked.count or asked.suite.count, asked.skip)
    work = asked.out / WORK
    with translated(work):
        work.mkdir(exist_ok=True)
        for left in work.glob(".*"):  # of a run that was killed
            left.unlink(missing_ok=True) if left.is_file() else shutil.rmtree(left, ignore_errors=True)
    setting = Setting(chosen.both, work, asked.suite.seconds, asked.suite.thorough)
    peers = find_peers() if asked.suite.thorough else Peers()
    later = _later(asked, chosen, peers.package)
    bench = Bench(Journal(asked.out / JOURNAL), setting, progress)
    missing = [piece for piece in later if not bench.is_done(piece)]
    first = [*_marks(chosen, missing, bench), *_average(later, missing, work)]
    with workers(asked.workers or processors(), do, fewer="--workers") as pool:
        bench.all(first, pool, len(first) + len(missing), again=True)
        bench.all(missing, pool, len(first) + len(missing))
    outcomes = bench.outcomes([*(Piece("mark", source) for source in chosen.both), *later])
    about = About(asked.suite.name, asked.command, _remarks(peers))
    report = report_of(about, asked.suite.table, chosen, outcomes, setting)
    files = write_report(report, asked.out)
    shutil.rmtree(work, ignore_errors=True)
    return report, files


class Bench:
    """Pieces that are done, and those that are not."""

    def __init__(self, journal: Journal, setting: Setting, progress: Callable[[float], None]) -> None:
        """Go on from a journal."""
        self._journal, self._setting, self._progress = journal, setting, progress
        self._finished = 0

    @property
    def work(self) -> Path:
        """Where marked files lie."""
        return self._setting.work

    def is_done(self, piece: Piece) -> bool:
        """Say whether its outcome is known."""
        return self._key(piece) in self._journal.done

    def all(self, pieces: list[Piece], pool: Pool[Piece, Setting], of: int, again: bool = False) -> None:
        """Do pieces, and write each down; `again`: some are done anew, since their files are gone."""
        for piece, outcome in pool.each(pieces, self._setting):
            if not (again and self.is_done(piece)):
                self._journal.add(self._key(piece), {"what": piece.what, "piece": piece.label}, outcome)
            self._finished += 1
            self._progress(self._finished / of)
            log.info("%d of %d: %s%s", self._finished, of, piece.label, _in_short(outcome))

    def outcomes(self, pieces: list[Piece]) -> Outcomes:
        """Give what is known of all of them."""
        return Outcomes(tuple((piece, self._journal.done[self._key(piece)]) for piece in pieces))

    def _key(self, piece: Piece) -> str:
        around = piece.what == "average" or (piece.what == "attack" and named(piece.attack).kind == "hostile")
        return key_of(
            what=piece.what,
            clip=piece.source.digest if piece.source else piece.digest,
            name=piece.source.name if piece.source else piece.name,
            attack=piece.attack,
            keys=piece.keys,
            examiner=MarkExaminer.version,
            seconds=self._setting.seconds,
            wrong_key=self._setting.wrong_key,
            drawn_from=[(source.digest, source.name) for source in self._setting.sources] if around else [],
        )


# What there is to do -------------------------------------------------------------------------------------------------


def _later(asked: Asked, chosen: Chosen, peers: str | None) -> list[Piece]:
    """Plan what needs marked files, or nothing."""
    suite = asked.suite
    pieces = [Piece("speed")] if suite.thorough else []
    pieces += [Piece("attack", source, attack.name) for attack in suite.table for source in chosen.both]
    paths = every_clip(asked.clips) if suite.thorough else [source.path for source in chosen.both]
    keys = tuple(range(1, 1 + (WRONG_KEYS if suite.thorough else 1)))
    for path in paths:
        name = str(path.relative_to(asked.clips))
        pieces.append(Piece("unmarked", path=path, keys=keys, name=name, digest=_digest(path)))
    if peers:
        pieces += [Piece("peers", source, attack=peers) for source in chosen.large[:PEER_CLIPS]]
    return pieces


def _marks(chosen: Chosen, missing: list[Piece], bench: Bench) -> list[Piece]:
    """Say which clips must be marked: those never measured, and those whose marked file is wanted and gone."""
    wanted = {piece.source for piece in missing if piece.what == "attack"}
    pieces = [Piece("mark", source) for source in chosen.both]
    return [piece for piece in pieces if not bench.is_done(piece) or _gone(piece.source, wanted, bench)]


def _gone(source: Source | None, wanted: set[Source | None], bench: Bench) -> bool:
    return source in wanted and source is not None and not marked_file(source, bench.work).exists()


def _average(later: list[Piece], missing: list[Piece], work: Path) -> list[Piece]:
    """Say whether an attacker's average of marked clips must be made."""
    wanted = {AVERAGE_REMOVED, AVERAGE_PASTED} & {piece.attack for piece in missing}
    return [Piece("average")] if wanted and not (work / AVERAGE).exists() else []


@dataclass(frozen=True)
class Peers:
    """The package of the methods that ours is compared with; or what it lacks, where that was asked."""

    package: str | None = None
    lacking: str | None = None


def find_peers() -> Peers:
    """Try the package in a process of its own: what it imports may be missing, and is not for this one."""
    try:
        package = f"invisible-watermark {version('invisible-watermark')}"
    except PackageNotFoundError:
        return Peers(lacking="invisible-watermark is not installed (the extra `peers`)")
    needed = "import imwatermark, onnxruntime"
    tried = subprocess.run([sys.executable, "-P", "-c", needed], capture_output=True, text=True, check=False)
    if tried.returncode:
        said = tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"]
        return Peers(lacking=f"{package} cannot be imported: {said[-1]}")
    return Peers(package)


def _remarks(peers: Peers) -> tuple[str, ...]:
    """Say loudly what is lacking."""
    remarks = []
    if peers.lacking:
        remarks.append(f"NO PEERS WERE MEASURED: {peers.lacking}")
    if find_spec("matplotlib") is None:
        remarks.append("NO PLOTS WERE DRAWN: matplotlib is not installed (the extra `bench`)")
    return tuple(remarks)


def _check_out(asked: Asked) -> None:
    """Refuse an output folder that cannot be written, or that lies among the clips."""
    if asked.clips.is_dir() and asked.out.resolve().is_relative_to(asked.clips.resolve()):
        raise OutputIsInput(
            f"{asked.out} lies in the folder of clips", advice="choose another folder with --out; clips are only read"
        )
    with translated(asked.out):
        asked.out.mkdir(parents=True, exist_ok=True)
    check_output(asked.out / JOURNAL, (), force=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _in_short(outcome: dict[str, Any]) -> str:
    """Say what came of an attack, and nothing of other pieces."""
    if "recovered" not in outcome:
        return ""
    problem = outcome.get("problem")
    return ": read" if outcome["recovered"] else f": not read ({problem})" if problem else ": not read"
