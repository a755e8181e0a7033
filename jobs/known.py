"""What is known of a check's media beside what its own look shows: an earlier look at the same bytes, and banks.

A look is a function of the bytes, of versions and of settings: where all of these are the same, it is taken over, and
nothing is decoded. What it leads to (records, trust, people) is looked up anew all the same. It is taken over within a
tenant alone: how fast an answer comes would tell one tenant, or one stranger, that another had the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import verify
from ..docket import PUBLIC, Check, CheckPicture, times
from ..docket.desk import Desk
from ..errors import CheckMissing, ObjectMissing
from ..evidence import CredentialDetails
from ..moderation.banking import Banking
from ..settings import Settings
from ..verdict import Verdict
from .again import NOT_OF_LOOK, kept_look
from .work import Work

if TYPE_CHECKING:
    from ..media import Looked

DAY_S = 24 * 3600.0  # for which a signature counts as read: a certificate may be past its time later


@dataclass(frozen=True)
class Taken:
    """A look that was taken over."""

    look: dict[str, Any]  # as it is kept, without versions
    check_id: str  # whose it was
    at: str  # when the bytes were looked at


def look_key(check: Check, path: Path, options: Settings, versions: Mapping[str, str]) -> str | None:
    """Give the name of all that a look at these bytes depends on; None: it is for this check alone."""
    if check.tenant_id == PUBLIC or any(value.startswith("not readable") for value in versions.values()):
        return None
    keys = [key.to_wire() for key in verify.reading_keys(options)[0]]
    told = {
        "of": [check.tenant_id, check.content_hash, path.suffix],
        "settings": options.model_dump(mode="json", exclude={"service", "database", "home"}),
        "versions": dict(versions),
        "keys": hashlib.sha256(json.dumps(keys).encode()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def earlier_look(work: Work, key: str | None, check_id: str) -> Taken | None:
    """Give an earlier look, if it is kept still and as good as one of today."""
    from ..store import known_rows

    if key is None:
        return None
    with Desk(work.options).reading() as connection:
        found = None if connection is None else known_rows.look(connection, key)
    kept = None if found is None or found[0] == check_id else work.docket.looked(found[0])
    if found is None or kept is None:
        return None
    try:
        looked = kept_look(kept)
    except ValueError:  # written by another version
        return None
    look = {name: value for name, value in kept.items() if name not in NOT_OF_LOOK}
    return Taken(look, *found) if _as_of_today(looked, found[1]) else None


def remember(work: Work, key: str | None, check_id: str, looked: Looked, at: str) -> None:
    """Let later checks take this look over, unless another look might see more."""
    from ..store import known_rows

    if key is not None and _whole(looked) and not _lies_elsewhere(looked, work.options):
        with Desk(work.options).writing() as connection:
            known_rows.remember(connection, key, check_id, at)


def drawn_before(work: Work, taken_over: str | None, check_id: str, verdict: Verdict) -> tuple[CheckPicture, ...]:
    """Copy an earlier check's pictures, where they were drawn of the same evidence and are all there; else none."""
    if taken_over is None:
        return ()
    try:
        earlier = work.docket.get(taken_over)
        if not earlier.revisions or earlier.revisions[0].verdict.evidence != verdict.evidence:
            return ()
        return tuple(_copied(work, one, check_id) for one in earlier.pictures)
    except (CheckMissing, ObjectMissing):  # its time was up, or it was deleted
        return ()


def banking(work: Work) -> Banking:
    """Give what holds checks to banks."""
    return Banking(work.options)


def _copied(work: Work, one: CheckPicture, check_id: str) -> CheckPicture:
    key = f"pictures/{check_id}/{one.name}"
    data = work.objects.read(one.object_key)
    work.objects.put_bytes(key, data, "image/png" if one.name.endswith(".png") else "image/jpeg")
    return CheckPicture(one.name, one.kind, one.seconds, one.words, key)


def _whole(looked: Looked) -> bool:
    return not looked.problems and all(one.finding != "failed" for one in looked.evidence)


def _lies_elsewhere(looked: Looked, options: Settings) -> bool:
    from ..provenance.reading import elsewhere

    if not options.remote_manifests:
        return False
    read = (one.details for one in looked.evidence if isinstance(one.details, CredentialDetails))
    return elsewhere.address(looked.evidence) is not None or any(one.place != "embedded" for one in read)


def _as_of_today(looked: Looked, at: str) -> bool:
    signed = any(isinstance(one.details, CredentialDetails) for one in looked.evidence)
    return not signed or times.between(at, times.written(times.now())) < DAY_S
