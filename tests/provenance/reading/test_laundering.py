"""Attempts to pass something off as what was signed: each is caught, or, where C2PA leaves a gap by design, said."""

from __future__ import annotations

import json
from pathlib import Path

import c2pa
import pytest

from countermark.cli.judging import words
from countermark.evidence import CredentialDetails, FailureDetails, evidence_from_json
from countermark.evidence.sources import IPTC
from countermark.media.boxes import structure
from countermark.provenance import TrustAnchors, crjson_of
from countermark.provenance.reading import report
from countermark.provenance.trust.validator import context
from countermark.settings import Settings
from countermark.tests import needs
from countermark.tests.provenance.boxes import box, boxes, without
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip
from countermark.verify import verify

CREATED = {"action": "c2pa.created", "digitalSourceType": IPTC + "digitalCapture"}
TRICKS = [
    "<script>alert(1)</script>",
    "\x1b[2J\x1b]0;title\x07\x1b[31mTrusted\x1b[0m",
    "\u202egpj.exe\u2066\u200f",
    "a\r\nverdict: credentials_intact",
    "\x00\x08\x08\x7f\x9b31m",
    "\u2028\u2029\ufeff\u00ad",
    "'; DROP TABLE records;--",
    "b" * 10_000,
]


def _manifest_box(content: bytes) -> bytes:
    return next(content[at : at + size] for kind, at, size in boxes(content) if kind == b"uuid")


def test_a_manifest_of_another_video_of_the_same_length(studio: Studio) -> None:
    mine, _ = studio.sign("mine.mp4")
    studio.source = clip(studio.folder / "other.mp4", size=(64, 48), seconds=0.2, seed=9)
    theirs, signed = studio.sign("theirs.mp4")
    content, stolen = mine.read_bytes(), _manifest_box(theirs.read_bytes())
    mine.write_bytes(content.replace(_manifest_box(content), stolen))
    assert studio.examine(mine).finding == "invalid"
    details = studio.details(mine)
    assert (details.manifest_id, details.trust, details.content_matches) == (signed.manifest_id, "trusted", False)
    mine.with_suffix(".c2pa").write_bytes(signed.store)  # beside a file it is worth as little
    mine.write_bytes(without(content, b"uuid"))
    assert studio.examine(mine).finding == "invalid" and studio.details(mine).place == "beside"


def test_edited_history_is_broken(studio: Studio) -> None:
    parent, _ = studio.sign("parent.mp4", title="THE PARENT")
    child, _ = studio.sign("child.mp4", parent=parent)
    content = child.read_bytes()
    assert studio.details(child).manifests == 2 and studio.details(child).ingredients[0].relationship == "parentOf"
    child.write_bytes(content.replace(b"THE PARENT", b"NO PARENTS"))
    assert studio.examine(child).finding == "invalid" and studio.details(child).trust == "broken"
    child.write_bytes(content.replace(b"trainedAlgorithmicMedia", b"digitalCaptureXXXXXXXXX"))
    assert studio.examine(child).finding == "invalid" and studio.details(child).trust == "broken"


def test_a_second_manifest_is_never_chosen_from(studio: Studio) -> None:
    target, _ = studio.sign("one.mp4")
    other, _ = studio.sign("two.mp4")
    content = target.read_bytes()
    for second in (_manifest_box(content), _manifest_box(other.read_bytes())):
        target.write_bytes(content + second)
        assert studio.examine(target).finding == "invalid" and studio.details(target).trust == "broken"
        assert "more than one" in studio.details(target).failures[0]


@pytest.mark.parametrize("kind", [b"mdat", b"wide", b"junk", b"moov", b"xxxx", b"uuid"])
def test_what_is_appended_is_seen(studio: Studio, kind: bytes) -> None:
    target, _ = studio.sign()
    target.write_bytes(target.read_bytes() + box(kind, b"something else" * 9))
    assert studio.examine(target).finding in ("invalid", "failed")


def test_bytes_that_are_no_box_are_seen(studio: Studio) -> None:
    target, _ = studio.sign()
    target.write_bytes(target.read_bytes() + b"more")
    assert studio.examine(target).finding == "invalid"
    assert any("belong to no box" in line for line in structure(target).anomalies)


@pytest.mark.parametrize("kind", [b"free", b"skip"])
def test_a_filler_stays_trusted_by_design_and_is_said(studio: Studio, kind: bytes) -> None:
    target, _ = studio.sign()
    content = target.read_bytes()
    assert studio.details(target).remarks == () and structure(target).anomalies == ()
    target.write_bytes(content + box(kind, b"a message"))
    details = studio.details(target)
    assert (details.trust, details.content_matches) == ("trusted", True)
    assert details.remarks == ("9 bytes lie in 'free' boxes, which no signature covers",)
    assert any("behind everything else" in line for line in structure(target).anomalies)
    at = next(at for found, at, _ in boxes(content) if found == b"mdat")
    target.write_bytes(content[:at] + box(kind, b"a message") + content[at:])  # what follows is not where it was
    assert studio.examine(target).finding == "invalid"


