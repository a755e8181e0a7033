"""From nodes of a document to a condition, and back. Knows which operators fit which facts."""

from __future__ import annotations

from typing import Any

from .documents import Node
from .logic import type_of
from .values import OPS, All, AnyOf, Compare, Condition, IsKnown, Not, Scalar
from .vocabulary import FACTS, FITTING, PATTERNS, Fact, fact, nearest

MOST_DEPTH = 20
MOST_TEXT = 500
_SEVERAL = ("in", "overlaps")


def condition_of(node: Node, depth: int = 1) -> Condition:
    """Read a condition: one word over what it is about."""
    if depth > MOST_DEPTH:
        raise node.wrong(f"a condition is nested at most {MOST_DEPTH} deep")
    value = node.value
    if not isinstance(value, dict) or len(value) != 1:
        said = "says several things at once: put them under `all:`" if isinstance(value, dict) and value else "is empty"
        raise node.wrong(f"a condition {said}; it is one of all, any, not, known, or a fact")
    ((word, inner),) = value.items()
    if word in ("all", "any"):
        if not isinstance(inner.value, tuple) or not inner.value:
            raise inner.wrong(f"`{word}` needs a list of at least one condition")
        parts = tuple(condition_of(one, depth + 1) for one in inner.value)
        return All(parts) if word == "all" else AnyOf(parts)
    if word == "not":
        return Not(condition_of(inner, depth + 1))
    if word == "known":
        if not isinstance(inner.value, str):
            raise inner.wrong("`known` needs the name of a fact")
        _fact(inner, inner.value)
        return IsKnown(inner.value)
    return _compare(word, inner)


def _fact(node: Node, name: str) -> Fact:
    found = fact(name)
    if found is None:
        raise node.wrong(f"no fact is called `{name}`; {nearest(name, (*FACTS, *PATTERNS))}")
    return found


def _compare(name: str, node: Node) -> Compare:
    found, value = _fact(node, name), node.value
    allowed = FITTING[found.kind]
    if isinstance(value, dict) and len(value) > 1:
        raise node.wrong(f"`{name}` takes one comparison; put each into a condition of its own, in `all`")
    if not isinstance(value, dict) or len(value) != 1:
        raise node.wrong(f"`{name}` needs one of {', '.join(allowed)}, and what it is held to, as in `{{is: …}}`")
    ((op, inner),) = value.items()
    known = next((one for one in OPS if one == op), None)
    if known is None or known not in allowed:
        raise inner.wrong(f"`{op}` does not go with `{name}`, a {found.kind}; there are {', '.join(allowed)}")
    if known not in _SEVERAL:
        return Compare(name, known, _scalar(inner, name, found, op))
    if not isinstance(inner.value, tuple) or not inner.value:
        raise inner.wrong(f"`{op}` needs a list of at least one value")
    several = tuple(_scalar(one, name, found, op) for one in inner.value)
    if len({type_of(one) for one in several}) > 1 or len(set(several)) < len(several):
        raise inner.wrong(f"the values of `{op}` are of one kind, each once")
    return Compare(name, known, several)


def _scalar(node: Node, name: str, found: Fact, op: str) -> Scalar:
    value = node.value
    if not isinstance(value, bool | float | str):
        raise node.wrong(f"`{op}` holds `{name}` to a plain value")
    wanted = {"number": "number", "flag": "flag", "free": type_of(value)}.get(found.kind, "text")
    if found.kind == "free":
        wanted = {"at_least": "number", "at_most": "number", "contains": "text", "overlaps": "text"}.get(op, wanted)
    if type_of(value) != wanted:
        words = {"number": "a number", "flag": "true or false", "text": "a text"}
        hint = "; put it in quotes" if wanted == "text" else ""
        raise node.wrong(f"`{name}` is held to {words[wanted]}, not to {value!r}{hint}")
    if isinstance(value, str) and (not value.isprintable() or len(value) > MOST_TEXT):
        raise node.wrong(f"a text to hold it to has at most {MOST_TEXT} letters, and all can be shown")
    if found.values and value not in found.values:
        raise node.wrong(f"`{name}` is never `{value}`; {nearest(str(value), found.values)}")
    if isinstance(value, float) and not isinstance(value, bool) and not found.low <= value <= found.high:
        raise node.wrong(f"`{name}` is never {value:g}: it lies between {found.low:g} and {found.high:g}")
    return value


def plain(condition: Condition) -> dict[str, Any]:
    """Write a condition as it is read."""
    match condition:
        case Compare(name, op, value):
            return {name: {op: list(value) if isinstance(value, tuple) else value}}
        case IsKnown(name):
            return {"known": name}
        case Not(inner):
            return {"not": plain(inner)}
        case All(parts):
            return {"all": [plain(one) for one in parts]}
        case AnyOf(parts):
            return {"any": [plain(one) for one in parts]}
