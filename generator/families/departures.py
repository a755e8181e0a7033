"""What of a request will not be quite as asked, in words. Knows the layout of its calls, and runs nothing."""

from __future__ import annotations

from ..maker import Plan
from ..request import Request
from .course import Course, guided_by_words, prompt_of
from .words import unread


def departures(request: Request, course: Course, plan: Plan) -> tuple[str, ...]:
    """Say what is not quite as asked."""
    told = []
    if request.seconds is not None and abs(plan.seconds - request.seconds) >= 0.5 / float(plan.frame_rate):
        told.append(f"{plan.frames} frames, {plan.seconds:.2f} s: the nearest that the model makes")
    if request.camera and guided_by_words(course.calls[0].way):
        told.append("the camera's move is said in words before the prompt: the model may not follow")
    told += _unheeded(request, course)
    if request.extend is not None:
        told.append("what follows the clip is made; the clip itself is not repeated")
    if course.calls[0].clip and course.frames == course.checkpoint.family.grid.most:
        told.append(f"of a longer clip, the first {course.frames} frames are made over")
    if len(course.calls) > 1:
        told.append(f"made in {len(course.calls)} calls; each goes on from the last {course.calls[1].before} frames")
    if len(course.checkpoints) > 1:
        told.append(
            f"from the second call on made by {course.checkpoints[1].name}, as {course.checkpoint.name} can't go on"
        )
    return tuple(told)


def _unheeded(request: Request, course: Course) -> list[str]:
    """Say what of the words has no effect."""
    told = []
    family, ways = course.checkpoint.family, {call.way for call in course.calls}
    if family.reads:
        least = min(ways, key=lambda way: way.reads or family.reads or 0)
        told.append(unread(prompt_of(request, least), course.checkpoint, least.reads or family.reads))
    if request.negative and course.guidance <= 1 and not any(way.names.with_negative for way in ways):
        told.append(f"with a guidance of {course.guidance:g}, what is not to be seen has no effect")
    return [what for what in told if what]
