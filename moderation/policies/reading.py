"""From a document to a policy, and back to the one form in which it is kept. Finds what can't be meant."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from ...errors import PolicyInvalid
from ..values import ACTIONS, Action, Review
from . import conditions
from .documents import Node, parsed
from .faults import faults
from .values import STATES, Ground, Policy, Rule
from .vocabulary import nearest

MOST_RULES = 500
MOST_TEXT = 2_000
MOST_UNLESS = 20
MOST_TOLD = 5  # faults, one by one
MOST_NORM = 20_000
MOST_UNDO_S = 30 * 86_400
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_QUEUE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_POLICY = ("policy", "title", "norm", "unknown", "undo_s", "people_to_agree", "sample_share", "rules")
_RULE = ("id", "why", "when", "then", "review", "unless", "state", "ground")
_GROUND = ("kind", "reference", "explanation", "category", "keywords")
_KINDS = ("illegal", "incompatible")


def read(text: str, name: str) -> Policy:
    """Read YAML or JSON; raises PolicyInvalid, which begins with `name`, say of a file, and names the place."""
    try:
        return _policy(parsed(text))
    except PolicyInvalid as error:
        raise PolicyInvalid(f"{name}: {error}", advice=error.advice, faults=error.faults) from None


def written(policy: Policy) -> str:
    """Write the form that is kept: JSON, in one way alone; `read` gives the same policy."""
    plain = {
        "policy": policy.name,
        "title": policy.title,
        "norm": policy.norm,
        "unknown": _review_plain(policy.unknown),
        "undo_s": policy.undo_s,
        "people_to_agree": policy.people_to_agree,
        "sample_share": policy.sample_share,
        "rules": [_rule_plain(rule) for rule in policy.rules],
    }
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _rule_plain(rule: Rule) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": rule.id, "why": rule.why, "when": conditions.plain(rule.when), "state": rule.state}
    if rule.actions:
        plain["then"] = [{one.kind: one.value} if one.value else one.kind for one in rule.actions]
    if rule.review:
        plain["review"] = _review_plain(rule.review)
    if rule.unless:
        plain["unless"] = list(rule.unless)
    if rule.ground:
        ground = rule.ground
        plain["ground"] = {"kind": ground.kind, "reference": ground.reference, "explanation": ground.explanation}
        plain["ground"] |= {"category": ground.category} if ground.category else {}
        plain["ground"] |= {"keywords": list(ground.keywords)} if ground.keywords else {}
    return plain


def _review_plain(review: Review) -> dict[str, Any]:
    return {"queue": review.queue, "priority": review.priority, "people": review.people}


def _policy(node: Node) -> Policy:
    said = _mapping(node, _POLICY, needs=("policy", "title", "norm", "unknown", "rules"), what="a policy")
    people = _whole(said.get("people_to_agree"), 1, 1, 5)
    rules = said["rules"]
    if not isinstance(rules.value, tuple) or not 0 < len(rules.value) <= MOST_RULES:
        raise rules.wrong(f"`rules` is a list of 1 to {MOST_RULES} rules")
    found = _rules(rules.value, people)
    _linked(rules.value, found)
    policy = Policy(
        name=_text(said["policy"], pattern=_ID, what="small letters, digits and hyphens, 64 at most"),
        title=_text(said["title"], 200),
        norm=_text(said["norm"], MOST_NORM),
        rules=found,
        unknown=_review(said["unknown"], people),
        undo_s=_number(said.get("undo_s"), 300.0, 0, MOST_UNDO_S),
        people_to_agree=people,
        sample_share=_number(said.get("sample_share"), 0.0, 0, 1),
    )
    _sound(rules.value, policy)
    return policy


def _rules(nodes: tuple[Node, ...], people: int) -> tuple[Rule, ...]:
    """Read all of them, and name the first fault of each that can't be read."""
    found, wrong = list[Rule](), list[PolicyInvalid]()
    for node in nodes:
        try:
            found.append(_rule(node, people))
        except PolicyInvalid as error:
            wrong.append(error)
    _refuse(wrong)
    return tuple(found)


def _rule(node: Node, people: int) -> Rule:
    said = _mapping(node, _RULE, needs=("id", "why", "when"), what="a rule")
    state = _word(said["state"], STATES) if "state" in said else "LIVE"
    rule = Rule(
        id=_text(said["id"], pattern=_ID, what="small letters, digits and hyphens, 64 at most"),
        why=_text(said["why"], MOST_TEXT),
        when=conditions.condition_of(said["when"]),
        actions=_actions(said["then"]) if "then" in said else (),
        review=_review(said["review"], people) if "review" in said else None,
        unless=_unless(said["unless"]) if "unless" in said else (),
        state=next(one for one in STATES if one == state),
        ground=_ground(said["ground"]) if "ground" in said else None,
    )
    if rule.ground and not rule.actions:
        raise said["ground"].wrong("a ground goes with what `then` does, and there is none")
    return rule


def _sound(nodes: tuple[Node, ...], policy: Policy) -> None:
    """Refuse what can't be meant, and name all of it."""
    at = {rule.id: node for rule, node in zip(policy.rules, nodes, strict=True)}
    _refuse([at[fault.rule].wrong(fault.why) for fault in faults(policy)])


def _refuse(found: list[PolicyInvalid]) -> None:
    """Raise one of what was found, if anything was; of a single one its own advice stays."""
    if len(found) == 1:
        raise found[0]
    if found:
        more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        said = "; ".join(map(str, found[:MOST_TOLD])) + more
        raise PolicyInvalid(said, faults=tuple(fault for one in found for fault in one.faults))


