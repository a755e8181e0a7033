"""Small files that declare something, made byte by byte: right ones, and wrong ones that no writer would make."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

from countermark.disclosure.declarations.xmp import DC, EXIF, IPTC_EXT, PHOTOSHOP, RDF, TC260, TIFF, XMP_BASIC
from countermark.evidence.sources import IPTC
from countermark.tests.recipes import clip

XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
MANIFEST_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
RECORD = {
    "Label": "1",
    "ContentProducer": "001191110102MAD55U9H0F10002",
    "ProduceID": "v-0001",
    "ReservedCode1": "",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}


def record(**changed: object) -> str:
    """China's record, with some fields changed."""
    return json.dumps({**RECORD, **changed}, ensure_ascii=False)


def graph(nodes: int = 3, model: str = "THUDM/CogVideoX-5b") -> dict[str, object]:
    """What ComfyUI runs, with something private in it."""
    made = {str(i): {"class_type": "Node", "inputs": {"text": "a secret wish"}} for i in range(nodes - 1)}
    return {**made, "9": {"class_type": "Loader", "inputs": {"model": model}}}


# mp4 and mov ----------------------------------------------------------------------------------------------------------


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def keyed(*pairs: tuple[str, str | bytes]) -> bytes:
    """A `meta` box with keys and their values."""
    values = [value.encode() if isinstance(value, str) else value for _, value in pairs]
    keys = b"".join(box(b"mdta", name.encode()) for name, _ in pairs)
    items = [
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0), value))
        for number, value in enumerate(values, 1)
    ]
    return box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8), b"mdta", bytes(12), b"\0"),
        box(b"keys", bytes(4), struct.pack(">I", len(pairs)), keys),
        box(b"ilst", *items),
    )


def itunes(mean: str, name: str, value: str) -> bytes:
    """A `meta` box with one atom of iTunes's own kind."""
    item = box(
        b"----",
        box(b"mean", bytes(4), mean.encode()),
        box(b"name", bytes(4), name.encode()),
        box(b"data", struct.pack(">II", 1, 0), value.encode()),
    )
    return box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"mdir", bytes(12), b"\0"), box(b"ilst", item))


def uuid(packet: bytes, identifier: bytes = XMP_BOX) -> bytes:
    return box(b"uuid", identifier, packet)


def mp4(path: Path, *, movie: bytes = b"", top: bytes = b"", brand: bytes = b"isom") -> Path:
    """A file with a movie box that has no streams: enough for who reads no pictures."""
    path.write_bytes(box(b"ftyp", brand, bytes(4), brand) + top + box(b"moov", movie) + box(b"mdat", b"pictures"))
    return path


def with_keys(path: Path, *pairs: tuple[str, str | bytes]) -> Path:
    return mp4(path, movie=box(b"udta", keyed(*pairs)))


def huge(path: Path, head: bytes, size: int) -> Path:
    """A file with an XMP box of `size` bytes, of which the disk holds the first."""
    begin = box(b"ftyp", b"isom", bytes(4), b"isom") + struct.pack(">I", 24 + size) + b"uuid" + XMP_BOX + head
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(len(begin) - len(head) + size)
        file.seek(0, 2)
        file.write(box(b"moov"))
    return path


# XMP ------------------------------------------------------------------------------------------------------------------


def packet(inside: str = "", attributes: str = "") -> str:
    """One description, in a packet with all the usual prefixes."""
    prefixes = {
        "rdf": RDF,
        "Iptc4xmpExt": IPTC_EXT,
        "TC260": TC260,
        "photoshop": PHOTOSHOP,
        "xmp": XMP_BASIC,
        "tiff": TIFF,
        "exif": EXIF,
        "dc": DC,
    }
    spaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in prefixes.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF {spaces}><rdf:Description rdf:about="" {attributes}>{inside}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="w"?>'
    )


