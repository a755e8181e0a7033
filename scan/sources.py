"""What lies in the places of a scan, in an order that stays the same. Knows names and sizes; opens nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fnmatch import fnmatchcase

from ..objects import Listed, browsed
from .values import Plan


def found(plan: Plan) -> Iterator[tuple[str, Listed]]:
    """Give all that the plan wants looked at, with the place where it lies, as the listings come."""
    for url in plan.urls:
        place = browsed(url)
        for listed in place.listed():
            if fnmatchcase(listed.name, plan.only) and chosen(place.url, listed.name, plan.share):
                yield place.url, listed


def chosen(url: str, name: str, share: float) -> bool:
    """Whether an object is among the share that is looked at: by its name alone, so that a larger share has it too."""
    if share >= 1:
        return True
    digest = hashlib.sha256(f"{url}/{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
