"""Runs the generator's bench: has clips made and rendered, looks at both, adds up. Knows no network and no words."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import networks
from ..machine import this_machine, versions
from .counting import chance, intervals, kept, named, nearest, psnr, shares, shuffled, with_loss
from .looking import TIMES, Looked, look
from .prompts import Prompt, like, prompts
from .rendered.clips import clips
from .results import BARS, CLEAR_DB, ENOUGH, Certainty, Flicker, Gate, GeneratorReport, Joined, Kept, Nearness
from .sheets import Row
from .written import write_report

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .making import Maker
    from .reading import Probe

EACH = 4  # training clips that share most with a prompt
GIVEN = 24  # clips that pictures are given of
BEGUN = 9  # frames that a clip goes on from
SHEET, SHOWN_GIVEN = 24, 8  # clips that are shown: the first ones, whatever they look like
JOINT_TIMES = (BEGUN - 1, BEGUN, BEGUN + 3, BEGUN + 7, BEGUN + 11, 24)  # frames that are shown of a clip that goes on
INSTALLED = ("countermark", "numpy", "onnxruntime", "opencv-python-headless")


@dataclass(frozen=True)
class Asked:
    """What a person asked for."""

    prompts: int = 240
    seed: int = 0
    out: Path | None = None
    sheets: Path | None = None
    processes: int = 0  # that render; 0: as many as there are cores

    @property
    def command(self) -> str:
        """Give the command that measures this again."""
        words = ["countermark bench generator", f"--prompts {self.prompts}"]
        return " ".join([*words, *([f"--seed {self.seed}"] if self.seed else [])])

    @property
    def cores(self) -> int:
        """How many processes render."""
        return self.processes or networks.processors()


@dataclass(frozen=True)
class Made:
    """What was seen of everything that was made and rendered."""

    new: Sequence[Prompt]  # never trained
    known: Sequence[Prompt]
    rendered: Looked
    held_out: Looked
    trained: Looked
    examples: NDArray[Any]  # training clips, in small


@dataclass(frozen=True)
class FromPictures:
    """What came back of pictures that were given."""

    first: Kept
    extended: Joined
    rows: dict[str, list[Row]]


class _Steps:
    """Tells how far the work is, counted in clips."""

    def __init__(self, total: int, progress: Callable[[float], None]) -> None:
        self.total, self.done, self.progress = total, 0, progress

    def __call__(self) -> None:
        self.done += 1
        self.progress(min(1.0, self.done / self.total))


def run_generator(
    asked: Asked, maker: Maker, probe: Probe, progress: Callable[[float], None]
) -> tuple[GeneratorReport, list[Path]]:
    """Measure; give the report and the files that were written."""
    begun = time.monotonic()
    new, known = (prompts(asked.prompts, asked.seed, held_out) for held_out in (True, False))
    given = new[:GIVEN]
    examples = like(new, EACH, maker.taught)
    told = _Steps(3 * len(new) + len(examples) + 2 * len(given), progress)
    seconds = maker.seconds_per_clip()
    made = Made(
        new,
        known,
        look(_rendered(new, asked.cores), probe, 0, told),
        look(_texts(maker, new, asked.seed), probe, SHEET, told),
        look(_texts(maker, known, asked.seed), probe, 0, told),
        look(_examples(examples, asked.cores), probe, 0, told).small,
    )
    pictures = _from_pictures(maker, given, asked, told)
    report = _report(asked, maker, probe, made, pictures, seconds, time.monotonic() - begun)
    shown = [Row(one.words, tuple(frames)) for one, frames in zip(new, made.held_out.shown, strict=False)]
    return report, write_report(report, asked.out, asked.sheets, {"held-out": shown, **pictures.rows})


def _rendered(asked: Sequence[Prompt], processes: int) -> Iterator[NDArray[Any]]:
    for held_out in sorted({one.held_out for one in asked}):
        numbers = [one.number for one in asked if one.held_out == held_out]
        yield from (frames for _, frames, _ in clips("square", numbers, processes, held_out))


def _examples(numbers: Sequence[int], processes: int) -> Iterator[NDArray[Any]]:
    yield from (frames for _, frames, _ in clips("square", numbers, processes, False))


def _texts(maker: Maker, asked: Sequence[Prompt], seed: int) -> Iterator[NDArray[Any]]:
    for index, one in enumerate(asked):
        yield maker.text(one.words, seed * len(asked) + index)


def _from_pictures(maker: Maker, asked: Sequence[Prompt], run: Asked, told: Callable[[], None]) -> FromPictures:
    """Give pictures of rendered clips to begin with, and see what comes back of them."""
    firsts, joints, wholes, steps, real = (list[float]() for _ in range(5))
    rows: dict[str, list[Row]] = {"image": [], "extend": []}
    for index, (one, clip) in enumerate(zip(asked, _rendered(asked, run.cores), strict=True)):
        seed = run.seed * len(asked) + index
        made = maker.image(one.words, seed, clip[0])
        told()
        firsts.append(psnr(made[0], clip[0]))
        goes_on = maker.extend(one.words, seed, clip[:BEGUN])
        told()
        last = clip[BEGUN - 1]
        joints.append(psnr(goes_on[BEGUN - 1], last))
        wholes.append(psnr(goes_on[:BEGUN], clip[:BEGUN]))
        steps.append(psnr(goes_on[BEGUN], last))
        real.append(psnr(clip[BEGUN], last))
        rows["image"].append(Row(one.words, (clip[0], *made[list(TIMES)])))
        rows["extend"].append(Row(one.words, (last, *goes_on[list(JOINT_TIMES)])))
    joined = Joined(kept(joints), kept(wholes), kept(steps).mean, kept(real).mean)
    return FromPictures(kept(firsts), joined, {name: part[:SHOWN_GIVEN] for name, part in rows.items()})


def _report(
    asked: Asked, maker: Maker, probe: Probe, made: Made, pictures: FromPictures, seconds: float, taken: float
) -> GeneratorReport:
    mixed = shuffled(made.new, asked.seed)
    nearness = _nearness(made, maker.taught)
    gate = Gate(
        probe_ceiling=shares(made.rendered, made.new),
        held_out=shares(made.held_out, made.new),
        trained=shares(made.trained, made.known),
        shuffled=shares(made.held_out, mixed),
        nearest_neighbour_ratio=round(nearness.generated / nearness.rendered, 4),
        i2v_psnr=pictures.first.mean,
        extend_psnr=pictures.extended.joint.mean,
    )
    certainty = Certainty(
        intervals(made.rendered, made.new),
        intervals(made.held_out, made.new),
        intervals(made.trained, made.known),
        intervals(made.held_out, mixed),
        chance(made.held_out, made.new),
    )
    short = shortfalls(gate, certainty, pictures.extended, len(made.new))
    shakes, calm = made.held_out.flicker, made.rendered.flicker
    return GeneratorReport(
        command=asked.command,
        model=maker.name,
        probe=probe.version,
        seed=asked.seed,
        prompts=len(made.new),
        steps=maker.steps,
        guidance=maker.guidance,
        gate=gate,
        met=not short,
        short=short,
        certainty=certainty,
        nearness=nearness,
        first_frame=pictures.first,
        extended=pictures.extended,
        flicker=Flicker(round(shakes, 3), round(calm, 3), round(shakes / max(calm, 1e-6), 3)),
        seconds_per_clip=seconds,
        megabytes=maker.megabytes(),
        minutes=round(taken / 60, 1),
        machine=this_machine(),
        versions={"python": platform.python_version(), **versions(*INSTALLED)},
        date=datetime.now(UTC).date().isoformat(),
    )


def _nearness(made: Made, among: int) -> Nearness:
    import numpy as np

    ours, fresh = (nearest(looked.small, made.examples) for looked in (made.held_out, made.rendered))
    return Nearness(
        generated=round(float(np.median(ours)), 5),
        rendered=round(float(np.median(fresh)), 5),
        closest=round(float(ours.min()), 5),
        closest_rendered=round(float(fresh.min()), 5),
        examples=len(made.examples),
        among=among,
    )


def shortfalls(gate: Gate, certainty: Certainty, joined: Joined, asked: int) -> tuple[str, ...]:
    """Say which bars of the gate are not met; asked: how many held-out prompts."""
    said, chances = named(gate.held_out), named(certainty.chance)
    found = [f"{asked} prompts are too few to say, asked for {ENOUGH}"] if asked < ENOUGH else []
    found += [f"{name} {said[name]:.3f}, asked for {bar:.2f}" for name, bar in BARS.items() if said[name] < bar]
    for name in BARS:
        low = getattr(certainty.shuffled, name).low
        if low > chances[name]:
            found.append(f"{name} of shuffled prompts is right in at least {low:.3f}, by chance in {chances[name]:.3f}")
    if gate.nearest_neighbour_ratio < 1:
        found.append(f"clips lie nearer to training clips than fresh ones do: {gate.nearest_neighbour_ratio:.3f}")
    for words, value in (("first frame", gate.i2v_psnr), ("joint", gate.extend_psnr)):
        if value < CLEAR_DB:
            found.append(f"{words} {value:.1f} dB, asked for {CLEAR_DB:g}")
    if joined.step < (bar := with_loss(joined.step_rendered, CLEAR_DB)):
        found.append(f"first new frame {joined.step:.1f} dB from the one before, asked for {bar:.1f}")
    return tuple(found)
