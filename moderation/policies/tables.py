"""Tables of cases that a policy is tried with: facts, and what is expected of them. Pure.

What a case does not name is unknown, unless the table's own `facts` name it; `null` makes it unknown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import PolicyInvalid
from ..values import Effect, Ruling
from .documents import Node, parsed
from .facts_of import plain
from .logic import type_of
from .ruling import ruled
from .values import UNKNOWN, Facts, Known, Members, OneOf, Policy
from .vocabulary import FACTS, PATTERNS, Fact, fact, nearest

MOST_CASES = 2_000
EFFECTS: tuple[Effect, ...] = ("none", "actions", "review")
_EXPECTED = ("effect", "actions", "held", "unsure", "queue", "background")


@dataclass(frozen=True)
class PolicyCase:
    """Facts, and what a policy is to make of them."""

    name: str
    facts: Facts
    expected: tuple[tuple[str, str | tuple[str, ...]], ...]


@dataclass(frozen=True)
class Tried:
    """What came of a case, and how it differs from what was expected."""

    case: PolicyCase
    ruling: Ruling
    differences: tuple[str, ...]


def read_cases(text: str, name: str) -> tuple[PolicyCase, ...]:
    """Read a table, YAML or JSON; raises PolicyInvalid."""
    try:
        said = _mapping(parsed(text), ("facts", "cases"), "cases")
        common, listed = _facts(said["facts"]) if "facts" in said else {}, said["cases"]
        if not isinstance(listed.value, tuple) or not 0 < len(listed.value) <= MOST_CASES:
            raise listed.wrong(f"`cases` is a list of 1 to {MOST_CASES} cases")
        cases = tuple(_case(one, common) for one in listed.value)
        names = [case.name for case in cases]
        if twice := next((one for one in names if names.count(one) > 1), None):
            raise listed.wrong(f"two cases are called `{twice}`")
        return cases
    except PolicyInvalid as error:
        raise PolicyInvalid(f"{name}: {error}", advice=error.advice, faults=error.faults) from None


def tried(policy: Policy, cases: Sequence[PolicyCase]) -> tuple[Tried, ...]:
    """Try a policy's rules, as if its version were LIVE."""
    return tuple(_tried(policy, case) for case in cases)


def untried(policy: Policy, results: Sequence[Tried]) -> tuple[str, ...]:
    """Name the rules that run and that held in no case."""
    held = {one.rule for result in results for one in (*result.ruling.held, *result.ruling.background)}
    return tuple(rule.id for rule in policy.rules if rule.state in ("LIVE", "BACKGROUND") and rule.id not in held)


def _tried(policy: Policy, case: PolicyCase) -> Tried:
    ruling = ruled(policy, case.facts)
    came = said_of(ruling)
    names = [rule.id for rule in policy.rules]
    differences = []
    for key, wanted in case.expected:
        found = came[key]
        if isinstance(wanted, str) or isinstance(found, str):
            differences += [] if wanted == found else [f"{key}: expected {wanted}, came {found}"]
            continue
        odd = [one for one in wanted if key in ("held", "unsure", "background") and one not in names]
        differences += [f"{key}: the policy has no rule `{one}`; {nearest(one, names)}" for one in odd]
        differences += [f"{key}: - {one}" for one in wanted if one not in found and one not in odd]
        differences += [f"{key}: + {one}{_missing(key, one, ruling)}" for one in found if one not in wanted]
    return Tried(case, ruling, tuple(differences))


def said_of(ruling: Ruling) -> dict[str, str | tuple[str, ...]]:
    """Say what a ruling comes to, in the words of a table."""
    return {
        "effect": ruling.effect,
        "actions": tuple(one.words for one in ruling.actions),
        "held": tuple(one.rule for one in ruling.held),
        "unsure": tuple(one.rule for one in ruling.unsure),
        "queue": ruling.review.queue if ruling.review else "none",
        "background": tuple(one.rule for one in ruling.background),
    }


def _missing(key: str, rule: str, ruling: Ruling) -> str:
    lacking = next((one.missing for one in ruling.unsure if one.rule == rule), ()) if key == "unsure" else ()
    return f" (unknown: {', '.join(lacking)})" if lacking else ""


