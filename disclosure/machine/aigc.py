"""China's record of synthetic content: seven fields in JSON. Knows its form; not where in a file it stands.

GB 45438-2025, Annex E, gives the names, the three labels and the characters that a value may have; it gives no lengths
of values, so those here are ours. The fields that it reserves are filled by makers with signatures in base64 or in JSON
of their own, therefore a quote is fine in a value, and those two fields may be long.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ...errors import LabelFieldInvalid
from ...evidence.text import plain

LABELS = {"1": "synthetic", "2": "possibly synthetic", "3": "suspected to be synthetic"}
NAMES = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
REQUIRED = NAMES[:3]  # what validators want to be there and not empty
MOST_TEXT = 1 << 16  # characters of a whole record
MOST_DEPTH = 8  # of JSON in it; a record is one deep, its usual wrappers make it three
MOST_VALUE = 128  # characters of a name or an id; the codes of makers have 27, their ids up to 70 or so
MOST_RESERVED = 4096  # characters of a reserved field
_MOST_PROBLEMS = 20

# Annex E allows the codes 0x21 to 0x7E but the backslash, and a quote where JSON escapes it.
_ALLOWED = re.compile(r"[\x21-\x5b\x5d-\x7e]*")
# As all that were seen look: 0011, the unified social credit code of 18 characters, and five of the maker's own. The
# standard's own rule for these codes was not at hand, and people without such a code have other forms.
_CODE = re.compile(r"0011[0-9A-HJ-NPQRTUWXY]{18}[0-9A-Za-z]{5}")
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{}\]]', re.DOTALL)
_PAIR = re.compile(rf'"({"|".join(NAMES)})"\s*+:\s*+("(?:[^"\\]|\\.)*+"|\d++)', re.DOTALL)


@dataclass(frozen=True)
class AigcRecord:
    """Who made a file, who passed it on, and whether it is synthetic; as read, or to be written."""

    label: str  # 1, 2 or 3 in a right one
    content_producer: str = ""
    produce_id: str = ""
    reserved_code_1: str = ""
    content_propagator: str = ""
    propagate_id: str = ""
    reserved_code_2: str = ""

    def to_json(self) -> str:
        """Give it as it stands in a file.

        >>> AigcRecord("1", "P", "7").to_json()[:47]
        '{"Label":"1","ContentProducer":"P","ProduceID":'
        """
        return json.dumps(dict(zip(NAMES, asdict(self).values(), strict=True)), separators=(",", ":"))


@dataclass(frozen=True)
class Read:
    """What came of a text that should be a record: the record, where there is one, and each way in which it is off."""

    record: AigcRecord | None
    problems: tuple[str, ...] = ()


def checked(record: AigcRecord) -> AigcRecord:
    """Give it back where it may be written as a whole."""
    for name, value in _named(record):
        if not value and name in REQUIRED:
            raise LabelFieldInvalid(f"{name} of the AIGC record is empty")
        _check(name, value)
    if record.label not in LABELS:
        raise LabelFieldInvalid(f"Label of the AIGC record is {_short(record.label)!r}", advice="it is 1, 2 or 3")
    return record


def propagated(record: AigcRecord, propagator: str, propagate_id: str) -> AigcRecord:
    """Pass on a producer's record, right or wrong: its words stay, ours go where a propagator's belong.

    Its label becomes 1, whatever it was: the one who passes it on knows, and says, that it is synthetic.
    """
    for name, value in (("ContentPropagator", propagator), ("PropagateID", propagate_id)):
        if not value:
            raise LabelFieldInvalid(f"{name} of the AIGC record is empty")
        _check(name, value)
    return replace(record, label="1", content_propagator=propagator, propagate_id=propagate_id, reserved_code_2="")


def doubts(record: AigcRecord) -> tuple[str, ...]:
    """What looks odd in a record that may be written all the same.

    >>> doubts(AigcRecord("1", "001191110102MAD55U9H0F10002", "7"))
    ()
    """
    codes = {"ContentProducer": record.content_producer, "ContentPropagator": record.content_propagator}
    return tuple(
        f"{name} is not 0011, a unified social credit code of 18 characters and five more, as all that were seen are"
        for name, code in codes.items()
        if code and not _CODE.fullmatch(code)
    )


def read(text: str) -> Read:
    """Read what stands where a record should, however wrong it is; in little time, and never with an exception."""
    if len(text) > MOST_TEXT:
        return Read(None, (f"it has more than {MOST_TEXT} characters",))
    problems: list[str] = []
    bare = text.strip("\ufeff\0 \t\r\n")
    if "\0" in text or "\ufeff" in text:
        problems.append("null characters or a byte order mark around it")
    if _too_deep(bare):
        return Read(None, (*problems, f"JSON that is nested more than {MOST_DEPTH} deep"))
    try:
        pairs = _unwrapped(_parsed(bare), problems)
    except ValueError:
        pairs = _Pairs((name, _salvaged(value)) for name, value in _PAIR.findall(bare))
        problems.append("broken JSON" + (", read as far as its fields can be told" if pairs else ""))
    given = _fields(pairs, problems)
    if not given:
        return Read(None, _few([*problems, "it has none of the record's fields"]))
    record = AigcRecord(*(given.get(name, "") for name in NAMES))
    problems += _off(record)
    return Read(_harmless(record), _few(problems))


class _Number(str):
    """A number of JSON, as it was written."""


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON, with what it has twice."""


