"""What goes into banks and out of them. Every change leaves a line in the ledger, in the same transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...docket import Check, packing, secrets
from ...docket.desk import Desk
from ...errors import ModerationMissing, ModerationUnfit
from ...evidence import FingerprintDetails
from . import vpdq
from .shelves import BANK_FRAMES
from .values import OPINIONS, Bank, BankContent, Imported, Opinion, Signals

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_NOTE = 500  # characters
MOST_LISTED = 200
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_ID = re.compile(r"bcn_[a-z2-7]{26}")
_Row = dict[str, Any]


# Banks --------------------------------------------------------------------------------------------------------------


def create(desk: Desk, tenant_id: str, name: str, made_by: str, restricted: bool, enabled_share: float) -> Bank:
    """Begin a bank."""
    from ...store import bank_rows

    if _NAME.fullmatch(name) is None:
        advice = "begin with a letter, in capitals, and go on with capitals, digits and _; 64 in all"
        raise ModerationUnfit(f"{name[:80]!r} is no name of a bank", advice=advice)
    with desk.writing() as connection:
        if bank_rows.named(connection, tenant_id, name) is not None:
            raise ModerationUnfit(f"there is a bank {name} already", advice="take another name, or fill that one")
        values: _Row = {
            "id": secrets.new_id("bnk"),
            "tenant_id": tenant_id,
            "name": name,
            "restricted": restricted,
            "enabled_share": _share(enabled_share),
            "last_number": 0,
            "frames": 0,
            "removals": 0,
            "made_by": made_by,
            "created_at": desk.now(),
        }
        bank_rows.add(connection, values)
        tell(connection, "bank.made", bank=values["id"], restricted=restricted, who=made_by)
        return bank_of(values)


def change(
    desk: Desk, tenant_id: str, name: str, who: str, restricted: bool | None, enabled_share: float | None
) -> Bank:
    """Change what a match in a bank does, or how much is held to it."""
    from ...store import bank_rows

    with desk.writing() as connection:
        row = known(connection, tenant_id, name)
        row["restricted"] = row["restricted"] if restricted is None else restricted
        row["enabled_share"] = row["enabled_share"] if enabled_share is None else _share(enabled_share)
        settings = {one: row[one] for one in ("restricted", "enabled_share")}
        bank_rows.change(connection, row["id"], **settings)
        tell(connection, "bank.changed", bank=row["id"], who=who, **settings)
        return bank_of(row)


def drop(desk: Desk, tenant_id: str, name: str, who: str) -> int:
    """Take away a bank and all that is in it."""
    from ...store import bank_rows

    with desk.writing() as connection:
        row = known(connection, tenant_id, name)
        gone = bank_rows.drop(connection, row["id"])
        tell(connection, "bank.removed", bank=row["id"], contents=gone, who=who)
        return gone


def known(connection: Connection | None, tenant_id: str, name: str) -> _Row:
    """Give the row of a bank of this tenant; that of another is not there."""
    from ...store import bank_rows

    row = None
    if connection is not None and _NAME.fullmatch(name):
        row = bank_rows.named(connection, tenant_id, name)
    if row is None:
        raise ModerationMissing(f"there is no bank {name[:80]}")
    return row


def bank_of(row: _Row) -> Bank:
    """Read a row of a bank."""
    plain = {one: row[one] for one in ("id", "tenant_id", "name", "enabled_share", "created_at")}
    return Bank(restricted=bool(row["restricted"]), **plain)


def _share(share: float) -> float:
    if not 0 <= share <= 1:
        raise ModerationUnfit(f"{share} is no share", advice="say a share from 0, nothing, to 1, all")
    return float(share)


# Contents -----------------------------------------------------------------------------------------------------------


def add(
    desk: Desk,
    tenant_id: str,
    name: str,
    given: Sequence[Signals],
    made_by: str,
    *,
    opinion: Opinion,
    note: str = "",
    check_id: str | None = None,
) -> tuple[tuple[str, ...], Imported]:
    """Put contents into a bank; give their ids, also of those that it knew, and say how many were new."""
    from ...store import bank_rows

    _fit(opinion)
    note = packing.text(note)
    if len(note) > MOST_NOTE:
        raise ModerationUnfit(f"a note has up to {MOST_NOTE} characters", advice="say it shorter")
    unpacked = [_row(signals) for signals in given]
    with desk.writing() as connection:
        bank = known(connection, tenant_id, name)
        ids = bank_rows.identified(connection, bank["id"], [row["identity"] for row, _ in unpacked])
        new, frames, number, now = [], bank["frames"], bank["last_number"], desk.now()
        for row, count in unpacked:
            if row["identity"] in ids:
                continue
            number, frames = number + 1, frames + count
            ids[row["identity"]] = row["id"] = secrets.new_id("bcn")
            row |= {"bank_id": bank["id"], "number": number, "opinion": opinion, "note": note, "of_check": check_id}
            new.append(row | {"made_by": made_by, "added_at": now, "disabled_at": None})
        if frames > BANK_FRAMES:
            advice = "take away what is no longer needed, or begin another bank"
            raise ModerationUnfit(f"a bank has at most {BANK_FRAMES:,} frames", advice=advice)
        if new:
            bank_rows.add_contents(connection, new)
            bank_rows.change(connection, bank["id"], last_number=number, frames=frames)
            tell(connection, "bank.filled", bank=bank["id"], contents=len(new), last_number=number, who=made_by)
        return tuple(ids[row["identity"]] for row, _ in unpacked), Imported(len(new), len(given) - len(new))


def signals_of(check: Check) -> Signals:
    """Give what the media of a past check is known by: its digest, and the fingerprint that was taken of it."""
    if check.content_hash is None:
        advice = "wait until its media is here"
        raise ModerationUnfit(f"check {check.id} has no digest yet", advice=advice)
    looks = [one.details for one in check.evidence if isinstance(one.details, FingerprintDetails)]
    frames = vpdq.of_fingerprint(looks[-1]) if looks else ()
    return Signals(check.content_hash, vpdq=frames if vpdq.usable(frames) else ())


def contents(desk: Desk, tenant_id: str, name: str, after: int, limit: int) -> tuple[BankContent, ...]:
    """Read contents of a bank by number."""
    from ...store import bank_rows

    with desk.reading() as connection:
        bank = known(connection, tenant_id, name)
        assert connection is not None
        rows = bank_rows.page(connection, bank["id"], after, max(1, min(limit, MOST_LISTED)))
    return tuple(map(content_of, rows))


def every(desk: Desk, tenant_id: str, name: str) -> Iterator[BankContent]:
    """Read all contents of a bank, page by page."""
    after = 0
    while page := contents(desk, tenant_id, name, after, MOST_LISTED):
        yield from page
        after = page[-1].number


def set_content(
    desk: Desk, tenant_id: str, name: str, content_id: str, who: str, kind: str, **values: str | None
) -> BankContent:
    """Change what stands of a content."""
    from ...store import bank_rows

    with desk.writing() as connection:
        bank = known(connection, tenant_id, name)
        row = content(connection, bank, content_id)
        bank_rows.change_content(connection, content_id, **values)
        tell(connection, kind, bank=bank["id"], content=content_id, who=who, **values)
        return content_of(row | values)


def judge(desk: Desk, tenant_id: str, name: str, content_id: str, opinion: Opinion, who: str) -> BankContent:
    """Say what is thought of a content."""
    _fit(opinion)
    return set_content(desk, tenant_id, name, content_id, who, "bank.content_judged", opinion=opinion)


def remove(desk: Desk, tenant_id: str, name: str, content_id: str, who: str) -> None:
    """Take away a content."""
    from ...store import bank_rows

    with desk.writing() as connection:
        bank = known(connection, tenant_id, name)
        row = content(connection, bank, content_id)
        bank_rows.remove_content(connection, content_id)
        frames = bank["frames"] - _count(content_of(row).signals)
        bank_rows.change(connection, bank["id"], frames=frames, removals=bank["removals"] + 1)
        tell(connection, "bank.content_removed", bank=bank["id"], content=content_id, identity=row["identity"], who=who)


def content_of(row: _Row) -> BankContent:
    """Read a row of a content."""
    signals = Signals(row["sha256"], row["pdq"], vpdq.read(row["vpdq"]) if row["vpdq"] else ())
    of = ("opinion", "note", "of_check", "added_at", "disabled_at")
    return BankContent(row["id"], row["number"], signals, *(row[one] for one in of))


def tell(connection: Connection, kind: str, **body: str | int | float | bool | None) -> None:
    """Add a line to the ledger."""
    from ...store import ledger

    ledger.append(connection, kind, body)


def _fit(opinion: str) -> None:
    if opinion not in OPINIONS:
        raise ModerationUnfit(f"{opinion!r} is no opinion", advice=f"say one of {', '.join(OPINIONS)}")


def content(connection: Connection, bank: _Row, content_id: str) -> _Row:
    """Give the row of a content of this bank."""
    from ...store import bank_rows

    row = bank_rows.content(connection, bank["id"], content_id) if _ID.fullmatch(content_id) else None
    if row is None:
        raise ModerationMissing(f"bank {bank['name']} has no content {content_id[:80]}")
    return row


def _row(signals: Signals) -> tuple[_Row, int]:
    """Write signals as they are kept, and say how many frames they are; refuse such as nothing is known by."""
    sha256 = None if signals.sha256 is None else vpdq.digest(signals.sha256)
    pdq = None if signals.pdq is None else vpdq.digest(signals.pdq)
    frames = vpdq.written(vpdq.read(vpdq.written(signals.vpdq))) if signals.vpdq else None
    if frames is not None and not vpdq.usable(signals.vpdq):
        advice = f"bank the digest alone: frames of a quality below {vpdq.QUALITY} say too little"
        raise ModerationUnfit("no frame of the video shows enough", advice=advice)
    if not (sha256 or pdq or frames):
        advice = "give a digest, a PDQ hash or frames of vPDQ"
        raise ModerationUnfit("a content needs something that it is known by", advice=advice)
    identity = hashlib.sha256(f"{sha256} {pdq} {frames}".encode("ascii")).hexdigest()
    return {"identity": identity, "sha256": sha256, "pdq": pdq, "vpdq": frames}, _count(signals)


def _count(signals: Signals) -> int:
    return len(vpdq.usable(signals.vpdq)) + (signals.pdq is not None)
