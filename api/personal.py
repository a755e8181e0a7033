"""What of a verdict is personal, and taking it out for whoever has no right to it. Knows Evidence; opens no file.

Whoever lacks the scope `provenance:personal`, as all do who ask without a key, is shown no personal provenance:

- identities (CAWG): that there is one, of which method and how it stands; neither name, issuer nor verified accounts;
- titles of the file and of what went into it, which are names of files, and those of people often enough;
- signers, and the names of programs: where the signature is trusted alone. A list of trust vouches for organisations
  and their products; whoever made a certificate of their own may have put any name there, their own first of all;
- what an untrusted signer says in further fields (of models, of training, of labels, of what was there before);
- free text where a term, a code, a time or an id belongs: only what has that form is shown, whoever signed it;
- what a file declares unsigned: the terms of the IPTC and the names of known generators alone;
- who looked as a person and what they wrote, though not what they concluded;
- addresses of mail and places, in whatever text they stand;
- of a post its title; of a URL what follows its path, which may be a key to it.

Reasons are not searched for what was taken out: whoever wrote a title could choose it so that they read as nothing.
They are made anew, of the Evidence without it. What was found, what it means and how sure it is stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ..accounts import SOMEBODY as NOBODY
from ..accounts import Caller
from ..docket import Check, Revision
from ..docket.values import CheckError
from ..evidence import (
    ActionDetails,
    ChangesDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    Evidence,
    FailureDetails,
    HumanDetails,
    IdentityDetails,
    IngredientDetails,
    LabelClaim,
    LabelDetails,
    RecordDetails,
)
from ..evidence.actions import ACTIONS
from ..evidence.declarations import DISAGREE
from ..evidence.sources import source_of
from ..evidence.text import without_places
from ..verdict import Judgement, Verdict, fold
from ..verify import unfinished

WITHHELD = "[withheld]"
SOMEBODY = "a person"
SERVICE = "the service"
T = TypeVar("T")


def shown_to(verdict: Verdict, caller: Caller) -> Verdict:
    """Give a verdict as this caller may see it."""
    if caller.may("provenance:personal"):
        return verdict
    ids = _Ids()
    evidence = _redacted(verdict.evidence, ids)
    told = dict(zip(unfinished(verdict.evidence), unfinished(evidence), strict=True))
    missing = tuple(told.get(one) or _not_held(one, ids) for one in verdict.not_looked_at)
    # What it was judged by is not kept: where that was something else, this gives another verdict, or other reasons.
    again = fold(verdict.subject, evidence, Judgement(), missing)
    same = all(getattr(again, name) == getattr(verdict, name) for name in ("outcome", "also", "sureness", "basis"))
    reasons = again.reasons if same else tuple(one for one in verdict.reasons if one in again.reasons)
    return replace(verdict, evidence=evidence, reasons=reasons or (verdict.meaning,), not_looked_at=missing)


def evidence_shown_to(evidence: tuple[Evidence, ...], caller: Caller) -> tuple[Evidence, ...]:
    """Give Evidence that makes no verdict yet as this caller may see it."""
    return evidence if caller.may("provenance:personal") else _redacted(evidence, _Ids())


def check_shown_to(check: Check, caller: Caller) -> Check:
    """Give a whole check as this caller may see it."""
    if caller.may("provenance:personal"):
        return check
    revisions = tuple(_revision(one, caller) for one in check.revisions)
    latest = revisions[-1].verdict.evidence if revisions else evidence_shown_to(check.evidence, caller)
    rendition = None if check.rendition is None else dict(check.rendition)
    if rendition and rendition.get("title"):
        rendition["title"] = WITHHELD
    shown = replace(check, evidence=latest, revisions=revisions, rendition=rendition)
    return shown if caller.known and caller.tenant_id == check.tenant_id else _without_queries(shown)


def check_shown_to_everybody(check: Check) -> Check:
    """Give what a tenant shows of a check to the world: what was found, and nothing of where it came from."""
    shown = check_shown_to(check, NOBODY)
    return Check(  # by what is shown, so that what is kept besides one day stays within
        id=shown.id,
        tenant_id=shown.tenant_id,
        made_by="",
        source=shown.source,
        name="",
        status=shown.status,
        stage=shown.stage,
        lane=shown.lane,
        created_at=shown.created_at,
        content_hash=shown.content_hash,
        outcome=shown.outcome,
        finished_at=shown.finished_at,
        evidence=shown.evidence,
        revisions=tuple(replace(one, versions={}) for one in shown.revisions),  # they name heads, keys, own detectors
    )


def _revision(revision: Revision, caller: Caller) -> Revision:
    who = revision.who if revision.who == SERVICE else SOMEBODY
    note = WITHHELD if revision.why == "human" and revision.note else without_places(revision.note)
    return replace(revision, who=who, note=note, verdict=shown_to(revision.verdict, caller))


# Addresses -----------------------------------------------------------------------------------------------------------

_QUERY = re.compile(r"(https?://[^\s?#]{1,4096}+)[?#]\S*")


def _without_queries(check: Check) -> Check:
    """Cut what may open more than the file: whoever asked knows it, whoever was given the link need not."""
    rendition = None if check.rendition is None else dict(check.rendition)
    if rendition and rendition.get("url"):
        rendition["url"] = _place(str(rendition["url"]))
    error = check.error
    if error is not None:
        error = CheckError(error.type, _QUERY.sub(r"\1", error.message), _QUERY.sub(r"\1", error.advice))
    return replace(check, url=check.url and _place(check.url), rendition=rendition, error=error)


def _place(url: str) -> str:
    """Give a URL without query, fragment and password.

    >>> _place("https://jane:secret@media.example:8443/a/clip.mp4?token=SECRET#t=5")
    'https://media.example:8443/a/clip.mp4'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


