"""Rules of C2PA's own, asked of a manifest whether it holds or not.

They are our reading of the specification; where the conformance program's rubric has a rule of the same matter, the
tests hold each to the other's answer. What the Evidence does not carry of a manifest is not asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...evidence import ActionDetails, CredentialDetails, every_ingredient
from .manifest_checks import (
    BRING_CLOCKS,
    BRING_SIGNERS,
    OTHER_CONTAINER,
    clock_unknown,
    fact,
    where_from,
    without_any,
)
from .subject import Answer, Subject

MOST_TOLD = 50  # of what a manifest lists, Evidence tells no more: a list so long may go on
_INCEPTION = ("c2pa.created", "c2pa.opened")
_RELATIONSHIPS = ("parentOf", "inputTo", "componentOf")
_WATERMARKED = ("c2pa.watermarked.bound", "c2pa.watermarked.unbound")
# What leaves the pictures as they are to the eye, so that it needs no source type; what is put in has its own.
_IMPERCEPTIBLE = {
    "c2pa.converted", "c2pa.published", "c2pa.repackaged", "c2pa.transcoded", "c2pa.resized.proportional",
    "c2pa.enhanced", "c2pa.edited.metadata", "c2pa.redacted", "c2pa.watermarked", *_WATERMARKED, "c2pa.placed",
}  # fmt: skip
_CURRENT = _IMPERCEPTIBLE - {"c2pa.watermarked"} | {
    "c2pa.addedText", "c2pa.adjustedColor", "c2pa.changedSpeed", "c2pa.created", "c2pa.cropped", "c2pa.deleted",
    "c2pa.drawing", "c2pa.dubbed", "c2pa.edited", "c2pa.filtered", "c2pa.mastered", "c2pa.mixed", "c2pa.opened",
    "c2pa.orientation", "c2pa.remixed", "c2pa.removed", "c2pa.resized", "c2pa.translated", "c2pa.trimmed",
    "c2pa.unknown",
}  # fmt: skip
_MALFORMED = {
    "claim.hardBindings.missing", "claim.missing", "claim.multiple", "hashedURI.missing", "ingredient.manifest.missing",
    "assertion.boxesHash.unknownBox", "assertion.multipleHardBindings", "assertion.external-reference.labelMismatch",
    "assertion.external-reference.created", "assertion.alternativeContentRepresentation.missing",
}  # fmt: skip
_UNTRUSTED = "signingCredential.untrusted"
_SIGNATURE = {
    "claimSignature.mismatch", "claimSignature.outsideValidity", "signingCredential.invalid",
    "signingCredential.ocsp.revoked", "signingCredential.revoked", _UNTRUSTED, "signingCredential.expired",
}  # fmt: skip


def first_action(subject: Subject) -> Answer:
    """The first action says how the file came to be: created, or opened from another."""

    def judge(found: CredentialDetails) -> tuple[bool, str]:
        first = found.actions[0].action if found.actions else ""
        return first in _INCEPTION, f"the first action is {first}" if first else "it tells of no actions"

    return _of(subject, judge)


def created_source_type(subject: Subject) -> Answer:
    """What was created names its digital source type."""
    return _actions(
        subject,
        lambda one: one.action == "c2pa.created" and not one.source_type,
        "every c2pa.created names a digital source type",
        "without a digital source type",
    )


def changed_source_type(subject: Subject) -> Answer:
    """Each change that can be seen or heard names its digital source type."""
    return _actions(
        subject,
        lambda one: (
            one.action.startswith("c2pa.") and one.action not in (*_INCEPTION, *_IMPERCEPTIBLE) and not one.source_type
        ),
        "every change that can be perceived names a digital source type",
        "without a digital source type",
    )


def opened_source_type(subject: Subject) -> Answer:
    """What was merely opened claims no source type."""
    return _actions(
        subject,
        lambda one: one.action == "c2pa.opened" and bool(one.source_type),
        "no c2pa.opened claims a digital source type",
        "with a digital source type",
    )


def known_actions(subject: Subject) -> Answer:
    """Actions of C2PA are those of specification 2.4, and none that it has given up."""
    return _actions(
        subject,
        lambda one: one.action.startswith("c2pa.") and one.action not in _CURRENT,
        "all actions of C2PA are those of specification 2.4",
        "not of specification 2.4",
    )


def custom_actions(subject: Subject) -> Answer:
    """Actions of one's own carry the name of whose they are."""
    return _actions(
        subject,
        lambda one: "." not in one.action,
        "all actions of one's own have a name with its owner's",
        "without its owner's name",
    )


