"""Feeds a parser of ours with bytes that a fuzzer makes up, until it breaks or the time is over.

    python -m fuzz TARGET [FOLDER OF SEEDS] [-max_total_time=60]

Knows what each parser promises: any bytes give an answer of a known shape, and no exception but the ones it names.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import service

Target = Callable[[bytes], None]


def boxes(folder: Path) -> Target:
    """Structures of containers: every sequence of bytes has one."""
    from countermark.media.boxes import structure

    file = folder / "fuzzed"

    def target(content: bytes) -> None:
        file.write_bytes(content)
        found = structure(file)
        assert all(line.isprintable() for line in found.anomalies), found.anomalies
        assert 0 <= found.media_bytes <= len(content) and 0 <= found.filler_bytes <= len(content), found

    return target


def report(folder: Path) -> Target:
    """Reports of the C2PA library, as far as strangers' words reach into them."""
    from countermark.provenance.reading.identities import identities_of
    from countermark.provenance.reading.report import Report, details_of
    from countermark.provenance.trust import TrustAnchors

    def target(content: bytes) -> None:
        bits = list(content)
        text = json.dumps(_twisted(REPORT, bits))
        try:
            found = Report(text, json.dumps(_twisted(FORM, bits)))
        except (ValueError, RecursionError):
            return
        details = details_of(found, TrustAnchors(), bound=True)
        assert details.trust != "trusted" or "signingCredential.trusted" in text
        for shown in _texts([vars(details), [vars(one) for one in identities_of(text)]]):
            assert shown.isprintable() and len(shown) <= 600, shown

    return target


def declared(folder: Path) -> Target:
    """What fields of metadata declare: any value under any name, and every packet of XMP, gives harmless lines."""
    from countermark.disclosure.declarations.reading import declared_in
    from countermark.media.metadata import Field, Metadata

    def target(content: bytes) -> None:
        name = FIELDS[content[0] % len(FIELDS)] if content else "XMP"
        found = declared_in(Metadata((Field("moov/udta/meta/keys", name, content[1:]),)))
        for shown in _texts([found.problems, [vars(one) for one in found.declarations]]):
            assert shown.isprintable() and len(shown) <= 320, shown

    return target


FIELDS = ("XMP", "AIGC", "comment", "encoder", "parameters", "dream", "invokeai_metadata", "DigitalSourceType")
TARGETS: dict[str, Callable[[Path], Target]] = {
    "boxes": boxes,
    "report": report,
    "declared": declared,
    **service.TARGETS,
}


# One for each of FIELDS.
VALUES = (
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:t="http://www.tc260.org.cn/ns/AIGC/1.0/" '
    b'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Description t:AIGC="{&quot;Label&quot;:1}" '
    b'i:AISystemUsed="x"><i:DigitalSourceType rdf:resource="print"/></rdf:Description></rdf:RDF>',
    b'{"AIGC":{"Label":"1","ContentProducer":"P","ProduceID":"7"}}',
    b'{"prompt":{"1":{"class_type":"a","inputs":{"model":"m"}}},"workflow":{"nodes":[{"type":"a"}],"links":[]}}',
    b"Kling AI 2.1 (kling.ai)",
    b"a\nSteps: 20, Sampler: Euler a, CFG scale: 7, Model: m",
    b'"a" -s 50 -S 1',
    b'{"model":{"name":"m"},"sui_image_params":{"model":"m"},"steps":1,"seed":1,"sampler":"s","cfg":1}',
    b"https://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
)
_STATUSES = [{"code": "claimSignature.validated", "url": "a", "explanation": "b"}, {"code": "cawg.identity.untrusted"}]
_IDENTITY = {
    "signer_payload": {"sig_type": "cawg.x509.cose"},
    "verifiedIdentities": [{"type": "cawg.web", "username": "u", "provider": {"name": "p"}}],
    "signature_info": {"common_name": "n", "issuer": "i"},
}
_ACTIONS = {
    "actions": [{"action": "c2pa.created", "digitalSourceType": "d", "softwareAgent": {"name": "s"}, "when": "w"}]
}
REPORT = {
    "active_manifest": "a",
    "validation_state": "Valid",
    "manifests": {
        "a": {
            "title": "t",
            "claim_generator_info": [{"name": "n", "version": "v"}],
            "signature_info": {"issuer": "i", "common_name": "c", "time": "t"},
            "assertions": [
                {"label": "c2pa.actions.v2", "data": _ACTIONS},
                {"label": "c2pa.ai-disclosure", "data": {"modelName": "m", "more": {"x": [1, "y"]}}},
                {"label": "cawg.training-mining", "data": {"entries": {"a": {"use": "b"}}}},
                {"label": "cawg.identity", "data": _IDENTITY, "instance": 1},
            ],
            "ingredients": [
                {"title": "t", "relationship": "parentOf", "active_manifest": "a", "validation_status": _STATUSES}
            ],
        }
    },
    "validation_results": {
        "activeManifest": {"success": _STATUSES, "informational": _STATUSES, "failure": _STATUSES[1:]},
        "ingredientDeltas": [{"validationDeltas": {"failure": _STATUSES}}],
    },
}
FORM = {
    "manifests": [
        {
            "assertions": {"c2pa.hash.bmff.v3": {"exclusions": [{"xpath": "/mdat"}], "merkle": [{"count": 3}]}},
            "signature": {"certificateInfo": {"validity": {"notBefore": "2026-01-01T00:00:00"}}},
        }
    ]
}
WORDS = [
    *("active_manifest", "manifests", "a", "validation_results", "activeManifest", "ingredientDeltas", "failure"),
    *("validationDeltas", "success", "informational", "code", "url", "explanation", "assertions", "label", "data"),
    *("actions", "digitalSourceType", "softwareAgent", "name", "ingredients", "relationship", "parentOf", "title"),
    *("c2pa.actions.v2", "cawg.identity", "c2pa.ai-disclosure", "cawg.training-mining", "entries", "use", "signature"),
    *("claimSignature.validated", "signingCredential.trusted", "signingCredential.expired", "certificateInfo"),
    *("signature_info", "time", "validity", "notBefore", "2026-01-01T00:00:00", "c2pa.hash.bmff.v3", "exclusions"),
    *("xpath", "/mdat", "merkle", "count", "signer_payload", "sig_type", "verifiedIdentities", "provider", "instance"),
    *("claim_generator_info", "issuer", "common_name", "validation_status", "validation_state", "\x1b[2J", "\u202e"),
]


