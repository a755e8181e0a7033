"""Examiners and the job that runs them in a limited child; the child imports them by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from countermark.evidence import Evidence, Track
from countermark.media.facts import Video
from countermark.media.look import look, looked_to_json
from countermark.media.plan import Plan, View, spread
from countermark.settings import Limits


class Brightness:
    """Takes the mean of some pictures."""

    name, version = "brightness", "1"
    track: Track = "video"

    def __init__(self, count: int) -> None:
        self._count, self._means = count, list[float]()

    def plan(self, video: Video) -> Plan:
        return Plan(spread(video.duration_s, self._count), short_side=64)

    def see(self, view: View) -> None:
        self._means.append(float(view.pixels.mean()))

    def conclude(self, video: Video) -> Evidence:
        mean = sum(self._means) / len(self._means)
        return Evidence(video.digest, "video", self.name, self.version, "present", score=mean / 256)


def look_job(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    return looked_to_json(look(path, (), (Brightness(int(request)),), Limits()))
