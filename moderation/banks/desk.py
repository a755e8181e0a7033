"""The face of the banks: one method a thing that can be asked of them, or done to them.

`tenant_id` says who asks: a bank of another is ModerationMissing, as is one that was never there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...docket import Check, packing, times
from ...docket.desk import Desk
from ...errors import ModerationMissing
from ...evidence import FingerprintDetails
from ...settings import Settings
from . import exchange, filling, matching, quarantine, vpdq
from .shelves import Shelves
from .values import Algorithm, Bank, BankContent, BankMatch, Imported, Opinion, Signals

SHELVES = Shelves()  # of this process
_TAKEN_IN = 2000  # contents in one transaction, which keeps all other writers waiting


class Banks:
    """The banks of a service; threads may share it."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now, shelves: Shelves = SHELVES) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk, self._shelves = Desk(options, None, clock), shelves

    # Banks -----------------------------------------------------------------------------------------------------------

    def create(
        self, tenant_id: str, name: str, made_by: str, *, restricted: bool = False, enabled_share: float = 1.0
    ) -> Bank:
        """Begin a bank. `enabled_share`: of what is looked up, how much is held to it, drawn by content."""
        return filling.create(self._desk, tenant_id, name, made_by, restricted, enabled_share)

    def get(self, tenant_id: str, name: str) -> Bank:
        """Give one bank."""
        with self._desk.reading() as connection:
            return filling.bank_of(filling.known(connection, tenant_id, name))

    def listed(self, tenant_id: str) -> tuple[Bank, ...]:
        """Give the banks of a tenant, by name."""
        from ...store import bank_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else bank_rows.of_tenant(connection, tenant_id)
        return tuple(map(filling.bank_of, rows))

    def change(
        self,
        tenant_id: str,
        name: str,
        who: str,
        *,
        restricted: bool | None = None,
        enabled_share: float | None = None,
    ) -> Bank:
        """Change what a match in a bank does from now on, or how much is held to it."""
        return filling.change(self._desk, tenant_id, name, who, restricted, enabled_share)

    def drop(self, tenant_id: str, name: str, who: str) -> int:
        """Take away a bank and all that is in it; say how many contents that were. Matches that were kept stay."""
        return filling.drop(self._desk, tenant_id, name, who)

    # Contents --------------------------------------------------------------------------------------------------------

    def add(
        self,
        tenant_id: str,
        name: str,
        signals: Signals,
        made_by: str,
        *,
        opinion: Opinion = "POSITIVE_CLASS",
        note: str = "",
    ) -> BankContent:
        """Put a content into a bank; one that it knows stays as it is, and is given."""
        (id,), _ = filling.add(self._desk, tenant_id, name, [signals], made_by, opinion=opinion, note=note)
        return self.content(tenant_id, name, id)

    def add_check(
        self,
        tenant_id: str,
        name: str,
        check: Check,
        made_by: str,
        *,
        opinion: Opinion = "POSITIVE_CLASS",
        note: str = "",
    ) -> BankContent:
        """Put the content of a past check into a bank, by its digest and its fingerprint."""
        if check.tenant_id != tenant_id:
            raise ModerationMissing(f"there is no check {check.id}")
        (id,), _ = filling.add(
            self._desk,
            tenant_id,
            name,
            [filling.signals_of(check)],
            made_by,
            opinion=opinion,
            note=note,
            check_id=check.id,
        )
        return self.content(tenant_id, name, id)

    def content(self, tenant_id: str, name: str, content_id: str) -> BankContent:
        """Give one content of a bank."""
        with self._desk.reading() as connection:
            bank = filling.known(connection, tenant_id, name)
            assert connection is not None
            return filling.content_of(filling.content(connection, bank, content_id))

    def contents(self, tenant_id: str, name: str, *, after: int = 0, limit: int = 50) -> tuple[BankContent, ...]:
        """Give contents of a bank by number, from after one on."""
        return filling.contents(self._desk, tenant_id, name, after, limit)

    def judge(self, tenant_id: str, name: str, content_id: str, opinion: Opinion, who: str) -> BankContent:
        """Say what is thought of a content from now on."""
        return filling.judge(self._desk, tenant_id, name, content_id, opinion, who)

    def disable(self, tenant_id: str, name: str, content_id: str, who: str) -> BankContent:
        """Let a content match nothing, until it is enabled."""
        return filling.set_content(
            self._desk, tenant_id, name, content_id, who, "bank.content_disabled", disabled_at=self._desk.now()
        )

    def enable(self, tenant_id: str, name: str, content_id: str, who: str) -> BankContent:
        """Let a content match again."""
        return filling.set_content(
            self._desk, tenant_id, name, content_id, who, "bank.content_enabled", disabled_at=None
        )

    def remove(self, tenant_id: str, name: str, content_id: str, who: str) -> None:
        """Take a content away."""
        filling.remove(self._desk, tenant_id, name, content_id, who)

    def take_in(
        self, tenant_id: str, name: str, lines: Iterable[str], made_by: str, *, opinion: Opinion = "POSITIVE_CLASS"
    ) -> Imported:
        """Put the signals of an exchange file into a bank, none if one is wrong: SignalUnfit names its line.

        Whoever is cut short brings the file again: what the bank has by then is not added twice.
        """
        given = exchange.read(lines)
        self.get(tenant_id, name)
        added = 0
        for start in range(0, len(given), _TAKEN_IN):
            part = given[start : start + _TAKEN_IN]
            added += filling.add(self._desk, tenant_id, name, part, made_by, opinion=opinion)[1].added
        return Imported(added, len(given) - added)

    def give_out(self, tenant_id: str, name: str) -> Iterator[str]:
        """Write the signals of a bank as lines of an exchange file, but for contents that are disabled."""
        self.get(tenant_id, name)
        for content in filling.every(self._desk, tenant_id, name):
            if content.disabled_at is None:
                yield from exchange.lines_of(content.signals)

    # Matching --------------------------------------------------------------------------------------------------------

    def exact(self, tenant_id: str, sha256: str) -> tuple[BankMatch, ...]:
        """Find a digest in the banks of a tenant, by one look into an index."""
        return matching.exact(self._desk, tenant_id, vpdq.digest(sha256))

    def matches(
        self, tenant_id: str, fingerprint: FingerprintDetails | None, sha256: str | None
    ) -> tuple[BankMatch, ...]:
        """Find what the banks of a tenant know that is like a video; digests first, then the likest of each bank."""
        found = () if sha256 is None else self.exact(tenant_id, sha256)
        return found + matching.similar(self._desk, self._shelves, tenant_id, matching.asked_by(fingerprint, sha256))

    def looked_up(self, tenant_id: str, signals: Signals, seed: str = "") -> tuple[BankMatch, ...]:
        """Find one signal that others took: a digest, the hash of a picture among pictures, a video among videos."""
        if signals.sha256 is not None:
            return matching.exact(self._desk, tenant_id, vpdq.digest(signals.sha256), seed or None)
        asked = exchange.asked(signals, seed)
        kind: Algorithm = "pdq" if signals.pdq is not None else "vpdq"
        return matching.similar(self._desk, self._shelves, tenant_id, asked, kinds=(kind,))

    # What comes of matches -------------------------------------------------------------------------------------------

    def keep(self, check: Check, matches: Iterable[BankMatch]) -> tuple[BankMatch, ...]:
        """Keep what a check was found to be like, each once; give all that is kept of it.

        A match in a restricted bank closes its media and places a hold, in the same transaction.
        """
        return quarantine.keep(self._desk, check, matches)

    def kept(self, check_id: str) -> tuple[BankMatch, ...]:
        """Give what a check was found to be like."""
        return quarantine.kept(self._desk, check_id)

    def closed(self, check_id: str) -> bool:
        """Say whether a check's media is for a restricted queue alone: faces ask this before they show any of it."""
        return quarantine.closed(self._desk, check_id)

    def quarantined(self, tenant_id: str, *, after: str = "", limit: int = 50) -> tuple[str, ...]:
        """Give the ids of a tenant's checks whose media is closed, for that queue."""
        return quarantine.quarantined(
            self._desk, tenant_id, packing.text(after), max(1, min(limit, filling.MOST_LISTED))
        )

    def reopen(self, check: Check, who: str) -> None:
        """Open a check's media again. Its hold is lifted by the docket, if it is to be."""
        quarantine.reopen(self._desk, check, who)
