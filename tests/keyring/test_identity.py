"""Identities: made whole, checked before use, never lost."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from countermark import keyring
from countermark.errors import NoKeys, OutputExists, UnsafeKeys


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _chain(identity: keyring.Identity) -> list[x509.Certificate]:
    assert identity.root_pem is not None
    return x509.load_pem_x509_certificates(identity.chain_pem + identity.root_pem)


def test_the_chain_holds_and_says_that_it_is_for_development(home: Path) -> None:
    identity = keyring.init_development(home)
    leaf, middle, root = _chain(identity)
    leaf.verify_directly_issued_by(middle)
    middle.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)
    assert identity.development and identity.algorithm == "es256"
    for certificate in (leaf, middle, root):
        assert "Countermark DEVELOPMENT" in certificate.subject.rfc4514_string()


def test_the_certificates_follow_the_profile(home: Path) -> None:
    leaf, middle, root = _chain(keyring.init_development(home))
    constraints = [c.extensions.get_extension_for_class(x509.BasicConstraints) for c in (leaf, middle, root)]
    assert [c.critical for c in constraints] == [True, True, True]
    assert [(c.value.ca, c.value.path_length) for c in constraints] == [(False, None), (True, 0), (True, 1)]
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.content_commitment
    assert not usage.value.key_cert_sign
    for certificate in (leaf, middle):
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        oids = {oid.dotted_string for oid in purposes.value}
        assert oids == {"1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.4"} and not purposes.critical
    above = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert above == middle.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert isinstance(middle.public_key(), ec.EllipticCurvePublicKey) and middle.public_key().curve.name == "secp384r1"
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 366
    assert (middle.not_valid_after_utc - middle.not_valid_before_utc).days <= 1827


def test_only_the_leaf_has_a_private_key_and_it_is_its_owners_alone(home: Path) -> None:
    identity = keyring.init_development(home)
    folder = identity.key_path.parent
    assert sorted(p.name for p in folder.iterdir()) == ["chain.pem", "key.pem", "root.pem"]
    assert identity.key_path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700 and (home / "keys").stat().st_mode & 0o777 == 0o700
    assert b"PRIVATE KEY" in identity.key_pem()
    assert b"PRIVATE" not in (folder / "chain.pem").read_bytes() + (folder / "root.pem").read_bytes()


def test_an_identity_is_not_replaced_without_force(home: Path) -> None:
    first = keyring.init_development(home)
    before = first.key_path.read_bytes()
    with pytest.raises(OutputExists):
        keyring.init_development(home)
    assert first.key_path.read_bytes() == before
    assert [p.name for p in (home / "keys").iterdir()] == ["signing"]


def test_force_moves_the_old_one_aside_and_its_root_stays(home: Path) -> None:
    first = keyring.init_development(home)
    key, root = first.key_path.read_bytes(), first.root_pem
    second = keyring.init_development(home, force=True)
    kept = list((home / "keys" / "retired").glob("*/key.pem"))
    assert [p.read_bytes() for p in kept] == [key]
    assert second.key_path.read_bytes() != key
    assert set(keyring.development_roots(home)) == {root, second.root_pem}


def test_no_identity_is_said_so(home: Path) -> None:
    with pytest.raises(NoKeys):
        keyring.load(home)
    assert not home.exists()


@pytest.mark.parametrize("missing", ["chain.pem", "key.pem"])
def test_half_an_identity_is_none(home: Path, missing: str) -> None:
    (keyring.init_development(home).key_path.parent / missing).unlink()
    with pytest.raises(NoKeys, match="chain|key"):
        keyring.load(home)


def test_a_spoilt_chain_is_no_traceback(home: Path) -> None:
    identity = keyring.init_development(home)
    (identity.key_path.parent / "chain.pem").write_bytes(
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    with pytest.raises(NoKeys):
        keyring.load(home)


def test_a_key_open_to_others_is_refused(home: Path) -> None:
    identity = keyring.init_development(home)
    identity.key_path.chmod(0o640)
    with pytest.raises(UnsafeKeys, match="640"):
        identity.key_pem()
    assert "640" in str(keyring.describe(identity).key_problem)


def test_a_key_of_another_certificate_is_refused(home: Path, tmp_path: Path) -> None:
    identity = keyring.init_development(home)
    other = keyring.init_development(tmp_path / "other")
    identity.key_path.write_bytes(other.key_path.read_bytes())
    with pytest.raises(UnsafeKeys, match="does not belong"):
        identity.key_pem()


def test_a_key_behind_a_link_and_a_spoilt_key_are_refused(home: Path, tmp_path: Path) -> None:
    identity = keyring.init_development(home)
    moved = tmp_path / "moved.pem"
    identity.key_path.rename(moved)
    identity.key_path.symlink_to(moved)
    with pytest.raises(UnsafeKeys):
        identity.key_pem()
    identity.key_path.unlink()
    identity.key_path.write_text("no key")
    identity.key_path.chmod(0o600)
    with pytest.raises(UnsafeKeys, match="no private key"):
        identity.key_pem()


def test_neither_repr_nor_log_shows_the_key(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        identity = keyring.init_development(home)
        secret = identity.key_pem().decode().splitlines()[1]
    assert "signing key read" in caplog.text
    assert secret not in caplog.text + repr(identity) + repr(keyring.describe(identity))


def test_facts_say_what_verifiers_will_say(home: Path) -> None:
    facts = keyring.describe(keyring.init_development(home))
    assert facts.purposes == ("C2PA claim signing", "e-mail protection")
    assert 360 <= facts.days_left <= 365 and facts.key_problem is None
    assert any("unknown signer" in line for line in facts.verifiers_will_say)


def test_two_at_once_never_mix_files(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from countermark import keyring\n"
        "from countermark.errors import OutputExists; sys.stdin.readline()\n"
        "try: keyring.init_development(Path(sys.argv[1]), force=sys.argv[2] == 'force')\n"
        "except OutputExists: sys.exit(3)"
    )
    for how, expected in (("plain", [0, 3, 3]), ("force", [0, 0, 0])):
        command = [sys.executable, "-c", code, str(home), how]
        running = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
        for process in running:
            process.stdin.write(b"go\n")
            process.stdin.flush()
        assert sorted(process.wait(30) for process in running) == expected
        for process in running:
            process.stdin.close()
        identity = keyring.load(home)
        assert identity.key_pem()
        leaf, middle, root = _chain(identity)
        leaf.verify_directly_issued_by(middle)
        middle.verify_directly_issued_by(root)
    assert len(os.listdir(home / "keys" / "retired")) == 3
    assert sorted(os.listdir(home / "keys")) == ["retired", "signing"]
