"""Where credentials lie, and in what: sidecars, other places, fragments, images and sound, the conformance form."""

from __future__ import annotations

import http.server
import io
import json
import shutil
import socketserver
import threading
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path

import c2pa
import pytest
from PIL import Image

from countermark.errors import (
    FragmentsInvalid,
    InputMissing,
    ManifestFileInvalid,
    NetworkRefused,
    NoCredentials,
    OverLimit,
    ReaderDied,
)
from countermark.evidence import CredentialDetails, Evidence, FailureDetails
from countermark.evidence.sources import IPTC
from countermark.fetch import UnsafeAllowPrivate
from countermark.media import look
from countermark.provenance import CredentialsExaminer, Given, crjson_of
from countermark.provenance.reading import elsewhere, fragments
from countermark.provenance.trust.validator import context
from countermark.settings import Limits, Settings
from countermark.tests import needs
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip, sound_only
from countermark.verify import verify

CREATED = {"action": "c2pa.created", "digitalSourceType": IPTC + "digitalCapture"}
SAID = {
    "claim_generator_info": [{"name": "other"}],
    "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [CREATED], "allActionsIncluded": True}}],
}


def _sign(studio: Studio, name: str, mime: str, content: bytes, url: str | None = None) -> tuple[Path, bytes]:
    """Sign anything: inside it, or, with `url`, beside it, saying that the manifest lies there."""
    info = c2pa.C2paSignerInfo(b"es256", studio.identity.chain_pem, studio.identity.key_pem(), None)
    with context(studio.anchors, c2pa.Signer.from_info(info)) as ground:
        builder = c2pa.Builder(json.dumps(SAID), ground)
        if url is not None:
            builder.set_no_embed()
            if url:
                builder.set_remote_url(url)
        output = io.BytesIO()
        store = builder.sign(mime, io.BytesIO(content), output)
        target = studio.folder / name
        target.write_bytes(output.getvalue())
    return target, bytes(store)


def _options(studio: Studio, **said: object) -> Settings:
    return Settings(home=studio.folder / "home", **said)


def _given(studio: Studio, path: Path, given: Given) -> CredentialDetails:
    details = CredentialsExaminer(studio.anchors, given).examine(path, "ab").details
    assert isinstance(details, CredentialDetails), details
    return details


# Beside the file, and elsewhere ------------------------------------------------------------------------------------


def test_a_sidecar_speaks_for_its_file(studio: Studio) -> None:
    bare, store = _sign(studio, "bare.mp4", "video/mp4", studio.source.read_bytes(), url="")
    assert bare.read_bytes() == studio.source.read_bytes() and studio.examine(bare).finding == "absent"
    (studio.folder / "bare.c2pa").write_bytes(store)
    found = studio.details(bare)
    assert (found.trust, found.content_matches, found.place) == ("trusted", True, "beside")
    named = shutil.copy(studio.folder / "bare.c2pa", studio.folder / "elsewhere.bin")
    assert _given(studio, bare, Given(Path(named))).place == "given"
    bare.write_bytes(bare.read_bytes()[:-4] + b"abcd")
    assert studio.examine(bare).finding == "invalid" and not studio.details(bare).content_matches


def test_what_is_inside_a_file_counts_before_what_lies_beside(studio: Studio) -> None:
    target, signed = studio.sign("own.mp4")
    other, _ = studio.sign("other.mp4")
    (studio.folder / "own.c2pa").write_bytes(studio.sign("third.mp4")[1].store)
    assert (studio.details(target).place, studio.details(target).manifest_id) == ("embedded", signed.manifest_id)
    given = _given(studio, other, Given(studio.folder / "own.c2pa"))  # whoever names one wants that one judged
    assert given.place == "given" and given.manifest_id != studio.details(other).manifest_id


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\0\0\0\x64jumb" + b"c2pa" * 23, bytes(70 << 20)])
def test_rubbish_beside_a_file_is_no_manifest(studio: Studio, content: bytes) -> None:
    sidecar = studio.folder / "source.c2pa"
    sidecar.write_bytes(content)
    found = studio.examine(studio.source)
    assert found.finding in ("failed", "invalid")
    assert getattr(found.details, "trust", "broken") == "broken"
    with pytest.raises(NoCredentials if content[4:8] == b"jumb" else ManifestFileInvalid):
        crjson_of(studio.source, _options(studio), Given(sidecar))


