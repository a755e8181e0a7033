"""What a duty asks, as a small tree: one check, all of some, or any of some; and how its answers come together.

Answers have three values (Kleene's): what is not decidable spoils `all` only where the rest is met, and `any` only
where nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from .faults import cut, why
from .subject import Answer, Basis, Subject
from .vocabulary import VOCABULARY

DEEPEST = 6  # groups in groups
_SURENESS: tuple[Basis, ...] = ("looks", "mark", "file")  # the least first


@dataclass(frozen=True)
class Ask:
    """One check of the vocabulary, with what it was given."""

    name: str
    asked: Any

    def answer(self, subject: Subject) -> Answer:
        """Ask it."""
        return VOCABULARY[self.name](subject, self.asked)


@dataclass(frozen=True)
class AllOf:
    """Met where each is."""

    of: tuple[Rule, ...]

    def answer(self, subject: Subject) -> Answer:
        """Not met by the first that is not; else undecided by the first that is; rests on the least sure of all."""
        answers = [rule.answer(subject) for rule in self.of]
        for met in (False, None):
            short = [one for one in answers if one.met is met]
            if short:
                return Answer(met, _joined(short), _least(short), _advice(short))
        return Answer(True, _joined(answers), _least(answers))


@dataclass(frozen=True)
class AnyOf:
    """Met where one is."""

    of: tuple[Rule, ...]

    def answer(self, subject: Subject) -> Answer:
        """Met by the surest that is; else undecided by those that are; rests on the surest."""
        answers = [rule.answer(subject) for rule in self.of]
        met = sorted((one for one in answers if one.met), key=lambda one: -_rank(one))
        if met:
            return met[0]
        undecided = [one for one in answers if one.met is None]
        short = undecided or answers
        return Answer(None if undecided else False, _joined(short), _least(short), _advice(short))


Rule = Ask | AllOf | AnyOf


def rule_of(said: object, depth: int = 0) -> Rule:
    """Read what stands under `check`; raises ValueError with what is wrong."""
    if depth > DEEPEST:
        raise ValueError(f"groups lie more than {DEEPEST} deep in each other")
    if isinstance(said, str):
        return _ask(said, {})
    if not isinstance(said, dict):
        raise ValueError("a check is a name, or a table of check, all or any")
    groups = [name for name in ("all", "any") if name in said]
    if not groups and isinstance(said.get("check"), str):
        return _ask(said["check"], {name: value for name, value in said.items() if name != "check"})
    if len(said) != 1 or not groups:
        raise ValueError(f"a table of a check has one of check, all or any; not {cut(', '.join(said)) or 'nothing'}")
    inner = said[groups[0]]
    if not isinstance(inner, list) or not inner:
        raise ValueError(f"{groups[0]} is a list of checks, and not empty")
    rules = tuple(rule_of(one, depth + 1) for one in inner)
    return AllOf(rules) if groups[0] == "all" else AnyOf(rules)


def _ask(name: str, given: dict[str, Any]) -> Ask:
    term = VOCABULARY.get(name)
    if term is None:
        raise ValueError(f"no check is called {cut(name)!r}; there are {', '.join(VOCABULARY)}")
    try:
        return Ask(name, TypeAdapter(term.asks).validate_python(given))
    except ValidationError as error:
        first = error.errors()[0]
        what = cut(str(first["loc"][0]))
        raise ValueError(f"{name} can't be asked with {what!r}: {why(first)}") from None


def _rank(answer: Answer) -> int:
    return _SURENESS.index(answer.basis) if answer.basis else -1


def _least(answers: list[Answer]) -> Basis | None:
    named = [one for one in answers if one.basis]
    return min(named, key=_rank).basis if named else None


def _advice(answers: list[Answer]) -> str | None:
    """What to do about all of these, where each brings advice of its own."""
    own = [one.advice for one in answers if one.advice]
    return "; ".join(dict.fromkeys(own)) if len(own) == len(answers) else None


def _joined(answers: list[Answer]) -> str:
    return "; ".join(dict.fromkeys(one.evidence for one in answers))
