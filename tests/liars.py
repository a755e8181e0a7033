"""Jobs in the place of a look, whose child was taken over: what they tell on the way is not what they saw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from countermark.evidence import Evidence
from countermark.media import look, looked_to_json
from countermark.media.look import finding_to_json
from countermark.settings import Limits

Report = Callable[[Any], None]
FINDING = Evidence("0" * 64, "video", "liar", "1", "present", score=1.0)


def tells_without_end(path: Path, request: Any, report: Report) -> Any:
    while True:
        report(finding_to_json(FINDING))


def tells_nonsense(path: Path, request: Any, report: Report) -> Any:
    report({**finding_to_json(FINDING), "score": 7})
    return looked_to_json(look(path, (), (), Limits()))


def tells_much(path: Path, request: Any, report: Report) -> Any:
    report(finding_to_json(FINDING) | {"details": {"kind": "failure", "error": "x" * (20 << 20)}})
    return looked_to_json(look(path, (), (), Limits()))


def tells_what_it_does_not_answer(path: Path, request: Any, report: Report) -> Any:
    report(finding_to_json(FINDING))
    return looked_to_json(look(path, (), (), Limits()))
