"""Reading: how signatures stand, what hostile files can do, and that the network is never asked."""

from __future__ import annotations

import http.server
import json
import random
import socketserver
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import c2pa
import pytest

from countermark import issuing, keyring
from countermark.evidence import CredentialDetails, FailureDetails, evidence_from_json
from countermark.evidence.sources import IPTC
from countermark.provenance import trust
from countermark.provenance.reading import report
from countermark.provenance.signing import manifest
from countermark.provenance.trust.validator import context
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip

CAPTURE = IPTC + "digitalCapture"


def _foreign(studio: Studio, name: str, said: dict[str, object], parent: Path | None = None) -> Path:
    """Sign what our own description would never say."""
    info = c2pa.C2paSignerInfo(b"es256", studio.identity.chain_pem, studio.identity.key_pem(), None)
    with context(studio.anchors, c2pa.Signer.from_info(info)) as ground:
        builder = c2pa.Builder(json.dumps(said), ground)
        if parent:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            with parent.open("rb") as stream:
                builder.add_ingredient(json.dumps({"relationship": "parentOf", "label": "parent"}), "video/mp4", stream)
        target = studio.folder / name
        with studio.source.open("rb") as source, target.open("w+b") as output:
            builder.sign("video/mp4", source, output)
    return target


def _says(title: str, *actions: dict[str, object]) -> dict[str, object]:
    data = {"actions": list(actions), "allActionsIncluded": True}
    return {
        "title": title,
        "claim_generator_info": [{"name": "other"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": data, "created": True}],
    }


def test_trust_needs_an_anchor(studio: Studio) -> None:
    target, signed = studio.sign()
    found = studio.examine(target)
    details = studio.details(target)
    assert found.finding == "present" and found.examiner == "credentials" and found.track == "container"
    assert (details.trust, details.content_matches, details.development) == ("trusted", True, True)
    assert details.manifest_id == signed.manifest_id and details.title == "A title" and details.signed_at is None
    assert details.says_synthetic and not details.says_captured and details.failures == ()
    assert details.claim_generator and details.claim_generator.startswith("Countermark ")
    stranger = studio.details(target, trust.TrustAnchors())
    assert (stranger.trust, stranger.development) == ("unknown_signer", False)


def test_only_development_roots_make_it_development(studio: Studio) -> None:
    target, _ = studio.sign()
    added = studio.details(target, trust.TrustAnchors(added=studio.anchors.development))
    assert (added.trust, added.development) == ("trusted", False)


def test_absent_and_impossible_are_not_the_same(studio: Studio) -> None:
    absent = studio.examine(studio.source)
    assert (absent.finding, absent.details) == ("absent", None)
    found = studio.examine(clip(studio.folder / "a.mkv", size=(64, 48), seconds=0.2))
    assert found.finding == "inconclusive" and isinstance(found.details, FailureDetails)
    assert "no place" in found.details.error
    assert studio.examine(studio.folder / "none.mp4").finding == "failed"


def test_a_name_that_lies_about_the_container_hides_nothing(studio: Studio) -> None:
    target, _ = studio.sign()
    assert studio.details(target.rename(studio.folder / "signed.webm")).trust == "trusted"


def test_changed_content_is_told_from_a_changed_manifest(studio: Studio) -> None:
    target, _ = studio.sign()
    good = target.read_bytes()
    target.write_bytes(good[:-5] + bytes([good[-5] ^ 255]) + good[-4:])
    assert studio.examine(target).finding == "invalid"
    changed = studio.details(target)
    assert (changed.trust, changed.content_matches) == ("trusted", False)
    assert changed.failures == ("assertion.bmffHash.mismatch",)
    target.write_bytes(good.replace(b"A title", b"B title", 1))
    broken = studio.details(target)
    assert studio.examine(target).finding == "invalid" and broken.trust == "broken"
    assert broken.failures and "claimSignature" in " ".join(broken.failures)


def test_no_flip_in_the_manifest_raises_or_is_believed(studio: Studio) -> None:
    target, signed = studio.sign()
    good = target.read_bytes()
    start = good.index(b"jumb") - 24
    chance = random.Random(7)
    seen = set()
    for _ in range(60):
        content = bytearray(good)
        content[start + chance.randrange(len(signed.store))] ^= 1 << chance.randrange(8)
        target.write_bytes(content)
        found = studio.examine(target)
        assert evidence_from_json(json.loads(json.dumps([found.to_json()]))) == (found,)
        seen.add(found.finding)
        if found.finding == "present":  # padding, which no hash covers
            details = found.details
            assert isinstance(details, CredentialDetails) and details.title == "A title"
    assert "invalid" in seen


def test_cut_files_and_noise_are_findings(studio: Studio) -> None:
    target, _ = studio.sign()
    good = target.read_bytes()
    for content in (b"", b"x", good[:100], good[: len(good) // 2], good[:-1], bytes(5000), good[8:]):
        target.write_bytes(content)
        assert studio.examine(target).finding in ("absent", "inconclusive", "failed", "invalid")


def test_an_expired_certificate_is_said_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuing, "LEAF_DAYS", 303 / 86400)  # begins 300 s ago
    studio.identity = keyring.init_development(studio.folder / "short")
    studio.anchors = trust.load(studio.folder / "short")
    target, _ = studio.sign()
    time.sleep(max(0.0, (studio.identity.not_after - datetime.now(UTC)).total_seconds()) + 1.1)
    assert studio.details(target).trust == "expired" and studio.examine(target).finding == "present"
    assert keyring.describe(studio.identity).verifiers_will_say[0].startswith("expired")


def test_a_certificate_that_has_not_begun_is_told_from_one_that_ended() -> None:
    def stands(begins: str | None) -> str:
        results = {
            "success": [{"code": "claimSignature.validated"}],
            "failure": [{"code": "signingCredential.expired"}],
        }
        said = {"active_manifest": "a", "manifests": {"a": {}}, "validation_results": {"activeManifest": results}}
        signature = {"certificateInfo": {"validity": {"notBefore": begins}}}
        return report.stands(report.Report(json.dumps(said), json.dumps({"manifests": [{"signature": signature}]})))

    now = datetime.now(UTC)
    assert stands((now + timedelta(days=1)).isoformat()) == "not_yet_valid"
    assert stands((now - timedelta(days=1)).isoformat()) == "expired"
    assert stands(None) == stands("soon") == "expired"


def test_history_counts(studio: Studio) -> None:
    made, _ = studio.sign("made.mp4")
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
    edited = _foreign(studio, "edited.mp4", _says("t", opened, {"action": "c2pa.color_adjustments"}), made)
    assert studio.details(edited).says_synthetic  # an edit does not make it less so
    taken = _foreign(studio, "taken.mp4", _says("t", {"action": "c2pa.created", "digitalSourceType": CAPTURE}))
    assert studio.details(taken).says_captured and not studio.details(taken).says_synthetic
    graded = _foreign(studio, "graded.mp4", _says("t", opened, {"action": "c2pa.color_adjustments"}), taken)
    assert studio.details(graded).says_captured
    altered, _ = studio.sign("altered.mp4", parent=taken, source_type=IPTC + manifest.SYNTHETIC[1])
    found = studio.details(altered)
    assert found.says_synthetic and not found.says_captured  # it says itself what was done to the capture


def test_texts_of_strangers_are_cut_and_harmless(studio: Studio) -> None:
    title = "a\x1b[2J\u202e\n" + "b" * 5000
    created = {"action": "c2pa.created", "digitalSourceType": "x" * 5000}
    found = studio.details(_foreign(studio, "odd.mp4", _says(title, created)))
    assert found.title is not None and len(found.title) <= 500 and found.title.isprintable()
    assert all(len(uri) <= 500 for uri in found.source_types)


def test_the_network_is_never_asked(studio: Studio) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with socketserver.TCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/manifest.c2pa"
        info = c2pa.C2paSignerInfo(b"es256", studio.identity.chain_pem, studio.identity.key_pem(), None)
        created = {"action": "c2pa.created", "digitalSourceType": CAPTURE}
        with context(studio.anchors, c2pa.Signer.from_info(info)) as ground:
            builder = c2pa.Builder(json.dumps(_says("t", created)), ground)
            builder.set_no_embed()
            builder.set_remote_url(url)
            target = studio.folder / "remote.mp4"
            with studio.source.open("rb") as source, target.open("w+b") as output:
                builder.sign("video/mp4", source, output)
            found = studio.examine(target)
            try:
                with target.open("rb") as stream:
                    c2pa.Reader("video/mp4", stream)  # what happens without our settings
            except c2pa.C2paError:
                pass
            server.shutdown()
    assert found.finding == "inconclusive" and isinstance(found.details, FailureDetails)
    assert "not fetched" in found.details.error
    assert len(asked) == 1  # by the library's defaults; none by us


def test_it_looks_within_a_child_s_limits(studio: Studio) -> None:
    target, _ = studio.sign()
    code = (
        "import json, resource, sys\n"
        "from pathlib import Path\n"
        "from countermark.provenance.reading.credentials import CredentialsExaminer\n"
        "from countermark.provenance.trust import TrustAnchors\n"
        "examiner = CredentialsExaminer(TrustAnchors.from_json(json.loads(sys.argv[2])))\n"
        "limits = ((resource.RLIMIT_AS, 2 << 30), (resource.RLIMIT_NOFILE, 16), (resource.RLIMIT_FSIZE, 0))\n"
        "for what, limit in limits: resource.setrlimit(what, (limit, limit))\n"
        "found = examiner.examine(Path(sys.argv[1]), 'ab')\n"
        "sys.exit(0 if found.details and found.details.trust == 'trusted' else 1)\n"
    )
    command = [sys.executable, "-c", code, str(target), json.dumps(studio.anchors.to_json())]
    assert subprocess.run(command, timeout=60).returncode == 0
