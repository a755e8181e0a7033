"""Bundles: what is in them, that they hold, and that nothing can be changed without being seen."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from countermark import keyring
from countermark.bundle import Checked, check_bundle, make, zipped
from countermark.bundle.checking import checked
from countermark.bundle.making import SIGNATURE, TIMESTAMP
from countermark.docket.values import Check
from countermark.errors import BundleInvalid, CheckUnfit, NoKeys, ObjectMissing, TimestampFailed
from countermark.evidence import DetectorDetails, Evidence
from countermark.keyring import private_keys
from countermark.objects import Objects, opened
from countermark.provenance import trust
from countermark.settings import Settings
from countermark.tests.bundle import samples
from countermark.tests.needs import program
from countermark.tests.provenance.authorities import PEM, Authority, Holder, TimeServer, settle_in
from countermark.verdict import Judgement, fold


@dataclass
class Office:
    """A home with an identity, a store, and an authority of time."""

    folder: Path
    clock: TimeServer
    authority: Authority = field(default_factory=lambda: Authority("Signing root"))

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.objects: Objects = opened(self.options())
        self.check: Check = samples.check(self.objects)

    def options(self, **more: object) -> Settings:
        return Settings(home=self.home, **more)  # type: ignore[arg-type]

    def hold(self, leaf: Holder | None = None) -> Holder:
        shutil.rmtree(self.home / "keys", ignore_errors=True)
        leaf = leaf or self.authority.signer()
        settle_in(self.home, leaf)
        return leaf

    def trusts(self, *, signers: bool = True, clocks: bool = True) -> None:
        shutil.rmtree(self.home / "trust", ignore_errors=True)
        for name, wanted, root in (
            ("signing", signers, self.authority.pem),
            ("timestamps", clocks, self.clock.authority.pem),
        ):
            if wanted:
                file = self.folder / f"{name}.pem"
                file.write_text(root)
                trust.add(self.home, name, file, name)  # type: ignore[arg-type]

    def made(self, check: Check | None = None, *, timed: bool = True, name: str = "a.zip", **more: object) -> Path:
        options = self.options(tsa=self.clock.url if timed else None, **more)
        return make(check or self.check, self.objects, options, self.folder / name).path

    def checked(self, path: Path, at: datetime | None = None) -> Checked:
        return check_bundle(path, self.options(), (lambda: at) if at else lambda: datetime.now(UTC))


@pytest.fixture(scope="module")
def time_server() -> Iterator[TimeServer]:
    with TimeServer(Authority("Time root")) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, time_server: TimeServer) -> Office:
    time_server.answer, time_server.when = None, lambda: datetime.now(UTC)
    made = Office(tmp_path, time_server)
    made.hold()
    made.trusts()
    return made


def certified(authority: Authority, leaf: Holder, key: Any) -> x509.Certificate:
    """Certify another key in the words of a certificate."""
    old = leaf.certificate
    builder = x509.CertificateBuilder(
        old.issuer, old.subject, key, 77, old.not_valid_before_utc, old.not_valid_after_utc
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(authority.root.key, hashes.SHA256())


def files_in(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:  # the library's own reader: others can open it, too
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# What is in it -------------------------------------------------------------------------------------------------------


def test_a_bundle_holds_what_it_should_and_verifies_offline(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    path = office.made()
    monkeypatch.setattr("socket.socket.connect", lambda *given: pytest.fail("it asked the network"))
    found = office.checked(path)
    assert found.holds and found.trust == "trusted" and not found.development
    assert (found.check_id, found.media_sha256, found.outcome) == ("chk_abc", samples.DIGEST, "ai_generated")
    assert found.signer == "Test signer" and found.timestamp and found.timestamp.trust == "trusted"
    assert set(found.files) == {
        *("check.json", "verdict.json", "versions.json", "revisions/1.json", "revisions/2.json", "reviews.jsonld"),
        *("index.html", "pictures/key-1.jpg", "pictures/heat-1.png", "MANIFEST.json", SIGNATURE, TIMESTAMP),
    }


def test_the_record_says_what_is_of_the_video_and_nothing_of_who_asked(office: Office) -> None:
    files = files_in(office.made())
    record, verdict = json.loads(files["check.json"]), json.loads(files["verdict.json"])
    assert record["content_hash"] == samples.DIGEST and record["outcome"] == verdict["outcome"] == "ai_generated"
    assert [one["why"] for one in record["revisions"]] == ["first", "human"]
    assert json.loads(files["revisions/2.json"])["verdict"] == verdict
    assert files["pictures/key-1.jpg"][:2] == b"\xff\xd8"
    everything = b"".join(content for name, content in files.items() if not name.startswith("pictures/"))
    for private in (b"ten_secret", b"hook.example", b"of the asker", b"private note", b"media/chk"):
        assert private not in everything, private


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_takes_no_word_of_a_stranger_for_its_own(office: Office) -> None:
    files = files_in(office.made())
    text = files["index.html"].decode()
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert "script" not in names and samples.SCRIPT in page.text and "<script" not in text
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    pictures = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    assert pictures == ["pictures/key-1.jpg", "pictures/heat-1.png"] and set(pictures) <= files.keys()
    links = [a for _, attributes in page.tags for a in attributes if a in ("href", "src", "action")]
    assert links == ["src", "src"], "nothing leads away"
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert policy and policy.startswith("default-src 'none'") and "unsafe" not in policy
    for words in ("ai_generated", "Not looked at: sound", samples.DIGEST, "person:7", "credentials 2"):
        assert words in page.text, words


def test_the_reviews_are_drafts_in_the_terms_of_schema_org(office: Office) -> None:
    said = json.loads(files_in(office.made())["reviews.jsonld"])
    media, claim = said["@graph"]
    assert said["@context"] == "https://schema.org"
    assert (media["@type"], claim["@type"]) == ("MediaReview", "ClaimReview")
    assert media["creativeWorkStatus"] == claim["creativeWorkStatus"] == "Draft"
    assert media["mediaAuthenticityCategory"] == "https://schema.org/TransformedContent"
    assert "Studio" in media["originalMediaContextDescription"]
    assert media["itemReviewed"]["mediaItemAppearance"][0]["sha256"] == samples.DIGEST


def test_no_category_is_filled_in_where_nothing_is_proven(office: Office) -> None:
    details = DetectorDetails("generated", "m", 0.01)
    said = Evidence(samples.DIGEST, "video", "detector", "1", "present", 0.99, details=details)
    likely = fold(samples.DIGEST, (said,), Judgement())
    assert likely.outcome == "likely_ai"
    one = replace(office.check, revisions=(samples.revision(1, likely),), outcome="likely_ai")
    media = json.loads(files_in(office.made(one))["reviews.jsonld"])["@graph"][0]
    assert "mediaAuthenticityCategory" not in media and "originalMediaContextDescription" not in media


def test_the_same_check_gives_the_same_bytes_but_for_signature_and_time(office: Office) -> None:
    one, other = (files_in(office.made(name=name)) for name in ("a.zip", "b.zip"))
    assert list(one) == list(other)
    assert {name for name in one if one[name] != other[name]} <= {SIGNATURE, TIMESTAMP}
    assert zipped.written(one) == zipped.written(dict(one))


def test_what_has_no_verdict_or_lost_a_picture_is_not_bundled(office: Office) -> None:
    for unfit in (replace(office.check, status="running"), replace(office.check, revisions=())):
        with pytest.raises(CheckUnfit):
            office.made(unfit)
    office.objects.delete("pictures/chk_abc/key-1.jpg")
    with pytest.raises(ObjectMissing):
        office.made()
    assert not (office.folder / "a.zip").exists()


# Who signed, and when ------------------------------------------------------------------------------------------------


def test_openssl_agrees(office: Office) -> None:
    openssl = program("openssl", "openssl")
    for name, content in files_in(office.made()).items():
        if "/" not in name:
            (office.folder / name).write_bytes(content)
    (office.folder / "root.pem").write_text(office.authority.pem)
    (office.folder / "clock.pem").write_text(office.clock.authority.pem)
    asked = (
        f"cms -verify -binary -inform DER -in {SIGNATURE} -content MANIFEST.json -CAfile root.pem -purpose any",
        f"ts -verify -data {SIGNATURE} -in {TIMESTAMP} -token_in -CAfile clock.pem",
    )
    for one in asked:
        done = subprocess.run([openssl, *one.split()], cwd=office.folder, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
    (office.folder / "MANIFEST.json").write_bytes(b"{}")
    for one in asked[:1]:
        assert subprocess.run([openssl, *one.split()], cwd=office.folder, capture_output=True, timeout=60).returncode


@pytest.mark.parametrize("algorithm", ["es256", "es384", "ps256", "ed25519"])
def test_every_kind_of_key_that_signs_manifests_signs_bundles(office: Office, algorithm: str) -> None:
    key = private_keys.make(algorithm)
    leaf = office.authority.signer()
    certificate = certified(office.authority, leaf, key.public_key())
    (office.home / "keys" / "signing" / "chain.pem").write_bytes(certificate.public_bytes(PEM))
    (office.home / "keys" / "signing" / "key.pem").write_bytes(private_keys.written(key, None))
    found = office.checked(office.made(timed=False))
    assert found.holds and found.timestamp is None and found.signed_at


def test_a_development_identity_is_trusted_here_and_called_so(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home")
    objects = opened(options)
    keyring.init_development(options.home)
    path = make(samples.check(objects), objects, options, tmp_path / "a.zip").path
    found = check_bundle(path, options)
    assert found.holds and found.development
    assert "bundle chk_abc" in (options.home / "keys" / "use.ndjson").read_text()
    assert check_bundle(path, Settings(home=tmp_path / "elsewhere")).trust == "unknown_signer"


def test_an_unknown_signer_is_told_from_a_change(office: Office) -> None:
    path = office.made()
    office.trusts(signers=False)
    found = office.checked(path)
    assert (found.holds, found.trust) == (False, "unknown_signer") and "no trust anchor" in found.why


def test_time_counts_where_a_trusted_authority_vouches_for_it(office: Office) -> None:
    stamped, plain = office.made(), office.made(timed=False, name="b.zip")
    later = datetime.now(UTC) + timedelta(days=60)
    assert office.checked(stamped, later).holds, "signed while the certificate was good"
    assert office.checked(plain, later).trust == "expired"
    office.trusts(clocks=False)
    found = office.checked(stamped, later)
    assert found.trust == "expired" and found.timestamp and found.timestamp.trust == "unknown_signer"
    assert office.checked(plain, datetime.now(UTC) - timedelta(days=1)).trust == "not_yet_valid"


def test_a_signer_of_web_pages_signs_no_bundle(office: Office) -> None:
    office.hold(office.authority.web_server())
    found = office.checked(office.made())
    assert found.trust == "unfit" and not found.holds


def test_an_authority_that_is_down_stops_the_bundle_unless_time_may_lack(office: Office) -> None:
    office.clock.answer = lambda request: (503, "text/html", b"down")
    with pytest.raises(TimestampFailed):
        office.made()
    assert not (office.folder / "a.zip").exists()
    assert office.checked(office.made(tsa_when_down="later")).timestamp is None


def test_an_authority_that_lies_is_not_taken(office: Office) -> None:
    from countermark.tests.provenance.authorities import granted

    reply = "application/timestamp-reply"
    for lie in (
        lambda request: granted(request, office.clock.stamper, datetime.now(UTC), nonce=7),
        lambda request: granted(request, office.clock.stamper, datetime.now(UTC))[:-9],
        lambda request: b"\x30\x03rub",
        lambda request: bytes.fromhex("30053003020102"),
    ):
        office.clock.answer = lambda request, lie=lie: (200, reply, lie(request))  # type: ignore[misc]
        with pytest.raises(TimestampFailed):
            office.made()


def test_without_an_identity_there_is_no_bundle(office: Office) -> None:
    shutil.rmtree(office.home / "keys")
    with pytest.raises(NoKeys):
        office.made()


# Nothing changes unseen ----------------------------------------------------------------------------------------------


def refused(office: Office, content: bytes, anchors: trust.TrustAnchors) -> bool:
    try:
        checked(content, anchors, datetime.now(UTC))
    except BundleInvalid:
        return True
    return False


def test_no_byte_of_the_file_can_be_changed_taken_or_added(office: Office) -> None:
    content, anchors = office.made().read_bytes(), trust.load(office.home)
    assert not refused(office, content, anchors)
    for place in [*range(0, len(content), 61), *range(len(content) - 1500, len(content))]:
        changed = content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :]
        assert refused(office, changed, anchors), place
    for cut in (content[:-1], content[1:], content + b"\0", content[: len(content) // 2], b"", b"PK\x03\x04"):
        assert refused(office, cut, anchors)


def rewritten(files: dict[str, bytes], name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Write it as whoever knows how would: sizes, checksums and the digest at the end are right again."""
    return zipped.written({**files, name: change(files[name])})


