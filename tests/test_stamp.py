"""The only exit, with real codecs, keys and database."""

import base64
import json
import logging
import os
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
import pytest

from countermark import keyring, mark_keys, outputs
from countermark.errors import (
    AlreadyMarked,
    EncodeFailed,
    LabelFailed,
    OutputExists,
    OverLimit,
    RegistryUnavailable,
    UnknownMarkKey,
)
from countermark.evidence import CredentialDetails, Evidence, MarkDetails, RecordDetails
from countermark.media import isolation
from countermark.provenance import Registry
from countermark.settings import Settings
from countermark.stamp import Encoding, facts, stamp, stamp_frames
from countermark.verdict import Verdict
from countermark.verify import verify
from tests import recipes


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


D = TypeVar("D")


def details(verdict: Verdict, kind: type[D]) -> D | None:
    return next((e.details for e in verdict.evidence if isinstance(e.details, kind)), None)


CLIPS = {
    "plain.mp4": "plain.stamped.mp4",
    "spoken.mp4": "spoken.stamped.mp4",
    "uneven.mp4": "uneven.stamped.mp4",
    "turned.mp4": "turned.stamped.mp4",
    "mirrored.mp4": "mirrored.stamped.mp4",
    "wide-pixels.mp4": "wide-pixels.stamped.mp4",
    "hdr10.mp4": "hdr10.stamped.mp4",
    "large.gif": "large.stamped.mp4",
    "web.webm": "web.stamped.webm",
    "matroska.mkv": "matroska.stamped.mkv",
    "stream.ts": "stream.stamped.mp4",
    "old.avi": "old.stamped.mp4",
}


@pytest.mark.parametrize("name", CLIPS)
def test_every_kind_of_file_comes_out_labelled(tmp_path: Path, options: Settings, name: str) -> None:
    if name == "large.gif":
        source = recipes.clip(tmp_path / name, codec="gif", pixel_format="rgb8", fps=10)
    else:
        source = recipes.make(name, tmp_path)
    before = source.read_bytes()
    done = stamp(source, facts=facts(model="test"), options=options)
    assert done.path == tmp_path / CLIPS[name]
    assert source.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, CLIPS[name]])
    verdict = verify(done.path, options=options)
    assert verdict.outcome == "ai_generated", verdict.reasons
    mark, record, signed = (details(verdict, kind) for kind in (MarkDetails, RecordDetails, CredentialDetails))
    assert mark and record and mark.payload == record.payload == done.payload
    assert (record.status, record.fit, record.same_bytes) == ("live", "fits", True)
    assert verdict.subject == done.digest
    if done.path.suffix in (".webm", ".mkv"):
        assert not done.embedded and "no place" in " ".join(done.remarks)
        assert record.credentials and record.credentials.manifest_id == done.manifest_id
        assert "recovered" in verdict.basis
    else:
        assert done.embedded and signed
        assert (signed.manifest_id, signed.trust, signed.content_matches) == (done.manifest_id, "trusted", True)
        assert signed.says_synthetic and "signed" in verdict.basis


def test_frames_leave_labelled(tmp_path: Path, options: Settings) -> None:
    size, target = (320, 240), tmp_path / "out.mp4"
    done = stamp_frames(
        lambda: recipes.pictures(24, size),
        target,
        size=size,
        frame_rate=Fraction(24),
        facts=facts(model="test"),
        options=options,
    )
    assert (done.frames, verify(target, options=options).outcome) == (24, "ai_generated")


def test_a_copy_leads_back_and_a_transplanted_mark_does_not(tmp_path: Path, options: Settings) -> None:
    """The copy of what was stamped is recovered; the same mark on other pictures is a conflict."""
    from countermark.media import EncodeSettings, Geometry, encode, probe, transcode
    from countermark.watermark import OPEN_KEY, Embedder

    source = recipes.clip(tmp_path / "a.mp4", size=(640, 480), seconds=2)
    done = stamp(source, facts=facts(), options=options)
    copy = tmp_path / "copy.mp4"
    settings = EncodeSettings(scale=0.75, crf=28)
    transcode(probe(done.path, options.limits), copy, settings, keep="none")
    verdict = verify(copy, options=options)
    assert (verdict.outcome, verdict.basis) == ("ai_generated", ("mark", "recovered"))
    record = details(verdict, RecordDetails)
    assert record and record.credentials and not record.same_bytes
    assert record.credentials.manifest_id == done.manifest_id

    moved = tmp_path / "moved.mp4"
    encode(
        recipes.pictures(50, (640, 480), seed=9),
        moved,
        size=(640, 480),
        frame_rate=Fraction(25),
        settings=EncodeSettings(),
        touch=Embedder(done.payload, OPEN_KEY, Geometry(640, 480)),
    )
    verdict = verify(moved, options=options)
    assert verdict.outcome == "conflict", verdict.reasons