# What has a form is shown where it has that form ----------------------------------------------------------------------

_ID = re.compile(r"urn:(?:c2pa|uuid):[0-9A-Fa-f-]{1,64}")
_VERSION = re.compile(r"(urn:c2pa:[0-9A-Fa-f-]{1,64}):[^:]{0,64}(:\d{1,6}(?:_\d{1,3})?)?")
_CODE = re.compile(
    r"(?:algorithm|assertion|cawg|claim|claimSignature|countermark|general|hashedURI|ingredient|manifest"
    r"|signingCredential|timeStamp)(?:\.[A-Za-z0-9_]{1,40}){1,4}"
)
_METHODS = frozenset({"cawg.x509.cose", "cawg.identity_claims_aggregation"})
_RELATIONSHIPS = frozenset({"parentOf", "componentOf", "inputTo"})
_PROFILES = frozenset({"eu", "cn", "in", "kr", "ca", "own"})


class _Ids:
    """Ids of manifests, which their signers choose: what could be a name gets a number, the same one everywhere."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def shown(self, id: str) -> str:
        """Give an id of hexadecimal digits as it is; of C2PA's longer form all but the name of a program in it."""
        if not id or _ID.fullmatch(id):
            return id
        if id not in self._given:
            form = _VERSION.fullmatch(id)
            number = f"[withheld {len(self._given) + 1}]"
            self._given[id] = f"{form[1]}:{number}{form[2] or ''}" if form else number
        return self._given[id]


def _withheld(text: T) -> T | str:
    """Withhold what is there."""
    return WITHHELD if text else text


def _of(known: frozenset[str], text: str) -> str:
    return text if not text or text in known else WITHHELD


def _time(text: str | None) -> str | None:
    """Give a time; any other text is withheld.

    >>> _time("2026-03-01T12:00:00Z"), _time("when Jane was at home")
    ('2026-03-01T12:00:00Z', '[withheld]')
    """
    try:
        return text and (text if datetime.fromisoformat(text) else WITHHELD)
    except ValueError:
        return WITHHELD


def _source_type(value: str) -> str:
    """Give a term of the vocabulary; of one that is written otherwise, the code alone, which says nothing for sure."""
    looked = source_of(value)
    if looked.source is None:
        return WITHHELD
    return looked.source.code if looked.problems else value


def _codes(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one if _CODE.fullmatch(one) else WITHHELD for one in texts))


_HELD_TO = "what it changed of "  # as a lookup that is made again says it, with the id of a manifest


def _not_held(said: str, ids: _Ids) -> str:
    return _HELD_TO + ids.shown(said.removeprefix(_HELD_TO)) if said.startswith(_HELD_TO) else without_places(said)


# What each kind of details holds of people --------------------------------------------------------------------------


def _redacted(evidence: tuple[Evidence, ...], ids: _Ids) -> tuple[Evidence, ...]:
    vouched = {label for one in _all_credentials(evidence) if one.trust == "trusted" for label in one.labels}
    cleared: tuple[Evidence, ...] = _mapped(tuple(_evidence(one, vouched, ids) for one in evidence))
    return cleared