def _twisted(value: Any, bits: list[int]) -> Any:
    """Copy a value, here and there with something else in the place of a part."""
    if bits and bits.pop() % 16 == 0:
        return _made_up(bits)
    if isinstance(value, dict):
        return {key: _twisted(inner, bits) for key, inner in value.items()}
    return [_twisted(inner, bits) for inner in value] if isinstance(value, list) else value


def _made_up(bits: list[int], depth: int = 6) -> Any:
    """Build a value of the shapes that reports have from bytes, so that the fuzzer need not learn JSON."""
    kind = bits.pop() % 8 if bits else 0
    if kind < 3 and depth:
        return {WORDS[bits.pop() % len(WORDS)]: _made_up(bits, depth - 1) for _ in range(kind * 3 + 2) if bits}
    if kind < 5 and depth:
        return [_made_up(bits, depth - 1) for _ in range(kind - 2) if bits]
    if kind == 5:
        return (None, True, -1, 1.5, 10**30, "")[bits.pop() % 6 if bits else 0]
    if kind == 6:
        return "".join(chr(bits.pop() * 37) for _ in range(min(len(bits), 5)))
    return WORDS[bits.pop() % len(WORDS)] if bits else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else [] if not hasattr(value, "__dict__") else _texts(vars(value))


def seeds(name: str, folder: Path) -> None:
    """Write a few inputs to begin with."""
    if name == "boxes":
        box = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08free\0\0\0\x0cmdatabcd\0\0\0\x10moov\0\0\0\x08trak"
        (folder / "mp4").write_bytes(box)
        (folder / "mkv").write_bytes(b"\x1a\x45\xdf\xa3\x84\x42\x82\x81w\x18\x53\x80\x67\x80")
        (folder / "avi").write_bytes(b"RIFF\x10\0\0\0AVI LIST\x04\0\0\0movi")
    elif name == "declared":
        for number, value in enumerate(VALUES):
            (folder / str(number)).write_bytes(bytes([number]) + value)
    elif name in service.SEEDS:
        for number, content in enumerate(service.SEEDS[name]):
            (folder / str(number)).write_bytes(content)
    else:
        (folder / "report").write_bytes(bytes(range(256)) * 4)


def main() -> None:
    """Run one target."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"give a target: {', '.join(TARGETS)}")
    atheris: Any = importlib.import_module("atheris")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        with atheris.instrument_imports(include=["countermark"]):
            target = TARGETS[name](Path(folder))
        if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
            begin = Path(folder) / "seeds"
            begin.mkdir()
            seeds(name, begin)
            sys.argv.insert(1, str(begin))
        atheris.Setup(sys.argv, target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
