"""Looks at files by a user's detector alone, and measures what its scores mean. Knows the home and the child."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CountermarkError, Interrupted, PluginInvalid
from ...evidence import FailureDetails
from ...media import isolation, look
from ...settings import Limits, Settings
from .examiner import PluginExaminer
from .kept import find
from .scores import Coefficients, calibrate


@dataclass(frozen=True)
class Measured:
    """What a detector's scores were found to mean, and which videos had no part in it."""

    coefficients: Coefficients
    left_out: tuple[str, ...]


def measured(
    name: str, videos: Sequence[tuple[Path, bool]], options: Settings, progress: Callable[[float], None]
) -> Measured:
    """Score videos of known truth (True: synthetic), and fit; what can't be judged is left out."""
    find(options.home, name)
    version, scores, truth, left_out = "", list[float](), list[bool](), list[str]()
    for number, (path, synthetic) in enumerate(videos, 1):
        try:
            now, score = raw_score(path, name, options)
        except Interrupted:
            raise
        except CountermarkError as error:
            left_out.append(str(error))
        else:
            if version not in ("", now):
                raise PluginInvalid(f"{name} became {now} while {version} was measured", advice="measure it again")
            version = now
            scores.append(score)
            truth.append(synthetic)
        progress(number / len(videos))
    if left_out and not scores:
        raise PluginInvalid(f"not one of {len(videos)} videos has a score: {left_out[0]}")
    return Measured(calibrate(name, version, scores, truth), tuple(left_out))


def raw_score(path: Path, name: str, options: Settings) -> tuple[str, float]:
    """Give the detector's version, and its own score of a video; raises what means 'I could not look'."""
    request = {"limits": options.limits.model_dump(), "home": str(options.home), "name": name}
    answer = isolation.run(_look, path, request, limits=options.limits)
    version, score, problem = isolation.checked(path, _rebuilt, answer)
    if score is None:
        raise PluginInvalid(f"{path.name}: {name} gave no score: {problem}", advice="look at the file with `detect`")
    return version, score


def _rebuilt(answer: Any) -> tuple[str, float | None, str]:
    version, score, problem = answer
    return str(version), None if score is None else float(score), str(problem)


def _look(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    examiner = PluginExaminer(find(Path(request["home"]), request["name"]))
    looked = look(path, (), (examiner,), Limits.model_validate(request["limits"]))
    problems = list(looked.problems)
    problems += [one.details.error for one in looked.evidence if isinstance(one.details, FailureDetails)]
    version, score = examiner.raw() or ("", None)
    return [version, score, "; ".join(problems)]
