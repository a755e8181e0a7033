"""From YAML or JSON to plain nodes that know their lines; within limits, and without anything that could surprise.

No tags, no anchors, no aliases, no second document; a word that looks like a number in one YAML and not in another is
a text. Knows nothing of policies. A text that begins with `{` is JSON, and needs no package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from ...errors import PackageMissing, PolicyInvalid

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

MOST_BYTES = 256 * 1024
MOST_DEPTH = 40  # of the document; conditions have a limit of their own
MOST_NODES = 50_000
_NUMBER = re.compile(r"[-+]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][-+]?\d{1,3})?")
_PLAIN: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}

Scalar = bool | float | str | None


@dataclass(frozen=True)
class Node:
    """One value of a document, where it stands, and on which line, where that is known."""

    value: Scalar | tuple[Node, ...] | dict[str, Node]
    place: str = ""
    line: int | None = None

    def wrong(self, why: str, key: str = "") -> PolicyInvalid:
        """Make the error that says what is wrong here, or at one of its keys."""
        at = ".".join(part for part in (self.place, key) if part)
        line = f"line {self.line}" if self.line else ""
        where = ", ".join(part for part in (line, at) if part)
        return PolicyInvalid(f"{where}: {why}" if where else why, faults=((where, why),))


def parsed(text: str) -> Node:
    """Read a document; raises PolicyInvalid."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise PolicyInvalid(f"the document has {size} bytes; at most {MOST_BYTES} are read")
    return _placed(_json(text) if text.lstrip().startswith("{") else _Builder().built(text), "")


def _placed(node: Node, place: str) -> Node:
    value = node.value
    if isinstance(value, dict):
        dot = f"{place}." if place else ""
        return Node({key: _placed(one, f"{dot}{key}") for key, one in value.items()}, place, node.line)
    if isinstance(value, tuple):
        return Node(tuple(_placed(one, f"{place}[{at}]") for at, one in enumerate(value)), place, node.line)
    return Node(value, place, node.line)


def _json(text: str) -> Node:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        named = dict(found)
        if len(named) < len(found):
            twice = next(key for at, (key, _) in enumerate(found) if key in dict(found[:at]))
            raise PolicyInvalid(f"the key `{twice}` stands twice in one place")
        return named

    def refused(word: str) -> Any:
        raise PolicyInvalid(f"`{word}` is no number that can be compared")

    try:
        plain = json.loads(text, object_pairs_hook=pairs, parse_constant=refused, parse_int=float)
        return _noded(plain, 0)
    except json.JSONDecodeError as error:
        raise PolicyInvalid(f"line {error.lineno}: no JSON: {error.msg}") from None
    except RecursionError:
        raise _too_deep() from None


def _noded(plain: Any, depth: int) -> Node:
    if depth > MOST_DEPTH:
        raise _too_deep()
    if isinstance(plain, dict):
        return Node({key: _noded(one, depth + 1) for key, one in plain.items()})
    if isinstance(plain, list):
        return Node(tuple(_noded(one, depth + 1) for one in plain))
    return Node(_finite(plain) if isinstance(plain, float) else plain)


def _finite(number: float, line: int | None = None) -> float:
    if not isfinite(number):
        raise PolicyInvalid(f"{f'line {line}: ' if line else ''}a number is too large")
    return number


def _too_deep() -> PolicyInvalid:
    return PolicyInvalid(f"the document is nested deeper than {MOST_DEPTH}")


class _Builder:
    """Makes nodes of YAML's events, one by one: what is too deep or too much is never built."""

    def __init__(self) -> None:
        self._open: list[tuple[list[Node], int, bool]] = []  # what is in it so far, its line, whether it is a mapping
        self._nodes = 0
        self._done: Node | None = None

    def built(self, text: str) -> Node:
        try:
            import yaml
        except ImportError:
            raise PackageMissing(
                "a policy in YAML needs pyyaml", advice="`pip install pyyaml`, or write the policy as JSON"
            ) from None
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = f"line {mark.line + 1}: " if mark else ""
            raise PolicyInvalid(f"{line}no YAML: {error.problem or error.context}") from None
        except yaml.YAMLError as error:  # letters that YAML does not take
            raise PolicyInvalid(f"no YAML: {error}") from None
        if self._done is None:
            raise PolicyInvalid("the document is empty")
        return self._done

    def _take(self, event: Event) -> None:
        import yaml

        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise PolicyInvalid(f"line {line}: anchors and aliases are not read; write it out")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise PolicyInvalid(f"line {line}: tags such as {tag} are not read")
        if isinstance(event, yaml.DocumentStartEvent) and self._done is not None:
            raise PolicyInvalid(f"line {line}: a file holds one policy; this begins a second document")
        if isinstance(event, yaml.ScalarEvent):
            self._put(Node(_scalar(event, line), line=line))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= MOST_DEPTH:
                raise _too_deep()
            self._open.append(([], line, isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            parts, started, mapping = self._open.pop()
            self._put(Node(_mapping(parts) if mapping else tuple(parts), line=started))

    def _put(self, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise PolicyInvalid(f"the document has more than {MOST_NODES} values")
        if self._open:
            self._open[-1][0].append(node)
        else:
            self._done = node


def _scalar(event: ScalarEvent, line: int) -> Scalar:
    text: str = event.value
    if event.style is not None:
        return text
    if text in _PLAIN:
        return _PLAIN[text]
    return _finite(float(text), line) if _NUMBER.fullmatch(text) else text


def _mapping(parts: Sequence[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        if not isinstance(key.value, str):
            raise PolicyInvalid(f"line {key.line}: a key must be a text")
        if key.value in found:
            raise PolicyInvalid(f"line {key.line}: the key `{key.value}` stands twice in one place")
        found[key.value] = Node(value.value, line=key.line)
    return found
