"""What can be asked of the pictures, the sound, and what the file declares: marks, labels, declarations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from ...evidence import CredentialDetails, Declaration, DeclarationsDetails, LabelClaim, Span, in_words, seconds_in
from ..machine.aigc import NAMES
from .faults import cut
from .manifest_checks import BRING_SIGNERS, OURS, fact
from .subject import Answer, Held, Subject

_STRICT = ConfigDict(extra="forbid")
_START_S = 0.1  # by then, a label at the start is there: a frame, where ten make a second
_MOSTLY, _MOMENT_S = 0.5, 1.0  # share of its time, and seconds, where no length is asked for
_WHOLE = 0.95  # of a video: a label that stands in so much of it, fades included, stands throughout
_SLACK_S = 0.05  # seconds by which a label may be shorter than what is asked
_FOR_CHINA = "stamp it with --profile cn-gb-45438"
# Nobody becomes another's producer: a stamp mends a record's form, place and Label, and keeps what its maker says.
_KEPT = "a stamp keeps what the producer says: stamp the video as it was before that record was written"


def _form(name: str) -> str:
    from ..visible.wanted import FORMS

    if name not in (*FORMS, "own"):
        raise ValueError(f"no form of labels is called {cut(name)!r}; there are {', '.join(FORMS)} and own")
    return name


def _word(text: str) -> str:
    if not text.strip():
        raise ValueError("a word is empty, so that every label has it")
    return text


@dataclass(frozen=True)
class Visible:
    """What is asked of a visible label; any one label must be all of it."""

    __pydantic_config__ = _STRICT

    seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.0  # for so long at least
    at: Literal["start", "whole", "any"] = "any"
    height_share: Annotated[float, Field(gt=0, lt=1)] = 0.0  # of its letters, of the picture's shorter side
    forms: Annotated[tuple[Annotated[str, AfterValidator(_form)], ...], Field(min_length=1)] = ()  # one of these
    words: Annotated[tuple[Annotated[str, AfterValidator(_word)], ...], Field(min_length=1)] = ()  # one stands in it


@dataclass(frozen=True)
class Aigc:
    """What is asked of China's record."""

    __pydantic_config__ = _STRICT
    label: Literal["1", ""] = ""  # 1: it is synthetic, and not only possibly so


def mark_readable(subject: Subject) -> Answer:
    """Ask for an invisible mark that a tool reads."""
    if subject.marks:
        return Answer(True, f"a mark was read: {subject.marks[0].payload}", "mark")
    if subject.unread("watermark"):
        return Answer(None, "its pictures could not be searched for a mark")
    return Answer(False, "no mark is legible in its pictures")


def mark_registered(subject: Subject) -> Answer:
    """Ask for a mark that leads to a record which fits what is shown."""
    led = [record for record in subject.records if record.found_by == "mark"]
    for record in led:
        if record.status == "live" and record.fit == "fits":
            return Answer(True, f"its mark leads to a record that fits: {record.fit_reason}", "mark")
    if led:
        return Answer(False, f"its mark leads to a record that is {led[0].status}: {led[0].fit_reason}", "mark")
    readable = mark_readable(subject)
    if readable.met:
        return Answer(None, "the registry could not be asked about its mark", "mark")
    return readable


def fingerprint_registered(subject: Subject) -> Answer:
    """Ask whether it is known by its looks."""
    for record in subject.records:
        if record.status == "live" and record.fit == "fits" and not record.same_bytes:
            return Answer(True, f"its looks are those of a record: {record.fit_reason}", "looks")
    if any(record.same_bytes for record in subject.records) or subject.held:
        return Answer(None, "its looks were not asked for, since something surer leads to its record: audit a copy")
    if subject.unread("fingerprint"):
        return Answer(None, "its looks could not be taken")
    return Answer(False, "nothing that is registered here looks like it")


def declared_aigc(subject: Subject, asked: Aigc) -> Answer:
    """Ask for China's record in the metadata: one, in its place, with nothing wrong in it."""
    found = _declared(subject, "aigc")
    if found is None:
        return Answer(None, "its metadata could not be read")
    wrong = [problem for problem in _problems(subject) if "aigc" in problem.casefold()]
    if not found:
        told = "; ".join(["it has no AIGC record that can be read", *wrong[:2]])
        return Answer(False, told, "file", f"{_FOR_CHINA}: a record of yours goes there" if wrong else None)
    record, where = found[0], found[0].field.removesuffix(": Label")
    wrong = [problem for problem in wrong if problem.startswith((where, "the AIGC record"))]
    if len(found) > 1 or wrong:
        told = "; ".join(wrong[:3]) or f"it has {len(found)} AIGC records, where one is asked for"
        theirs = any(name in problem for problem in wrong for name in NAMES if name != "Label")
        advice = _KEPT if theirs else f"{_FOR_CHINA}: it writes one whole record, where it belongs"
        return Answer(False, f"its AIGC record is not as it is to be: {told}", "file", advice)
    if record.says not in ("synthetic", *(() if asked.label else ("possibly",))):
        told = f"its AIGC record does not say that it is synthetic: {record.value}"
        return Answer(False, told, "file", f"{_FOR_CHINA}: it writes Label 1")
    return Answer(True, f"{record.field}: {record.value}", "file")