def test_whoever_writes_the_archive_anew_changes_no_file_either(office: Office) -> None:
    path = office.made()
    files, anchors = zipped.read(path.read_bytes()), trust.load(office.home)
    for name, content in files.items():
        if name in (SIGNATURE, TIMESTAMP):
            continue
        for place in (0, len(content) // 2, len(content) - 1):
            flip = lambda given, place=place: given[:place] + bytes([given[place] ^ 4]) + given[place + 1 :]  # noqa: E731
            assert refused(office, rewritten(files, name, flip), anchors), (name, place)


@pytest.mark.parametrize("name", [SIGNATURE, TIMESTAMP])
def test_no_byte_of_signature_and_timestamp_can_be_changed_by_whoever_writes_the_archive_anew(
    office: Office, name: str
) -> None:
    files, anchors = zipped.read(office.made().read_bytes()), trust.load(office.home)
    for place in range(len(files[name])):
        flip = lambda given, place=place: given[:place] + bytes([given[place] ^ 1]) + given[place + 1 :]  # noqa: E731
        try:
            found = checked(rewritten(files, name, flip), anchors, datetime.now(UTC))
        except BundleInvalid:
            continue
        # A certificate is not under the signature that it explains; changed, it leads to nobody who is trusted.
        assert name == TIMESTAMP and found.timestamp and found.timestamp.trust != "trusted", place


def test_files_added_taken_away_renamed_or_moved_are_seen(office: Office) -> None:
    files, anchors = zipped.read(office.made().read_bytes()), trust.load(office.home)
    without = {name: content for name, content in files.items() if name != "pictures/heat-1.png"}
    renamed = {("other.json" if name == "check.json" else name): content for name, content in files.items()}
    moved = dict(reversed(files.items()))
    swapped = {**files, "revisions/1.json": files["revisions/2.json"], "revisions/2.json": files["revisions/1.json"]}
    unsigned = {name: content for name, content in files.items() if name != SIGNATURE}
    for one in ({**files, "note.txt": b"me too"}, without, renamed, moved, swapped, unsigned):
        assert refused(office, zipped.written(one), anchors)
    assert not refused(office, zipped.written({n: c for n, c in files.items() if n != TIMESTAMP}), anchors)


def test_another_signature_is_another_signer(office: Office) -> None:
    files = zipped.read(office.made(timed=False).read_bytes())
    stranger = Authority("Someone else")
    office.hold(stranger.signer("Mallory"))
    forged = zipped.read(office.made(name="b.zip", timed=False).read_bytes())
    found = checked(zipped.written(forged), trust.load(office.home), datetime.now(UTC))
    assert found.trust == "unknown_signer" and found.signer == "Mallory"
    mixed = {**files, "check.json": files["check.json"].replace(b"chk_abc", b"chk_abd")}
    assert refused(office, zipped.written({**mixed, SIGNATURE: forged[SIGNATURE]}), trust.load(office.home))


def plain_zip(*members: tuple[str, bytes], packed: bool = False) -> bytes:
    held = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(held, "w", kind) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, archive.compression)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (plain_zip(("../../etc/cron.d/x", b"x")), "is called"),
        (plain_zip(("/etc/x", b"x")), "is called"),
        (plain_zip(("a\\b", b"x")), "is called"),
        (plain_zip((".hidden", b"x")), "is called"),
        (plain_zip(("a", b"x"), ("a", b"y")), "two files"),
        (plain_zip(("bomb", bytes(1 << 20)), packed=True), "packed"),
        (plain_zip(("check.json", b"{}")), "not as they were written"),
        (b"MZ" + bytes(500), "no evidence bundle"),
        (zipped.written({"check.json": b"{}"}), "no MANIFEST.json"),
    ],
)
def test_archives_that_mean_harm_or_are_something_else(office: Office, content: bytes, words: str) -> None:
    path = office.folder / "given.zip"
    path.write_bytes(content)
    with pytest.raises(BundleInvalid, match=words):
        office.checked(path)


def test_a_size_that_is_a_lie_takes_no_memory(office: Office) -> None:
    content = bytearray(office.made().read_bytes())
    content[18:26] = b"\xff\xff\xff\x7f" * 2
    with pytest.raises(BundleInvalid, match="claims to hold more"):
        checked(bytes(content), trust.load(office.home), datetime.now(UTC))


def test_a_file_without_end_is_refused_by_its_size(office: Office) -> None:
    path = office.folder / "huge.zip"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(zipped.MOST_BYTES + 2)
    with pytest.raises(BundleInvalid, match="more than"):
        office.checked(path)


def test_a_second_reader_sees_nothing_else(office: Office) -> None:
    """The list at the end and the files in front say the same: no program is shown other bytes than were checked."""
    path = office.made()
    ours = zipped.read(path.read_bytes())
    assert files_in(path) == ours
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            assert (one.date_time, one.CRC) == ((1980, 1, 1, 0, 0, 0), zlib.crc32(ours[one.filename]))
