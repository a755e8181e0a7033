"""Looks at files by a user's detector alone, and measures what its scores mean. Knows the child."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CountermarkError, Interrupted, PluginInvalid
from ...evidence import FailureDetails
from ...media import isolation, look
from ...settings import Limits, Settings
from .described import Installed
from .examiner import PluginExaminer
from .kept import find
from .scores import Coefficients, calibrate


@dataclass(frozen=True)
class Known:
    """A video whose truth the user knows."""

    path: Path
    synthetic: bool
    group: str  # its generator, or the source of the footage


@dataclass(frozen=True)
class Measured:
    """What a detector's scores were found to mean, and which videos had no part in it."""

    coefficients: Coefficients
    left_out: tuple[str, ...]


def measured(name: str, videos: Sequence[Known], options: Settings, progress: Callable[[float], None]) -> Measured:
    """Score videos of known truth, and fit; what can't be judged is left out."""
    one = find(options.home, name)
    version, scores, judged, left_out = "", list[float](), list[Known](), list[str]()
    for number, video in enumerate(videos, 1):
        try:
            now, score = raw_score(video.path, one, options.limits)
        except Interrupted:
            raise
        except CountermarkError as error:
            left_out.append(str(error))
        else:
            if version not in ("", now):
                raise PluginInvalid(f"{name} became {now} while {version} was measured", advice="measure it again")
            version = now
            scores.append(score)
            judged.append(video)
        progress(number / len(videos))
    if left_out and not scores:
        raise PluginInvalid(f"not one of {len(videos)} videos has a score: {left_out[0]}")
    truth, groups = [video.synthetic for video in judged], [video.group for video in judged]
    return Measured(calibrate(name, version, scores, truth, groups), tuple(left_out))


def raw_score(path: Path, one: Installed, limits: Limits) -> tuple[str, float]:
    """Give the detector's version, and its own score of a video; raises what means 'I could not look'."""
    request = {"limits": limits.model_dump(), "one": one.to_wire()}
    answer = isolation.run(_look, path, request, limits=limits)
    version, score, problem = isolation.checked(path, _rebuilt, answer)
    if score is None:
        raise PluginInvalid(
            f"{path.name}: {one.name} gave no score: {problem}", advice="look at the file with `detect`"
        )
    return version, score


def _rebuilt(answer: Any) -> tuple[str, float | None, str]:
    version, score, problem = answer
    return str(version), None if score is None else float(score), str(problem)


def _look(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    examiner = PluginExaminer(Installed.from_wire(request["one"]))
    looked = look(path, (), (examiner,), Limits.model_validate(request["limits"]))
    problems = list(looked.problems)
    problems += [one.details.error for one in looked.evidence if isinstance(one.details, FailureDetails)]
    version, score = examiner.raw() or ("", None)
    return [version, score, "; ".join(problems)]
