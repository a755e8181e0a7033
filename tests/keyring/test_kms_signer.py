"""A key service signs, or says plainly why not; nothing that it says of secrets is passed on."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from countermark import keyring
from countermark.errors import CertificateUnfit, NoKeys, SignerFailed
from countermark.keyring import private_keys, signatures, use_log
from countermark.keyring.kms_signer import KeyService, KmsSigner
from countermark.settings import Settings
from tests.keyring import kms
from tests.keyring.authority import PEM, Authority

LONG = bytes(range(256)) * 20  # above what a key service hashes itself


def _signer(url: str | None, public: Any, key_id: str = "one", region: str | None = kms.REGION) -> KmsSigner:
    return KmsSigner(Authority().certify(public).public_bytes(PEM), KeyService(key_id, region, url))


@pytest.mark.parametrize("kind", ["es256", "ps256"])
@pytest.mark.parametrize("data", [b"short", LONG])
def test_short_and_long_things_are_signed(monkeypatch: pytest.MonkeyPatch, kind: str, data: bytes) -> None:
    key = private_keys.make(kind)
    with kms.speaking(monkeypatch, key) as url:
        signature = _signer(url, key.public_key()).sign(data)
    assert signatures.checked(key.public_key(), data, signature) == signature
    assert len(signature) == (64 if kind == "es256" else private_keys.RSA_BITS // 8)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "does not let these credentials"),
        ("DisabledException", "disabled"),
        ("KMSInvalidStateException", "state"),
        ("InvalidKeyUsageException", "not for signing so"),
        ("ExpiredTokenException", "expired"),
        ("UnrecognizedClientException", "does not know these credentials"),
        ("NeverHeardOf", "refused: NeverHeardOf"),
    ],
)
def test_refusals_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: str, said: str
) -> None:
    key = private_keys.make("es256")
    with caplog.at_level(logging.INFO), kms.speaking(monkeypatch, key) as url:
        with pytest.raises(SignerFailed, match=said) as caught:
            _signer(url, key.public_key(), f"refuse:{code}").check()
    told = f"{caught.value} {caught.value.advice} {caught.value!r} {caplog.text}"
    assert kms.SECRET not in told and kms.ACCESS not in told
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_real_service_refuses_as_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kms.service(monkeypatch) as there:
        key_id, public = there.make()
        other_id, _ = there.make()
        for_encryption, _ = there.make("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        _signer(there.url, public, key_id).check()
        with pytest.raises(SignerFailed, match="does not fit the certificate"):
            _signer(there.url, public, other_id).check()
        with pytest.raises(SignerFailed, match="key service"):
            _signer(there.url, public, for_encryption).check()
        chain = Authority().chain(tmp_path, private_keys.make("es256").public_key())
        with pytest.raises(SignerFailed, match="does not fit"):
            keyring.import_chain(tmp_path / "home", chain, options=there.settings(tmp_path / "home", key_id))
        assert not keyring.folder(tmp_path / "home").exists()
        assert "SignerFailed" in use_log.file(tmp_path / "home").read_text()
        there.demand_rights()
        with pytest.raises(SignerFailed, match="credentials"):
            _signer(there.url, public, key_id).check()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        with pytest.raises(SignerFailed, match="no credentials"):
            _signer(there.url, public, key_id).check()


def test_no_service_no_region_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    key = private_keys.make("es256")
    with kms.service(monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with pytest.raises(SignerFailed, match="can't be reached"):
            _signer(f"http://127.0.0.1:{port}", key.public_key()).check()
        with pytest.raises(SignerFailed, match="region"):
            _signer(None, key.public_key(), region=None).check()
        with pytest.raises(SignerFailed, match="could not be asked"):
            _signer("no address", key.public_key()).check()
        with pytest.raises(SignerFailed, match="no key is named"):
            _signer("http://127.0.0.1:1", key.public_key(), key_id="").check()
        with pytest.raises(SignerFailed, match="ed25519"):
            _signer("http://127.0.0.1:1", private_keys.make("ed25519").public_key()).check()


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"])
def test_a_request_for_a_key_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    with kms.service(monkeypatch) as there:
        key_id, public = there.make(spec)
        options, subject = there.settings(tmp_path / "home", key_id), keyring.Subject("Acme Video", "Acme", "DE")
        csr = x509.load_pem_x509_csr(keyring.request_elsewhere(options, subject))
        assert csr.is_signature_valid and csr.public_key() == public
        assert keyring.import_chain(options.home, Authority().chain(tmp_path, csr.public_key()), options=options)
        rsa_id, _ = there.make("RSA_2048")
        with pytest.raises(CertificateUnfit, match="P-256"):
            keyring.request_elsewhere(there.settings(options.home, rsa_id), subject)
        with pytest.raises(SignerFailed, match="no such key"):
            keyring.request_elsewhere(there.settings(options.home, "00000000-0000-0000-0000-000000000000"), subject)
    with pytest.raises(CertificateUnfit, match="no public key"):
        keyring.request_elsewhere(options.model_copy(update={"signer": "command"}), subject)


def test_it_is_shown_whether_the_service_would_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, key = tmp_path / "home", private_keys.make("es256")
    with kms.speaking(monkeypatch, key) as url:
        options = Settings(
            home=home, signer="kms", signer_kms_key="one", signer_kms_region="x", signer_kms_endpoint=url
        )
        keyring.import_chain(home, Authority().chain(tmp_path, key.public_key()), options=options)
        (good,) = keyring.listing(home, options)
        (bad,) = keyring.listing(home, options.model_copy(update={"signer_kms_key": "refuse:DisabledException"}))
        with pytest.raises(CertificateUnfit, match="only they can certify"):
            keyring.rotate(home, options=options)
    assert (good.signer, good.key_problem, good.state) == ("kms", None, "signs")
    assert "disabled" in str(bad.key_problem)
    with pytest.raises(NoKeys, match="no key.pem"):
        keyring.load(home)


def test_an_identity_of_another_kind_is_not_mixed_up(tmp_path: Path) -> None:
    keyring.init_development(tmp_path)
    with pytest.raises(NoKeys, match="holds the key of another identity"):
        keyring.load(tmp_path, Settings(home=tmp_path, signer="kms", signer_kms_key="one"))
