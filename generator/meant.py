"""What was perhaps meant by a name that no model has. Knows names; opens nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

from ..errors import ModelMissing

_MOST = 3  # names that are suggested
_ALIKE = 0.7
_LEAST = 3  # letters that a name's beginning tells something by


def nobody(name: str, kinds: Mapping[str, str], known_as: Mapping[str, tuple[str, ...]]) -> ModelMissing:
    """Say that no model has the name, which may be meant, and which there are, by their kinds.

    known_as: what else each is called, such as the names of its weights.
    """
    by_kind: dict[str, list[str]] = {}
    for one, kind in kinds.items():
        by_kind.setdefault(kind, []).append(one)
    listed = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in by_kind.items())
    near = nearest(name, {one: (one, *known_as.get(one, ())) for one in kinds})
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return ModelMissing(
        f"no model is called {name}",
        advice=f"{meant}`countermark models` lists what each needs; there are, {listed}; "
        "or a folder of weights, OWNER/NAME of a hub, http:FILE",
    )


def nearest(name: str, called: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Give the names that are most like it: the same but for signs, a beginning of it or the other way, or alike.

    >>> nearest("kling", {"http:kling": ("http:kling",), "wan": ("wan",), "luma": ("luma",)})
    ('http:kling',)
    >>> nearest("wan2.1", {"http:kling": ("http:kling",), "wan": ("wan",), "wan-vace": ("wan-vace",)})
    ('wan',)
    """
    asked = _letters(name)
    others = {one: tuple(map(_letters, names)) for one, names in called.items()}
    tests = (
        lambda other: other == asked,
        lambda other: len(other) >= _LEAST and asked.startswith(other),
        lambda other: len(asked) >= _LEAST and other.startswith(asked),
        lambda other: bool(get_close_matches(asked, [other], 1, _ALIKE)),
    )
    for holds in tests:
        if found := [one for one, names in others.items() if any(map(holds, names))]:
            return tuple(found[:_MOST])
    return ()


def _letters(name: str) -> str:
    """What of a name is compared: without who publishes it, the way it is asked, and signs."""
    return re.sub(r"[^a-z0-9]", "", re.split("[:/]", name.casefold(), maxsplit=1)[-1])
