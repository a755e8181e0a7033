"""The facts that a condition may name, and what values each can have. A table; knows no verdict's insides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf
from typing import Any, Literal, get_args

from ...evidence import ChangeKind, Finding, Fit, Form, Says, Trust
from ...evidence.sources import SOURCES
from ...verdict import Basis, Outcome, Sureness
from .values import Op

Kind = Literal["choice", "text", "set", "number", "flag", "free"]

FITTING: dict[Kind, tuple[Op, ...]] = {
    "choice": ("is", "in"),
    "text": ("is", "in", "contains"),
    "set": ("contains", "overlaps"),
    "number": ("is", "at_least", "at_most"),
    "flag": ("is",),
    "free": ("is", "in", "at_least", "at_most", "contains", "overlaps"),  # its kind is seen from what it is held to
}


@dataclass(frozen=True)
class Fact:
    """One fact: of what kind it is, what it can be, and what it says."""

    kind: Kind
    meaning: str
    values: tuple[str, ...] = ()  # of a choice or a set; none: any text
    low: float = -inf
    high: float = inf
    whole: bool = False  # numbers without fractions


def _values(alias: Any) -> tuple[str, ...]:
    return tuple(get_args(alias))


def _of(kind: Kind, meaning: str, values: Iterable[str] = ()) -> Fact:
    return Fact(kind, meaning, tuple(values))


_STATUS = ("live", "pending", "revoked", "withdrawn", "unknown")
_SAYS = ("synthetic", "manipulated", "genuine")
EXAMINERS = ("credentials", "watermark", "registry", "declarations", "fingerprint", "changes", "detector")
LEFT_OUT = (*EXAMINERS, "detector-changes", "sound", "subtitles", "pictures")
_SHARE = "of the picture, 0 to 1"


def _detector(name: str, what: str) -> dict[str, Fact]:
    findings = tuple(one for one in _values(Finding) if one in ("present", "absent", "inconclusive"))
    return {
        f"detector.{name}.finding": _of("choice", f"what the detector found of {what}, by its thresholds", findings),
        f"detector.{name}.score": Fact("number", "its calibrated score, 0 to 1", low=0, high=1),
        f"detector.{name}.fpr": Fact("number", "at most so many of real videos score as high, 0 to 1", low=0, high=1),
    }


FACTS: dict[str, Fact] = {
    "failed": _of("flag", "the check failed: nothing of the content is known"),
    "failed.reason": _of("text", "the error, such as `UnreadableVideo`; empty where it did not fail"),
    "outcome": _of(
        "choice", "the verdict; unknown while an examiner that failed could have raised it", _values(Outcome)
    ),
    "also": _of("set", "outcomes that hold beside it", _values(Outcome)),
    "outcomes": _of("set", "all outcomes that hold: `outcome` and `also`", _values(Outcome)),
    "sureness": _of("choice", "how sure the outcome is", _values(Sureness)),
    "basis": _of("set", "what the outcome rests on", _values(Basis)),
    "not_looked_at": _of("set", "what was not looked at, or could not be", LEFT_OUT),
    "signed": _of("flag", "it carries credentials"),
    "signed.trust": _of("choice", "how its signature stands", ("none", *_values(Trust))),
    "signed.by": _of("text", "the signer's name; empty where there is none"),
    "signed.intact": _of("flag", "the bytes are those that were signed"),
    "signed.development": _of("flag", "a development identity signed"),
    "signed.sources": _of("set", "how it was made, by the signer: codes of the IPTC", (one.code for one in SOURCES)),
    "mark": _of("choice", "an invisible mark", ("present", "absent")),
    "mark.key": _of("text", "the name of the key that read it; empty where there is none"),
    "record.status": _of("set", "how the registry's records of its marks and looks stand", _STATUS),
    "record.fit": _of("set", "whether live records belong to this content", _values(Fit)),
    "record.issuer": _of("set", "who issued the live records that fit"),
    "record.signer": _of("set", "whom we trust and who signed what came back of the live records that fit"),
    "declared.says": _of("set", "what its unsigned fields say", _values(Says)),
    "declared.forms": _of("set", "forms of the fields that call it synthetic, or possibly so", _values(Form)),
    "declared.generator": _of("set", "the generators that its unsigned fields name"),
    "declared.contradictory": _of("flag", "they call it both captured and synthetic"),
    **_detector("generated", "it being generated"),
    "detector.generated.family": _of("text", "the generator it is most like; `unknown`, or empty where not asked"),
    **_detector("manipulated", "changed parts"),
    "detector.manipulated.regions": Fact("number", "how many regions it points at", low=0, whole=True),
    "detector.manipulated.share": Fact("number", f"the largest of them, {_SHARE}", low=0, high=1),
    "detector.manipulated.seconds": Fact("number", "how long it points at, in seconds", low=0),
    "person.says": _of("set", "what people concluded who looked", _SAYS),
    "changed": _of("flag", "it differs from an original that counts; unknown where it was held to none"),
    "changed.compared": _of("flag", "it was held to an original"),
    "changed.kinds": _of("set", "in what ways it differs", _values(ChangeKind)),
    "changed.share": Fact("number", f"the largest change, {_SHARE}", low=0, high=1),
    "changed.seconds": Fact("number", "for how long it differs", low=0),
    "length_s": Fact("number", "how long it is, in seconds", low=0),
    "width": Fact("number", "of the upright picture, in pixels", low=0, whole=True),
    "height": Fact("number", "of the upright picture, in pixels", low=0, whole=True),
    "tenant": _of("text", "the tenant's id"),
    "item.type": _of("text", "the item's type, as the platform names it"),
}
_FREE = Fact("free", "what the platform says of account and upload")
_OPINIONS = ("none", "POSITIVE_CLASS", "NEGATIVE_CLASS", "INVESTIGATION_SEED", "DISPUTED")
_BANK = {
    "matched": _of("flag", "something in that bank of known content looks like it"),
    "opinion": _of("choice", "what the bank's keepers think of that: the gravest of several", _OPINIONS),
    "distance": Fact("number", "how far the likest is, in bits", low=0, high=256, whole=True),
    "share": Fact("number", "how much of it looks so, 0 to 1", low=0, high=1),
}
PATTERNS = {"uploader.NAME": _FREE} | {f"bank.NAME.{last}": one for last, one in _BANK.items()}
_UPLOADER = re.compile(r"uploader\.[A-Za-z0-9_.-]{1,100}")
_OF_A_BANK = re.compile(r"bank\.[A-Za-z0-9_-]{1,100}\.([a-z]+)")


def fact(name: str) -> Fact | None:
    """Look a fact up.

    >>> fact("sureness").values
    ('proven', 'likely', 'claimed', 'unknown')
    >>> fact("uploader.verified").kind, fact("bank.NEWS.opinion").kind, fact("outcom")
    ('free', 'choice', None)
    """
    if _UPLOADER.fullmatch(name):
        return _FREE
    bank = _OF_A_BANK.fullmatch(name)
    return _BANK.get(bank[1]) if bank else FACTS.get(name)


def nearest(name: str, among: Iterable[str]) -> str:
    """Say what may have been meant, or what there is."""
    names = list(among)
    close = get_close_matches(name, names, 1)
    return f"did you mean `{close[0]}`?" if close else f"there are {', '.join(names)}"