def manifest_urn(subject: Subject) -> Answer:
    """The manifest's name has the form that specification 2.2 brought."""
    return _of(
        subject, lambda found: (found.manifest_id.startswith("urn:c2pa:"), f"the manifest is {found.manifest_id!r}")
    )


def binding(subject: Subject) -> Answer:
    """The hard binding fits these bytes."""
    own = next(iter(subject.credentials), None)
    if own is None and subject.no_place:
        told = f"C2PA has no place in {subject.no_place} files: no hard binding can be in it"
        return Answer(False, told, next((held.basis for held in subject.held), None), OTHER_CONTAINER)
    if own is not None and own.content_matches is not None:
        told = "these are the bytes that were signed" if own.content_matches else "these are not the bytes signed"
        return Answer(own.content_matches, told, "file")
    if own is None and subject.held:
        return Answer(
            False, "the manifest came back without its file: no hard binding fits this copy", subject.held[0].basis
        )
    return _of(subject, lambda found: (False, "no hard binding fits"))


def well_formed(subject: Subject) -> Answer:
    """Nothing is missing in the manifest, doubled, or past reading."""
    return _failures(subject, _is_malformed, "the manifest is whole and well formed")


def valid(subject: Subject) -> Answer:
    """All that is hashed fits its hash, and there is a signature."""
    return _failures(subject, _is_mismatch, "all that is hashed fits its hash")


def trusted_signature(subject: Subject) -> Answer:
    """The signature holds, and leads to an anchor of this machine."""
    found = _judged(subject)
    right = "the signature holds and leads to an anchor of this machine"
    if found is not None and found.development:
        right += "; it was made on this machine for development, and counts here alone"
    return _known_here(subject, _failures(subject, lambda code: code in _SIGNATURE, right))


def no_failures(subject: Subject) -> Answer:
    """The validator finds nothing wrong at all."""
    return _known_here(subject, _failures(subject, lambda code: True, "the validator finds nothing wrong"))


def claim_generator(subject: Subject) -> Answer:
    """What wrote the manifest names itself."""
    return _of(
        subject,
        lambda found: (bool(found.claim_generator), f"the claim generator is {found.claim_generator or 'not named'}"),
    )


def timestamped(subject: Subject) -> Answer:
    """An authority that is known here says when it was signed."""

    def judge(found: CredentialDetails) -> tuple[bool, str]:
        unknown = "it carries a timestamp of an authority that this machine does not know"
        lacking = unknown if clock_unknown(found) else "no authority that is known here says when"
        return bool(found.signed_at), f"signed at {found.signed_at}" if found.signed_at else lacking

    answer, found = _of(subject, judge), _judged(subject)
    unknown = found is not None and answer.met is False and clock_unknown(found)
    return replace(answer, advice=BRING_CLOCKS) if unknown else answer


def ai_disclosure(subject: Subject) -> Answer:
    """What is synthetic names its model in C2PA's own assertion."""

    def judge(found: CredentialDetails) -> tuple[bool, str]:
        if not found.says_synthetic:
            return True, "it does not say that it is synthetic, so that nothing is to be disclosed"
        kind, name = fact(found, "modelType"), fact(found, "modelName", "modelIdentifier")
        told = ", ".join(part for part in (kind, name) if part)
        return kind is not None, f"c2pa.ai-disclosure: {told}" if kind else "it has no c2pa.ai-disclosure"

    return _of(subject, judge)