def _all_credentials(evidence: tuple[Evidence, ...]) -> Iterator[CredentialDetails]:
    for one in evidence:
        if isinstance(one.details, CredentialDetails):
            yield one.details
        elif isinstance(one.details, RecordDetails) and one.details.credentials is not None:
            yield one.details.credentials


def _evidence(evidence: Evidence, vouched: set[LabelClaim], ids: _Ids) -> Evidence:
    details = evidence.details
    match details:
        case CredentialDetails():
            details = _credentials(details, ids)
        case RecordDetails():
            details = _record(details, ids)
        case ChangesDetails():
            details = replace(details, against=details.against and ids.shown(details.against))
        case DeclarationsDetails():
            details = _declarations(details)
        case LabelDetails():
            details = details if details.claim in vouched else replace(details, claim=_label(details.claim))
        case HumanDetails():
            details = replace(details, who=SOMEBODY, why=WITHHELD)
        case FailureDetails():
            details = replace(details, error=_ELSEWHERE.sub(rf"\1{WITHHELD}", details.error))
    return evidence if details is evidence.details else replace(evidence, details=details)


# Where a file says that its credentials lie, and what a parser of others says of it, quote the file.
_ELSEWHERE = re.compile(
    r"(the credentials lie elsewhere[^:]*: |the container can't be parsed: |^unsupported:[^:]*: ).*", re.DOTALL
)


def _record(record: RecordDetails, ids: _Ids) -> RecordDetails:
    """Of a registry that is not ours, nobody here vouches for what a manifest does not say."""
    credentials = record.credentials and _credentials(record.credentials, ids)
    told: dict[str, Any] = {}
    if record.resolver is not None:
        vouched = record.credentials is not None and record.credentials.trust == "trusted"
        named = ("model", "status_reason") if vouched else ("model", "status_reason", "issuer")
        told = {name: _withheld(getattr(record, name)) for name in named}
    manifest_id = record.manifest_id and ids.shown(record.manifest_id)
    return replace(record, credentials=credentials, manifest_id=manifest_id, **told)


def _credentials(details: CredentialDetails, ids: _Ids) -> CredentialDetails:
    trusted = details.trust == "trusted"
    told: dict[str, Any] = {}
    if not trusted:
        told = {name: _withheld(getattr(details, name)) for name in ("signer", "claim_generator")}
        told |= {name: tuple(map(_withheld, getattr(details, name))) for name in ("ai_facts", "earlier")}
        told["labels"] = tuple(map(_label, details.labels))
    return replace(
        details,
        manifest_id=ids.shown(details.manifest_id),
        title=_withheld(details.title),
        signed_at=_time(details.signed_at),
        source_types=tuple(dict.fromkeys(map(_source_type, details.source_types))),
        failures=_codes(details.failures),
        ingredient_failures=_codes(details.ingredient_failures),
        actions=tuple(_action(one, trusted) for one in details.actions),
        ingredients=tuple(map(partial(_ingredient, ids=ids), details.ingredients)),
        identities=tuple(map(_identity, details.identities)),
        remarks=tuple(map(_remark, details.remarks)),
        **told,
    )


def _remark(text: str) -> str:
    """Take out what those remarks quote that quote anything: a name, and paths that a signer wrote."""
    text = re.sub(r"^it names .*, which does not hold$", "it names somebody, which does not hold", text, flags=re.S)
    return re.sub(r"^(its signer left boxes[^:]*: ).*$", rf"\1{WITHHELD}", text, flags=re.S)


def _label(claim: LabelClaim) -> LabelClaim:
    return replace(claim, profile=_of(_PROFILES, claim.profile), text=str(_withheld(claim.text)), picture="")


def _action(action: ActionDetails, trusted: bool) -> ActionDetails:
    shown = replace(
        action,
        source_type=action.source_type and _source_type(action.source_type),
        when=_time(action.when),
    )
    return shown if trusted else replace(shown, action=_of(ACTIONS, action.action), agent=_withheld(action.agent))


def _ingredient(ingredient: IngredientDetails, ids: _Ids) -> IngredientDetails:
    return replace(
        ingredient,
        title=_withheld(ingredient.title),
        relationship=_of(_RELATIONSHIPS, ingredient.relationship),
        manifest_id=ingredient.manifest_id and ids.shown(ingredient.manifest_id),
        signer=_withheld(ingredient.signer),
        failures=_codes(ingredient.failures),
        ingredients=tuple(map(partial(_ingredient, ids=ids), ingredient.ingredients)),
    )


