"""What a manifest of ours says. Builds the description alone: opens no file, signs nothing, imports no C2PA library.

The mark's algorithm is not on the public list of soft bindings, so it goes into an assertion of our own and the action
is `c2pa.watermarked.unbound`; `soft_binding="bound"` says it in C2PA's own words, once it is listed. Specification 2.2
knows neither kind of `watermarked`, nor `c2pa.ai-disclosure`. A prompt is written as a salted, slow hash, unless it is
wanted in clear: whoever has the prompt can show that it was this one; whoever has not can only try guesses, each at a
price. docs/manifests.md says why each part is there.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ... import __version__
from ...evidence import LabelClaim, Region, Span
from ...evidence.sources import IPTC

SYNTHETIC = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")
DRAWN = IPTC + "digitalCreation"  # what a label is: designed by people, and drawn without any generator
MARK_ALGORITHM = "org.countermark.mark.2"
MARK_LABEL = "org.countermark.watermark"
GENERATION_LABEL = "org.countermark.generation"
MARKED_ACTION = "org.countermark.watermarked"
EARLIER_LABEL = "org.countermark.earlier-marks"
VISIBLE_LABEL = "org.countermark.visible-labels"
DECLARED_LABEL = "org.countermark.earlier-declarations"
_PROMPT_COST = {"n": 1 << 14, "r": 8, "p": 1}  # some 50 ms and 16 MiB for each guess
_MOST_THUMBNAIL_BYTES = 1 << 20

Relationship = Literal["parentOf", "componentOf", "inputTo"]
Mining = Literal["notAllowed", "allowed", "unsaid"]
Sound = Literal["synthetic", "recorded", "none", "unsaid"]
Oversight = Literal["fully_autonomous", "prompt_guided", "human_validated"]
_MINING = ("cawg.ai_generative_training", "cawg.ai_inference", "cawg.ai_training", "cawg.data_mining")


@dataclass(frozen=True)
class IngredientFacts:
    """A file that this one was made from: opened and changed, put in as a part, or given to the model."""

    path: Path
    relationship: Relationship = "inputTo"
    title: str = ""  # the file's name, unless given

    def __post_init__(self) -> None:
        """C2PA knows these three."""
        if self.relationship not in get_args(Relationship):
            raise ValueError(f"{self.relationship!r} is no relationship of C2PA: {', '.join(get_args(Relationship))}")


@dataclass(frozen=True)
class Facts:
    """What is known of how a video was made."""

    title: str
    source_type: str = IPTC + "trainedAlgorithmicMedia"
    prompt: str | None = None
    model: str | None = None
    model_version: str | None = None
    software_agent: str | None = None
    provider: str | None = None
    contact: str | None = None  # where people reach the provider
    record: str | None = None  # address of a permanent public page; {id} stands for the manifest's id
    prompt_in_clear: bool = False
    training_mining: Mining = "unsaid"
    oversight: Oversight | None = None  # what part people had in it, in C2PA's words
    thumbnail: bytes | None = None  # a JPEG
    sound: Sound = "unsaid"  # whether an algorithm made it; none: there is no sound
    when: str | None = None  # it was made or changed, as ISO 8601 says it
    labels: tuple[LabelClaim, ...] = ()  # drawn into the pictures for people to see
    declared: tuple[str, ...] = ()  # what the input said of itself, unsigned: each field with its value
    ingredients: tuple[IngredientFacts, ...] = ()
    changed: tuple[str, ...] = ()  # what was done to the model's own pictures afterwards: upscaled from ...
    consent: str | None = None  # what whoever made it said of the people in it

    def __post_init__(self) -> None:
        """Only what is synthetic is stamped, and it says so by the full URI."""
        if self.training_mining not in get_args(Mining):
            raise ValueError(f"training_mining is one of {', '.join(get_args(Mining))}")
        if self.oversight not in (None, *get_args(Oversight)):
            raise ValueError(f"oversight is one of {', '.join(get_args(Oversight))}")
        if self.sound not in get_args(Sound):
            raise ValueError(f"sound is one of {', '.join(get_args(Sound))}")
        if self.thumbnail is not None and not _is_thumbnail(self.thumbnail):
            raise ValueError("a thumbnail is a JPEG of at most 1 MiB")
        if sum(given.relationship == "parentOf" for given in self.ingredients) > 1:
            raise ValueError("a video has one parent at most; other files are componentOf or inputTo it")
        if self.source_type not in {IPTC + kind for kind in SYNTHETIC}:
            names = ", ".join(sorted(SYNTHETIC))
            raise ValueError(f"{self.source_type} is no IPTC digital source type of synthetic media; there are {names}")

    def __repr__(self) -> str:
        """Without the prompt."""
        return f"Facts({self.title!r}, {self.source_type.removeprefix(IPTC)}, model={self.model!r})"


def new_manifest_id() -> str:
    """Choose the name of a manifest before there is one, for the mark to lead to."""
    return f"urn:c2pa:{uuid.uuid4()}"


def describe(
    facts: Facts,
    manifest_id: str,
    payload: str,
    mark_algorithm: str,
    *,
    parent: bool = False,
    spec_version: str = "2.4",
    soft_binding: Literal["unbound", "bound"] = "unbound",
    earlier_marks: Sequence[str] = (),
) -> dict[str, Any]:
    """Say it in C2PA's words.

    `parent`: the input carried a manifest, which becomes an ingredient of this one. `earlier_marks`: marks and soft
    bindings that the input came with.
    """
    bound = soft_binding == "bound"
    drawn = [_labelled(one) for one in facts.labels]
    actions = [*_actions(facts, parent), *drawn, {"action": _watermarked(spec_version, bound)}]
    said = [("c2pa.actions.v2", {"actions": actions, "allActionsIncluded": True})]
    if bound:
        said.append(("c2pa.soft-binding", {"alg": mark_algorithm, "blocks": [{"scope": {}, "value": payload}]}))
    else:
        said.append((MARK_LABEL, {"algorithm": mark_algorithm, "payload": payload}))
    if facts.model and facts.source_type != IPTC + "algorithmicMedia" and spec_version != "2.2":
        said.append(("c2pa.ai-disclosure", _disclosure(facts)))
    if facts.training_mining != "unsaid":
        said.append(("cawg.training-mining", {"entries": {name: {"use": facts.training_mining} for name in _MINING}}))
    said.append((GENERATION_LABEL, _generation(facts, manifest_id)))
    if earlier_marks:
        said.append((EARLIER_LABEL, {"marks": list(earlier_marks)}))
    if facts.labels:
        said.append((VISIBLE_LABEL, {"labels": [asdict(one) for one in facts.labels]}))
    if facts.declared:
        said.append((DECLARED_LABEL, {"fields": list(facts.declared)}))
    generator = {"name": "Countermark", "version": __version__, "specVersion": spec_version}
    return {
        "label": manifest_id,
        "claim_generator_info": [generator],
        "title": facts.title,
        "assertions": [{"label": label, "data": data, "created": True} for label, data in said],
    }


def ingredient_label(place: int, relationship: Relationship) -> str:
    """Name what ties an action to its ingredient until the library replaces it by a hashed link."""
    return "parent" if relationship == "parentOf" else f"ingredient{place}"


def prompt_hash(prompt: str, salt: bytes) -> str:
    """Hash a prompt as the manifest holds it (scrypt); the same prompt and salt give the same."""
    return hashlib.scrypt(prompt.encode("utf-8", "surrogatepass"), salt=salt, dklen=32, **_PROMPT_COST).hex()


def _is_thumbnail(data: bytes) -> bool:
    return data[:3] == b"\xff\xd8\xff" and len(data) <= _MOST_THUMBNAIL_BYTES


def _watermarked(spec_version: str, bound: bool) -> str:
    """Give the action: in 2.2, `c2pa.watermarked` without a soft binding is an error, so that is an action of ours."""
    if spec_version == "2.2":
        return "c2pa.watermarked" if bound else MARKED_ACTION
    return "c2pa.watermarked.bound" if bound else "c2pa.watermarked.unbound"


def _actions(facts: Facts, parent: bool) -> list[dict[str, Any]]:
    """Say how it came to be: from nothing or from a parent, by what inputs, with what parts."""
    labels: dict[str, list[str]] = {kind: [] for kind in get_args(Relationship)}
    for place, given in enumerate(facts.ingredients):
        labels[given.relationship].append(ingredient_label(place, given.relationship))
    made: dict[str, Any] = {"digitalSourceType": facts.source_type}
    if facts.when:
        made["when"] = facts.when
    if facts.software_agent:
        made["softwareAgent"] = {"name": facts.software_agent}
    if labels["inputTo"]:
        made["parameters"] = {"ingredientIds": labels["inputTo"]}
    if parent or labels["parentOf"]:
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [ingredient_label(0, "parentOf")]}}
        actions = [opened, {"action": "c2pa.edited", **made}]
    else:
        actions = [{"action": "c2pa.created", **made}]
    if labels["componentOf"]:
        actions.append({"action": "c2pa.placed", "parameters": {"ingredientIds": labels["componentOf"]}})
    return actions + [{"action": "c2pa.enhanced", "description": words} for words in facts.changed]


def _labelled(label: LabelClaim) -> dict[str, Any]:
    """Say that a label was drawn: where in the upright picture, and when."""
    region, span = _spatial(label.region), _temporal(label.span)
    action = "c2pa.drawing" if label.icon else "c2pa.addedText"
    words = f"a visible label: {label.text}"
    changes = [{"region": [region, span], "description": words}]
    return {"action": action, "digitalSourceType": DRAWN, "description": words, "changes": changes}


def _spatial(region: Region) -> dict[str, Any]:
    corner = {"x": 100 * region.x, "y": 100 * region.y}
    size = {"width": 100 * region.width, "height": 100 * region.height}
    return {"type": "spatial", "shape": {"type": "rectangle", "unit": "percent", "origin": corner, **size}}


def _temporal(span: Span) -> dict[str, Any]:
    return {"type": "temporal", "time": {"type": "npt", "start": f"{span.start_s:.3f}", "end": f"{span.end_s:.3f}"}}


def _disclosure(facts: Facts) -> dict[str, Any]:
    identifier = f"{facts.model}@{facts.model_version}" if facts.model_version else facts.model
    said: dict[str, Any] = {"modelType": "c2pa.types.model", "modelName": facts.model, "modelIdentifier": identifier}
    if facts.oversight:
        said["contentProfile"] = {"humanOversightLevel": facts.oversight}
    return said


def _generation(facts: Facts, manifest_id: str) -> dict[str, Any]:
    known = {"model": facts.model, "modelVersion": facts.model_version, "provider": facts.provider}
    known |= {"contact": facts.contact, "record": facts.record and facts.record.replace("{id}", manifest_id)}
    said: dict[str, Any] = {name: value for name, value in known.items() if value}
    said["sound"] = facts.sound
    if facts.consent:
        said["consent"] = facts.consent
    if facts.prompt is not None and facts.prompt_in_clear:
        said["prompt"] = {"text": facts.prompt}
    elif facts.prompt is not None:
        salt = os.urandom(16)
        hashed = prompt_hash(facts.prompt, salt)
        said["prompt"] = {"algorithm": "scrypt", **_PROMPT_COST, "salt": salt.hex(), "hash": hashed}
    return said
