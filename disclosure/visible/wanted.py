"""Which visible labels are asked for, and in whose form. Knows words, times and places; draws nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from ...errors import LabelUnfit
from ...evidence.text import plain
from .colours import colour, opacity

Place = Literal["upper-left", "upper-middle", "upper-right", "middle", "lower-left", "lower-middle", "lower-right"]
MOST_LETTERS = 200
MOST_LABELS = 8
_MOST_GIVEN = 1000  # letters of one argument, with all that stands between brackets
_HEIGHTS = (0.01, 0.25)
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # controls, direction overrides, what has no letter
_JOINERS = "\u200c\u200d"  # they belong to Indic and Arabic spelling


def _check_text(text: str) -> None:
    if not text.strip():
        raise LabelUnfit("a label needs a text")
    if len(text) > MOST_LETTERS:
        raise LabelUnfit(f"the label's text is {len(text)} letters long, and {MOST_LETTERS} may be drawn")
    hidden = [one for one in text if unicodedata.category(one) in _HIDDEN and one not in _JOINERS]
    if hidden:
        which = ", ".join(f"U+{ord(one):04X}" for one in dict.fromkeys(hidden[:4]))
        raise LabelUnfit(
            f"the label's text has characters that can't be seen, or turn its direction: {which}",
            advice="type the text anew, without what was pasted along",
        )


@dataclass(frozen=True)
class VisibleLabel:
    """One label as it is wanted; heights and times only: pixels come with the picture."""

    profile: str  # whose form it has: eu, cn, in, kr, ca; own: any other text
    text: str
    icon: bool = False  # our mark with the letters AI before the text
    place: Place = "lower-left"
    height_share: float = 0.045  # of capital letters, of the picture's shorter side
    start_s: float = 0.0
    seconds: float | None = None  # None: to the end
    fade_s: float = 0.0  # in and out, but for the first picture and the last
    colour: str = "white"
    background: str = "black"

    def __post_init__(self) -> None:
        """Refuse what could not be read, or would read as something else."""
        _check_text(self.text)
        opacity(colour(self.colour), colour(self.background))
        if self.place not in get_args(Place):
            raise LabelUnfit(f"'{self.place}' is no place", advice=f"places: {', '.join(get_args(Place))}")
        if not _HEIGHTS[0] <= self.height_share <= _HEIGHTS[1]:
            raise LabelUnfit(f"letters can't be {100 * self.height_share:g} % of the picture high", advice="1% to 25%")
        shown = 1e6 if self.seconds is None else self.seconds
        if not (0 <= self.start_s < 1e6 and 0 < shown <= 1e6 and 0 <= self.fade_s <= shown / 2):
            raise LabelUnfit("a label's times must be positive, and its fading at most half of its time")


@dataclass(frozen=True)
class Form:
    """What a law's label looks like by default, and what may not be taken from it."""

    label: VisibleLabel
    least_height: float = 0.0
    least_s: float | None = 0.0  # fully visible from the first picture on; None: to the last


# Why each is as it is stands in docs/labels.md.
FORMS = {
    "eu": Form(VisibleLabel("eu", "AI generated", icon=True, place="upper-right", height_share=0.045)),
    "cn": Form(
        VisibleLabel("cn", "AI生成", place="upper-left", height_share=0.055, seconds=3.0, fade_s=0.4),
        least_height=0.05,
        least_s=2.0,
    ),
    "in": Form(VisibleLabel("in", "AI-GENERATED · एआई-जनित", place="lower-left", height_share=0.05), least_s=None),
    "kr": Form(VisibleLabel("kr", "AI 생성물", place="lower-right", height_share=0.045)),
    "ca": Form(VisibleLabel("ca", "AI-generated", place="lower-middle", height_share=0.045)),
}


def labels_for(names: str | Sequence[str], provider: str = "") -> tuple[VisibleLabel, ...]:
    """Give the labels of forms and texts; California's names the provider, where one is given.

    >>> [label.text for label in labels_for("eu,cn")]
    ['AI generated', 'AI生成']
    >>> labels_for("Made by a machine, for people [upper-left 6% 4s]")[0].seconds
    4.0
    """
    given = [names] if isinstance(names, str) else list(names)
    if any(len(one) > _MOST_GIVEN for one in given):
        raise LabelUnfit(f"a label's text may have {MOST_LETTERS} letters, and far more are given")
    wanted = [part for one in given for part in _parts(one)]
    labels = tuple(dict.fromkeys(_label(part, provider) for part in wanted))
    if len(labels) > MOST_LABELS:
        raise LabelUnfit(f"{len(labels)} labels are asked for, and {MOST_LABELS} can be drawn")
    return labels


