"""All families that are known here, and how one is found by a name or by a class. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..request import Feature
from . import known_ltx, known_others, known_wan, known_worlds
from .family import Family, Hub

FAMILIES: tuple[Family, ...] = (
    *known_wan.FAMILIES,
    *known_ltx.FAMILIES,
    *known_others.FAMILIES,
    *known_worlds.FAMILIES,
)


def names() -> tuple[str, ...]:
    """Give what `--model` calls every family."""
    return tuple(family.name for family in FAMILIES)


def features_by_model() -> Mapping[str, frozenset[Feature]]:
    """Give what one model or another of every family can do."""
    return {family.name: family.features for family in FAMILIES}


def by_name(name: str) -> Family | None:
    """Find a family by its own name."""
    return next((family for family in FAMILIES if family.name == name), None)


def by_class(kind: str) -> Family | None:
    """Find the family of a folder, by the class that it names."""
    return next((family for family in FAMILIES if kind in family.classes), None)


def by_hub(name: str) -> tuple[Family, Hub] | None:
    """Find the weights that a maker publishes under that name; their last part is enough."""
    for family in FAMILIES:
        for hub in family.hubs:
            if name.casefold() in (hub.name.casefold(), hub.name.split("/")[1].casefold()):
                return family, hub
    return None


def with_features(needs: Iterable[Feature]) -> tuple[str, ...]:
    """Name the families of which one way takes all of that at once."""
    asked = frozenset(needs)
    return tuple(family.name for family in FAMILIES if any(way.fits(asked) for way in family.ways))


def with_both(first: Iterable[Feature], then: Iterable[Feature]) -> tuple[str, ...]:
    """Name the families of which one set of weights takes the first at once, and then the other."""
    begins, follows = frozenset(first), frozenset(then)
    return tuple(
        family.name
        for family in FAMILIES
        if any(
            any(way.fits(begins) for way in ways) and any(way.fits(follows) and way.overlap for way in ways)
            for ways in map(family.ways_of, sorted(family.classes))
        )
    )
