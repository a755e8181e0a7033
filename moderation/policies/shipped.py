"""The policies that come along, as files beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ...errors import ModerationMissing
from .reading import read
from .values import Policy

DEFAULTS = ("video-platform", "newsroom", "advertising")


@cache
def default(name: str) -> Policy:
    """Give one of them."""
    return read(source(name), f"{name}.yaml")


def source(name: str) -> str:
    """Give one as it is written, to be copied and changed."""
    return _file(name, f"{name}.yaml")


def cases(name: str) -> str:
    """Give the table of cases that one was tried with."""
    return _file(name, f"{name}.cases.yaml")


def _file(name: str, file: str) -> str:
    if name not in DEFAULTS:
        raise ModerationMissing(
            f"no policy comes along that is called {name}", advice=f"there are {', '.join(DEFAULTS)}"
        )
    return (files(__package__) / "defaults" / file).read_text(encoding="utf-8")