def _parsed(text: str) -> Any:
    return json.loads(
        text, strict=False, object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number, parse_constant=_Number
    )


def _salvaged(value: str) -> Any:
    try:
        return _parsed(value)
    except ValueError:
        return value[1:-1]  # a string with an escape that JSON does not know


def _too_deep(text: str) -> bool:
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
        elif found[0] in "]}":
            depth -= 1
        if depth > MOST_DEPTH:
            return True
    return False


def _unwrapped(value: Any, problems: list[str]) -> _Pairs:
    """Find the record in what makers wrap it into: a string, a list, an object of one field."""
    for _ in range(3):
        if isinstance(value, str) and not isinstance(value, _Number) and not _too_deep(value):
            problems.append("JSON inside a string")
            value = _parsed(value)
        elif isinstance(value, _Pairs) and (inner := [pair for pair in value if _folded(pair[0]) == "aigc"]):
            problems.append(f'nested in an object as "{_short(inner[0][0])}"' + (", twice" if len(inner) > 1 else ""))
            value = inner[-1][1]
        elif isinstance(value, list) and not isinstance(value, _Pairs) and len(value) == 1:
            problems.append("nested in a list")
            value = value[0]
    if isinstance(value, _Pairs):
        return value
    problems.append("JSON that is no object")
    return _Pairs()


def _fields(pairs: list[tuple[str, Any]], problems: list[str]) -> dict[str, str]:
    """The fields that the standard names; of what stands twice the last counts, as most readers of JSON have it."""
    known = {_folded(name): name for name in NAMES}
    given: dict[str, str] = {}
    for name, value in pairs:
        right = known.get(_folded(name))
        if right is None:
            problems.append(f'unknown field "{_short(name)}"')
            continue
        if name != right:
            problems.append(f'{right} is spelt "{_short(name)}"')
        if not isinstance(value, str):
            problems.append(f"{right} is no text")
            value = ""
        elif isinstance(value, _Number):
            problems.append(f"{right} is a number, not text")
        if right in given:
            agree = given[right] == value
            problems.append(f"{right} stands twice" + ("" if agree else f', as "{_short(given[right])}" first'))
        given[right] = str(value)
    return given


def _off(record: AigcRecord) -> list[str]:
    problems = []
    for name, value in _named(record):
        if not value and name in REQUIRED:
            problems.append(f"{name} is missing or empty")
        elif name == "Label" and value not in LABELS:
            problems.append(f'Label is "{_short(value)}", not 1, 2 or 3')
        elif wrong := _wrong(name, value):
            problems.append(f"{name} {wrong}")
    return problems


def _check(name: str, value: str) -> None:
    if wrong := _wrong(name, value):
        raise LabelFieldInvalid(f"{name} of the AIGC record {wrong}")


def _wrong(name: str, value: str) -> str:
    """Say what the standard, or a length of ours, has against a value."""
    most = MOST_RESERVED if name.startswith("Reserved") else MOST_VALUE
    if len(value) > most:
        return f"has more than {most} characters"
    return "" if _ALLOWED.fullmatch(value) else "has other characters than printable ASCII without spaces and backslash"


def _named(record: AigcRecord) -> list[tuple[str, str]]:
    return [(name, getattr(record, field.name)) for name, field in zip(NAMES, fields(record), strict=True)]


def _harmless(record: AigcRecord) -> AigcRecord:
    """Cut to the lengths, and without what would harm a terminal or a line of JSON."""
    values = []
    for name, value in _named(record):
        most = MOST_RESERVED if name.startswith("Reserved") else MOST_VALUE
        values.append(plain(value, most))
    return AigcRecord(*values)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]", "", name[:40]).lower().removeprefix("tc260:")


def _short(text: str) -> str:
    return plain(text, 40)


def _few(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - _MOST_PROBLEMS
    return (*problems[:_MOST_PROBLEMS], *([f"and {more} more"] if more > 0 else []))