def _linked(nodes: tuple[Node, ...], rules: tuple[Rule, ...]) -> None:
    """Hold the rules' names to each other."""
    by_id: dict[str, Rule] = {}
    for node, rule in zip(nodes, rules, strict=True):
        if rule.id in by_id:
            raise node.wrong(f"two rules have the id `{rule.id}`")
        by_id[rule.id] = rule
    named = {id for rule in rules for id in rule.unless}
    for node, rule in zip(nodes, rules, strict=True):
        for id in rule.unless:
            if id not in by_id:
                raise node.wrong(f"no rule has the id `{id}`; {nearest(id, by_id)}", "unless")
            if id == rule.id:
                raise node.wrong(f"`{id}` can't be an exception to itself", "unless")
            if by_id[id].unless:
                raise node.wrong(f"`{id}` has an `unless` of its own; an exception to a rule has none", "unless")
        if not rule.acts and rule.id not in named:
            raise node.wrong(f"`{rule.id}` does nothing: give it `then` or `review`, or name it in another's `unless`")


def _actions(node: Node) -> tuple[Action, ...]:
    if not isinstance(node.value, tuple) or not node.value:
        raise node.wrong("`then` is a list of at least one action")
    found = tuple(_action(one) for one in node.value)
    kinds = [one.kind for one in found]
    if len(set(kinds)) < len(kinds):
        raise node.wrong("an action stands twice in one rule")
    return found


def _action(node: Node) -> Action:
    said: Any = node.value
    word, value = said, ""
    if isinstance(said, dict) and len(said) == 1:
        ((word, inner),) = said.items()
        value = _text(inner, 200)
    kind = next((one for one in ACTIONS if one == word), None)
    if kind is None:
        hint = "; for people to look, write `review:` beside `then:`" if word == "review" else ""
        raise node.wrong(f"no action is called `{word}`; there are {', '.join(ACTIONS)}{hint}")
    if kind == "label" and not value:
        raise node.wrong("a label needs words, as in `label: Made with AI`")
    return Action(kind, value)


def _review(node: Node, people: int) -> Review:
    said = _mapping(node, ("queue", "priority", "people"), needs=("queue",), what="a review")
    queue = _text(said["queue"], pattern=_QUEUE, what="small letters, digits, and . _ -, 64 at most")
    return Review(queue, _whole(said.get("priority"), 0, 0, 1000), _whole(said.get("people"), people, 1, 5))


def _unless(node: Node) -> tuple[str, ...]:
    if not isinstance(node.value, tuple) or not node.value:
        raise node.wrong("`unless` is a list of ids of rules")
    if len(node.value) > MOST_UNLESS:
        raise node.wrong(f"`unless` names at most {MOST_UNLESS} rules; put conditions together with `any` in one")
    found = tuple(_text(one) for one in node.value)
    if len(set(found)) < len(found):
        raise node.wrong("a rule stands twice in `unless`")
    return found


def _ground(node: Node) -> Ground:
    from ..statements.fields import KEYWORDS_OF  # the database's own words

    said = _mapping(node, _GROUND, needs=_GROUND[:3], what="a ground")
    kind = _word(said["kind"], _KINDS)
    listed = said.get("keywords", Node(()))
    if not isinstance(listed.value, tuple):
        raise listed.wrong("`keywords` is a list")
    keywords = sorted({word for words in KEYWORDS_OF.values() for word in words})
    return Ground(
        kind="illegal" if kind == "illegal" else "incompatible",
        reference=_text(said["reference"], 500),
        explanation=_text(said["explanation"], MOST_TEXT),
        category=_word(said["category"], KEYWORDS_OF) if "category" in said else "",
        keywords=tuple(_word(one, keywords) for one in listed.value),
    )


# Plain values -------------------------------------------------------------------------------------------------------


def _mapping(node: Node, allowed: tuple[str, ...], needs: tuple[str, ...], what: str) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise node.wrong(f"{what} is written as keys with values; it has {', '.join(allowed)}")
    for key, one in node.value.items():
        if key not in allowed:
            raise one.wrong(f"{what} has no `{key}`; {nearest(key, allowed)}")
    if missing := [key for key in needs if key not in node.value]:
        raise node.wrong(f"{what} needs {', '.join(f'`{key}`' for key in missing)}")
    return node.value


def _text(node: Node, most: int = 200, pattern: re.Pattern[str] | None = None, what: str = "") -> str:
    value = node.value
    if not isinstance(value, str):
        raise node.wrong(f"this needs a text, not {value if value is None else type(value).__name__}; put it in quotes")
    text = value.strip()
    if not text or len(text) > most:
        raise node.wrong(f"this needs a text of 1 to {most} letters")
    if any(not c.isprintable() and c not in "\n\t" for c in text):
        raise node.wrong("this text holds letters that can't be shown")
    if pattern is not None and not pattern.fullmatch(text):
        raise node.wrong(f"`{text}` is not of the form: {what}")
    return text


def _word(node: Node, among: Collection[str]) -> str:
    text = _text(node)
    if text not in among:
        raise node.wrong(f"`{text}` is none of what is allowed; {nearest(text, among)}")
    return text


def _number(node: Node | None, default: float, low: float, high: float) -> float:
    if node is None:
        return default
    value = node.value
    if isinstance(value, bool) or not isinstance(value, float) or not low <= value <= high:
        raise node.wrong(f"this needs a number from {low:g} to {high:g}")
    return value


def _whole(node: Node | None, default: int, low: int, high: int) -> int:
    found = _number(node, default, low, high)
    if found != int(found):
        assert node is not None
        raise node.wrong("this needs a whole number")
    return int(found)