def _mapping(node: Node, allowed: tuple[str, ...], *needs: str) -> dict[str, Node]:
    value = node.value
    if not isinstance(value, dict):
        raise node.wrong(f"this is written as keys with values; there are {', '.join(allowed)}")
    for key, one in value.items():
        if key not in allowed:
            raise one.wrong(f"there is no `{key}` here; {nearest(key, allowed)}")
    if missing := [key for key in needs if key not in value]:
        raise node.wrong(f"this needs {', '.join(f'`{key}`' for key in missing)}")
    return value


def _case(node: Node, common: dict[str, Known]) -> PolicyCase:
    said = _mapping(node, ("name", "facts", "expect"), "name", "expect")
    name, expect = said["name"].value, said["expect"]
    if not isinstance(name, str) or not name.strip():
        raise said["name"].wrong("a case needs a name")
    wanted = _mapping(expect, _EXPECTED)
    if not wanted:
        raise expect.wrong(f"a case expects something: {', '.join(_EXPECTED)}")
    own = _facts(said["facts"]) if "facts" in said else {}
    known = {name: value for name, value in {**common, **own}.items() if value is not UNKNOWN}
    return PolicyCase(name.strip(), Facts(known), tuple((key, _expected(key, one)) for key, one in wanted.items()))


def _expected(key: str, node: Node) -> str | tuple[str, ...]:
    value = node.value
    if key in ("effect", "queue"):
        if not isinstance(value, str) or (key == "effect" and value not in EFFECTS):
            raise node.wrong(f"`{key}` is {'one of ' + ', '.join(EFFECTS) if key == 'effect' else 'a queue, or none'}")
        return value
    if not isinstance(value, tuple):
        raise node.wrong(f"`{key}` is a list; an empty one is written []")
    return tuple(_entry(one) for one in value)


def _entry(node: Node) -> str:
    """Read the id of a rule, or an action as a policy writes it."""
    value = node.value
    if isinstance(value, dict) and len(value) == 1:
        ((kind, words),) = value.items()
        return f"{kind}: {words.value}"
    if not isinstance(value, str):
        raise node.wrong("this needs the id of a rule, or an action as the policy writes it")
    return value


def _facts(node: Node) -> dict[str, Known]:
    if not isinstance(node.value, dict):
        raise node.wrong("`facts` are names with values")
    return {name: _known(name, one) for name, one in node.value.items()}


def _known(name: str, node: Node) -> Known:
    found, value = fact(name), node.value
    if found is None:
        raise node.wrong(f"no fact is called `{name}`; {nearest(name, (*FACTS, *PATTERNS))}")
    if value is None:
        return UNKNOWN
    if isinstance(value, dict):
        return _partly(name, found, node)
    if isinstance(value, tuple):
        if found.kind not in ("set", "free"):
            raise node.wrong(f"`{name}` is one value, not a list")
        return plain(_texts(found, node))
    if found.kind == "set":
        raise node.wrong(f"`{name}` is a list")
    if found.kind != "free" and type_of(value) != {"number": "number", "flag": "flag"}.get(found.kind, "text"):
        raise node.wrong(f"`{name}` is a {found.kind}, not {value!r}")
    if found.values and value not in found.values:
        raise node.wrong(f"`{name}` is never `{value}`; {nearest(str(value), found.values)}")
    return value


def _partly(name: str, found: Fact, node: Node) -> Known:
    """Read what is known in part: `{one_of: […]}` of a choice, `{has: […], may: […]}` of a set."""
    if found.kind == "choice":
        return OneOf(frozenset(_texts(found, _mapping(node, ("one_of",), "one_of")["one_of"])))
    if found.kind != "set":
        raise node.wrong(f"`{name}` is known or not; in part are choices and sets alone")
    said = _mapping(node, ("has", "may"), "has", "may")
    has = frozenset(_texts(found, said["has"]))
    return Members(has, has | frozenset(_texts(found, said["may"])))


def _texts(found: Fact, node: Node) -> list[str]:
    if not isinstance(node.value, tuple):
        raise node.wrong("this is a list")
    texts = [one.value for one in node.value if isinstance(one.value, str)]
    if len(texts) < len(node.value):
        raise node.wrong("this is a list of texts")
    if odd := [one for one in texts if found.values and one not in found.values]:
        raise node.wrong(f"`{odd[0]}` is never among them; {nearest(odd[0], found.values)}")
    return texts
