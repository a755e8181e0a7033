"""One look at a file by a user's detector alone, for measuring what its scores mean. Knows the home and the child."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import PluginInvalid
from ..evidence import FailureDetails
from ..media import isolation, look
from ..settings import Limits, Settings
from .plugin_examiner import PluginExaminer
from .plugins import find


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