def test_a_sidecar_does_nothing_where_c2pa_has_no_place(studio: Studio) -> None:
    film = clip(studio.folder / "film.mkv", size=(64, 48), seconds=0.2)
    (studio.folder / "film.c2pa").write_bytes(studio.sign()[1].store)
    found = studio.examine(film)
    assert found.finding == "inconclusive" and "no place" in getattr(found.details, "error", "")
    given = CredentialsExaminer(studio.anchors, Given(studio.folder / "film.c2pa")).examine(film, "ab")
    assert given.finding == "inconclusive"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    pages: dict[str, bytes] = {}

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in pages:
                return self.send_error(404)
            self.send_response(200)
            self.send_header("Content-Length", str(len(pages[self.path])))
            self.end_headers()
            self.wfile.write(pages[self.path])

        def log_message(self, *said: object) -> None:
            return

    with socketserver.TCPServer(("127.0.0.1", 0), Pages) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}", pages
        serving.shutdown()


def test_a_manifest_elsewhere_is_fetched_when_it_is_allowed(
    studio: Studio, server: tuple[str, dict[str, bytes]]
) -> None:
    at, pages = server
    target, pages["/m.c2pa"] = _sign(studio, "r.mp4", "video/mp4", studio.source.read_bytes(), f"{at}/m.c2pa")
    found = studio.examine(target)
    assert elsewhere.address([found]) == f"{at}/m.c2pa"
    with pytest.raises(NetworkRefused):  # no address inside is asked, whatever a file says
        with elsewhere.fetched(f"{at}/m.c2pa", _options(studio)):
            raise AssertionError("it was fetched")
    with elsewhere.fetched(f"{at}/m.c2pa", _options(studio), UnsafeAllowPrivate()) as given:
        details = _given(studio, target, Given.from_wire(json.loads(json.dumps(given.to_wire()))))
        assert (details.trust, details.content_matches, details.place) == ("trusted", True, "fetched")
        assert given.manifest is not None
    assert not given.manifest.exists()


def test_rubbish_elsewhere_is_said(studio: Studio, server: tuple[str, dict[str, bytes]]) -> None:
    at, pages = server
    pages["/rubbish"] = b"<html>"
    with pytest.raises(ManifestFileInvalid):
        with elsewhere.fetched(f"{at}/rubbish", _options(studio), UnsafeAllowPrivate()):
            raise AssertionError("it was taken for a manifest")
    pages["/large"] = bytes(2 << 20)
    small = _options(studio, limits=Limits(fetch_bytes=1 << 20))
    with pytest.raises(OverLimit):
        with elsewhere.fetched(f"{at}/large", small, UnsafeAllowPrivate()):
            raise AssertionError("it was too large")
    absent = Evidence("ab", "container", "credentials", "1", "absent")
    assert elsewhere.address([absent]) is None
    told = elsewhere.not_fetched(absent, NetworkRefused("no public address"))
    assert isinstance(told.details, FailureDetails) and "no public address" in told.details.error


# Fragments ---------------------------------------------------------------------------------------------------------


def _dash(studio: Studio) -> tuple[Path, Path]:
    made = needs.data("c2pa", "contentauth+c2pa-rs", "sdk", "tests", "fixtures")
    folder = studio.folder / "dash"
    folder.mkdir()
    init, fragment = shutil.copy(made / "dashinit.mp4", folder), shutil.copy(made / "dash1.m4s", folder)
    return Path(init), Path(fragment)