def declared_iptc(subject: Subject) -> Answer:
    """Ask for IPTC's word for synthetic media in the metadata."""
    return _synthetic(_declared(subject, "iptc"), "no digital source type of IPTC in its metadata says synthetic")


def declared_any(subject: Subject) -> Answer:
    """Ask for any word in the metadata that it is synthetic."""
    return _synthetic(_declared(subject), "nothing in its metadata says synthetic")


def label_visible(subject: Subject, asked: Visible) -> Answer:
    """Ask for a label that people see, where the manifest says that one was drawn."""
    if subject.ambiguous:
        return Answer(None, "it looks like several files that were stamped here, whose labels differ", "looks")
    held = subject.labelled
    if held is None:
        return _unnamed(subject, asked)
    wanting: list[str] = []
    for label, seen in subject.labels:
        told, where = repr(label.claim.text), _where(label.claim, seen or (label.claim.span,))
        if not seen:
            wanting.append(f"{told} is no longer to be seen: {where}")
        elif short := _wanting(label.claim, seen, asked, subject):
            wanting.append(f"{told} {', '.join(short)}")
        else:
            return Answer(True, f"{told} is to be seen: {where}{_cut_short(asked, subject)}", held.basis)
    if subject.unseen or not wanting:
        why = "; ".join(subject.unseen) or "its pictures could not be looked at"
        return Answer(None, f"its credentials name a visible label, which could not be looked for: {why}")
    return Answer(False, "; ".join(wanting), held.basis)


def sound_marked(subject: Subject) -> Answer:
    """Ask for a mark in synthetic sound; there is none that this tool could make."""
    if subject.video is None:
        return Answer(None, "nothing of it could be opened")
    if not subject.video.sounds:
        return Answer(True, "it has no sound", "file")
    told_of = ((held, fact(held.details, "sound")) for held in subject.held)
    said = [(held, told) for held, told in told_of if told and told != "unsaid"]
    if not said:
        return Answer(None, "whether an algorithm made its sound, nobody says")
    believed = next((one for one in said if one[0].believed), None)
    if believed is None:
        return _not_believed(said[0][0], f"the sound is {said[0][1]}")
    held, told = believed
    if told == "recorded":
        return Answer(True, "its credentials say that the sound was recorded", held.basis)
    if told == "synthetic":
        return Answer(False, "its sound is synthetic by its credentials, and nothing in the sound marks it", held.basis)
    if told == "none":
        return Answer(None, "it has sound, and its credentials say that it had none when it was signed")
    return Answer(None, f"of its sound its credentials say {told!r}, which is no word of ours", held.basis)


def record_public(subject: Subject) -> Answer:
    """Ask for a permanent public page of its record, as the manifest names it; what stands there, nobody looks."""
    for held in subject.held:
        if page := fact(held.details, "record"):
            return Answer(None, f"it names a public page ({page}), which no audit opens", held.basis)
    return Answer(None, "no public page is named")


def operator(subject: Subject) -> Answer:
    """Ask what no file can show."""
    return Answer(None, "stays with the operator: no file shows it")


def _unnamed(subject: Subject, asked: Visible) -> Answer:
    """Answer where no credentials that are believed name a label."""
    if stranger := next((held for held in subject.held if held.details.labels), None):
        return _not_believed(stranger, f"a label was drawn: {stranger.details.labels[0].text!r}")
    believed = (held for held in subject.held if held.believed)
    ours = next((held for held in believed if (held.details.claim_generator or "").startswith(OURS)), None)
    if ours is None:
        return Answer(None, "visible labels are looked for where credentials name them, and none do")
    if _made_from_another(ours.details):
        told = "its credentials name none, but it was made from another file, and a label may be older than they are"
        return Answer(None, told, ours.basis)
    told = "its credentials, which name every label that was drawn, name none"
    return Answer(False, told, ours.basis, f"stamp it with --label {_label(asked)}, without --captions")


