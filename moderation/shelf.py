"""The policies of a tenant: their versions, which of them run, and who changed that.

A version is never changed, only how it stands: DRAFT -> BACKGROUND -> LIVE -> EXPIRED; what expired may come back. One
version is live, or two: a newer one for a share of items, the former for the rest. Each change is one transaction with
a line in the ledger. Who makes one from a state that is no more gets ModerationUnfit. Judges nothing.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ..docket import times
from ..docket.desk import Desk
from ..docket.packing import text as fit
from ..docket.secrets import derived, hash_of
from ..errors import ModerationMissing, ModerationUnfit, PolicyInvalid
from ..settings import Settings
from .hooks import emit
from .policies import Policy, State, read, written
from .values import Item

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FROM: dict[State, tuple[State, ...]] = {
    "BACKGROUND": ("DRAFT", "EXPIRED"),
    "LIVE": ("DRAFT", "BACKGROUND", "EXPIRED", "LIVE"),  # from LIVE: for another share
    "EXPIRED": ("DRAFT", "BACKGROUND", "LIVE"),
}
Side = Literal["live", "background"]
_STEPS = 1 << 52


@dataclass(frozen=True)
class Version:
    """One version of a policy, and how it stands."""

    tenant_id: str
    policy_id: str  # the policy's name
    number: int  # from 1
    digest: str  # SHA-256 of the document
    state: State
    share: float  # of items, while it is live
    former: int | None  # the version that was live before
    made_by: str
    made_at: str
    note: str
    text: str = ""  # the document; not in lists


@dataclass(frozen=True)
class PolicyChange:
    """Who brought a version to which state, when and why."""

    number: int  # from 1, of a policy
    version: int
    state: State
    share: float
    who: str
    at: str
    note: str


@dataclass(frozen=True)
class Shelved:
    """A policy of a tenant and its versions, oldest first."""

    policy_id: str
    by_default: bool  # also for submissions that name no policy
    changes: int  # number of its latest change
    versions: tuple[Version, ...]

    @property
    def live(self) -> Version | None:
        """The version that is live for most, or for all; None: none is."""
        lives = [one for one in self.versions if one.state == "LIVE"]
        return next((one for one in lives if one.share >= 1.0), lives[-1] if lives else None)

    @property
    def staged(self) -> Version | None:
        """The version that is live for a share of items."""
        return next((one for one in self.versions if one.state == "LIVE" and one.share < 1.0), None)

    def running_for(self, options: Settings, item: Item) -> tuple[tuple[Side, Version], ...]:
        """Give the versions that run for an item: at most one that is live, and all in the background."""
        found: list[tuple[Side, Version]] = []
        whole = next((one for one in self.versions if one.state == "LIVE" and one.share >= 1.0), None)
        live = self.staged if self.staged and portion(options, self.staged, item) < self.staged.share else whole
        if live is not None:
            found.append(("live", live))
        found.extend(("background", one) for one in self.versions if one.state == "BACKGROUND")
        return tuple(found)


def portion(options: Settings, version: Version, item: Item) -> float:
    """Give where an item lies between 0 and 1, for good; who lacks the key can't choose its side."""
    words = "\0".join(("share", version.tenant_id, version.policy_id, str(version.number), item.type_id, item.id))
    return int(hash_of(derived(options.home, words))[:13], 16) / _STEPS