def test_a_signer_who_leaves_the_pictures_out_has_signed_nothing() -> None:
    def stands(binding: dict[str, object]) -> CredentialDetails:
        active = {"success": [{"code": "claimSignature.validated"}, {"code": "signingCredential.trusted"}]}
        said = {
            "active_manifest": "a",
            "manifests": {"a": {"title": "t"}},
            "validation_results": {"activeManifest": active},
        }
        form = {"manifests": [{"assertions": {"c2pa.hash.bmff.v3": binding}}]}
        told = report.Report(json.dumps(said), json.dumps(form))
        return report.details_of(told, TrustAnchors(), bound=True)

    usual: list[dict[str, object]] = [{"xpath": path} for path in report.LEFT_OUT]
    assert stands({"exclusions": usual}).content_matches is True
    for path in ("/mdat", "/moov"):
        found = stands({"exclusions": [*usual, {"xpath": path}]})
        assert found.content_matches is False and any(path in remark for remark in found.remarks)
    assert stands({"exclusions": [{"xpath": "/mdat"}], "merkle": [{"count": 3}]}).content_matches is True
    assert stands({"exclusions": [{"xpath": "/meta/iloc"}]}).content_matches is True
    rest = {"xpath": "/mdat", "subset": [{"offset": 16, "length": 0}]}
    assert stands({"exclusions": [rest]}).content_matches is False
    assert stands({"exclusions": [rest], "merkle": [{"count": 3}]}).content_matches is True
    for said in ([{"offset": 8, "length": 2**32 - 1}], [{"length": 9}] * 2, [{"length": "x"}], [{"length": -1}]):
        assert stands({"exclusions": [{"xpath": "/mdat", "subset": said}]}).content_matches is False, said
    assert stands({"exclusions": [{"xpath": "/mdat", "subset": [{"offset": 0, "length": 16}]}]}).content_matches
    for path in ("/mdat[1]", "//mdat", "/mdat/", " /moov[ 2 ]", "/moov/trak[1]/mdia", "/*", "/moof/traf"):
        assert stands({"exclusions": [{"xpath": path}]}).content_matches is False, path
    assert stands({"exclusions": [{"xpath": "/moov/trak/mdia/minf/stbl/stco"}]}).content_matches, "early signers had to"
    fragmented = [{"count": 3, "initHash": "x"}]
    assert stands({"exclusions": [{"xpath": "/mdat"}], "merkle": fragmented}).content_matches is False
    assert stands({"exclusions": [{"xpath": "/moov"}], "merkle": [{"count": 3}]}).content_matches is False


def test_what_lies_in_the_padding_of_a_signature_is_said(studio: Studio) -> None:
    """Nothing covers it: the file stays trusted, by design."""
    target, signed = studio.sign()
    content = bytearray(target.read_bytes())
    assert studio.details(target).remarks == ()
    at = content.index(b"\x63pad", content.index(b"c2pa.signature\0")) + 64
    content[at : at + 9] = b"a message"
    target.write_bytes(content)
    details = studio.details(target)
    assert (details.trust, details.content_matches, len(details.remarks)) == ("trusted", True, 1)
    assert details.remarks[0].startswith("9 bytes lie in the padding")
    target.write_bytes(studio.source.read_bytes())
    place = bytes(content).index(signed.store[:64])
    target.with_suffix(".c2pa").write_bytes(content[place : place + len(signed.store)])
    assert studio.details(target).remarks == details.remarks, "in a sidecar too"


def test_an_algorithm_that_is_not_judged_here_proves_no_change(studio: Studio) -> None:
    target, _ = studio.sign()
    content = bytearray(target.read_bytes())
    at = content.index(b"\xa2\x01\x26", content.index(b"c2pa.signature\0"))  # ES256
    content[at + 2] = 0x2E  # one of no meaning
    target.write_bytes(content)
    found = studio.examine(target)
    assert found.finding == "inconclusive" and isinstance(found.details, FailureDetails)
    assert found.details.error.startswith("unsupported")


def test_strings_of_strangers_are_harmless_everywhere(studio: Studio) -> None:
    attacks = list(TRICKS)
    folder = needs.DATA / "c2pa" / "contentauth+c2pa-attacks" / "attacks"
    for file in sorted(folder.glob("*.attack")) if folder.exists() else []:
        attacks += [line for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if line]
    for number in range(0, len(attacks), 6):
        target = _signed_with(studio, attacks[number : number + 6])
        found = studio.examine(target)
        assert found.finding == "present"
        assert not [text for text in _texts(found.to_json()) if not text.isprintable() or len(text) > 600]
        assert evidence_from_json(json.loads(json.dumps([found.to_json()]))) == (found,)


def test_strings_of_strangers_are_harmless_in_the_terminal(studio: Studio) -> None:
    options = Settings(home=studio.folder / "home")
    target = _signed_with(studio, TRICKS[:6])
    shown = words("a.mp4", verify(target, options=options), True)
    assert all(line.isprintable() for line in shown.split("\n"))
    assert not [line for line in shown.split("\n") if line.startswith("verdict:")]
    assert crjson_of(target, options).isascii()


def _signed_with(studio: Studio, strings: list[str]) -> Path:
    """Put strings wherever a manifest has room for words."""
    title, *rest = (*strings, *["x"] * 6)
    agent = {"name": rest[0], "version": rest[1]}
    actions = [{**CREATED, "softwareAgent": agent, "description": rest[2]}, {"action": rest[3] or "x"}]
    said = {
        "title": title,
        "claim_generator_info": [{"name": rest[4] or "x", "version": rest[0]}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions[:1]}, "created": True},
            {
                "label": "c2pa.ai-disclosure",
                "data": {"modelName": rest[0], rest[1][:60]: rest[2], "modelType": rest[3]},
            },
            {"label": "cawg.training-mining", "data": {"entries": {rest[4][:60]: {"use": rest[1]}}}},
        ],
    }
    info = c2pa.C2paSignerInfo(b"es256", studio.identity.chain_pem, studio.identity.key_pem(), None)
    with context(studio.anchors, c2pa.Signer.from_info(info)) as ground:
        builder = c2pa.Builder(json.dumps(said), ground)
        target = studio.folder / "strings.mp4"
        with studio.source.open("rb") as source, target.open("w+b") as output:
            builder.sign("video/mp4", source, output)
    return target


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
