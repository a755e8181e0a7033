"""What has to be set up before what is stamped can fulfil a law's duties. Knows settings, profiles, and plain facts.

Who signs is told, since identities are another room's; what is said with one stamp alone (model, version) is asked of
that call. A need `blocks` where what the file is to say would be missing or untrue: `stamp` refuses then, and `doctor`
only tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...errors import FontMissing, LabelFieldInvalid, LabelUnfit, ProfileUnmet
from ...settings import Settings, address_of
from .profile import Profile

_ADDRESS = re.compile(r"(?:mailto:)?[^\s@/]+@[^\s@/]+\.[^\s@/]+")
GET_CERTIFIED = "`countermark keys csr` makes a request, `countermark keys import` takes in what comes back"
# Without these a file still says all that it should: `stamp` says what is lacking, and the audit what that costs.
_HELPFUL = ("contact", "public_record", "certificate", "timestamps")


@dataclass(frozen=True)
class SigningIdentity:
    """What a need asks of whoever signs here."""

    name: str
    development: bool
    problem: str | None = None  # why it can't be used, in one line


@dataclass(frozen=True)
class StampCall:
    """What is said with one call of `stamp`; nothing: it is said nowhere yet."""

    provider: str | None = None
    model: str | None = None
    model_version: str | None = None


@dataclass(frozen=True)
class Need:
    """One thing of the set-up, as a profile wants it."""

    profile: str
    name: str
    met: bool
    found: str
    advice: str
    blocks: bool = True  # what the file is to say would be missing or untrue


@dataclass(frozen=True)
class _Asked:
    profile: Profile
    settings: Settings
    signer: SigningIdentity | None
    call: StampCall | None  # None: the set-up is looked at, nothing is stamped


def needs(
    profile: Profile, settings: Settings, signer: SigningIdentity | None, call: StampCall | None = None
) -> tuple[Need, ...]:
    """Hold the set-up, and a call where there is one, to what a profile needs; in the profile's order."""
    asked = _Asked(profile, settings, signer, call)
    found = []
    for name in profile.maker.needs:
        met, said, advice = _CHECKS[name](asked)
        found.append(Need(profile.id, name, met, said, advice, name not in _HELPFUL))
    return tuple(found)


def unmet(
    profiles: Sequence[Profile], settings: Settings, signer: SigningIdentity | None, call: StampCall
) -> tuple[Need, ...]:
    """Give what keeps a stamp from fulfilling these profiles; each need once, whoever has it."""
    lacking: dict[tuple[str, str], Need] = {}
    for profile in profiles:
        for need in needs(profile, settings, signer, call):
            if need.blocks and not need.met:
                lacking.setdefault((need.name, need.found), need)
    return tuple(lacking.values())


def demand(profiles: Sequence[Profile], settings: Settings, signer: SigningIdentity | None, call: StampCall) -> None:
    """Refuse to begin what could not fulfil these profiles: all that is lacking, in one line."""
    lacking = unmet(profiles, settings, signer, call)
    if not lacking:
        return
    told = "; ".join(f"{need.profile} needs {_WORDS[need.name]}: {need.found}" for need in lacking)
    advice = lacking[0].advice if len(lacking) == 1 else "; ".join(dict.fromkeys(need.advice for need in lacking))
    raise ProfileUnmet(told, advice=advice)


_Said = tuple[bool, str, str]


def _provider(asked: _Asked) -> _Said:
    name = (asked.call.provider if asked.call and asked.call.provider else asked.settings.provider).strip()
    if not name:
        return False, "it is empty", "set your name: COUNTERMARK_PROVIDER"
    if name == Settings.model_fields["provider"].default:
        return False, f"{name!r}, a name for trials, which stands for nobody", "set your own: COUNTERMARK_PROVIDER"
    return True, name, ""


