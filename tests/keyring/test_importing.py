"""From a request to a certificate in use; what verifiers would refuse is refused here, with the reason."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countermark import keyring
from countermark.errors import CertificateUnfit, InputMissing, KeyLocked, NoKeys, OutputExists, UnsafeKeys
from countermark.issuing import CLAIM_SIGNING
from countermark.keyring import passphrases, private_keys, requests
from countermark.keyring.certificates import certificates, spki
from countermark.keyring.profile import judge
from countermark.settings import Settings
from tests import needs
from tests.keyring.authority import DOCUMENTS, MAIL, PEM, SERVER, Authority, Wish, key_file

ACME = keyring.Subject("Acme Video", "Acme", "DE")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.mark.parametrize("kind", private_keys.ALGORITHMS)
def test_a_request_says_what_the_profile_wants(home: Path, kind: str) -> None:
    asked = keyring.request(home, ACME, kind)
    csr = x509.load_pem_x509_csr(asked.csr_pem)
    assert csr.is_signature_valid and csr.subject.rfc4514_string() == "CN=Acme Video,O=Acme,C=DE"
    assert spki(csr.public_key()) == spki(private_keys.opened(asked.key_path).public_key())
    purposes = csr.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {oid.dotted_string for oid in purposes} == {CLAIM_SIGNING, MAIL, DOCUMENTS}
    usage = csr.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.content_commitment
    assert asked.key_path.stat().st_mode & 0o777 == 0o600 and asked.folder.stat().st_mode & 0o777 == 0o700


def test_the_certificate_finds_the_key_that_waits(home: Path, tmp_path: Path) -> None:
    asked, other = keyring.request(home, ACME), keyring.request(home, ACME, "es384")
    assert [facts.state for facts in keyring.listing(home)] == ["pending", "pending"]
    authority, public = Authority(), x509.load_pem_x509_csr(asked.csr_pem).public_key()
    taken = keyring.import_chain(home, authority.chain(tmp_path, public))
    assert taken.identity.name == "Acme product" and not taken.identity.development
    assert taken.identity.key_pem() and not asked.folder.exists() and other.folder.exists()
    (signs, waits) = keyring.listing(home)
    assert (signs.state, signs.key_problem, waits.state) == ("signs", None, "pending")
    assert any("not name the C2PA certificate policy" in line for line in signs.verifiers_will_say)
    assert keyring.development_roots(home) == ()


def test_a_locked_key_stays_locked(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = keyring.request(home, ACME, passphrase=b"long enough")
    assert b"ENCRYPTED" in asked.key_path.read_bytes()
    chain = Authority().chain(tmp_path, x509.load_pem_x509_csr(asked.csr_pem).public_key())
    with pytest.raises(KeyLocked, match="nobody to ask"):
        keyring.import_chain(home, chain)
    monkeypatch.setattr(passphrases, "settings", lambda: Settings(passphrase_file=_secret(tmp_path, "wrong wrong")))
    with pytest.raises(KeyLocked, match="does not open this key"):
        keyring.import_chain(home, chain)
    monkeypatch.setattr(passphrases, "settings", lambda: Settings(passphrase_file=_secret(tmp_path, "long enough")))
    identity = keyring.import_chain(home, chain).identity
    assert b"ENCRYPTED" in identity.key_path.read_bytes() and identity.locked
    identity.check()
    os.chmod(tmp_path / "secret", 0o644)
    with pytest.raises(UnsafeKeys, match="644"):
        identity.check()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(ends=-0.5), "expired on"),
        (Wish(begins=1), "not valid before"),
        (Wish(purposes=()), "does not say what it is for"),
        (Wish(purposes=(SERVER,)), "not issued for signing content"),
        (Wish(purposes=("2.5.29.37.0",)), "any purpose"),
        (Wish(purposes=(MAIL, "1.3.6.1.5.5.7.3.8")), "time stamping or OCSP too"),
        (Wish(authority=True), "an authority's"),
        (Wish(usage=False), "key usage is not said"),
        (Wish(issuer_id=False), "which key issued it"),
        (Wish(organisation="Countermark DEVELOPMENT"), "development identity"),
    ],
)
def test_what_verifiers_would_refuse_is_refused(home: Path, tmp_path: Path, wish: Wish, said: str) -> None:
    file, public = key_file(tmp_path)
    with pytest.raises(CertificateUnfit, match=said):
        keyring.import_chain(home, Authority().chain(tmp_path, public, wish), file)
    assert not keyring.folder(home).exists()


def test_a_chain_in_the_wrong_order_and_one_of_strangers(home: Path, tmp_path: Path) -> None:
    authority, (file, public) = Authority(), key_file(tmp_path)
    leaf = authority.certify(public)
    with pytest.raises(CertificateUnfit, match="the leaf comes first"):
        keyring.import_chain(home, authority.write(tmp_path, authority.middle, leaf), file)
    with pytest.raises(CertificateUnfit, match="did not issue"):
        keyring.import_chain(home, authority.write(tmp_path, leaf, Authority("Acme").middle), file)
    with pytest.raises(CertificateUnfit, match="signed by itself"):
        keyring.import_chain(home, authority.write(tmp_path, authority.root), file)
    taken = keyring.import_chain(home, authority.write(tmp_path, leaf, authority.middle, authority.root), file)
    assert "“Acme root” was left out" in taken.remarks[0]
    assert len(certificates(taken.identity.chain_pem, "")) == 2


def test_keys_that_do_not_fit(home: Path, tmp_path: Path) -> None:
    authority, (file, public) = Authority(), key_file(tmp_path)
    other, _ = key_file(tmp_path, "es384")
    chain = authority.chain(tmp_path, public)
    with pytest.raises(CertificateUnfit, match="not the key of this certificate"):
        keyring.import_chain(home, chain, other)
    with pytest.raises(CertificateUnfit, match="no key that waits"):
        keyring.import_chain(home, chain)
    file.chmod(0o644)
    with pytest.raises(UnsafeKeys, match="644"):
        keyring.import_chain(home, chain, file)
    file.chmod(0o600)
    link = tmp_path / "link.pem"
    link.symlink_to(file)
    with pytest.raises(UnsafeKeys):
        keyring.import_chain(home, chain, link)
    with pytest.raises(InputMissing):
        keyring.import_chain(home, tmp_path / "nothing.pem", file)
    for content in (b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        chain.write_bytes(content)
        with pytest.raises(CertificateUnfit, match="no chain"):
            keyring.import_chain(home, chain, file)


def test_one_in_use_is_replaced_on_purpose_only(home: Path, tmp_path: Path) -> None:
    first = keyring.init_development(home)
    file, public = key_file(tmp_path)
    chain = Authority().chain(tmp_path, public)
    with pytest.raises(OutputExists):
        keyring.import_chain(home, chain, file)
    later = datetime.now(UTC) + timedelta(days=7)
    keyring.import_chain(home, chain, file, since=later)
    assert keyring.load(home).name == first.name
    keyring.import_chain(home, chain, file, force=True)
    assert keyring.load(home).name == "Acme product"
    assert [facts.state for facts in keyring.listing(home)] == ["signs", "retired", "retired"]
    with pytest.raises(CertificateUnfit, match="only they can certify"):
        keyring.rotate(home)


def test_one_not_valid_yet_may_be_taken_in_for_later(home: Path, tmp_path: Path) -> None:
    file, public = key_file(tmp_path)
    chain = Authority().chain(tmp_path, public, Wish(begins=2))
    keyring.init_development(home)
    keyring.import_chain(home, chain, file, since=datetime.now(UTC) + timedelta(days=3))
    assert [facts.state for facts in keyring.listing(home)] == ["signs", "next"]


@pytest.mark.parametrize("values", [("", "Acme", "DE"), ("x" * 65, "Acme", "DE"), ("a\nb", "A", "DE"), ("a", "b", "D")])
def test_names_that_no_certificate_holds(values: tuple[str, str, str]) -> None:
    with pytest.raises(CertificateUnfit):
        keyring.Subject(*values)


def test_a_spoilt_request_is_listed_and_spoils_nothing(home: Path) -> None:
    asked = keyring.request(home, ACME)
    (asked.folder / "request.csr").write_text("nothing")
    (facts,) = keyring.listing(home)
    assert "can't be read" in str(facts.key_problem) and requests.listing(home)[0].public == b""


def test_the_chains_that_the_library_is_tested_with_are_fit() -> None:
    """Their makers sign valid files with them: nothing but dates may be held against them."""
    folder = needs.data("c2pa", "contentauth+c2pa-rs", "sdk", "tests", "fixtures", "certs")
    for name in ("es256", "es384", "es512", "ps256", "ps512"):
        chain = certificates((folder / f"{name}.pub").read_bytes(), name)
        whole = [certificate for certificate in chain if certificate.issuer != certificate.subject]
        assert not judge(whole, whole[0].not_valid_before_utc + timedelta(days=1)).refused, name


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spot=st.integers(0, 1 << 20), value=st.integers(1, 255))
def test_a_changed_byte_is_an_error_of_ours_or_shown(
    sound: tuple[Path, Path, bytes, bytes], spot: int, value: int
) -> None:
    folder, key, der, middle = sound
    spot %= len(der)
    leaf = base64.encodebytes(der[:spot] + bytes([der[spot] ^ value]) + der[spot + 1 :])
    chain = folder / "changed.pem"
    chain.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + leaf + b"-----END CERTIFICATE-----\n" + middle)
    with pytest.raises(CertificateUnfit):
        keyring.import_chain(folder / "home", chain, key)
    (keyring.folder(folder / "made") / "chain.pem").write_bytes(chain.read_bytes())
    with suppress(NoKeys):
        keyring.listing(folder / "made")


@pytest.fixture
def sound(tmp_path: Path) -> tuple[Path, Path, bytes, bytes]:
    authority, (file, public) = Authority(), key_file(tmp_path)
    keyring.init_development(tmp_path / "made")
    leaf = authority.certify(public).public_bytes(serialization.Encoding.DER)
    return tmp_path, file, leaf, authority.middle.public_bytes(PEM)


def _secret(folder: Path, words: str) -> Path:
    file = folder / "secret"
    file.touch(0o600)
    file.write_text(words + "\n")
    return file