class Shelf:
    """The policies of all tenants; each method says of whom."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._desk = Desk(options, clock=clock)

    # Reading ---------------------------------------------------------------------------------------------------------

    def listed(self, tenant_id: str) -> tuple[Shelved, ...]:
        """Give a tenant's policies, by name."""
        with self._desk.reading() as connection:
            return () if connection is None else shelved(connection, tenant_id)

    def get(self, tenant_id: str, policy_id: str) -> Shelved:
        """Give one policy."""
        with self._desk.reading() as connection:
            if connection is None:
                raise _missing(policy_id)
            return one_shelved(connection, tenant_id, policy_id)

    def version(self, tenant_id: str, policy_id: str, number: int | None = None) -> Version:
        """Give a version with its document; without a number, the newest."""
        with self._desk.reading() as connection:
            if connection is None:
                raise _missing(policy_id)
            return _whole(connection, tenant_id, policy_id, number)

    def history(self, tenant_id: str, policy_id: str) -> tuple[PolicyChange, ...]:
        """Give who changed what, oldest first."""
        from ..store import policy_rows

        with self._desk.reading() as connection:
            if connection is None:
                raise _missing(policy_id)
            one_shelved(connection, tenant_id, policy_id)
            rows = policy_rows.changes(connection, tenant_id, policy_id)
        return tuple(
            PolicyChange(r["change"], r["number"], r["state"], r["share"], r["who"], r["at"], r["note"]) for r in rows
        )

    def diff(self, tenant_id: str, policy_id: str, then: int, now: int) -> str:
        """Give in what two versions differ, line by line in one form; empty where they say the same."""
        first, second = (self.version(tenant_id, policy_id, number) for number in (then, now))
        was, is_now = (_in_lines(read(one.text, policy_id)).splitlines(keepends=True) for one in (first, second))
        names = f"{policy_id} {first.number}", f"{policy_id} {second.number}"
        return "".join(difflib.unified_diff(was, is_now, names[0], names[1]))

    # Changing --------------------------------------------------------------------------------------------------------

    def add(
        self, tenant_id: str, policy_id: str, text: str, *, by: str, note: str = "", after: int | None = None
    ) -> Version:
        """Add a version as a draft. PolicyInvalid where it can't be read; the same text is the same version.

        after: the number of the version that it was made from; ModerationUnfit where there is a newer one.
        """
        name = read(text, policy_id).name
        if name != policy_id:
            raise PolicyInvalid(f"{policy_id}: the document is of a policy called `{name}`", advice="say that name")
        with self._desk.writing() as connection:
            return self._add(connection, tenant_id, policy_id, text, by, note, after)

    def set_state(
        self,
        tenant_id: str,
        policy_id: str,
        number: int,
        state: State,
        *,
        by: str,
        note: str = "",
        share: float = 1.0,
        after: int | None = None,
    ) -> Version:
        """Bring a version to a state; `share`: of items, where it goes live, and the version live before has the rest.

        after: the policy's `changes` as whoever asks has seen them; ModerationUnfit where there are more.
        """
        if not 0.0 <= share <= 1.0:
            raise ModerationUnfit(f"a share of {share} of items", advice="say a number from 0 to 1")
        with self._desk.writing() as connection:
            found = one_shelved(connection, tenant_id, policy_id)
            _unchanged(found, after)
            self._bring(connection, found, _of(found, number), state, by, note, share)
            return _whole(connection, tenant_id, policy_id, number)

    def roll_back(
        self, tenant_id: str, policy_id: str, *, by: str, note: str = "", after: int | None = None
    ) -> Version:
        """End what went live last, and give the version that is live again."""
        with self._desk.writing() as connection:
            found = one_shelved(connection, tenant_id, policy_id)
            _unchanged(found, after)
            last = found.staged or found.live
            if last is None or last.former is None:
                raise ModerationUnfit(f"no version of {policy_id} was live before", advice="let it expire instead")
            former = _of(found, last.former)
            self._note(connection, found, last, "EXPIRED", last.share, by, note)
            if former.state != "LIVE" or former.share < 1.0:
                self._note(connection, one_shelved(connection, tenant_id, policy_id), former, "LIVE", 1.0, by, note)
            return _whole(connection, tenant_id, policy_id, former.number)

    def promote_rule(
        self, tenant_id: str, policy_id: str, rule: str, *, by: str, note: str = "", share: float = 1.0
    ) -> Version:
        """Let a rule act that ran in the background: makes a new version of the live one, and brings it live."""
        with self._desk.writing() as connection:
            found = one_shelved(connection, tenant_id, policy_id)
            base = found.live
            if base is None:
                raise ModerationUnfit(f"no version of {policy_id} is live", advice="bring one live, then promote")
            changed = _promoted(_whole(connection, tenant_id, policy_id, base.number), rule)
            made = self._add(connection, tenant_id, policy_id, changed, by, note or f"{rule} acts", None)
            found = one_shelved(connection, tenant_id, policy_id)
            self._bring(connection, found, _of(found, made.number), "LIVE", by, note, share)
            return _whole(connection, tenant_id, policy_id, made.number)

    def set_default(self, tenant_id: str, policy_id: str, by_default: bool, *, by: str) -> Shelved:
        """Say whether a policy is also for submissions that name none."""
        from ..store import ledger, policy_rows

        with self._desk.writing() as connection:
            one_shelved(connection, tenant_id, policy_id)
            policy_rows.change(connection, tenant_id, policy_id, by_default=by_default)
            body: dict[str, Any] = {"tenant": tenant_id, "policy": policy_id, "by_default": by_default, "who": by}
            ledger.append(connection, "moderation.policy_default", body)
            return one_shelved(connection, tenant_id, policy_id)

    # Within a transaction --------------------------------------------------------------------------------------------

    def _add(
        self, connection: Connection, tenant_id: str, policy_id: str, text: str, by: str, note: str, after: int | None
    ) -> Version:
        from ..store import policy_rows

        row, now = policy_rows.one(connection, tenant_id, policy_id), self._desk.now()
        if row is None:
            values = {"tenant_id": tenant_id, "name": policy_id, "by_default": True, "changes": 0, "created_at": now}
            policy_rows.add(connection, values)
        found = one_shelved(connection, tenant_id, policy_id)
        newest = found.versions[-1].number if found.versions else 0
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        same = next((one for one in found.versions if one.digest == digest), None)
        if same is not None:
            return _whole(connection, tenant_id, policy_id, same.number)
        if after is not None and after != newest:
            advice = "look at the newest version, and make yours from that"
            raise ModerationUnfit(f"{policy_id} has got version {newest} meanwhile", advice=advice)
        version = Version(
            tenant_id, policy_id, newest + 1, digest, "DRAFT", 1.0, None, fit(by), now, fit(note), fit(text)
        )
        values = {name: value for name, value in vars(version).items() if name not in ("policy_id", "text")}
        policy_rows.add_version(connection, {**values, "name": policy_id, "document": version.text})
        self._note(connection, found, version, "DRAFT", 1.0, by, note)
        return version

    def _bring(
        self, connection: Connection, found: Shelved, version: Version, state: State, by: str, note: str, share: float
    ) -> None:
        if state not in _FROM or version.state not in _FROM[state]:
            said = f"version {version.number} of {found.policy_id} is {version.state}, and can't come to {state}"
            raise ModerationUnfit(said, advice="a version goes from DRAFT to BACKGROUND, LIVE and EXPIRED")
        if state != "LIVE":
            self._note(connection, found, version, state, version.share, by, note)
            return
        others = [one for one in found.versions if one.state == "LIVE" and one.number != version.number]
        staged = next((one for one in others if one.share < 1.0), None)
        if staged is not None:
            said = f"version {staged.number} of {found.policy_id} is live for a share of {staged.share:g}"
            raise ModerationUnfit(said, advice="bring it live for all, or roll it back, before another")
        if version.state == "LIVE" and (share <= version.share):
            said = f"version {version.number} of {found.policy_id} is live for a share of {version.share:g} already"
            raise ModerationUnfit(said, advice="a share can only grow; roll back to end it")
        former = others[0].number if others else version.former if version.state == "LIVE" else None
        self._note(connection, found, version, "LIVE", share, by, note, former=former)
        if share >= 1.0:
            for one in others:
                now = one_shelved(connection, found.versions[0].tenant_id, found.policy_id)
                self._note(connection, now, one, "EXPIRED", one.share, by, note)

    def _note(
        self,
        connection: Connection,
        found: Shelved,
        version: Version,
        state: State,
        share: float,
        by: str,
        note: str,
        **more: Any,
    ) -> None:
        """Write how a version stands, who did that, and the line in the ledger."""
        from ..store import ledger, policy_rows

        tenant_id, name, change = version.tenant_id, version.policy_id, found.changes + 1
        policy_rows.change(connection, tenant_id, name, changes=change)
        policy_rows.change_version(connection, tenant_id, name, version.number, state=state, share=share, **more)
        told: dict[str, Any] = {"number": version.number, "state": state, "share": share, "who": fit(by)}
        at = self._desk.now()
        row = {"tenant_id": tenant_id, "name": name, "change": change, "at": at, "note": fit(note), **told}
        policy_rows.add_change(connection, row)
        body: dict[str, Any] = {"tenant": tenant_id, "policy": name, "change": change, "digest": version.digest, **told}
        ledger.append(connection, "moderation.policy", {**body, **more})
        emit(connection, tenant_id, f"policy:{name}", "policy.changed", body)