def source_type(code: str, base: str = IPTC) -> str:
    return packet(f"<Iptc4xmpExt:DigitalSourceType>{base}{code}</Iptc4xmpExt:DigitalSourceType>")


def with_xmp(path: Path, text: str | bytes) -> Path:
    return mp4(path, top=uuid(text.encode() if isinstance(text, str) else text))


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(i + 1)} "{f"&{chr(i)};" * 10}">' for i in range(ord("a"), ord("j")))
    + "]>"
    + packet("<xmp:CreatorTool>&j;</xmp:CreatorTool>").partition("?>")[2]
)


# Other containers -----------------------------------------------------------------------------------------------------


def muxed(path: Path, **tags: str) -> Path:
    """A real little video, written by FFmpeg, with tags."""
    codec = {".webm": "libvpx-vp9", ".avi": "mpeg4", ".flv": "libx264"}.get(path.suffix, "libx264")
    options = {"movflags": "use_metadata_tags"} if path.suffix in (".mp4", ".mov") else {}
    return clip(path, seconds=0.1, size=(64, 64), codec=codec, metadata=tags, container=options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def avi(path: Path, *chunks: bytes) -> Path:
    body = b"AVI " + b"".join(chunks) + chunk(b"LIST", b"movi")
    path.write_bytes(chunk(b"RIFF", body))
    return path


def info(**tags: str) -> bytes:
    return chunk(b"LIST", b"INFO" + b"".join(chunk(name.encode(), value.encode()) for name, value in tags.items()))


def png(path: Path, *texts: tuple[str, str], packed: bool = False) -> Path:
    """A picture of one pixel with texts; what is called XML:com.adobe.xmp stands in iTXt."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))]
    for name, text in texts:
        if name == "XML:com.adobe.xmp":
            parts.append((b"iTXt", name.encode() + bytes(5) + text.encode()))
        elif packed:
            parts.append((b"zTXt", name.encode() + b"\0\0" + zlib.compress(text.encode())))
        else:
            parts.append((b"tEXt", name.encode() + b"\0" + text.encode()))
    parts += [(b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    whole = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + whole)
    return path


def gif(path: Path, *, comment: str = "", xmp: str = "") -> Path:
    parts = [b"GIF89a", struct.pack("<HHBBB", 1, 1, 0x80, 0, 0), bytes(6)]
    if comment:
        parts += [b"\x21\xfe", bytes([len(comment)]), comment.encode(), b"\0"]
    if xmp:
        parts += [b"\x21\xff\x0bXMP DataXMP", xmp.encode(), b"\x01", bytes(range(255, -1, -1)), b"\0"]
    parts += [b"\x2c", struct.pack("<HHHHB", 0, 0, 1, 1, 0), b"\x02\x02\x44\x01\0", b"\x3b"]
    path.write_bytes(b"".join(parts))
    return path


def webp(path: Path, xmp: str) -> Path:
    path.write_bytes(chunk(b"RIFF", b"WEBP" + chunk(b"VP8X", bytes(10)) + chunk(b"XMP ", xmp.encode())))
    return path


def user_comment(text: str) -> bytes:
    """EXIF with a comment in UTF-16, as tools for pictures write it."""
    value = b"UNICODE\0" + text.encode("utf-16-le")
    first = struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    second = struct.pack("<HHHIII", 1, 0x9286, 7, len(value), 44, 0)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + second + value


def jpeg(path: Path, *, comment: bytes = b"", xmp: str = "", exif: bytes = b"") -> Path:
    segments = [(b"\xff\xfe", comment)] if comment else []
    segments += [(b"\xff\xe1", exif)] if exif else []
    segments += [(b"\xff\xe1", b"http://ns.adobe.com/xap/1.0/\0" + xmp.encode())] if xmp else []
    written = b"".join(kind + struct.pack(">H", 2 + len(body)) + body for kind, body in segments)
    path.write_bytes(b"\xff\xd8" + written + b"\xff\xd9")
    return path