def test_changed_bytes_are_altered_and_the_mark_still_speaks(tmp_path: Path, options: Settings) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4", seconds=2, keyframes=10), facts=facts(), options=options)
    content = bytearray(done.path.read_bytes())
    content[int(len(content) * 0.9)] ^= 0xFF  # late: what comes after a damaged picture is damaged too
    (tmp_path / "changed.mp4").write_bytes(content)
    verdict = verify(tmp_path / "changed.mp4", options=options)
    assert (verdict.outcome, verdict.sureness, verdict.basis[0]) == ("altered", "proven", "signed")
    assert "ai_generated" in verdict.also


def test_an_inputs_own_manifest_becomes_an_ingredient(tmp_path: Path, options: Settings) -> None:
    import c2pa

    first = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(title="first"), options=options)
    second = stamp(first.path, tmp_path / "b.mp4", facts=facts(title="second"), remark=True, options=options)
    with second.path.open("rb") as stream:
        store = c2pa.Reader("video/mp4", stream).json()
    assert first.manifest_id in store and second.manifest_id in store
    assert verify(second.path, options=options).outcome == "ai_generated"


def test_what_carries_a_mark_is_marked_anew_on_request_alone(tmp_path: Path, options: Settings) -> None:
    first = stamp(recipes.clip(tmp_path / "a.mp4", seconds=2), facts=facts(), options=options)
    with pytest.raises(AlreadyMarked, match=first.payload) as caught:
        stamp(first.path, tmp_path / "b.mp4", facts=facts(), options=options)
    assert "--remark" in caught.value.advice and not (tmp_path / "b.mp4").exists()
    again = stamp(first.path, tmp_path / "b.mp4", facts=facts(), remark=True, options=options)
    assert again.payload != first.payload and first.payload in " ".join(again.remarks)
    assert again.payload in {e.details.payload for e in verify(again.path, options=options).evidence if _is_record(e)}


def _is_record(evidence: Evidence) -> bool:
    return isinstance(evidence.details, RecordDetails) and evidence.details.fit == "fits"


@pytest.fixture
def keyed(tmp_path: Path) -> Settings:
    keyring.init_development(tmp_path / "home")
    mark_keys.rotate(tmp_path / "home", "acme")
    return Settings(home=tmp_path / "home")


def test_a_stripped_input_gets_its_history_back(tmp_path: Path, options: Settings) -> None:
    """Its mark leads to the credentials that it lost: they become an ingredient, and the record names the mark."""
    from countermark.media import EncodeSettings, probe, transcode
    from countermark.provenance import Registry

    first = stamp(recipes.clip(tmp_path / "a.mp4", size=(480, 360)), facts=facts(), options=options)
    stripped = tmp_path / "stripped.mp4"
    transcode(probe(first.path, options.limits), stripped, EncodeSettings(crf=20), keep="none")
    again = stamp(stripped, facts=facts(title="cut"), remark=True, options=options)
    credentials = details(verify(again.path, options=options), CredentialDetails)
    assert credentials and credentials.trust == "trusted" and credentials.manifests == 2
    (ingredient,) = credentials.ingredients
    assert (ingredient.relationship, ingredient.manifest_id) == ("parentOf", first.manifest_id)
    record = Registry(options.database_url).by_manifest(again.manifest_id)
    assert record and first.payload in " ".join(record.earlier_marks)


