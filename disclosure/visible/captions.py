"""Labels beside a video instead of in it: a WebVTT file and an icon. Knows words and times, no video.

A player shows them only where it is told to: what stays readable wherever the file goes is burnt in.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from .icon import icon
from .wanted import VisibleLabel

_ICON_PIXELS = 512
_STEP = 12  # per cent of the height, from one label to the next at the same edge
_EDGES = {"upper": (5, 1), "middle": (45, 1), "lower": (88, -1)}  # where the first stands, and whither the next


def webvtt(labels: Sequence[VisibleLabel], duration_s: float) -> str:
    """Write labels as cues: what each says, its time and its place.

    >>> from .wanted import labels_for
    >>> print(webvtt(labels_for("cn"), 8.0))
    WEBVTT
    <BLANKLINE>
    1
    00:00:00.000 --> 00:00:03.000 line:5% position:5% align:left size:90%
    AI生成
    <BLANKLINE>
    """
    at = {edge: first for edge, (first, _) in _EDGES.items()}
    cues: list[str] = []
    for label in sorted(labels, key=lambda one: one.start_s):  # the format wants them in order
        end = duration_s if label.seconds is None else min(label.start_s + label.seconds, duration_s)
        if end <= label.start_s:  # the clip is over before
            continue
        edge = label.place.split("-")[0]
        line, at[edge] = at[edge], at[edge] + _STEP * _EDGES[edge][1]
        when = f"{_clock(label.start_s)} --> {_clock(end)}"
        cues.append(
            f"{len(cues) + 1}\n{when} line:{min(max(line, 5), 88)}% {_across(label)} size:90%\n{_escaped(label.text)}\n"
        )
    return "\n".join(["WEBVTT\n", *cues])


def icon_png(pixels: int = _ICON_PIXELS) -> bytes:
    """Give our mark as a PNG with transparency."""
    content = BytesIO()
    icon(pixels).save(content, "PNG", optimize=True)
    return content.getvalue()


def caption_files(clip: Path) -> tuple[Path, Path]:
    """Name the two files that go beside a clip: players look for captions under the clip's own name.

    >>> [file.name for file in caption_files(Path("a.b.mp4"))]
    ['a.b.vtt', 'a.b.ai.png']
    """
    return clip.with_name(f"{clip.stem}.vtt"), clip.with_name(f"{clip.stem}.ai.png")


def caption_contents(clip: Path, labels: Sequence[VisibleLabel], duration_s: float) -> tuple[tuple[Path, bytes], ...]:
    """Give what goes into each of the two files."""
    captions, mark = caption_files(clip)
    return (captions, webvtt(labels, duration_s).encode()), (mark, icon_png())


def _across(label: VisibleLabel) -> str:
    side = label.place.split("-")[-1]
    return {"left": "position:5% align:left", "right": "position:95% align:right"}.get(
        side, "position:50% align:center"
    )


def _clock(seconds: float) -> str:
    whole = round(1000 * seconds)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}.{whole % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
