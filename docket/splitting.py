"""A post with several media is several checks: the one that was asked for, and one more for each further medium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import packing, secrets, submitting
from .desk import Desk
from .opening import taken, tell
from .values import Check

_COPIED = ("tenant_id", "made_by", "source", "name", "url", "lane", "options", "asker")  # as it was asked


def split(desk: Desk, check_id: str, renditions: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    """Give the check its first rendition and lay one for each other; a second call gives what the first made."""
    from ..store import check_rows

    with desk.changing() as connection:
        row = taken(connection, check_id)
        if row["group_id"] is None and len(renditions) > 1:
            now, group_id = desk.now(), secrets.new_id("grp")
            which = packing.json_of(dict(renditions[0]))
            check_rows.change(connection, check_id, group_id=group_id, rendition=which)
            asked = {name: row[name] for name in _COPIED}
            asked["manage_hash"] = check_rows.manage_hash(connection, check_id)
            for rendition in renditions[1:]:
                new_id, which = secrets.new_id("chk"), packing.json_of(dict(rendition))
                new = {"id": new_id, "status": "queued", "stage": "waiting", "revision": 0, "created_at": now}
                values = {**asked, **new, "group_id": group_id, "rendition": which}
                check_rows.add(connection, values)
                submitting.submit(connection, values)
                tell(connection, new_id, now, "stage", {"stage": "waiting"})
        elif row["group_id"] is None and row["rendition"] is None and renditions:
            check_rows.change(connection, check_id, rendition=packing.json_of(dict(renditions[0])))
        row = taken(connection, check_id)
        if row["group_id"] is None:
            return (packing.check(row),)
        return tuple(map(packing.check, check_rows.grouped(connection, row["group_id"], row["tenant_id"])))
