"""What of a verdict is personal, and taking it out for whoever has no right to it. Knows Evidence; opens no file.

Whoever lacks the scope `provenance:personal`, as all do who ask without a key, is shown no personal provenance:

- identities (CAWG): that there is one, of which method and how it stands; neither name, issuer nor verified accounts;
- titles of the file and of what went into it, which are names of files, and those of people often enough;
- signers, and the names of programs: where the signature is trusted alone. A list of trust vouches for organisations
  and their products; whoever made a certificate of their own may have put any name there, their own first of all;
- what an untrusted signer says in further fields (of models, of training, of what was there before);
- who looked as a person, though not what they concluded;
- addresses of mail and places, in whatever text they stand.

What was taken out is taken out of the reasons and remarks as well, which quote it. What was found, what it means and
how sure it is stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from ..accounts import Caller
from ..docket import Check, Revision
from ..evidence import (
    ActionDetails,
    CredentialDetails,
    Evidence,
    HumanDetails,
    IdentityDetails,
    IngredientDetails,
    RecordDetails,
)
from ..evidence.text import without_places
from ..verdict import Verdict

WITHHELD = "[withheld]"
SOMEBODY = "a person"
SERVICE = "the service"
T = TypeVar("T")


def shown_to(verdict: Verdict, caller: Caller) -> Verdict:
    """Give a verdict as this caller may see it."""
    if caller.may("provenance:personal"):
        return verdict
    names = _Names(verdict.evidence)
    return names.cleared(replace(verdict, evidence=tuple(_evidence(one, names) for one in verdict.evidence)))


def evidence_shown_to(evidence: tuple[Evidence, ...], caller: Caller) -> tuple[Evidence, ...]:
    """Give Evidence that makes no verdict yet as this caller may see it."""
    if caller.may("provenance:personal"):
        return evidence
    names = _Names(evidence)
    return names.cleared(tuple(_evidence(one, names) for one in evidence))


def check_shown_to(check: Check, caller: Caller) -> Check:
    """Give a whole check as this caller may see it."""
    if caller.may("provenance:personal"):
        return check
    revisions = tuple(_revision(one, caller) for one in check.revisions)
    latest = revisions[-1].verdict.evidence if revisions else evidence_shown_to(check.evidence, caller)
    return replace(check, evidence=latest, revisions=revisions)


def _revision(revision: Revision, caller: Caller) -> Revision:
    who = revision.who if revision.who == SERVICE else SOMEBODY
    note = without_places(revision.note)
    return replace(revision, who=who, note=note, verdict=shown_to(revision.verdict, caller))


class _Names:
    """What was taken out, so that it is taken out of every text that quotes it."""

    def __init__(self, evidence: tuple[Evidence, ...]) -> None:
        self._found: set[str] = set()
        self._shown = {one.signer for one in _all_credentials(evidence) if one.trust == "trusted"}

    def take(self, text: str | None) -> None:
        """Note a text that nobody is to read; the name of a signer who is shown elsewhere in it stays."""
        if text and text.strip() and text not in self._shown:
            self._found.add(text)

    def withheld(self, text: str | None) -> str | None:
        """Note a text, and give what stands in its place."""
        self.take(text)
        return WITHHELD if text else text

    def cleared(self, value: T) -> T:
        """Give a value with what was noted, mail and places taken out of all of its texts."""
        ordered = sorted(self._found, key=len, reverse=True)  # a whole name before a part of it
        quoted = "|".join(re.escape(text) for text in ordered)
        # A name that is a part of a word is another word: "Al" is not in "Also".
        pattern = re.compile(rf"(?<!\w)(?:{quoted})(?!\w)") if ordered else None
        cleared: T = _mapped(value, pattern)
        return cleared


def _mapped(value: Any, pattern: re.Pattern[str] | None) -> Any:
    """Rebuild a value of dataclasses and tuples with every text in it cleared; what stays the same is not rebuilt."""
    if isinstance(value, str):
        text = without_places(value) if _may_hold_places(value) else value
        return text if pattern is None else pattern.sub(WITHHELD, text)
    if isinstance(value, tuple):
        return tuple(_mapped(one, pattern) for one in value) if _has_text(value) else value
    if is_dataclass(value) and not isinstance(value, type):
        own = {one.name: getattr(value, one.name) for one in fields(value)}
        new = {name: given if name in _OURS else _mapped(given, pattern) for name, given in own.items()}
        changed = {name: one for name, one in new.items() if one is not own[name] and one != own[name]}
        return replace(value, **changed) if changed else value
    return value


# Words, digests and ids of ours, of which no stranger writes a letter; and pictures, in which digits are no places.
_OURS = frozenset(
    {"subject", "outcome", "also", "meaning", "sureness", "basis", "track", "examiner", "version", "finding", "kind"}
    | {"manifest_id", "payload", "hashes", "parts", "heat", "picture", "against", "recorded_at", "signed_at", "when"}
)


def _may_hold_places(text: str) -> bool:
    return "@" in text or any(letter.isdigit() for letter in text)


def _has_text(value: tuple[Any, ...]) -> bool:
    return any(isinstance(one, str | tuple) or is_dataclass(one) for one in value)


def _all_credentials(evidence: tuple[Evidence, ...]) -> Iterator[CredentialDetails]:
    for one in evidence:
        if isinstance(one.details, CredentialDetails):
            yield one.details
        elif isinstance(one.details, RecordDetails) and one.details.credentials is not None:
            yield one.details.credentials


# What each kind of details holds of people --------------------------------------------------------------------------


def _evidence(evidence: Evidence, names: _Names) -> Evidence:
    details = evidence.details
    if isinstance(details, CredentialDetails):
        return replace(evidence, details=_credentials(details, names))
    if isinstance(details, RecordDetails) and details.credentials is not None:
        return replace(evidence, details=replace(details, credentials=_credentials(details.credentials, names)))
    if isinstance(details, HumanDetails):
        names.take(details.who)
        return replace(evidence, details=replace(details, who=SOMEBODY))
    return evidence


def _credentials(details: CredentialDetails, names: _Names) -> CredentialDetails:
    trusted = details.trust == "trusted"
    told: dict[str, Any] = {}
    if not trusted:
        told = {"signer": names.withheld(details.signer), "claim_generator": names.withheld(details.claim_generator)}
        told |= {name: tuple(_withheld(getattr(details, name), names)) for name in ("ai_facts", "earlier")}
    return replace(
        details,
        title=names.withheld(details.title),
        actions=tuple(_action(one, trusted, names) for one in details.actions),
        ingredients=tuple(_ingredient(one, names) for one in details.ingredients),
        identities=tuple(_identity(one, names) for one in details.identities),
        **told,
    )


def _withheld(texts: Iterable[str], names: _Names) -> Iterator[str]:
    for text in texts:
        names.take(text)
        yield WITHHELD


def _action(action: ActionDetails, trusted: bool, names: _Names) -> ActionDetails:
    return action if trusted else replace(action, agent=names.withheld(action.agent))


def _ingredient(ingredient: IngredientDetails, names: _Names) -> IngredientDetails:
    return replace(ingredient, title=names.withheld(ingredient.title), signer=names.withheld(ingredient.signer))


def _identity(identity: IdentityDetails, names: _Names) -> IdentityDetails:
    claims = tuple(_withheld(identity.claims, names))
    return replace(identity, name=names.withheld(identity.name), issuer=names.withheld(identity.issuer), claims=claims)