def shelved(connection: Connection, tenant_id: str) -> tuple[Shelved, ...]:
    """Give a tenant's policies, by name, within a transaction."""
    from ..store import policy_rows

    return tuple(_shelved(connection, row) for row in policy_rows.of_tenant(connection, tenant_id))


def _shelved(connection: Connection, row: dict[str, Any]) -> Shelved:
    from ..store import policy_rows

    versions = tuple(map(_version, policy_rows.versions(connection, row["tenant_id"], row["name"])))
    return Shelved(row["name"], row["by_default"], row["changes"], versions)


def one_shelved(connection: Connection, tenant_id: str, policy_id: str) -> Shelved:
    """Give one policy, within a transaction."""
    from ..store import policy_rows

    row = policy_rows.one(connection, tenant_id, policy_id)
    if row is None:
        raise _missing(policy_id)
    return _shelved(connection, row)


def _whole(connection: Connection, tenant_id: str, policy_id: str, number: int | None) -> Version:
    from ..store import policy_rows

    found = one_shelved(connection, tenant_id, policy_id)
    row = policy_rows.version(connection, tenant_id, policy_id, number or found.versions[-1].number)
    if row is None:
        raise ModerationMissing(f"there is no version {number} of policy {policy_id}")
    return _version(row)


def _version(row: dict[str, Any]) -> Version:
    values = {name: value for name, value in row.items() if name not in ("name", "document")}
    return Version(**values, policy_id=row["name"], text=row.get("document", ""))


