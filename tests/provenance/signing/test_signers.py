"""Files, programs and key services sign manifests that the library's own reader trusts; failures keep their words."""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from countermark import keyring
from countermark.errors import CertificateUnfit, CountermarkError, SignerFailed, UnsafeKeys
from countermark.issuing import CLAIM_SIGNING
from countermark.keyring import use_log
from countermark.keyring.identity import built
from countermark.keyring.signers import FileSigner
from countermark.provenance.signing.signers import native_signer, use
from countermark.provenance.trust import TrustAnchors
from countermark.provenance.trust.validator import context
from countermark.settings import Settings
from tests.keyring import kms
from tests.keyring.authority import MAIL, SERVER, Authority, Wish, key_file

MANIFEST = {
    "title": "a picture",
    "claim_generator_info": [{"name": "test"}],
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                    }
                ]
            },
        }
    ],
}
ID = "urn:c2pa:7a6c6f3e-5a4c-4a35-9d8f-0a6a7a0a4e11"
PROGRAM = """
import sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
key = serialization.load_pem_private_key(open(sys.argv[1], 'rb').read(), None)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), ec.ECDSA(hashes.SHA256())))
"""


def _state(identity: keyring.Identity, root: str, clip: Path) -> str:
    """Sign, read again, and give what the library's validator says."""
    import c2pa

    anchors, out = TrustAnchors(root), io.BytesIO()
    with use(identity, ID), context(anchors, native_signer(identity)) as ground:
        c2pa.Builder(json.dumps({**MANIFEST, "format": "video/mp4"}), ground).sign("video/mp4", clip.open("rb"), out)
    with context(anchors) as ground, c2pa.Reader("video/mp4", out, context=ground) as reader:
        assert str(reader.get_active_manifest()["signature_info"]["alg"]).lower() == identity.algorithm
        return str(reader.get_validation_state())


def _uses(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in use_log.file(home).read_text().splitlines()]


@pytest.mark.parametrize("kind", ["es256", "es384", "ed25519", "ps256"])
def test_every_kind_of_key_that_can_be_asked_for_signs(tmp_path: Path, _tiny: Path, kind: str) -> None:
    authority, home = Authority(), tmp_path / "home"
    file, public = key_file(tmp_path, kind)
    identity = keyring.import_chain(home, authority.chain(tmp_path, public), file).identity
    assert _state(identity, authority.trusted_root(), _tiny) == "Trusted"
    (line,) = _uses(home)
    assert (line["identity"], line["what"], line["result"]) == (identity.fingerprint, ID, "ok")
    assert use_log.file(home).stat().st_mode & 0o777 == 0o600


def test_a_program_signs(tmp_path: Path, _tiny: Path) -> None:
    authority, home = Authority(), tmp_path / "home"
    file, public = key_file(tmp_path)
    (tmp_path / "sign.py").write_text(PROGRAM)
    command = shlex.join([sys.executable, str(tmp_path / "sign.py"), str(file)])
    options = Settings(home=home, signer="command", signer_command=command)
    keyring.import_chain(home, authority.chain(tmp_path, public), options=options)
    identity = keyring.load(home, options)
    assert not identity.key_path.exists()
    assert _state(identity, authority.trusted_root(), _tiny) == "Trusted"
    assert [(line["signer"], line["result"]) for line in _uses(home)] == [("command", "ok")] * 2


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384"])
def test_a_key_service_signs(tmp_path: Path, _tiny: Path, monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    with kms.service(monkeypatch) as there:
        authority, home = Authority(), tmp_path / "home"
        key_id, public = there.make(spec)
        options = there.settings(home, key_id)
        keyring.import_chain(home, authority.chain(tmp_path, public), options=options)
        identity = keyring.load(home, options)
        assert _state(identity, authority.trusted_root(), _tiny) == "Trusted"
        assert b"PRIVATE" not in b"".join(f.read_bytes() for f in (home / "keys").rglob("*") if f.is_file())

        gone = keyring.load(home, there.settings(home, "00000000-0000-0000-0000-000000000000"))
        with pytest.raises(SignerFailed, match="knows no such key"):
            _state(gone, authority.trusted_root(), _tiny)
    assert [line["result"] for line in _uses(home)] == ["ok", "ok", "SignerFailed"], "the first is the import's trial"


@pytest.mark.parametrize(
    "wish",
    [
        Wish(),
        Wish(purposes=(CLAIM_SIGNING,)),
        Wish(purposes=(SERVER, MAIL)),
        Wish(ends=-0.5),
        Wish(begins=1),
        Wish(purposes=()),
        Wish(purposes=(SERVER,)),
        Wish(purposes=("2.5.29.37.0", MAIL)),
        Wish(purposes=(MAIL, "1.3.6.1.5.5.7.3.8")),
        Wish(purposes=(CLAIM_SIGNING, "1.3.6.1.5.5.7.3.9")),
        Wish(authority=True),
        Wish(usage=False),
        Wish(issuer_id=False),
    ],
)
def test_an_import_refuses_what_the_library_refuses(tmp_path: Path, _tiny: Path, wish: Wish) -> None:
    import c2pa

    authority, (file, public) = Authority(), key_file(tmp_path)
    chain = authority.chain(tmp_path, public, wish)
    signer = FileSigner(chain.read_bytes(), file)
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    try:
        said = _state(built(home, tmp_path, chain.read_bytes(), None, signer), authority.trusted_root(), _tiny)
    except c2pa.C2paError:
        said = "refused"
    try:
        keyring.import_chain(home, chain, file)
        ours = "Trusted"
    except CertificateUnfit:
        ours = "refused"
    assert ours == said


def test_what_stopped_the_signer_is_heard(tmp_path: Path, _tiny: Path) -> None:
    identity = keyring.init_development(tmp_path / "home")
    os.chmod(identity.key_path, 0o644)
    with pytest.raises(UnsafeKeys, match="644"):
        _state(identity, str(identity.root_pem, "ascii"), _tiny)
    assert [line["result"] for line in _uses(tmp_path / "home")] == ["UnsafeKeys"]


def test_what_is_not_noted_is_not_signed(tmp_path: Path, _tiny: Path) -> None:
    identity = keyring.init_development(tmp_path / "home")
    elsewhere = tmp_path / "elsewhere"
    use_log.file(tmp_path / "home").symlink_to(elsewhere)
    with pytest.raises(CountermarkError, match="use.ndjson"):
        _state(identity, str(identity.root_pem, "ascii"), _tiny)
    assert not elsewhere.exists()
