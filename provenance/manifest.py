"""What a manifest of ours says. Builds the description alone: opens no file, signs nothing, imports no C2PA library.

The mark's algorithm is not on the public list of soft bindings, so it goes into an assertion of our own and the action
is `c2pa.watermarked.unbound`. A prompt is written as a salted, slow hash: whoever has the prompt can show that it was
this one; whoever has not can only try guesses, each at a price.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import dataclass
from typing import Any

from .. import __version__

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SYNTHETIC = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "algorithmicMedia")
MARK_ALGORITHM = "org.countermark.mark.2"
MARK_LABEL = "org.countermark.watermark"
GENERATION_LABEL = "org.countermark.generation"
PARENT_LABEL = "parent"  # ties the action to its ingredient until the library replaces it by a hashed link
_PROMPT_COST = {"n": 1 << 14, "r": 8, "p": 1}  # some 50 ms and 16 MiB for each guess


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

    def __post_init__(self) -> None:
        """Only what is synthetic is stamped, and it says so by the full URI."""
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
) -> dict[str, Any]:
    """Say it in C2PA's words; `parent`: the input carried a manifest, which becomes an ingredient of this one."""
    assertions = [
        _assertion("c2pa.actions.v2", {"actions": _actions(facts, parent), "allActionsIncluded": True}),
        _assertion(MARK_LABEL, {"algorithm": mark_algorithm, "payload": payload}),
    ]
    if facts.model and facts.source_type != IPTC + "algorithmicMedia":
        assertions.append(_assertion("c2pa.ai-disclosure", _disclosure(facts)))
    generation = _generation(facts)
    if generation:
        assertions.append(_assertion(GENERATION_LABEL, generation))
    generator = {"name": "Countermark", "version": __version__, "specVersion": spec_version}
    return {
        "label": manifest_id,
        "claim_generator_info": [generator],
        "title": facts.title,
        "assertions": assertions,
    }


def prompt_hash(prompt: str, salt: bytes) -> str:
    """Hash a prompt as the manifest holds it (scrypt); the same prompt and salt give the same."""
    return hashlib.scrypt(prompt.encode("utf-8", "surrogatepass"), salt=salt, dklen=32, **_PROMPT_COST).hex()


def _assertion(label: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "data": data, "created": True}


def _actions(facts: Facts, parent: bool) -> list[dict[str, Any]]:
    agent: dict[str, Any] = {}
    if facts.software_agent:
        agent = {"softwareAgent": {"name": facts.software_agent}}
    if parent:
        opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT_LABEL]}}
        changed = {"action": "c2pa.edited", "digitalSourceType": facts.source_type, **agent}
        return [opened, changed, {"action": "c2pa.watermarked.unbound"}]
    created = {"action": "c2pa.created", "digitalSourceType": facts.source_type, **agent}
    return [created, {"action": "c2pa.watermarked.unbound"}]


def _disclosure(facts: Facts) -> dict[str, Any]:
    identifier = f"{facts.model}@{facts.model_version}" if facts.model_version else str(facts.model)
    return {"modelType": "c2pa.types.model", "modelName": str(facts.model), "modelIdentifier": identifier}


def _generation(facts: Facts) -> dict[str, Any]:
    known = {"model": facts.model, "modelVersion": facts.model_version, "provider": facts.provider}
    said: dict[str, Any] = {name: value for name, value in known.items() if value}
    if facts.prompt is not None:
        salt = os.urandom(16)
        hashed = prompt_hash(facts.prompt, salt)
        said["prompt"] = {"algorithm": "scrypt", **_PROMPT_COST, "salt": salt.hex(), "hash": hashed}
    return said