def _not_believed(held: Held, what: str) -> Answer:
    """Answer where only somebody says so who is not trusted here; whoever signs can say anything."""
    who = held.details.signer or "who is not named"
    if held.details.trust == "unknown_signer":
        return Answer(None, f"an unknown signer says so: {who}: {what}", advice=BRING_SIGNERS)
    return Answer(None, f"a signer whose certificate does not count says so: {who}: {what}")


def _made_from_another(details: CredentialDetails) -> bool:
    opened = any(action.action == "c2pa.opened" for action in details.actions)
    parent = any(one.relationship == "parentOf" for one in details.ingredients)
    return opened or parent or bool(details.earlier)


def _where(claim: LabelClaim, when: tuple[Span, ...]) -> str:
    corner, _, _ = str(claim.region).partition(",")
    area = f"{100 * claim.region.width * claim.region.height:.1f} % of the picture's area"
    letters = f"; letters {100 * claim.letters:.1f} % of its shorter side" if claim.letters else ""
    return f"{in_words(when)}, {corner}, {area}{letters}"


def _cut_short(asked: Visible, subject: Subject) -> str:
    length = subject.video.duration_s if subject.video else 0.0
    if not 0 < length < asked.seconds - _SLACK_S:
        return ""
    return f"; the clip is shorter than {asked.seconds:g} s: seen for all of it"


def _label(asked: Visible) -> str:
    """Name the form that says one of the words that are asked for, as --label takes it."""
    from ..visible.wanted import FORMS

    saying = (
        name
        for word in asked.words or ("",)
        for name, form in FORMS.items()
        if name in (asked.forms or FORMS) and word.casefold() in form.label.text.casefold()
    )
    return next(saying, f"'{asked.words[0]}'" if asked.words else "TEXT")


def _wanting(claim: LabelClaim, seen: tuple[Span, ...], asked: Visible, subject: Subject) -> tuple[str, ...]:
    """Say in what a label falls short that was seen; of its times, those count at which it was."""
    length = subject.video.duration_s if subject.video else 0.0
    asked_s = min(asked.seconds, length) if length else asked.seconds
    counting = [span for span in seen if asked.at == "any" or span.start_s <= _START_S]
    lasts = max((span.end_s - span.start_s for span in counting), default=0.0)
    short = []
    if not counting:
        short.append(f"is not there at the start; it was seen from {in_words(seen)}")
    elif lasts < asked_s - _SLACK_S:
        short.append(f"stands for {lasts:.1f} s, where {asked.seconds:g} s are asked for")
    elif not asked.seconds and (seen_s := seconds_in(tuple(counting))) < (least_s := _least(claim.span, asked)):
        short.append(
            f"is seen for {seen_s:.1f} of {claim.span.end_s - claim.span.start_s:.1f} s, less than {least_s:.1f}"
        )
    if counting and asked.at == "whole" and lasts < _WHOLE * length:
        short.append(f"stands for {lasts:.1f} of {length:.1f} s, where the whole is asked for")
    if subject.video and asked.height_share:
        wide, high = subject.video.display_size
        box = claim.region.height * high / min(wide, high)
        share = min(claim.letters or box, box)  # who does not say how high the letters are is measured by their box
        if share < asked.height_share - 0.001:
            told = f"{100 * share:.1f} % of the shorter side, where {100 * asked.height_share:.1f} % are asked for"
            short.append(f"has letters of {told}")
    if asked.forms and claim.profile not in asked.forms:
        short.append(f"has the form {claim.profile}, where {' or '.join(asked.forms)} is asked for")
    if asked.words and not any(word.casefold() in claim.text.casefold() for word in asked.words):
        short.append(f"says none of: {', '.join(asked.words)}")
    return tuple(short)


def _least(span: Span, asked: Visible) -> float:
    """How long a label has to be seen of which no length is asked: at the start a moment, else half of its time."""
    length = span.end_s - span.start_s
    return min(_MOMENT_S, length) if asked.at == "start" else _MOSTLY * length


def _synthetic(found: tuple[Declaration, ...] | None, lacking: str) -> Answer:
    if found is None:
        return Answer(None, "its metadata could not be read")
    for one in found:
        if one.says == "synthetic":
            return Answer(True, f"{one.field}: {one.value[:120]}", "file")
    return Answer(False, lacking, "file")


def _declared(subject: Subject, form: str | None = None) -> tuple[Declaration, ...] | None:
    """Give what the file declares, of one form or of any; None: nobody could read it."""
    told = [e.details for e in subject.evidence if isinstance(e.details, DeclarationsDetails)]
    if not told and subject.unread("declarations"):
        return None
    return tuple(one for details in told for one in details.declarations if form in (None, one.form))


def _problems(subject: Subject) -> list[str]:
    told = [e.details for e in subject.evidence if isinstance(e.details, DeclarationsDetails)]
    return [problem for details in told for problem in details.problems]
