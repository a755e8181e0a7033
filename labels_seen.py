"""A second look: are the visible labels that a manifest names still to be seen?

Runs in a limited child, one decode for all of them. Knows where they should be; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .evidence import Evidence, LabelClaim
from .media import isolation, look, looked_from_json, looked_to_json
from .settings import Limits, Settings


def labels_seen(path: Path, claims: tuple[LabelClaim, ...], options: Settings) -> tuple[Evidence, ...]:
    """Hold a file to labels that were signed for; one Evidence each, in their order."""
    if not claims:
        return ()
    request = {"claims": [asdict(claim) for claim in claims], "limits": options.limits.model_dump()}
    answer = isolation.run(_seen, path, request, limits=options.limits)
    looked = isolation.checked(path, looked_from_json, answer)
    return tuple(one for one in looked.evidence if one.examiner == "label")


def _seen(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode the places of the labels."""
    from pydantic import TypeAdapter

    from .disclosure.visible.examiner import LabelExaminer

    claims = TypeAdapter(tuple[LabelClaim, ...]).validate_python(request["claims"])
    examiners = tuple(LabelExaminer(claim) for claim in claims)
    return looked_to_json(look(path, (), examiners, Limits.model_validate(request["limits"])))