def test_fragments_are_held_to_their_init_segment(studio: Studio) -> None:
    init, fragment = _dash(studio)
    whole = _given(studio, init, Given(fragments=(fragment,)))
    assert whole.content_matches and whole.fragments == 1 and whole.pieces == 11
    copies = [fragment.with_name(f"copy{number}.m4s") for number in range(12)]
    for place, copy in enumerate(copies):
        copy.write_bytes(fragment.read_bytes() + (b"\0\0\0\x0cmfraabcd" if place == 3 else b""))
    many = CredentialsExaminer(studio.anchors, Given(fragments=tuple(copies))).examine(init, "ab").details
    assert isinstance(many, CredentialDetails) and many.content_matches and many.fragments == 1
    assert "1 of 11 fragments were given: the others were not looked at" in many.remarks
    assert "12 fragments were given, and 11 of them are copies of others" in many.remarks
    fragment.chmod(0o644)
    good = fragment.read_bytes()
    for bad in (good[:-100] + b"x" + good[-99:], b"", good[: len(good) // 2], studio.source.read_bytes()):
        fragment.write_bytes(bad)
        assert _given(studio, init, Given(fragments=(fragment,))).content_matches is False
    other = fragment.with_name("dash2.m4s")
    other.write_bytes(good)
    assert _given(studio, init, Given(fragments=(other, fragment))).content_matches is False  # one bad one is enough
    gone = CredentialsExaminer(studio.anchors, Given(fragments=(fragment.with_name("none"),))).examine(init, "ab")
    assert gone.finding == "failed"


def test_parts_of_a_stream_alone_are_not_called_altered(studio: Studio) -> None:
    init, fragment = _dash(studio)
    for path in (init, fragment):
        verdict = verify(path, options=_options(studio))
        assert verdict.outcome == "inconclusive", path
    target, signed = studio.sign()
    alone = studio.folder / "alone.c2pa"
    alone.write_bytes(signed.store)
    assert verify(alone, options=_options(studio)).outcome == "inconclusive"


def test_a_file_that_lost_its_media_is_not_taken_for_an_init_segment(studio: Studio) -> None:
    target, _ = studio.sign()
    content = target.read_bytes()
    at = content.index(b"mdat") - 4
    size = int.from_bytes(content[at : at + 4], "big")
    target.write_bytes(content[:at] + content[at + size :])
    assert studio.examine(target).finding == "invalid"


def test_fragments_come_in_order_and_join_to_what_plays(studio: Studio) -> None:
    init, fragment = _dash(studio)
    names = [fragment.with_name(f"s{number}.m4s") for number in (10, 9, 100, 9)]
    assert [path.name for path in fragments.in_order(names)] == ["s9.m4s", "s10.m4s", "s100.m4s"]
    fragments.check(init, [fragment])
    joined = fragments.join(init, [fragment], studio.folder, Limits())
    assert joined.read_bytes() == init.read_bytes() + fragment.read_bytes()
    given = Given(fragments=(fragment,), init=init)
    looked = look(joined, (CredentialsExaminer(studio.anchors, given),), (), Limits())
    assert looked.video is not None and looked.evidence[1].finding == "present"
    for wrong in (studio.source, init.with_name("INDEX")):
        with pytest.raises((FragmentsInvalid, FileNotFoundError)):
            fragments.check(wrong, [fragment])
    with pytest.raises(FragmentsInvalid):
        fragments.check(init, [studio.folder])
    with pytest.raises(OverLimit):
        fragments.join(init, [fragment], studio.folder, Limits(max_bytes=1000))


# Images and sound --------------------------------------------------------------------------------------------------


def _still(kind: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(content, kind)
    return content.getvalue()


def _sound() -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(8000))
    return content.getvalue()


def _archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("word/document.xml", "<x/>")
    return content.getvalue()


def test_images_and_sound_are_read_for_their_credentials(studio: Studio) -> None:
    drawn = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
    made = {
        "a.jpg": ("image/jpeg", _still("JPEG")),
        "a.png": ("image/png", _still("PNG")),
        "a.webp": ("image/webp", _still("WEBP")),
        "a.tiff": ("image/tiff", _still("TIFF")),
        "a.svg": ("image/svg+xml", b"<!-- " + b" " * 9000 + b" -->" + drawn.split(b"?>")[1]),
        "a.docx": ("zip", _archive()),
        "a.wav": ("audio/wav", _sound()),
        "a.mp3": ("audio/mpeg", (b"\xff\xfb\x90\x64" + bytes(413)) * 40),
        "a.m4a": ("audio/mp4", sound_only(studio.folder / "sound.mp4").read_bytes()),
    }
    for name, (mime, content) in made.items():
        target, _ = _sign(studio, name, mime, content)
        found = studio.details(target.rename(target.with_suffix(".mp4")))  # names tell nothing
        assert (found.trust, found.content_matches, found.says_captured) == ("trusted", True, True), name
    for name in ("a.jpg", "a.mp3"):
        target, _ = _sign(studio, name, *made[name])
        verdict = verify(target, options=_options(studio))
        assert verdict.outcome == "credentials_intact"
        assert "the pictures: none could be shown" in verdict.not_looked_at


def test_a_still_image_without_credentials_proves_nothing(studio: Studio) -> None:
    plain = studio.folder / "plain.png"
    plain.write_bytes(_still("PNG"))
    assert verify(plain, options=_options(studio)).outcome in ("inconclusive", "no_evidence")


# The conformance form ----------------------------------------------------------------------------------------------


def test_the_conformance_form_comes_out_of_the_limited_child(studio: Studio) -> None:
    target, signed = studio.sign()
    written = crjson_of(target, _options(studio))
    assert written.isascii()
    assert json.loads(written)["manifests"][0]["label"] == signed.manifest_id
    with pytest.raises(NoCredentials, match="no credentials"):
        crjson_of(studio.source, _options(studio))
    with pytest.raises(NoCredentials, match="no place"):
        crjson_of(clip(studio.folder / "a.mkv", size=(64, 48), seconds=0.2), _options(studio))
    with pytest.raises(InputMissing):
        crjson_of(studio.folder / "none.mp4", _options(studio))
    with pytest.raises((OverLimit, ReaderDied)):
        crjson_of(target, _options(studio, limits=Limits(child_answer_bytes=2000)))


def test_the_conformance_form_of_what_lies_beside(studio: Studio) -> None:
    bare, store = _sign(studio, "bare.mp4", "video/mp4", studio.source.read_bytes(), url="")
    bare.with_suffix(".c2pa").write_bytes(store)
    beside = json.loads(crjson_of(bare, _options(studio)))
    assert beside["manifests"][0]["label"] == studio.details(bare).manifest_id