def _of(found: Shelved, number: int) -> Version:
    version = next((one for one in found.versions if one.number == number), None)
    if version is None:
        raise ModerationMissing(f"there is no version {number} of policy {found.policy_id}")
    return version


def _unchanged(found: Shelved, after: int | None) -> None:
    if after is not None and after != found.changes:
        said = f"{found.policy_id} was changed meanwhile: {found.changes} changes, not {after}"
        raise ModerationUnfit(said, advice="look at it anew, then decide")


def _missing(policy_id: str) -> ModerationMissing:
    return ModerationMissing(f"there is no policy {policy_id}")


def _promoted(version: Version, id: str) -> str:
    policy = read(version.text, version.policy_id)
    rule = policy.rule(id)
    if rule is None:
        raise ModerationMissing(f"version {version.number} of {version.policy_id} has no rule {id}")
    if rule.state != "BACKGROUND":
        said = f"rule {id} of {version.policy_id} does not run in the background: it is {rule.state}"
        raise ModerationUnfit(said, advice="add a version that says what you want of it")
    rules = tuple(replace(one, state="LIVE") if one is rule else one for one in policy.rules)
    text = _in_lines(replace(policy, rules=rules))
    read(text, version.policy_id)  # what acts may contradict what did not
    return text


def _in_lines(policy: Policy) -> str:
    return json.dumps(json.loads(written(policy)), ensure_ascii=False, indent=2) + "\n"