def watermarked(subject: Subject) -> Answer:
    """It tells of an invisible mark."""

    def judge(found: CredentialDetails) -> tuple[bool | None, str]:
        told = next((one.action for one in found.actions if one.action in _WATERMARKED), None)
        if told is None and len(found.actions) >= MOST_TOLD:
            return None, f"it tells of {MOST_TOLD} actions and perhaps more, none of them a mark"
        return told is not None, f"it tells of {told}" if told else "it tells of no invisible mark"

    return _of(subject, judge)


def ingredients(subject: Subject) -> Answer:
    """What went into it was held to its own signatures, and nothing is wrong with it."""

    def judge(found: CredentialDetails) -> tuple[bool, str]:
        wrong = found.ingredient_failures
        told = f"{len(list(every_ingredient(found.ingredients)))} ingredients, and nothing wrong with them"
        return not wrong, f"wrong with its ingredients: {', '.join(wrong[:4])}" if wrong else told

    return _of(subject, judge)


def relationships(subject: Subject) -> Answer:
    """Each ingredient says what it is to this file, in C2PA's words."""

    def judge(found: CredentialDetails) -> tuple[bool, str]:
        said = [one.relationship or "none" for one in every_ingredient(found.ingredients)]
        odd = [one for one in said if one not in _RELATIONSHIPS]
        told = f"relationships that C2PA does not know: {', '.join(odd[:4])}"
        return not odd, told if odd else "every ingredient says what it is to this file"

    return _of(subject, judge)


def _of(subject: Subject, judge: Callable[[CredentialDetails], tuple[bool | None, str]]) -> Answer:
    """Judge what came with the file, else what the mark or the looks lead to."""
    found = _judged(subject)
    if found is None:
        return without_any(subject)
    if not found.manifest_id:
        return Answer(False, f"its manifest is past reading: {', '.join(found.failures[:4])}", "file")
    met, told = judge(found)
    if subject.credentials:
        return Answer(met, told, "file")
    return Answer(met, where_from(subject, subject.held[0]) + told, subject.held[0].basis)


def _judged(subject: Subject) -> CredentialDetails | None:
    return next(iter((*subject.credentials, *(held.details for held in subject.held))), None)


def _known_here(subject: Subject, answer: Answer) -> Answer:
    """Say whose list to bring where nothing is wrong but that nobody here knows the signer."""
    found = _judged(subject)
    unknown = found is not None and found.trust == "unknown_signer" and set(found.failures) == {_UNTRUSTED}
    return replace(answer, advice=BRING_SIGNERS) if unknown and answer.met is False else answer


def _actions(subject: Subject, wrong: Callable[[ActionDetails], bool], right: str, how: str) -> Answer:
    def judge(found: CredentialDetails) -> tuple[bool | None, str]:
        if odd := list(dict.fromkeys(one.action or "nameless" for one in found.actions if wrong(one))):
            return False, f"{', '.join(odd[:4])} {how}"
        if len(found.actions) >= MOST_TOLD:
            return None, f"{right}, of the {MOST_TOLD} that were read"
        return True, right

    return _of(subject, judge)


def _failures(subject: Subject, counts: Callable[[str], bool], right: str) -> Answer:
    def judge(found: CredentialDetails) -> tuple[bool, str]:
        wrong = [code for code in found.failures if counts(code)]
        apart = ", the file itself apart" if found.content_matches is None else ""
        return not wrong, f"the validator says {', '.join(wrong[:4])}" if wrong else right + apart

    return _of(subject, judge)


def _is_malformed(code: str) -> bool:
    return (
        code in _MALFORMED
        or code.startswith("manifest.")
        or code.endswith((".malformed", ".cbor.invalid", ".json.invalid"))
    )


def _is_mismatch(code: str) -> bool:
    if code in ("claimSignature.missing", "ingredient.claimSignature.missing", "assertion.hardBinding.redacted"):
        return True
    return code.endswith("ismatch") and not (code.startswith(("claimSignature", "timeStamp")) or _is_malformed(code))
