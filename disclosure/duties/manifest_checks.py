"""What can be asked of a manifest that holds: in the file, behind its mark, or found by its looks.

Each check answers for the best credentials that satisfy it, and says on what that rests.
"""

from __future__ import annotations

from collections.abc import Callable

from ...evidence import ActionDetails, CredentialDetails
from .subject import Answer, Held, Subject

OURS = "Countermark"  # as a claim generator: a tool that labels, which is not the system that made the video
_MADE = ("c2pa.created", "c2pa.edited")
STAMP_IT = "stamp it: `countermark stamp`, with --profile for all that a law asks of a file"
OTHER_CONTAINER = "stamp it as mp4 or mov"
BRING_SIGNERS = "bring its list: `countermark trust update`, or `countermark trust add ROOT.pem`"
BRING_CLOCKS = "bring its list: `countermark trust update`, or `countermark trust add ROOT.pem --for timestamps`"
_UNKNOWN_CLOCK = "a timestamp of an authority that this machine does not know"  # as a reader's remark has it
_LABELLED = ("c2pa.addedText", "c2pa.drawing")
_RECORD = {"mark": "in the record that the mark leads to", "looks": "in the record of what it looks like"}
_STANDING = {
    "expired": "the signer's certificate has expired",
    "not_yet_valid": "the signer's certificate is not valid yet",
    "revoked": "the signer's certificate was revoked",
}


def present(subject: Subject) -> Answer:
    """Ask for any credentials that hold."""
    return of_any(subject, lambda held: f"manifest {held.details.manifest_id}", "")


def trusted(subject: Subject) -> Answer:
    """Ask for a signature that leads to an anchor, and not to one that was made on this machine for development."""

    def signed(held: Held) -> str | None:
        stands = held.details.trust == "trusted" and not held.details.development
        return f"signed by {held.details.signer or 'somebody who is not named'}" if stands else None

    lacking = " and ".join(dict.fromkeys(_distrusted(held.details) for held in subject.held))
    unknown = any(held.details.trust == "unknown_signer" for held in subject.held)
    return of_any(subject, signed, lacking, BRING_SIGNERS if unknown else None)


def timestamped(subject: Subject) -> Answer:
    """Ask for the time of an authority that is known here."""
    advice = BRING_CLOCKS if any(clock_unknown(held.details) for held in subject.held) else None
    lacking = f"it carries {_UNKNOWN_CLOCK}" if advice else "no authority that is known here has put its time to it"
    return of_any(subject, lambda held: _told("signed at", held.details.signed_at), lacking, advice)


def says_synthetic(subject: Subject) -> Answer:
    """Ask whether it says that an algorithm made or changed the video."""

    def says(held: Held) -> str | None:
        kinds = ", ".join(_source_type(uri, held.details) for uri in held.details.source_types)
        return f"it says {kinds or 'synthetic'}" if held.details.says_synthetic else None

    return of_any(subject, says, "its credentials do not say that it is synthetic")


def provider(subject: Subject) -> Answer:
    """Ask who made the system; a signer is taken for it where nothing else is said."""

    def named(held: Held) -> str | None:
        said = fact(held.details, "provider")
        return _told("provider", said) or _told("no provider is named; the signer is", held.details.signer)

    return of_any(subject, named, "its credentials name no provider and no signer")


def system(subject: Subject) -> Answer:
    """Ask by which system it was made."""

    def named(held: Held) -> str | None:
        model = fact(held.details, "model", "modelName")
        agents = (action.agent for action in _made(held.details) if action.agent)
        return (
            _told("model", model)
            or _told("no model is named; the software is", next(agents, None))
            or _told("no model is named; the claim generator is", _foreign_generator(held.details))
        )

    return of_any(subject, named, "its credentials name no system that made it")


def system_version(subject: Subject) -> Answer:
    """Ask for the version of that system."""

    def named(held: Held) -> str | None:
        generator = _foreign_generator(held.details)
        versioned = generator if generator and any(map(str.isdigit, generator.rsplit(" ", 1)[-1])) else None
        return _told("version", fact(held.details, "modelVersion")) or _told(
            "no model's version is named; the claim generator is", versioned
        )

    return of_any(subject, named, "its credentials name no version of the system")


def time(subject: Subject) -> Answer:
    """Ask when it was made or changed."""

    def told(held: Held) -> str | None:
        when = next((action.when for action in _made(held.details) if action.when), None)
        registered = held.record.recorded_at if held.record else None
        return (
            _told("made at", when)
            or _told("no time of making is named; signed at", held.details.signed_at)
            or _told("no time of making is named; registered at", registered)
        )

    return of_any(subject, told, "its credentials name no time")


