"""Bringing what a URL names: the only step of a check that asks the network, through `posts` and `fetch`.

An object that a stream told of is brought from below the root that the operator has named for that stream: its root
stands in the check, where nobody who asks for checks can write it.

A post may have several media. The check that was asked for is of the first; each other one is a check of its own, in
the same group and for the same asker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import posts
from ..docket import Check
from ..objects import Wanted, browsed
from .work import Work


@dataclass(frozen=True)
class Brought:
    """A file that was brought."""

    path: Path
    rendition: Mapping[str, Any]  # which of several it is, and who found it


def bring(work: Work, check: Check, folder: Path) -> Brought:
    """Bring the media of a check into a folder, under a name of ours."""
    assert check.url is not None
    if check.rendition is not None and "root" in check.rendition:
        return Brought(_object(work, check.rendition, folder), check.rendition)
    if check.rendition is not None:
        wanted = posts.Rendition.from_json(check.rendition)
    else:
        found = posts.resolve(check.url, work.options)
        work.docket.split(check.id, [one.to_json() for one in found])
        wanted = found[0]
    if wanted.number == 1 < wanted.count:
        _ask_for_others(work, check.id)
    return Brought(posts.bring(wanted, folder, work.options).path, wanted.to_json())


def _object(work: Work, rendition: Mapping[str, Any], folder: Path) -> Path:
    wanted = Wanted(rendition["name"], rendition.get("tag", ""), rendition.get("version", ""))
    return browsed(rendition["root"], listed=True).copied(wanted, folder, work.options.service.upload_bytes)


def _ask_for_others(work: Work, check_id: str) -> None:
    """Ask for the others of a group; also after a try that died between laying them and asking."""
    check = work.docket.get(check_id)
    assert check.group_id is not None
    for one in work.docket.grouped(check.group_id, check.tenant_id):
        if one.id != check_id and not one.over:
            work.jobs.enqueue_check(one.id, one.lane, bring_for=one.tenant_id)
