"""What one text declares, by the word that names its field: the one place where that is decided.

Knows texts, not where they stand: who hears fields adds that, and who keeps labels asks here what of a text declares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...evidence import Form, Says
from ...evidence.sources import source_of
from .generators import generator_of
from .words import impersonal
from .workflows import workflow_of
from .xmp import IPTC_EXT, Property

# Named by the Video Metadata Hub (1.7) and the Photo Metadata Standard (2025.1), in the namespace of IPTC's extension.
SYSTEM, VERSION, PROMPT, WRITER = "aisystemused", "aisystemversionused", "aipromptinformation", "aipromptwritername"
AI_FIELDS = (SYSTEM, VERSION, PROMPT, WRITER)
SOURCE_TYPE = "digitalsourcetype"


_ADDRESS = re.compile(r"https?://cv\.iptc\.org/newscodes/digitalsourcetype/[A-Za-z]{1,60}+")
_MOST_SEARCHED = 2000  # characters of a note


@dataclass(frozen=True)
class Label:
    """A text that declares something."""

    says: Says
    form: Form
    value: str  # to be shown: no prompt, nor the name of its writer
    words: str  # what of the text declares: enough to be kept. Workflows and prompts are given whole
    generator: str = ""


@dataclass(frozen=True)
class Heard:
    """What came of a text, and each way in which it is off, as the end of a sentence that begins with its place."""

    label: Label | None = None
    problems: tuple[str, ...] = ()


def place_of(property: Property, tag: str) -> Form:
    """Whether a property is one of the IPTC's own."""
    return "iptc" if property.namespace == IPTC_EXT and tag in AI_FIELDS else "xmp"


def label_in(tag: str, text: str, place: Form, version: str = "") -> Heard:
    """Hear one text. `tag`: see words.tag_of; `place`: tag, xmp, or iptc for a property of the IPTC's.

    >>> label_in("comment", "Made with Kling AI by Jane, jane@x.example", "tag").label.words
    'Made with Kling AI'
    """
    if tag == SOURCE_TYPE:
        return _source(text)
    if place != "xmp" and tag in AI_FIELDS:
        return _ai_field(tag, text, place, version)
    return _free(tag, text.strip(), place)


def _source(text: str) -> Heard:
    if not text.strip():
        return Heard(None, (" is empty",))
    looked = source_of(text)
    says: Says = looked.source.says if looked.source else "other"
    return Heard(Label(says, "iptc", text, impersonal(text)), tuple(f": {problem}" for problem in looked.problems))


def _ai_field(tag: str, text: str, place: Form, version: str) -> Heard:
    """Fields that only what a model made has. A prompt may be private, and a writer's name is: neither is shown."""
    if not text.strip():
        return Heard(None, (" is empty",))
    if tag == PROMPT:
        return Heard(Label("synthetic", place, f"a prompt of {len(text)} characters", text))
    if tag == WRITER:
        return Heard(Label("synthetic", place, "the name of who wrote the prompt", text))
    made = "" if tag == VERSION else f"{text} {version}".strip()
    return Heard(Label("synthetic", place, text, impersonal(text), made))


def _free(tag: str, text: str, place: Form) -> Heard:
    """Any other field: what a tool for diffusion models leaves, or the name of a generator."""
    if workflow := workflow_of(tag, text):
        problems = (" holds a workflow that is cut or damaged",) if workflow.broken else ()
        return Heard(Label("synthetic", "workflow", workflow.summary, text, workflow.tool), problems)
    if tag != "title" and (written := _ADDRESS.search(text[:_MOST_SEARCHED])):
        return _source(written[0])
    if named := generator_of(tag, text):
        return Heard(Label("synthetic", place, named.words, impersonal(named.words), named.generator))
    return Heard()