def _certificate(asked: _Asked) -> _Said:
    signer = asked.signer
    if signer is None:
        return False, "there is no signing identity", GET_CERTIFIED
    if signer.problem:
        return False, f"{signer.name}: {signer.problem}", f"see `countermark keys show`; for another: {GET_CERTIFIED}"
    if signer.development:
        return False, f"{signer.name} is a development identity, which nobody else trusts", GET_CERTIFIED
    return True, signer.name, ""


def _timestamps(asked: _Asked) -> _Said:
    if not asked.settings.tsa:
        return False, "no timestamp authority is named", "name one: COUNTERMARK_TSA"
    return True, address_of(asked.settings.tsa), ""


def _contact(asked: _Asked) -> _Said:
    contact, advice = (asked.settings.contact or "").strip(), "set an address or a page: COUNTERMARK_CONTACT"
    if not contact:
        return False, "none is set", advice
    if not (_ADDRESS.fullmatch(contact) or _web_page(contact)):
        return False, f"{contact!r} is neither a mail address nor a page", advice
    return True, contact, ""


def _public_record(asked: _Asked) -> _Said:
    page = (asked.settings.public_record or "").strip()
    advice = "set a page over https with {id} for the manifest's id: COUNTERMARK_PUBLIC_RECORD"
    if not page:
        return False, "none is set", advice
    if not _web_page(page.replace("{id}", "id")) or not page.startswith("https://"):
        return False, f"{page!r} is no address over https", advice
    if "{id}" not in page:
        return False, f"{page!r} has no {{id}}, so it is the same for every record", advice
    return True, page, ""


def _aigc_producer(asked: _Asked) -> _Said:
    from ..machine import aigc

    code = asked.settings.aigc_producer or ""
    if not code:
        advice = (
            "set your code, COUNTERMARK_AIGC_PRODUCER: all that were seen are 0011, a unified social credit code of 18 "
            "characters, and five of the maker's own (docs/machine-labels.md)"
        )
        return False, "none is set", advice
    record = aigc.AigcRecord("1", content_producer=code, produce_id="0")
    try:
        aigc.checked(record)
    except LabelFieldInvalid as error:
        return False, f"{code!r}: {error}", error.advice
    doubts = aigc.doubts(record)
    return True, f"{code}; {doubts[0]}" if doubts else code, ""


def _model(asked: _Asked) -> _Said:
    return _said_with(asked.call, lambda call: call.model, "--model")


def _model_version(asked: _Asked) -> _Said:
    return _said_with(asked.call, lambda call: call.model_version, "--model-version")


def _said_with(call: StampCall | None, part: Callable[[StampCall], str | None], option: str) -> _Said:
    if call is None:
        return True, f"said with each stamp, by {option}", ""
    value = part(call)
    return (True, value, "") if value else (False, "it is not said", f"say it with the stamp: {option}")


def _fonts(asked: _Asked) -> _Said:
    from ..visible.fonts import faces
    from ..visible.wanted import labels_for

    label = asked.profile.maker.label
    if not label:
        return True, "no label is drawn", ""
    try:
        texts = [one.text for one in labels_for(label)]
        for text in texts:
            faces(text)
    except (FontMissing, LabelUnfit) as error:
        return False, str(error), error.advice
    return True, f"{', '.join(map(repr, texts))} can be drawn", ""


def _web_page(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        return False


_CHECKS: dict[str, Callable[[_Asked], _Said]] = {
    "provider": _provider,
    "certificate": _certificate,
    "timestamps": _timestamps,
    "contact": _contact,
    "public_record": _public_record,
    "aigc_producer": _aigc_producer,
    "model": _model,
    "model_version": _model_version,
    "fonts": _fonts,
}
_WORDS = {
    "provider": "the provider's name",
    "certificate": "a certificate that others trust",
    "timestamps": "a timestamp authority",
    "contact": "a contact",
    "public_record": "a public page of records",
    "aigc_producer": "the provider's code",
    "model": "the model's name",
    "model_version": "the model's version",
    "fonts": "fonts for its label",
}
