"""Bringing what a URL names: the only step of a check that asks the network. Knows `fetch` and its guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..docket import Check
from ..fetch import PublicOnly, UnsafeAllowPrivate, fetch
from .work import Work


@dataclass(frozen=True)
class Brought:
    """A file that was brought."""

    path: Path
    rendition: Mapping[str, Any] | None  # which of several it is, and who found it


def bring(work: Work, check: Check, folder: Path) -> Brought:
    """Bring the media of a check into a folder, under a name of ours."""
    assert check.url is not None
    guard = UnsafeAllowPrivate() if work.options.service.unsafe_private_addresses else PublicOnly()
    return Brought(fetch(check.url, folder, work.options.limits, guard=guard).path, check.rendition)