def _identity(identity: IdentityDetails) -> IdentityDetails:
    return replace(
        identity,
        method=_of(_METHODS, identity.method),
        name=_withheld(identity.name),
        issuer=_withheld(identity.issuer),
        claims=tuple(map(_withheld, identity.claims)),
        codes=_codes(identity.codes),
    )


# What a file declares ------------------------------------------------------------------------------------------------

_PLAIN_VALUE = re.compile(r"a prompt of \d{1,9} characters|the name of who wrote the prompt")
_TOOLS = ("ComfyUI", "Stable Diffusion web UI", "a diffusion sampler")  # beside those that are known by their tags
# Boxes, kinds of metadata, prefixes and names that standards and common programs give to fields.
_FIELD_WORDS = frozenset(
    "moov moof udta meta keys ilst uuid mdat segment tags tag xmp png text itxt ztxt exif gif comment riff list info"
    " com apple quicktime iptc4xmpext tc260 aigc label photoshop tiff dc trak mdia"
    " digitalsourcetype aisystemused aisystemversionused aipromptinformation aipromptwritername"
    " encoder encodedby encodingtool too software swr isft creatortool writingapp muxingapp generator tool source"
    " producer handlername vendor cmt icmt description desc des usercomment imagedescription information inf credit"
    " parameters prompt workflow dream".split()
)


def _declarations(details: DeclarationsDetails) -> DeclarationsDetails:
    problems = (f"{DISAGREE}: {WITHHELD}" if one.startswith(DISAGREE) else WITHHELD for one in details.problems)
    declarations = tuple(dict.fromkeys(map(_declaration, details.declarations)))
    return replace(details, declarations=declarations, problems=tuple(dict.fromkeys(problems)))


def _declaration(one: Declaration) -> Declaration:
    generator = _product(one.generator or "")
    return replace(
        one,
        field=_field(one.field),
        value=_declared(one) or _product(one.value) or generator or WITHHELD,
        generator=generator or _withheld(one.generator),
    )


def _field(where: str) -> str:
    """Say where a field stands; its name may be anything, and is shown where it is a usual one."""
    words = [word.casefold() for word in re.split(r"[\s:/.©]+", where) if word]
    return where if all(word in _FIELD_WORDS for word in words) else WITHHELD


def _declared(one: Declaration) -> str:
    """Give a value that has no words of strangers; nothing for any other."""
    from ..disclosure.declarations.generators import generator_of

    source = _source_type(one.value)
    if source != WITHHELD:
        return source
    nameless = generator_of("comment", one.value)
    ours = _PLAIN_VALUE.fullmatch(one.value) or (nameless and not nameless.generator and nameless.words == one.value)
    return one.value if ours and not one.value.startswith("{") else ""


def _product(text: str) -> str:
    """Name the generator that a text names, as our table calls it; nothing where it is not known."""
    from ..disclosure.declarations.generators import GENERATORS, generator_of

    tools = {*_TOOLS, *(one.name for one in GENERATORS)}
    head = text.partition(",")[0]  # of a workflow's summary
    if head in tools:
        return head
    named = generator_of("software", text) or generator_of("comment", text)
    return named.generator if named and named.generator in tools else ""


# Mail and places -----------------------------------------------------------------------------------------------------


def _mapped(value: Any) -> Any:
    """Rebuild a value of dataclasses and tuples with every text in it cleared; what stays the same is not rebuilt."""
    if isinstance(value, str):
        return without_places(value) if _may_hold_places(value) else value
    if isinstance(value, tuple):
        return tuple(_mapped(one) for one in value) if _has_text(value) else value
    if is_dataclass(value) and not isinstance(value, type):
        own = {one.name: getattr(value, one.name) for one in fields(value)}
        new = {name: given if name in _OURS else _mapped(given) for name, given in own.items()}
        changed = {name: one for name, one in new.items() if one is not own[name] and one != own[name]}
        return replace(value, **changed) if changed else value
    return value


# Words, digests and ids of ours, of which no stranger writes a letter; and pictures, in which digits are no places.
_OURS = frozenset(
    {"subject", "track", "examiner", "version", "finding", "kind", "payload", "hashes", "parts", "heat", "picture"}
    | {"manifest_id", "against", "recorded_at", "signed_at", "when"}  # these have their form by now
)


def _may_hold_places(text: str) -> bool:
    return "@" in text or any(letter.isdigit() for letter in text)


def _has_text(value: tuple[Any, ...]) -> bool:
    return any(isinstance(one, str | tuple) or is_dataclass(one) for one in value)
