"""Anchors: what is trusted is a certificate, under a name, and can be taken back."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from countermark import keyring
from countermark.errors import CountermarkError, InputMissing, OutputExists, TrustListInvalid, TrustListShrunk
from countermark.evidence import CredentialDetails
from countermark.issuing import CLAIM_SIGNING
from countermark.keyring import PURPOSES
from countermark.provenance import CredentialsExaminer, trust
from countermark.tests import needs
from countermark.tests.provenance.authorities import Authority, Holder, TimeServer


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def list_of_others(tmp_path: Path) -> Path:
    identity = keyring.init_development(tmp_path / "others")
    file = tmp_path / "anchors.pem"
    assert identity.root_pem
    file.write_bytes(b"some words\n" + identity.root_pem + identity.key_path.read_bytes())
    return file


def test_nothing_is_trusted_at_first(home: Path) -> None:
    assert trust.load(home) == trust.TrustAnchors("", "") and trust.listing(home) == ()
    assert not home.exists()


def test_development_roots_are_trusted_and_stay_so(home: Path) -> None:
    keyring.init_development(home)
    keyring.init_development(home, force=True)
    assert trust.load(home).development.count("BEGIN CERTIFICATE") == 2
    assert {a.list_name for a in trust.listing(home)} == {"development"}


def test_added_anchors_are_listed_and_removed(home: Path, list_of_others: Path) -> None:
    assert trust.add(home, "acme", list_of_others) == 1
    anchors = trust.load(home)
    assert anchors.added.count("BEGIN CERTIFICATE") == 1 and not anchors.development
    assert [a.list_name for a in trust.listing(home)] == ["acme"]
    assert "DEVELOPMENT" in trust.listing(home)[0].subject and not trust.listing(home)[0].expired
    trust.remove(home, "acme")
    assert trust.load(home).pem == ""
    with pytest.raises(InputMissing):
        trust.remove(home, "acme")


def test_a_list_says_where_and_when_it_came_from(home: Path, list_of_others: Path) -> None:
    trust.add(home, "acme", list_of_others)
    (kept,) = trust.lists(home)
    assert (kept.age_days, kept.source, kept.purpose) == (0, str(list_of_others), "signing")
    file = home / "trust" / "acme.pem"
    file.write_text(file.read_text().replace(str(kept.brought)[:4], "2001", 1))
    assert (trust.lists(home)[0].age_days or 0) > 365


def test_a_list_of_an_earlier_version_is_read(home: Path, list_of_others: Path) -> None:
    (home / "trust").mkdir(parents=True)
    (home / "trust" / "old.pem").write_bytes(list_of_others.read_bytes())
    (kept,) = trust.lists(home)
    assert (kept.purpose, kept.brought, kept.age_days) == ("signing", None, None)
    assert trust.load(home).added.count("BEGIN CERTIFICATE") == 1


@pytest.mark.parametrize("spoilt", ["purpose", "sha256", "{"])
def test_a_list_that_was_meddled_with_is_said_so(home: Path, list_of_others: Path, spoilt: str) -> None:
    trust.add(home, "acme", list_of_others)
    file = home / "trust" / "acme.pem"
    file.write_text(file.read_text().replace(spoilt, "x", 1))
    with pytest.raises(TrustListInvalid, match="damaged"):
        trust.load(home)
    trust.remove(home, "acme")


def test_a_key_in_the_file_is_not_copied(home: Path, list_of_others: Path) -> None:
    trust.add(home, "acme", list_of_others)
    assert "PRIVATE" not in (home / "trust" / "acme.pem").read_text()


def test_a_list_is_not_replaced_in_silence(home: Path, list_of_others: Path) -> None:
    trust.add(home, "acme", list_of_others)
    with pytest.raises(OutputExists):
        trust.add(home, "acme", list_of_others)
    assert [p.name for p in (home / "trust").iterdir()] == ["acme.pem"]


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_what_is_no_list_is_refused(home: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.pem"
    file.write_bytes(content)
    with pytest.raises(TrustListInvalid):
        trust.add(home, "acme", file)
    assert not (home / "trust").exists()


def test_certificates_that_only_look_like_some_are_refused(home: Path, tmp_path: Path, list_of_others: Path) -> None:
    """The library reads them at first, and fails when they are looked into."""
    one, other = x509.ObjectIdentifier("1.2.3.4.5"), x509.ObjectIdentifier("1.2.3.4.6")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, start, start + timedelta(days=9999))
        .add_extension(x509.UnrecognizedExtension(one, b"\x05\0"), False)
        .add_extension(x509.UnrecognizedExtension(other, b"\x05\0"), False)
        .sign(key, hashes.SHA256())
    ).public_bytes(Encoding.DER)
    twice = made.replace(b"\x06\x04*\x03\x04\x06", b"\x06\x04*\x03\x04\x05")
    sixth = made.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", 1)
    for content in (twice, sixth):
        assert content != made
        file = tmp_path / "odd.pem"
        file.write_text(ssl.DER_cert_to_PEM_cert(content) + list_of_others.read_text())
        with pytest.raises(TrustListInvalid):
            trust.add(home, "acme", file)
        with pytest.raises(TrustListInvalid):
            trust.update(home, str(file), "acme")
    assert not (home / "trust").exists()


def test_leaves_are_no_anchors(home: Path, tmp_path: Path) -> None:
    chain = keyring.init_development(tmp_path / "others").chain_pem
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(chain[: chain.index(b"-----END") + 25] + b"\n")
    with pytest.raises(TrustListInvalid, match="authority"):
        trust.add(home, "acme", leaf)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "development", ".hidden", "x" * 65])
def test_names_stay_within_the_folder(home: Path, list_of_others: Path, name: str) -> None:
    with pytest.raises(TrustListInvalid):
        trust.add(home, name, list_of_others)


def test_a_spoilt_list_in_the_folder_is_said_so(home: Path) -> None:
    (home / "trust").mkdir(parents=True)
    (home / "trust" / "bad.pem").write_text("nothing")
    with pytest.raises(TrustListInvalid, match="bad.pem"):
        trust.load(home)


def test_anchors_travel_as_json(home: Path, list_of_others: Path) -> None:
    keyring.init_development(home)
    trust.add(home, "acme", list_of_others)
    anchors = trust.load(home)
    assert trust.TrustAnchors.from_json(json.loads(json.dumps(anchors.to_json()))) == anchors
    assert "CERTIFICATE" not in repr(anchors)


# Lists that are brought ----------------------------------------------------------------------------------------------

FOR_SIGNING = [x509.ObjectIdentifier(CLAIM_SIGNING), ExtendedKeyUsageOID.EMAIL_PROTECTION]
FOR_TIME = [ExtendedKeyUsageOID.TIME_STAMPING]


def _list(file: Path, *holders: Holder) -> Path:
    file.write_bytes(b"".join(b"Subject\tCN=someone\n" + one.pem for one in holders))
    return file


def _signers(count: int) -> list[Holder]:
    root = Authority("Signers")
    return [root.root, *(root.beneath(f"Issuer {number}", FOR_SIGNING) for number in range(count - 1))]


def test_the_lists_of_the_c2pa_are_told_apart_and_kept(home: Path, tmp_path: Path) -> None:
    clocks = Authority("Clocks")
    signers = trust.update(home, str(_list(tmp_path / "a.pem", *_signers(3))))
    stampers = trust.update(home, str(_list(tmp_path / "b.pem", clocks.root, clocks.beneath("Stamps", FOR_TIME))))
    assert [(one.name, one.purpose) for one in trust.lists(home)] == [("official", "signing"), ("tsa", "timestamps")]
    assert (signers.came, signers.went, signers.expired, stampers.came) == (3, 0, (), 2)
    anchors = trust.load(home)
    assert (anchors.pem.count("BEGIN"), anchors.timestamps.count("BEGIN")) == (3, 2)
    assert {(a.list_name, a.purpose) for a in trust.listing(home)} == {("official", "signing"), ("tsa", "timestamps")}


def test_a_list_that_came_anew_takes_the_place_of_the_one_before(home: Path, tmp_path: Path) -> None:
    holders = _signers(4)
    file = _list(tmp_path / "a.pem", *holders)
    trust.update(home, str(file))
    again = trust.update(home, str(file))
    assert (again.came, again.went) == (0, 0)
    fewer = trust.update(home, str(_list(file, *holders[:2], *_signers(2))))
    assert (fewer.came, fewer.went) == (2, 2)
    with pytest.raises(TrustListShrunk):
        trust.update(home, str(_list(file, holders[0])), "official")
    assert len(trust.lists(home)[0].certificates) == 4
    forced = trust.update(home, str(file), "official", force=True)
    assert (forced.came, forced.went, len(trust.lists(home)[0].certificates)) == (0, 3, 1)


def test_one_entry_that_is_no_authority_spoils_a_list(home: Path, tmp_path: Path) -> None:
    authority = Authority("Signers")
    with pytest.raises(TrustListInvalid, match="no authority"):
        trust.update(home, str(_list(tmp_path / "a.pem", authority.root, authority.signer())), "official")
    cut = tmp_path / "cut.pem"
    cut.write_bytes(authority.root.pem + authority.root.pem[:200] + b"\n-----END CERTIFICATE-----\n")
    for given in (str(cut), str(tmp_path / "none.pem"), str(tmp_path)):
        with pytest.raises(CountermarkError):
            trust.update(home, given, "official")
    assert not (home / "trust").exists()


def test_expired_entries_are_said_and_a_list_of_nothing_else_is_refused(home: Path, tmp_path: Path) -> None:
    ended = Authority("Ended", begins=-timedelta(days=9), days=8)
    done = trust.update(home, str(_list(tmp_path / "a.pem", *_signers(2), ended.root)))
    assert len(done.expired) == 1 and "Ended" in done.expired[0]
    assert [a.subject for a in trust.listing(home) if a.expired] == list(done.expired)
    with pytest.raises(TrustListInvalid, match="still valid"):
        trust.update(home, str(_list(tmp_path / "b.pem", ended.root)), "other")


def test_a_list_cannot_pass_for_the_other(home: Path, tmp_path: Path) -> None:
    clocks = Authority("Clocks")
    stamps = _list(tmp_path / "t.pem", clocks.root, clocks.beneath("Stamps", FOR_TIME))
    with pytest.raises(TrustListInvalid, match="timestamps alone"):
        trust.update(home, str(stamps), "official")
    with pytest.raises(TrustListInvalid, match="for signers"):
        trust.update(home, str(_list(tmp_path / "s.pem", *_signers(2))), "tsa")
    with pytest.raises(TrustListInvalid, match="timestamps alone"):
        trust.add(home, "acme", stamps)
    with pytest.raises(TrustListInvalid, match="for timestamps"):
        trust.add(home, "tsa", _list(tmp_path / "n.pem", clocks.root))
    with pytest.raises(TrustListInvalid, match="what it is for"):
        trust.update(home, str(_list(tmp_path / "n.pem", clocks.root)))


@contextmanager
def _served(content: bytes, folder: Path, authority: Authority) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *given: object) -> None:
            pass

    holder = authority.web_server()
    (folder / "server.pem").write_bytes(holder.pem + holder.key_pem)
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    setting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    setting.load_cert_chain(folder / "server.pem")
    server.socket = setting.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}/list.pem"
    server.shutdown()
    server.server_close()


def test_a_list_comes_over_https_alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web, content = Authority("Web"), _list(tmp_path / "a.pem", *_signers(2)).read_bytes()
    (tmp_path / "web.pem").write_text(web.pem)
    with _served(content, tmp_path, web) as url:
        with pytest.raises(CountermarkError, match="certificate"):
            trust.update(home, url)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "web.pem"))
        done = trust.update(home, url)
        with pytest.raises(TrustListInvalid, match="https alone"):
            trust.update(home, url.replace("https", "http"))
    assert (done.trust_list.name, done.trust_list.source, done.came) == ("official", url, 2)


def test_the_official_lists(home: Path) -> None:
    folder = needs.data("c2pa", "c2pa-org+conformance-public", "trust-list")
    signers = trust.update(home, str(folder / "C2PA-TRUST-LIST.pem"))
    clocks = trust.update(home, str(folder / "C2PA-TSA-TRUST-LIST.pem"))
    assert (signers.trust_list.name, clocks.trust_list.name) == ("official", "tsa")
    for name in ("C2PA-TRUST-LIST", "C2PA-TSA-TRUST-LIST"):
        wrong = "tsa" if name == "C2PA-TRUST-LIST" else "official"
        with pytest.raises(TrustListInvalid):
            trust.update(home, str(folder / f"{name}.pem"), wrong)
        with pytest.raises(TrustListInvalid):
            trust.update(home, str(folder / f"{name}.json"))
    anchors = trust.load(home)
    assert anchors.pem.count("BEGIN") == signers.came
    assert 0 < anchors.timestamps.count("BEGIN") < clocks.came, "roots of both lists stand in one"


# What the library makes of them --------------------------------------------------------------------------------------


def _codes(file: Path, anchors: trust.TrustAnchors) -> dict[str, str]:
    said: dict[str, Any] = {"trust": {**anchors.settings(), "trust_config": "\n".join(PURPOSES)}}
    with c2pa.Context.from_dict(said) as ground, file.open("rb") as stream:
        with c2pa.Reader("video/mp4", stream, context=ground) as reader:
            results = json.loads(reader.json())["validation_results"]["activeManifest"]
    return {one["code"]: one.get("explanation", "") for kind in results.values() for one in kind}


def _reads(file: Path, anchors: trust.TrustAnchors) -> str:
    details = CredentialsExaminer(anchors).examine(file, "ab").details
    assert isinstance(details, CredentialDetails)
    return details.trust


def _signed(leaf: Holder, clock: TimeServer, source: Path, target: Path) -> Path:
    action = {"action": "c2pa.created", "digitalSourceType": "http://c2pa.org/digitalsourcetype/empty"}
    assertion = {"label": "c2pa.actions.v2", "data": {"actions": [action]}, "created": True}
    info = c2pa.C2paSignerInfo(b"es256", leaf.pem, leaf.key_pem, clock.url.encode())
    with c2pa.Context.from_dict({"verify": {"verify_after_sign": False}}, c2pa.Signer.from_info(info)) as ground:
        builder = c2pa.Builder(json.dumps({"claim_generator_info": [{"name": "x"}], "assertions": [assertion]}), ground)
        with source.open("rb") as stream, target.open("w+b") as output:
            builder.sign("video/mp4", stream, output)
    return target


def test_a_list_for_clocks_vouches_for_no_signer(home: Path, tmp_path: Path, _tiny: Path) -> None:
    signers, clocks = Authority("Signers"), Authority("Clocks")
    trust.add(home, "signers", _list(tmp_path / "s.pem", signers.root))
    trust.add(home, "clocks", _list(tmp_path / "c.pem", clocks.root), "timestamps")
    anchors = trust.load(home)
    with TimeServer(clocks) as clock:
        honest = _signed(signers.signer(), clock, _tiny, tmp_path / "honest.mp4")
        sly = _signed(clocks.signer(), clock, _tiny, tmp_path / "sly.mp4")
    said = _codes(honest, anchors)
    assert "timeStamp.trusted" in said and trust.vouched(said["signingCredential.trusted"])
    said = _codes(sly, anchors)
    assert not trust.vouched(said["signingCredential.trusted"]), "the library itself takes any list for a signer"
    assert [_reads(file, anchors) for file in (honest, sly)] == ["trusted", "unknown_signer"]


def test_what_stands_in_both_lists_always_vouches_for_signers(home: Path, tmp_path: Path, _tiny: Path) -> None:
    both = Authority("Both")
    issuer = both.beneath("Issuer", FOR_SIGNING)
    trust.add(home, "signers", _list(tmp_path / "s.pem", both.root, issuer))
    trust.add(home, "clocks", _list(tmp_path / "c.pem", both.root), "timestamps")
    anchors = trust.load(home)
    assert anchors.timestamps == ""
    with TimeServer(both) as clock:
        file = _signed(both.signer(), clock, _tiny, tmp_path / "a.mp4")
        seen = Counter(trust.vouched(_codes(file, anchors)["signingCredential.trusted"]) for _ in range(20))
        assert seen == {True: 20} and "timeStamp.trusted" in _codes(file, anchors)


def test_a_clock_above_a_signer_vouches_no_more_at_random(home: Path, tmp_path: Path) -> None:
    root = Authority("Root")
    trust.add(home, "signers", _list(tmp_path / "s.pem", root.beneath("Issuer", FOR_SIGNING)))
    trust.add(home, "clocks", _list(tmp_path / "c.pem", root.root, Authority("Other").root), "timestamps")
    assert trust.load(home).timestamps.count("BEGIN") == 1
