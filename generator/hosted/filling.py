"""Fills what is asked into a body that a file describes, and finds what an answer says. Knows JSON, and no service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...settings import Settings
from .sending import film, still
from .service import Wish

NAMES = frozenset(
    (
        "prompt",
        "negative",
        "seed",
        "seconds",
        "seconds_text",
        "width",
        "height",
        "aspect",
        "size",
        "sound",
        "on_off",
        "model",
    )
    + ("image", "image_uri", "last_image", "last_image_uri", "video_uri", "extend_uri")
)
MOST_BYTES = 7_500_000  # of a file, so that it fits into 10 MB of base64
_NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def names_in(body: Any) -> set[str]:
    """Give the names that a body asks for."""
    if isinstance(body, dict):
        return set().union(*(names_in(value) for value in body.values()))
    if isinstance(body, list):
        return set().union(*(names_in(value) for value in body))
    return set(_NAME.findall(body)) if isinstance(body, str) else set()


def fields(wish: Wish, values: Mapping[str, str], options: Settings) -> dict[str, Any]:
    """Give what may be filled in; what was not asked for is None."""
    request, seconds = wish.request, wish.seconds
    found: dict[str, Any] = {
        "prompt": request.prompt,
        "negative": request.negative,
        "seed": request.seed % (1 << 31),
        "seconds": int(seconds) if seconds == int(seconds) else seconds,
        "seconds_text": f"{seconds:g}",
        "width": wish.shape.width,
        "height": wish.shape.height,
        "aspect": wish.shape.aspect,
        "size": wish.shape.word,
        "sound": request.sound,
        "on_off": "on" if request.sound else "off",
        "model": wish.task.model,
    }
    for name, path in (("image", request.image), ("last_image", request.last_image)):
        sent = still(path, options, MOST_BYTES) if path else None
        found |= {name: sent and sent.text, f"{name}_uri": sent and sent.uri}
    for name, path in (("video_uri", request.video), ("extend_uri", request.extend)):
        found[name] = film(path, options, MOST_BYTES).uri if path else None
    return found | dict(values)


def filled(body: Any, given: Mapping[str, Any]) -> Any:
    """Fill a body in; what is None goes, with its name."""
    if isinstance(body, dict):
        done = {name: filled(value, given) for name, value in body.items()}
        return {name: value for name, value in done.items() if value is not None}
    if isinstance(body, list):
        return [value for one in body if (value := filled(one, given)) is not None]
    if not isinstance(body, str):
        return body
    if whole := _NAME.fullmatch(body):
        return given[whole[1]]
    return _NAME.sub(lambda name: str(given[name[1]]), body)


def at(answer: Any, place: str | None) -> Any:
    """Give what is at a place in an answer, `data.videos.0.url`; None where nothing is."""
    for step in place.split(".") if place else ():
        if isinstance(answer, list) and step.isdigit() and int(step) < len(answer):
            answer = answer[int(step)]
        elif isinstance(answer, dict):
            answer = answer.get(step)
        else:
            return None
    return answer if place else None
