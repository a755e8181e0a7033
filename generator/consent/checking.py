"""Whether something may be made: prompt and inputs are held to the rules, before any work. Makes nothing.

What is refused, what is asked and what is answered each leaves a line in the ledger, where a prompt stands as a salted,
slow hash, and no name and no word of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import ConsentNeeded, ConsentRefused
from ...settings import Settings
from ..request import Request
from .folding import Words, readings
from .people import inputs_with_faces
from .rules import ConsentRules, Rule, rules_of

REFUSED, ASKED, GIVEN = "consent.refused", "consent.asked", "consent.given"  # kinds of lines in the ledger


@dataclass(frozen=True)
class Granted:
    """It may be made."""

    said: tuple[str, ...] = ()  # what the manifest says of it; empty: nothing had to be asked
    line: int | None = None  # of the ledger


@dataclass(frozen=True)
class _Reason:
    """One thing that speaks against it."""

    rule: str
    why: str


@dataclass(frozen=True)
class _Weighed:
    """What the rules say of a request."""

    against: list[_Reason]
    open_questions: list[_Reason]
    counted: Mapping[str, int | None]  # inputs, and how many show a face


def check(request: Request, rules: ConsentRules | None = None, *, consent: bool = False, options: Settings) -> Granted:
    """Hold a request to the rules, those of the settings unless given; ConsentRefused or ConsentNeeded otherwise.

    consent: whoever asks has said that all who are shown agree.
    """
    return _answer(request, _weighed(request, rules or rules_of(options), options), consent, options)


def foresee(request: Request, options: Settings) -> str | None:
    """Say what would be asked before it is made, or None; ConsentRefused otherwise. Leaves no line: nobody asks yet."""
    weighed = _weighed(request, rules_of(options), options)
    if weighed.against:
        raise ConsentRefused(f"{_told(weighed.against)} (rule {_names(weighed.against)})")
    return _told(weighed.open_questions) or None


def _weighed(request: Request, rules: ConsentRules, options: Settings) -> _Weighed:
    words = tuple(rules.allowed.without(one) for one in readings(request.prompt))
    hit = [rule for rule in rules.rules if _holds(rule, words)]
    named = any(rules.people.find(one) for one in words)
    wanted = request.inputs and (rules.faces != "allow" or any(rule.with_people for rule in hit))
    faces = inputs_with_faces(request, options) if wanted else 0
    counted = {"inputs": len(request.inputs), "inputs_with_faces": faces}
    people = named or faces != 0
    reasons: dict[str, list[_Reason]] = {"refuse": [], "ask": []}
    for rule in hit:
        if people or not rule.with_people:
            reasons[rule.action].append(_Reason(rule.name, rule.reason))
    if named and rules.names != "allow":
        reasons[rules.names].append(_Reason("names", "the prompt names somebody of the list of real people"))
    if faces != 0 and rules.faces != "allow":
        reasons[rules.faces].append(_Reason("faces", _of_faces(faces, len(request.inputs))))
    return _Weighed(reasons["refuse"], reasons["ask"], counted)


def _answer(request: Request, weighed: _Weighed, consent: bool, options: Settings) -> Granted:
    against, open_questions, counted = weighed.against, weighed.open_questions, weighed.counted
    if against:
        _note(REFUSED, request, against, counted, options)
        raise ConsentRefused(f"{_told(against)} (rule {_names(against)})")
    if open_questions and not consent:
        _note(ASKED, request, open_questions, counted, options)
        raise ConsentNeeded(f"{_told(open_questions)} (rule {_names(open_questions)})")
    if not consent or not (open_questions or request.inputs):
        return Granted()
    line = _note(GIVEN, request, open_questions, counted, options)
    why = _told(open_questions) if open_questions else "no face was found in what was given"
    return Granted((f"whoever asked for it said that all who are shown agree: {why}; ledger line {line}",), line)


def _holds(rule: Rule, texts: tuple[Words, ...]) -> bool:
    """Whether a rule's words stand in a prompt, however it is read."""
    if not any(rule.words.find(one) for one in texts):
        return False
    return rule.together_with is None or any(rule.together_with.find(one) for one in texts)


def _of_faces(faces: int | None, inputs: int) -> str:
    if faces is None:
        return "this machine's OpenCV can't look for faces, so that what is given may show one"
    return f"a face is seen in {faces} of {inputs} pictures or videos that were given"


def _note(
    kind: str, request: Request, reasons: list[_Reason], counted: Mapping[str, int | None], options: Settings
) -> int:
    """Add a line to the ledger, and give its number."""
    from ...provenance.signing.manifest import prompt_hash  # SQLAlchemy and all wait until something is noted
    from ...store import ledger
    from ...store.engine import writing

    salt = os.urandom(16)
    hashed = {"prompt_salt": salt.hex(), "prompt_hash": prompt_hash(request.prompt, salt)}
    with writing(options.database_url) as connection:
        return ledger.append(connection, kind, {"rules": _names(reasons), **counted, **hashed}).seq


def _told(reasons: list[_Reason]) -> str:
    return "; ".join(dict.fromkeys(one.why for one in reasons))


def _names(reasons: list[_Reason]) -> str:
    return ", ".join(one.rule for one in reasons)