def test_the_key_that_was_chosen_marks_and_the_settings_go_first(tmp_path: Path, keyed: Settings) -> None:
    source = recipes.clip(tmp_path / "a.mp4")
    done = stamp(source, facts=facts(), options=keyed)
    mark = details(verify(done.path, options=keyed), MarkDetails)
    assert mark and (done.mark_key, mark.key, mark.payload) == ("acme", "acme", done.payload)
    elsewhere = Settings(home=tmp_path / "elsewhere")
    assert details(verify(done.path, options=elsewhere), MarkDetails) is None, "without the key it cannot be read"
    opened = keyed.model_copy(update={"mark_key": "open"})
    done = stamp(source, tmp_path / "b.mp4", facts=facts(), options=opened)
    mark = details(verify(done.path, options=elsewhere), MarkDetails)
    assert mark and (done.mark_key, mark.key) == ("open", "open")


def test_a_rotated_key_goes_on_reading_and_refusing(tmp_path: Path, keyed: Settings) -> None:
    old = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=keyed)
    mark_keys.rotate(keyed.home, "next")
    new = stamp(recipes.clip(tmp_path / "b.mp4", seed=1), facts=facts(), options=keyed)
    for done, name in ((old, "acme"), (new, "next")):
        mark = details(verify(done.path, options=keyed), MarkDetails)
        assert mark and (mark.key, mark.payload) == (name, done.payload)
    with pytest.raises(AlreadyMarked, match="key acme"):
        stamp(old.path, facts=facts(), options=keyed)


