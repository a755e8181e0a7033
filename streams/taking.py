"""From an arrival to a check: laid once, however often it is told of, and asked for afterwards.

What is laid and could not be asked for is not lost: a worker's round finds it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from urllib.parse import unquote, urlsplit

from ..docket import Arrivals, Arrived, Became, Docket, KeyTaken, Lane, Request
from ..errors import JobsUnavailable
from ..jobs import Jobs
from ..moderation.shelf import Shelf
from .values import Arrival, Refused, Stored

HTTP = "http"  # the source of what is posted; no other may be called so

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Laid:
    """What came of an arrival, now or when it was told of before."""

    became: Became
    again: bool


@dataclass(frozen=True)
class Taking:
    """Takes what one source brings, for one tenant."""

    docket: Docket
    jobs: Jobs
    arrivals: Arrivals
    shelf: Shelf
    tenant_id: str
    source: str
    made_by: str
    lane: Lane = "bulk"
    policy_id: str | None = None  # of arrivals that name none

    def arrived(self, one: Arrival | Refused) -> Arrived:
        """Give what an arrival is known by."""
        return Arrived(self.tenant_id, self.source, one.key, said(one))

    def known(self, some: Iterable[Arrival | Refused]) -> dict[str, Became]:
        """Give what became of those that came before, by the ids that `arrived` gives."""
        return self.arrivals.known([self.arrived(one) for one in some])

    def take(self, one: Arrival | Refused) -> Laid:
        """Open the check of an arrival, or keep why there is none, unless that was done before."""
        arrived = self.arrived(one)
        if isinstance(one, Refused):
            new = self.arrivals.refuse(arrived, one.reason)
            return Laid(Became(None, one.reason, arrived.said), again=not new)
        policy = one.policy_id or self.policy_id
        if policy and policy not in {known.policy_id for known in self.shelf.listed(self.tenant_id)}:
            reason = f"there is no policy {policy!r}"
            return Laid(Became(None, reason, arrived.said), again=not self.arrivals.refuse(arrived, reason))
        try:
            opened = self.docket.open(self._request(one), claim=arrived)
        except KeyTaken:
            return Laid(self.arrivals.known([arrived])[arrived.id], again=True)
        try:
            self.jobs.enqueue_check(opened.check.id, self.lane, bring_for=self.tenant_id)
        except JobsUnavailable as error:
            log.warning("a check waits for the queue to come back: %s", error)
        return Laid(Became(opened.check.id, None, arrived.said), again=False)

    def _request(self, one: Arrival) -> Request:
        media = one.media
        last = media.name if isinstance(media, Stored) else unquote(urlsplit(media).path, errors="replace")
        return Request(
            tenant_id=self.tenant_id,
            made_by=self.made_by,
            source="url",
            name=one.name or last.rstrip("/").rpartition("/")[2][:255],
            url=media.url if isinstance(media, Stored) else media,
            rendition=asdict(media) if isinstance(media, Stored) else None,
            lane=self.lane,
            external_id=one.external_id,
            policy_id=one.policy_id or self.policy_id,
            item_id=None if one.item is None else one.item.id,
            item_type=None if one.item is None else one.item.type_id,
            metadata=one.metadata,
        )


def said(one: Arrival | Refused) -> str:
    """Give the digest of what is asked for, so that another request under the same name is told from the same."""
    plain = one.reason if isinstance(one, Refused) else {**asdict(one), "key": None}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
