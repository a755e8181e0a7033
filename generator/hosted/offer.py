"""What a hosted model offers: its tasks, sizes, lengths and prices; and what becomes of a request. Asks nobody.

Nothing is rounded in silence here: a second, or a size, that was not asked for would be paid for all the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec

from ...errors import FeatureLacking, PromptInvalid
from ..maker import Plan
from ..request import Feature, Request
from .keys import lacking

INSTALL = "`pip install 'countermark[hosted]'`, in a checkout `pip install '.[hosted]'`"


@dataclass(frozen=True)
class Shape:
    """A size that can be asked for, and how the service calls it."""

    width: int
    height: int
    aspect: str  # 16:9
    word: str = ""  # 720p, 1280:720 ...


@dataclass(frozen=True)
class Price:
    """What was said to be charged, by whom and when; the service's own list decides."""

    source: str
    seen: str  # year and month
    per_second: float | None = None  # dollars
    per_clip: float | None = None
    per_second_sound: float | None = None  # where sound costs more

    def dollars(self, seconds: float, sound: bool) -> float:
        """For so many seconds."""
        rate = self.per_second_sound if sound and self.per_second_sound is not None else self.per_second
        return (self.per_clip or 0.0) + (rate or 0.0) * seconds


@dataclass(frozen=True)
class Task:
    """One thing that a service does, by one of its models."""

    name: str
    model: str
    features: frozenset[Feature]  # all that it can be asked for
    requires: frozenset[Feature] = frozenset()  # what it can't do without
    shapes: tuple[Shape, ...] = ()  # the usual one first; empty: the service decides
    seconds: tuple[float, ...] = ()  # likewise
    frame_rate: Fraction = Fraction(24)
    price: Price | None = None
    speaks: bool = False  # always with sound, asked for or not
    ordered: str = ""  # a digest of all else that decides what an order asks for, where the user can change that


@dataclass(frozen=True)
class Offer:
    """A service, as far as is known without asking it."""

    name: str  # what `--model` calls it
    provider: str
    agent: str  # the software that asks it
    tasks: tuple[Task, ...]
    prices: str  # where it says what it charges
    seeds: bool = False  # the same seed gives the same, or nearly
    remarks: tuple[str, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()  # variables of the environment; all of one group have to be set
    client: tuple[str, str] | None = None  # the official one: how it is imported, and how it is installed

    @property
    def needs(self) -> str:
        """Say what has to be there before it is asked."""
        through = f"{self.client[1]} ({INSTALL}), " if self.client else ""
        return f"{through}an account, {self.named_keys} in the environment, and --approve-cost"

    @property
    def named_keys(self) -> str:
        """Name the variables that hold its keys."""
        return ", or ".join(" and ".join(group) for group in self.keys)

    def lacking(self) -> tuple[str, ...]:
        """Say what of it is not there, and how it comes here; looks at this machine alone."""
        found = []
        if self.client and not _is_here(self.client[0]):
            found.append(f"{self.client[1]} is not installed: {INSTALL}")
        if self.keys and all(lacking(group) for group in self.keys):
            found.append(f"no key is in the environment: set {self.named_keys}")
        return tuple(found)

    @property
    def features(self) -> frozenset[Feature]:
        """What any of its tasks can do."""
        return frozenset().union(*(task.features for task in self.tasks))

    def task(self, request: Request) -> Task:
        """Choose the task that does what is asked."""
        for task in self.tasks:
            if task.requires <= request.needs <= task.features:
                return task
        asked, able = _named(request.needs), "; or ".join(_named(task.features) for task in self.tasks)
        raise FeatureLacking(f"{self.name} does not do {asked} at once; it does {able}")

    def plan(self, request: Request) -> Plan:
        """Say what would be asked of the service, and what it charges as far as is known."""
        task = self.task(request)
        shape, seconds = shape_of(task, request), seconds_of(task, request)
        if request.frame_rate is not None and request.frame_rate != task.frame_rate:
            raise PromptInvalid(
                f"{self.name} gives {float(task.frame_rate):g} frames per second, not {float(request.frame_rate):g}",
                advice="leave the frame rate to it",
            )
        dollars = task.price.dollars(seconds, request.sound) if task.price and task.seconds else None
        return Plan(
            size=(shape.width, shape.height),
            frames=max(1, round(seconds * task.frame_rate)),
            frame_rate=task.frame_rate,
            how=(("service", self.provider), ("model", task.model), ("task", task.name)),
            cost=self._cost(task, seconds, dollars),
            dollars=dollars,
            remarks=(*self.remarks, *self._not_as_asked(task)),
        )

    def _cost(self, task: Task, seconds: float, dollars: float | None) -> str:
        if task.price is None or dollars is None:
            return f"not known here; {self.provider} says it at {self.prices}"
        said = f"by {task.price.source}, {task.price.seen}; what {self.provider} charges now is at {self.prices}"
        return f"about ${dollars:.2f} for {seconds:g} s ({said})"

    def _not_as_asked(self, task: Task) -> list[str]:
        found = [] if self.seeds else [f"{self.name} takes no seed: the same request does not give the same twice"]
        if not task.shapes:
            found.append(f"{self.name} decides the size itself; the plan's is a guess")
        if not task.seconds:
            found.append(f"{self.name} decides the length itself; the plan's is a guess")
        return found


def shape_of(task: Task, request: Request) -> Shape:
    """Give the shape that was asked for, or the usual one; what is not offered is refused, with the nearest."""
    usual = task.shapes[0] if task.shapes else Shape(1280, 720, "16:9")
    if request.size is None:
        return usual
    if not task.shapes:
        raise PromptInvalid(f"{task.model} decides the size itself", advice="ask for no size")
    for shape in task.shapes:
        if (shape.width, shape.height) == request.size:
            return shape
    near = min(task.shapes, key=lambda shape: _distance(shape, *request.size or (0, 0)))
    raise PromptInvalid(
        f"{task.model} does not make {request.size[0]}x{request.size[1]}",
        advice=f"the nearest size is {near.width}x{near.height}; "
        f"it makes {', '.join(f'{shape.width}x{shape.height}' for shape in task.shapes)}",
    )


def seconds_of(task: Task, request: Request) -> float:
    """Give the length that was asked for, or the usual one; what is not offered is refused, with the nearest."""
    if request.seconds is None:
        return task.seconds[0] if task.seconds else 5.0
    if not task.seconds:
        raise PromptInvalid(f"{task.model} decides the length itself", advice="ask for no length")
    near = min(task.seconds, key=lambda seconds: abs(seconds - (request.seconds or 0.0)))
    if math.isclose(near, request.seconds):
        return near
    offered = ", ".join(f"{seconds:g}" for seconds in sorted(task.seconds))
    raise PromptInvalid(
        f"{task.model} does not make {request.seconds:g} s", advice=f"the nearest is {near:g} s; it makes {offered} s"
    )


def _distance(shape: Shape, width: int, height: int) -> float:
    """How unlike two sizes are: in their proportions above all, then in their area."""
    aspect = math.log(shape.width / shape.height) - math.log(width / height)
    return 4 * abs(aspect) + abs(math.log(shape.width * shape.height) - math.log(width * height))


def _is_here(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is not there
        return False


def _named(features: frozenset[Feature]) -> str:
    return " + ".join(sorted(features)) or "nothing"