def identifier(subject: Subject) -> Answer:
    """Ask for a name of its own."""
    return of_any(subject, lambda held: _told("unique id", held.details.manifest_id), "its credentials have no id")


def ingredients_kept(subject: Subject) -> Answer:
    """Ask whether what the inputs brought with them is still there; only what is named can be known of."""
    if not subject.held:
        return of_any(subject, lambda held: None, "")
    held = subject.held[0]
    opened = any(action.action == "c2pa.opened" for action in held.details.actions)
    named = [one.title or one.manifest_id or "a file without a name" for one in held.details.ingredients]
    if opened and not named:
        return Answer(False, "it was made from another file, and says nothing of that one", held.basis)
    earlier = held.details.earlier
    if not named and earlier:
        told = f"it names what its input brought along: {', '.join(earlier[:4])}"
        return Answer(True, where_from(subject, held) + told, held.basis)
    if not named:
        return Answer(None, "it names no inputs: whether there were any, the file can't say", held.basis)
    kept = [one.title or one.manifest_id for one in held.details.ingredients if one.manifest_id]
    told = f"it names {len(named)} inputs, and keeps the credentials of {len(kept)}"
    if held.details.ingredient_failures:
        told += f"; wrong with them: {', '.join(held.details.ingredient_failures[:4])}"
    return Answer(True, where_from(subject, held) + told, held.basis)


def of_any(subject: Subject, ask: Callable[[Held], str | None], lacking: str, advice: str | None = None) -> Answer:
    """Answer for the first credentials of which `ask` has something to tell; else `lacking`, and what to do."""
    for held in subject.held:
        if told := ask(held):
            return Answer(True, where_from(subject, held) + told, held.basis)
    if subject.held:
        return Answer(False, lacking, subject.held[0].basis, advice)
    if subject.credentials:
        return Answer(False, f"its credentials do not hold: {_wrong_with(subject.credentials[0])}", "file")
    return without_any(subject)


def without_any(subject: Subject) -> Answer:
    """Answer for a file that has no credentials, and leads to none."""
    if subject.registry_unread():
        return Answer(None, "its credentials could not be looked for")
    if subject.no_place:
        told = f"C2PA has no place for credentials in {subject.no_place} files, and it leads to none elsewhere"
        return Answer(False, told, advice=OTHER_CONTAINER)
    if subject.unread("credentials"):
        return Answer(None, "its credentials could not be looked for")
    return Answer(False, "it carries no credentials, and leads to none", advice=STAMP_IT)


def where_from(subject: Subject, held: Held) -> str:
    """Say first where something stands that does not stand in the file."""
    if held.basis == "file":
        return ""
    if not subject.credentials:
        lacking = "not in the file"
    elif any(one.basis == "file" for one in subject.held):
        lacking = "not in the file's own manifest"
    else:
        lacking = "the file's own manifest does not hold"
    return f"{lacking}; {_RECORD[held.basis]}: "


def clock_unknown(details: CredentialDetails) -> bool:
    """Whether an authority that nobody vouches for here has put its time to it."""
    return not details.signed_at and any(_UNKNOWN_CLOCK in remark for remark in details.remarks)


def fact(details: CredentialDetails, *names: str) -> str | None:
    """Give what a manifest says under the first of these names."""
    told = dict(reversed([one.partition(": ")[::2] for one in details.ai_facts]))
    return next((told[name] for name in names if told.get(name)), None)


def _made(details: CredentialDetails) -> list[ActionDetails]:
    return [action for action in details.actions if action.action in _MADE]


def _foreign_generator(details: CredentialDetails) -> str | None:
    generator = details.claim_generator
    return generator if generator and not generator.startswith(OURS) else None


def _distrusted(details: CredentialDetails) -> str:
    if details.development:
        return f"signed by {details.signer}, a development identity, which nobody else trusts"
    return _STANDING.get(details.trust, "nobody whom this machine knows signed it")


def _told(what: str, value: str | None) -> str | None:
    return f"{what} {value}" if value else None


def _wrong_with(details: CredentialDetails) -> str:
    return ", ".join(details.failures[:4]) or "they are not about these bytes"


def _source_type(uri: str, details: CredentialDetails) -> str:
    name, of = uri.rsplit("/", 1)[-1], [action.action for action in details.actions if action.source_type == uri]
    return f"{name} (of the label that was drawn)" if of and set(of) <= set(_LABELLED) else name
