"""XMP packets: what is said of a video, as RDF in XML. Knows how it is written; what is read is declarations/xmp.py's.

A packet is written anew from single values, and nothing of a stranger's packet gets into it but text that was escaped.
It is marked as read-only and has no padding: whoever changes it in place breaks the signature anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from ..declarations.xmp import DC, RDF, XML, Property

MOST_PACKET = 1 << 20  # bytes

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_FOR_PROPERTIES = ("", RDF, XML, "http://www.w3.org/2000/xmlns/")
# Which properties are lists of what kind; all other lists are bags.
_IN_LANGUAGES = {(DC, "title"), (DC, "description"), (DC, "rights")}
_IN_ORDER = {(DC, "creator"), (DC, "date")}
_HEADER = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_FOOTER = '<?xpacket end="r"?>'


def packet(properties: Iterable[Property]) -> bytes:
    """Write a packet: each property once, the first of a name; b"" where none is left.

    What has properties of its own is left out, and what does not fit any more.
    """
    chosen: dict[tuple[str, str], Property] = {}
    for one in properties:
        if _NAME.fullmatch(one.name) and one.namespace not in _NOT_FOR_PROPERTIES and not one.parts:
            chosen.setdefault((one.namespace, one.name), one)
    if not chosen:
        return b""
    prefixes: dict[str, str] = {}
    lines: list[str] = []
    room = MOST_PACKET - 1000
    for one in chosen.values():
        known = one.qualified.partition(":")[0]
        prefix = prefixes.get(one.namespace) or (f"ns{len(prefixes)}" if known.startswith("{") else known)
        line = _element(f"{prefix}:{one.name}", one)
        declared = f"\n    xmlns:{prefix}={quoteattr(clean(one.namespace))}"
        size = len((line + declared).encode())
        if size <= room:
            room -= size
            prefixes[one.namespace] = prefix
            lines.append(line)
    named = "".join(f"\n    xmlns:{prefix}={quoteattr(clean(space))}" for space, prefix in prefixes.items())
    text = (
        f'{_HEADER}\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="{RDF}">\n'
        f'  <rdf:Description rdf:about=""{named}>\n' + "\n".join(lines) + "\n"
        f"  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n{_FOOTER}"
    )
    return text.encode()


def _element(name: str, one: Property) -> str:
    given = (one.value,) if isinstance(one.value, str) else one.value
    key = (one.namespace, one.name)
    if isinstance(one.value, str) and key not in _IN_LANGUAGES | _IN_ORDER:
        return f"   <{name}>{escape(clean(one.value))}</{name}>"
    kind = "Alt" if key in _IN_LANGUAGES else "Seq" if key in _IN_ORDER else "Bag"
    first = ' xml:lang="x-default"' if kind == "Alt" else ""
    items = "".join(f"<rdf:li{first}>{escape(clean(text))}</rdf:li>" for text in (given[:1] if first else given))
    return f"   <{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def clean(text: str) -> str:
    """What XML can't carry, or readers can't show, becomes a space."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
