"""Holding a video, or a hash, to the banks of a tenant: by digest, by pictures in it, and by all that it shows.

What is found is likeness. A face that was put in changes fewer bits than an honest copy at half the size, so that
nothing of what is known of a content holds for what is like it; it only says what to compare.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...docket.desk import Desk
from ...evidence import FingerprintDetails, Match
from . import vpdq
from .shelves import Shelf, Shelves
from .values import Algorithm, BankMatch, Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

MOST_MATCHES = 100  # that are told of one bank; the likest first
_MOST_PAIRS = 200_000  # of frames, that are held to each other to find seconds; of more, none are told


@dataclass(frozen=True)
class Asked:
    """What is looked up, unpacked once."""

    frames: tuple[Frame, ...]
    moments: tuple[tuple[str, ...], ...]
    seed: str  # decides, for one content always alike, whether a bank that is enabled in part is asked

    @property
    def hashes(self) -> list[str]:
        """All hashes, those of one moment together."""
        return [one for moment in self.moments for one in moment]


def asked_by(details: FingerprintDetails | None, sha256: str | None) -> Asked:
    """Unpack a fingerprint of ours; None: it could not be taken."""
    frames = () if details is None else vpdq.of_fingerprint(details)
    return Asked(frames, vpdq.moments(frames, ours=True), sha256 or "".join(frame.hash for frame in frames))


def asked_of_frames(frames: tuple[Frame, ...]) -> Asked:
    """Unpack frames that others took."""
    frames = tuple(sorted(frames, key=lambda frame: frame.seconds))
    return Asked(frames, vpdq.moments(frames, ours=False), "".join(frame.hash for frame in frames))


def exact(desk: Desk, tenant_id: str, sha256: str, seed: str | None = None) -> tuple[BankMatch, ...]:
    """Find a digest in all banks of a tenant, by one look into an index."""
    from ...store import bank_rows

    with desk.reading() as connection:
        rows = [] if connection is None else bank_rows.with_digest(connection, tenant_id, sha256)
    found = (row for row in rows if is_asked(row["bank_id"], row["enabled_share"], seed or sha256))
    return tuple(_match(row, row["bank_id"], row["name"], row["restricted"], "sha256", 0, 1.0, 1.0) for row in found)


def similar(
    desk: Desk, shelves: Shelves, tenant_id: str, asked: Asked, *, kinds: Sequence[Algorithm] = ("pdq", "vpdq")
) -> tuple[BankMatch, ...]:
    """Find what looks alike in all banks of a tenant, the likest of each bank first."""
    from ...store import bank_rows

    found: list[BankMatch] = []
    if not asked.moments:
        return ()
    with desk.reading() as connection:
        for bank in [] if connection is None else bank_rows.of_tenant(connection, tenant_id):
            if not is_asked(bank["id"], bank["enabled_share"], asked.seed):
                continue
            assert connection is not None
            shelf = shelves.of(desk.options.database_url, bank)
            with shelf.lock:
                shelf.catch_up(connection, bank["last_number"])
                found += [match for kind in kinds for match in _on(connection, shelf, bank, asked, kind)]
            shelves.make_room()
    return tuple(found)


@dataclass(frozen=True)
class _Likeness:
    number: int
    distance: int
    share: float
    share_of_content: float


def _on(connection: Connection, shelf: Shelf, bank: dict[str, Any], asked: Asked, kind: Algorithm) -> list[BankMatch]:
    """Find what is alike on one shelf, and stands."""
    from ...store import bank_rows

    rows = shelf.pictures if kind == "pdq" else shelf.videos
    near = rows.near(asked.hashes)
    alike = {one.number: one for one in _alike(near, asked, rows.sizes, _LEAST[kind])}
    standing = {row["number"]: row for row in bank_rows.numbered(connection, bank["id"], list(alike))}
    told = [one for one in alike.values() if one.number in standing][:MOST_MATCHES]
    heavy = bank_rows.numbered(connection, bank["id"], [one.number for one in told], heavy=True)
    frames = {row["number"]: row["vpdq"] for row in heavy}
    found = []
    for one in told:
        match = _match(
            standing[one.number],
            bank["id"],
            bank["name"],
            bank["restricted"],
            kind,
            one.distance,
            one.share,
            one.share_of_content,
        )
        if kind == "vpdq" and one.number in frames:
            match = replace(match, spans=_spans(asked.frames, vpdq.read(frames[one.number])))
        found.append(match)
    return found


_LEAST = {"pdq": 0.0, "vpdq": vpdq.QUERY_PERCENT}  # a picture is known again in one frame of a video


def _alike(near: NDArray[Any], asked: Asked, sizes: dict[int, int], percent: float) -> list[_Likeness]:
    """Say of each content how much of either side matches; the likest first."""
    import numpy as np

    if not len(near):
        return []
    moment = np.repeat(np.arange(len(asked.moments)), [len(one) for one in asked.moments])
    table = np.stack([near[:, 1], moment[near[:, 0]], near[:, 3], near[:, 2]], axis=1)
    found = []
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]  # of each moment, the nearest comes first
    numbers, starts = np.unique(table[:, 0], return_index=True)
    for number, own in zip(numbers.tolist(), np.split(table, starts[1:]), strict=True):
        _, first = np.unique(own[:, 1], return_index=True)
        if len(first) * 100 / len(asked.moments) < percent:
            continue
        of_content = len(np.unique(own[:, 3])) / sizes[number]
        distance = int(np.median(own[first, 2]))
        found.append(_Likeness(number, distance, len(first) / len(asked.moments), of_content))
    return sorted(found, key=lambda one: (-one.share, one.distance, one.number))


def _spans(copy: tuple[Frame, ...], known: tuple[Frame, ...]) -> tuple[Match, ...]:
    """Find the seconds of both that show the same, each stretch at one offset in time."""
    import numpy as np

    from ...provenance.fingerprint.matching import MATCH, Nearness, segments_of, shape_of

    seen, original = shape_of(_details(copy)), shape_of(_details(known))
    if not 0 < len(seen.times) * len(original.times) <= _MOST_PAIRS:
        return ()
    bits = np.bitwise_count(seen.wholes[:, None] ^ original.wholes[None]).sum(axis=-1).astype(np.float32)
    times, first = np.unique(seen.times, return_index=True)
    whole = np.minimum.reduceat(bits, first, axis=0)
    far = np.full_like(whole, np.inf)  # vPDQ knows no parts of pictures
    return segments_of(Nearness(times, np.stack([whole, far, far])), original, (float(MATCH), 1.0, 1.0))


def _details(frames: tuple[Frame, ...]) -> FingerprintDetails:
    return FingerprintDetails(
        "pdq",
        tuple(frame.seconds for frame in frames),
        tuple(frame.hash for frame in frames),
        tuple(frame.quality for frame in frames),
    )


def is_asked(bank_id: str, share: float, seed: str) -> bool:
    """Whether this falls into the share of a bank that is enabled; the same content always does, or never."""
    if share >= 1:
        return True
    drawn = hashlib.sha256(f"{bank_id} {seed}".encode("utf-8", "replace")).digest()
    return int.from_bytes(drawn[:8], "big") / (1 << 64) < share


def _match(
    row: dict[str, Any],
    bank_id: str,
    bank: str,
    restricted: bool,
    algorithm: Algorithm,
    distance: int,
    share: float,
    share_of_content: float,
) -> BankMatch:
    return BankMatch(
        bank_id,
        bank,
        bool(restricted),
        row["id"],
        row["number"],
        row["opinion"],
        row["note"],
        algorithm,
        distance,
        share,
        share_of_content,
        f"check:{row['of_check']}" if row["of_check"] else f"content:{row['id']}",
    )
