"""What a manifest says was done, with what, and by which model: told on in short, believed by nobody here.

Knows the assertions that say so; judges no signature. Lists are bounded, texts are cut and harmless.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ...evidence import ActionDetails, IngredientDetails, LabelClaim
from ..signing.manifest import DECLARED_LABEL, EARLIER_LABEL, GENERATION_LABEL, VISIBLE_LABEL
from .loose import MAX_DEPTH, MAX_ITEMS, codes, few, mapping, mappings, plain

_DISCLOSURE = "c2pa.ai-disclosure"
_TRAINING = ("cawg.training-mining", "c2pa.training-mining")
MOST_LABELS = 8
_MOST_PICTURE = 16 << 10  # characters of a label's picture
_DEEPEST = 3  # facts within facts


def actions_of(manifest: dict[str, Any]) -> tuple[ActionDetails, ...]:
    """What was done, in the order in which it is told."""
    return tuple(_action(said) for said in _actions(manifest)[:MAX_ITEMS])


def source_types_of(manifest: dict[str, Any]) -> list[str]:
    """Digital source types of all actions, however many: one may stand behind a hundred small edits."""
    found = [plain(said.get("digitalSourceType")) for said in _actions(manifest)]
    return [uri for uri in found if uri]


def ingredients_of(
    manifest_id: str, known: dict[str, Any], signer: Callable[[dict[str, Any]], str | None]
) -> tuple[IngredientDetails, ...]:
    """What went into a manifest's file, and into each of that, by its own manifest; `known`: all of the store.

    Those nearest to the file are told first, where there are more than are told. A manifest that went into itself, by
    whatever way, is named there once more and not followed again.
    """
    found = [_Branch(None, None, (manifest_id,))]
    for branch in found:  # which grows on the way
        own = branch.way[-1]
        if len(branch.way) > MAX_DEPTH or own in branch.way[:-1]:
            continue
        for said in mappings(mapping(known.get(own)).get("ingredients"))[: MAX_ITEMS + 1 - len(found)]:
            details = _ingredient(said, known, signer)
            found.append(_Branch(details, branch, (*branch.way, details.manifest_id or "")))
    for branch in reversed(found[1:]):
        assert branch.details is not None and branch.of is not None
        branch.of.inner.appendleft(replace(branch.details, ingredients=tuple(branch.inner)))
    return tuple(found[0].inner)


@dataclass
class _Branch:
    """One ingredient of a tree under way."""

    details: IngredientDetails | None  # None: the file itself
    of: _Branch | None
    way: tuple[str, ...]  # the manifests from the file's own down to its own
    inner: deque[IngredientDetails] = field(default_factory=deque)


def _ingredient(
    said: dict[str, Any], known: dict[str, Any], signer: Callable[[dict[str, Any]], str | None]
) -> IngredientDetails:
    label = plain(said.get("active_manifest"))
    results = mapping(mapping(said.get("validation_results")).get("activeManifest"))
    return IngredientDetails(
        title=plain(said.get("title")) or None,
        relationship=plain(said.get("relationship")),
        manifest_id=label or None,
        signer=signer(mapping(mapping(known.get(label)).get("signature_info"))),
        failures=few(codes(said.get("validation_status")) + codes(results.get("failure"))),
    )


def ai_facts_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    """Models, and what is said of training, as "name: value"."""
    facts: list[str] = []
    for label, data in _assertions(manifest):
        if label in (_DISCLOSURE, GENERATION_LABEL):
            facts += _flat("", data, _DEEPEST)
        elif label in _TRAINING:
            uses = mapping(data.get("entries"))
            facts += [
                f"{plain(name)}: {plain(mapping(use).get('use'))}" for name, use in list(uses.items())[:MAX_ITEMS]
            ]
    return few(facts)


def earlier_of(manifest: dict[str, Any]) -> tuple[str, ...]:
    """What an input brought along beside credentials: marks that were read in it, and what it declared of itself."""
    lists = {EARLIER_LABEL: "marks", DECLARED_LABEL: "fields"}
    said = [data.get(lists[label]) for label, data in _assertions(manifest) if label in lists]
    return few([plain(one) for told in said if isinstance(told, list) for one in told[:MAX_ITEMS]])


def labels_of(manifest: dict[str, Any]) -> tuple[LabelClaim, ...]:
    """Visible labels that are said to have been drawn; what has another form than ours is passed over."""
    said = [
        one for label, data in _assertions(manifest) if label == VISIBLE_LABEL for one in mappings(data.get("labels"))
    ]
    found = (_label(one) for one in said[:MOST_LABELS])
    return tuple(label for label in found if label is not None)


def _label(said: dict[str, Any]) -> LabelClaim | None:
    from pydantic import TypeAdapter

    picture = said.get("picture")
    kept = picture if isinstance(picture, str) and len(picture) <= _MOST_PICTURE and picture.isascii() else ""
    words = {name: plain(said.get(name)) for name in ("profile", "text")}
    try:
        return TypeAdapter(LabelClaim).validate_python({**said, **words, "picture": kept})
    except ValueError:
        return None


def _actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    told = [data for label, data in _assertions(manifest) if label in ("c2pa.actions", "c2pa.actions.v2")]
    return [said for data in told for said in mappings(data.get("actions"))]


def _action(said: dict[str, Any]) -> ActionDetails:
    agent = said.get("softwareAgent")
    return ActionDetails(
        action=plain(said.get("action")),
        source_type=plain(said.get("digitalSourceType")) or None,
        agent=plain(agent.get("name") if isinstance(agent, dict) else agent) or None,
        when=plain(said.get("when")) or None,
    )


def _assertions(manifest: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Labels without the number of their instance, and what is said under them."""
    said = mappings(manifest.get("assertions"))
    return [(plain(one.get("label")).split("__")[0], mapping(one.get("data"))) for one in said]


def _flat(name: str, value: Any, depth: int) -> list[str]:
    if isinstance(value, dict) and depth:
        inner = list(value.items())[:MAX_ITEMS]
        return [fact for key, one in inner for fact in _flat(f"{name}.{plain(key)}".strip("."), one, depth - 1)]
    if isinstance(value, list) and depth:
        return [fact for one in value[:MAX_ITEMS] for fact in _flat(name, one, depth - 1)]
    text = plain(value)
    return [plain(f"{name}: {text}")] if text else []