_CHANGES = re.compile(r"^(?P<what>.*?)\s*(?:\[(?P<changes>[^\[\]]*)\])?$", re.DOTALL)


def _parts(names: str) -> list[str]:
    """Split at commas only where the parts name forms: a text may have commas of its own. A mixture is a mistake."""
    parts = names.split(",")
    forms = [part for part in parts if _split(part)[0].casefold() in FORMS]
    others = [part for part in parts if part not in forms]
    if forms and others:
        form, other = (plain(part[0].strip(), 40) for part in (forms, others))
        raise LabelUnfit(
            f"'{other}' is no law's form, and stands in a list with '{form}'",
            advice=f"forms are {', '.join(FORMS)}; a text is a label of its own (--label TEXT once more), and one that "
            "has a form's name alone between its commas must be worded otherwise",
        )
    return parts if forms else [names]


def _split(part: str) -> tuple[str, str | None]:
    found = _CHANGES.match(part.strip())
    assert found is not None  # it matches any text
    return found["what"], found["changes"]


def _label(part: str, provider: str) -> VisibleLabel:
    what, changes = _split(part)
    form = FORMS.get(what.casefold())
    if form is None:
        text = unicodedata.normalize("NFC", re.sub(r"[^\S\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", what).strip())
        return _changed(VisibleLabel("own", text), changes)
    label = form.label
    if label.profile == "ca" and provider.strip():
        label = replace(label, text=f"{label.text} · {provider.strip()}")
    label = _changed(label, changes)
    _check_form(form, label)
    return label


def _check_form(form: Form, label: VisibleLabel) -> None:
    name, advice = label.profile, f"write `{label.profile}` alone for its own size and time"
    if label.height_share < form.least_height:
        raise LabelUnfit(f"letters of {name} are at least {100 * form.least_height:g} % high", advice=advice)
    if label.start_s > 0:
        raise LabelUnfit(f"the label of {name} is there from the first picture on", advice=advice)
    if label.seconds is not None and form.least_s is None:
        raise LabelUnfit(f"the label of {name} is there to the end", advice=advice)
    if label.seconds is not None and form.least_s is not None and label.seconds - label.fade_s < form.least_s:
        raise LabelUnfit(f"the label of {name} is fully there for at least {form.least_s:g} s", advice=advice)


def _changed(label: VisibleLabel, changes: str | None) -> VisibleLabel:
    """Apply what stands between brackets, in whatever order, each thing said once."""
    given: dict[str, Any] = {}
    said_by: dict[str, str] = {}
    for word in (changes or "").split():
        for name, value in _meant(word).items():
            if name in given:
                raise LabelUnfit(
                    f"'{said_by[name]}' and '{word}' speak of the same thing", advice="leave one of them out"
                )
            given[name], said_by[name] = value, word
    if "seconds" in given and "fade_s" not in given:
        given["fade_s"] = 0.0 if given["seconds"] is None else min(label.fade_s, given["seconds"] / 2)
    changed = replace(label, **given)
    if given.get("fade_s") and changed.start_s == 0 and changed.seconds is None:
        raise LabelUnfit(
            f"'{said_by['fade_s']}' is asked of a label that is there all the time, and never fades",
            advice="give it a time (4s) or a later start (from:1s), or leave the fading out",
        )
    return changed


def _meant(word: str) -> dict[str, Any]:
    """Say which fields of a label a word sets."""
    if word in get_args(Place):
        return {"place": word}
    if word == "icon":
        return {"icon": True}
    if word == "whole":
        return {"seconds": None}
    if found := re.fullmatch(r"(\d{1,2}(?:\.\d{1,3})?)%", word):
        return {"height_share": float(found[1]) / 100}
    if found := re.fullmatch(r"(|from:|fade:)(\d{1,6}(?:\.\d{1,3})?)s", word):
        return {{"": "seconds", "from:": "start_s", "fade:": "fade_s"}[found[1]]: float(found[2])}
    if "/" in word:
        letters, plate = word.split("/", 1)
        return {"colour": letters, "background": plate}
    raise LabelUnfit(
        f"'{word}' is nothing that a label could be asked for",
        advice="between brackets stand a place (lower-left), a height (6%), times (4s, from:1s, fade:0.5s, whole), "
        "colours (white/black), or icon",
    )
