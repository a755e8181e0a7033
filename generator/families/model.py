"""An open model as the door sees it: it plans, and it makes. Knows how its parts follow each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...errors import FeatureLacking, MemoryShort
from ...settings import Settings
from ..maker import Frames, Origin, Plan, Progress, Running
from ..pictures import cut_off, written_count
from ..request import Feature, Request
from .course import Course, Given, lacking, laid
from .departures import departures
from .family import Way
from .film import Film
from .folder import Checkpoint
from .looking import look
from .machine import Choice, Load, Machine, choose
from .materials import given, remarks
from .running import Runner, Runners

THEN = ", then "
_GIB = 1 << 30
_NOTICED = 0.005  # of a picture that is cut off
_LEAST_BYTES = 0.5  # of a parameter: at four bits, nothing makes it smaller


@dataclass(frozen=True)
class OpenModel:
    """One family's weights, or several of them: what a request needs decides which are opened."""

    name: str
    checkpoints: tuple[Checkpoint, ...]
    options: Settings
    running: Running = Running()
    remarks: tuple[str, ...] = ()  # on how it was found

    @property
    def features(self) -> frozenset[Feature]:
        """What one of its weights or another can do."""
        return frozenset().union(*(way.takes for way in self._ways))

    def plan(self, request: Request) -> Plan:
        """Say which weights, which class, how many calls, and how this machine runs them."""
        course, found = self._course(request)
        machine, choices = self._choices(course)
        choice = max(choices, key=lambda one: one.expected_bytes)
        rate = request.frame_rate or course.frame_rate
        count = written_count(course.frames, course.frame_rate, rate)
        plan = Plan(request.size or course.size, count, rate, memory_bytes=choice.expected_bytes)
        told = (*self.remarks, *course.checkpoint.family.remarks, *departures(request, course, plan))
        return replace(
            plan,
            how=_how(course, choice, machine, _changed(plan, course)),
            remarks=(*told, *_changed(plan, course), *remarks(course, found), *choice.remarks),
            costly=not request.sound,
        )

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames:
        """Call it as frames are asked for; with sound, at once, as sound comes in one piece."""
        course, _ = self._course(request)
        machine, choices = self._choices(course)
        runners = {}
        for checkpoint, choice in zip(course.checkpoints, choices, strict=True):
            load = _load(course, checkpoint)
            if _LEAST_BYTES * sum(count for _, count in load.parameters) > machine.memory_bytes + machine.device_bytes:
                raise MemoryShort(
                    f"the weights of {checkpoint.name} alone take more than the memory of this machine",
                    advice="take a smaller model; `--plan` says what each takes",
                )
            runners[checkpoint.folders] = Runner(checkpoint, machine, load, choice)
        film = Film(request, plan, course, Runners(runners), self.options, folder)
        versions = [checkpoint.version for checkpoint in course.checkpoints if checkpoint.version]
        origin = Origin(_names(course), THEN.join(versions) or None)
        given_by = partial(Frames, plan=plan, origin=origin, changed=_changed(plan, course))
        if request.sound:
            return given_by(film.made, audio=film.with_sound(progress), sound="synthetic")
        return given_by(partial(film.pictures, progress=progress))

    def _course(self, request: Request) -> tuple[Course, Given]:
        if request.needs <= self.features:
            most = max(one.family.grid.most for one in self.checkpoints)
            found = given(request, most, self.options)
            lacks: FeatureLacking | None = None
            for checkpoint in self.checkpoints:
                try:
                    course = laid(request, checkpoint, found, self.checkpoints)
                except FeatureLacking as fault:  # too long for these; others may go on
                    lacks = lacks or fault
                else:
                    if course is not None:
                        return course, found
            if lacks is not None:
                raise lacks
        raise lacking(request, self.name, self._ways)

    @property
    def _ways(self) -> tuple[Way, ...]:
        return tuple(way for one in self.checkpoints for way in one.family.ways_of(one.kind))

    def _choices(self, course: Course) -> tuple[Machine, list[Choice]]:
        machine = look(self.running.device)
        return machine, [choose(machine, one.family, _load(course, one), self.running) for one in course.checkpoints]


def _load(course: Course, checkpoint: Checkpoint) -> Load:
    return Load(checkpoint.parameters, course.size[0] * course.size[1], course.longest_of(checkpoint))


def _names(course: Course) -> str:
    return THEN.join(checkpoint.name for checkpoint in course.checkpoints)


def _how(course: Course, choice: Choice, machine: Machine, changed: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    calls, (wide, high) = course.calls, course.size
    classes = dict.fromkeys(call.way.pipeline for call in calls)
    billions = THEN.join(f"{sum(count for _, count in one.parameters) / 1e9:.1f}" for one in course.checkpoints)
    size = f"{wide}x{high}" if all(call.way.names.size for call in calls) else "a size that it chooses"
    return (
        ("weights", f"{_names(course)}: {billions} billion parameters"),
        ("pipeline", THEN.join(classes)),
        ("makes", f"{size}, {course.frames} frames at {float(course.frame_rate):g} per second"),
        ("calls", f"{len(calls)}, of up to {course.longest} frames"),
        ("steps", str(course.steps)),
        ("guidance", f"{course.guidance:g}"),
        *(("written", what) for what in changed),
        ("device", f"{choice.device} ({machine.title})" if machine.title else choice.device),
        ("dtype", choice.dtype),
        ("offload", choice.offload),
        ("tiles", "yes" if choice.tiles else "no"),
        ("quantised", choice.quantise or "no"),
        ("memory", f"about {choice.memory_bytes / _GIB:.1f} GiB, by estimate"),
        *((("device memory", f"about {choice.device_bytes / _GIB:.1f} GiB, by estimate"),) * (choice.device != "cpu")),
    )


def _changed(plan: Plan, course: Course) -> tuple[str, ...]:
    """Say what is done to the model's own frames."""
    told = []
    if not all(call.way.names.size for call in course.calls):
        told.append(f"scaled from the size that the model chose to {plan.size[0]}x{plan.size[1]}")
    elif plan.size != course.size:
        lost = cut_off(course.size, plan.size)
        cut = f", with {lost:.0%} of it cut off at the sides" if lost >= _NOTICED else ""
        told.append(f"scaled from the model's {course.size[0]}x{course.size[1]} to {plan.size[0]}x{plan.size[1]}{cut}")
    if plan.frame_rate != course.frame_rate:
        less = plan.frame_rate < course.frame_rate
        told.append(
            f"shown at {float(plan.frame_rate):g} frames per second, the model's are {float(course.frame_rate):g}: "
            f"some frames are {'left out' if less else 'repeated'}"
        )
    return tuple(told)