def test_a_key_that_is_not_there_marks_nothing(tmp_path: Path, keyed: Settings) -> None:
    source = recipes.clip(tmp_path / "a.mp4")
    with pytest.raises(UnknownMarkKey, match="acne"):
        stamp(source, facts=facts(), options=keyed.model_copy(update={"mark_key": "acne"}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "home"]


def test_frames_are_marked_with_the_chosen_key(tmp_path: Path, keyed: Settings) -> None:
    done = stamp_frames(
        lambda: recipes.pictures(24, (320, 240)),
        tmp_path / "out.mp4",
        size=(320, 240),
        frame_rate=Fraction(24),
        facts=facts(),
        options=keyed,
    )
    mark = details(verify(done.path, options=keyed), MarkDetails)
    assert mark and (done.mark_key, mark.key) == ("acme", "acme")


def test_a_mark_keys_secret_goes_nowhere(tmp_path: Path, keyed: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Neither log, nor result, nor verdict, nor file, nor registry and ledger hold it in any of its shapes."""
    secret = mark_keys.load(keyed.home, "acme").secret
    with caplog.at_level(logging.DEBUG):
        done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=keyed)
        verdict = verify(done.path, options=keyed)
    assert "acme" in str(asdict(verdict))
    said = (caplog.text + repr(done) + json.dumps(asdict(verdict), default=str)).encode()
    kept = [path for path in keyed.home.iterdir() if path.is_file()]
    assert any("sqlite" in path.name for path in kept)
    for content in (said, done.path.read_bytes(), *(path.read_bytes() for path in kept)):
        for shape in (secret, secret.hex().encode(), base64.b64encode(secret), repr(secret)[2:-1].encode()):
            assert shape not in content


def test_what_cannot_be_read_back_is_not_released(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check looks at decoded frames: with a registry of wrong payloads in its way, it must refuse."""
    source = recipes.clip(tmp_path / "a.mp4")

    def other(evidence: tuple[Evidence, ...]) -> MarkDetails:
        return MarkDetails("ffffffffffffffff", "open", 1, 1e-10, 1.0)

    monkeypatch.setattr("countermark.checking.mark_of", other)
    records = len(Registry(options.database_url).listing(1000))
    with pytest.raises(LabelFailed, match="mark"):
        stamp(source, facts=facts(), options=options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    assert len(Registry(options.database_url).listing(1000)) == records


def test_an_expired_identity_releases_nothing(tmp_path: Path) -> None:
    """A signature that no verifier trusts is no label: here the root is gone from the anchors."""
    identity = keyring.init_development(tmp_path / "home")
    (identity.key_path.parent / "root.pem").unlink()
    source = recipes.clip(tmp_path / "a.mp4")
    with pytest.raises(LabelFailed, match="unknown_signer"):
        stamp(source, facts=facts(), options=Settings(home=tmp_path / "home"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "home"]


def test_without_a_registry_there_is_no_file(tmp_path: Path, options: Settings) -> None:
    source = recipes.clip(tmp_path / "a.mp4")
    broken = options.model_copy(update={"database": "sqlite:////proc/nowhere/r.sqlite"})
    with pytest.raises(RegistryUnavailable):
        stamp(source, facts=facts(), options=broken)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_release_that_fails_leaves_a_withdrawn_record(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = outputs.release

    def refuse(finished: Path, target: Path, force: bool) -> None:
        if target.name == "a.stamped.mp4":
            raise OutputExists("came in between")
        real(finished, target, force)

    monkeypatch.setattr(outputs, "release", refuse)
    source = recipes.clip(tmp_path / "a.mp4")
    with pytest.raises(OutputExists):
        stamp(source, facts=facts(), options=options)
    newest = Registry(options.database_url).listing(1)[0]
    assert (newest.status, newest.status_reason) == ("withdrawn", "the file was never released")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(
    ("encoding", "codec", "pixels"),
    [
        (Encoding(codec="hevc", bit_depth=10), "hevc", "yuv420p10le"),
        (Encoding(codec="av1"), "av1", "yuv420p"),
        (Encoding(codec="vp9"), "vp9", "yuv420p"),
        (Encoding(crf=30, preset="veryfast"), "h264", "yuv420p"),
    ],
    ids=str,
)
def test_encodings(tmp_path: Path, options: Settings, encoding: Encoding, codec: str, pixels: str) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), encoding=encoding, options=options)
    with av.open(str(done.path)) as opened:
        context = opened.streams.video[0].codec_context
        assert (context.codec.canonical_name, context.pix_fmt) == (codec, pixels)
    assert verify(done.path, options=options).outcome == "ai_generated"


def test_what_no_encoder_can_do(tmp_path: Path, options: Settings) -> None:
    for wrong in ({"codec": "mpeg2"}, {"crf": 80}, {"crf": 20, "bitrate": 1000000}, {"bit_depth": 9}, {"bitrate": 3}):
        with pytest.raises(ValueError, match=r"."):
            Encoding(**wrong)  # type: ignore[arg-type]
    source = recipes.clip(tmp_path / "a.mp4")
    with pytest.raises(EncodeFailed):
        stamp(source, facts=facts(), encoding=Encoding(codec="vp9", bit_depth=10), options=options)
    with pytest.raises(EncodeFailed):
        stamp(source, tmp_path / "out.avi", facts=facts(), options=options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_the_child_that_marks_never_holds_the_key(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes into the child is the order alone: no key, no path to it."""
    orders: list[object] = []
    real = isolation.run

    def watched(job: object, path: Path, request: object = None, **rest: object) -> object:
        orders.append(request)
        return real(job, path, request, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(isolation, "run", watched)
    stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(prompt="a secret prompt"), options=options)
    sent = str(orders)
    assert len(orders) >= 2
    assert "PRIVATE KEY" not in sent and str(options.home) not in sent and "secret prompt" not in sent


def test_names(tmp_path: Path, options: Settings) -> None:
    source = recipes.clip(tmp_path / "a b.MP4")
    (tmp_path / "out").mkdir()
    assert stamp(source, tmp_path / "out", facts=facts(), options=options).path == tmp_path / "out" / "a b.stamped.mp4"
    with pytest.raises(OutputExists):
        stamp(source, tmp_path / "out", facts=facts(), options=options)
    assert os.stat(tmp_path / "out" / "a b.stamped.mp4").st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_a_manifest_that_would_fill_the_memory_is_refused(tmp_path: Path, options: Settings) -> None:
    source = recipes.clip(tmp_path / "a.mp4")
    with source.open("r+b") as file:
        file.seek(0, 2)
        size = 200 << 20
        file.write(size.to_bytes(4, "big") + b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481"))
        file.truncate(file.tell() + size - 24)  # sparse: it takes no room
    with pytest.raises(OverLimit, match="200 MiB"):
        stamp(source, facts=facts(), options=options)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_weak_mark_is_told_in_plain_words(tmp_path: Path, options: Settings) -> None:
    grey = np.full((128, 128, 3), 24, np.uint8)
    done = stamp_frames(
        lambda: iter([grey] * 12),
        tmp_path / "out.mp4",
        size=(128, 128),
        frame_rate=Fraction(24),
        facts=facts(model="test"),
        options=options,
    )
    (told,) = (remark for remark in done.remarks if "the mark is weak" in remark)
    assert f"{-done.margin_db:g} dB below what reading one alone takes" in told and "larger pictures" in told
