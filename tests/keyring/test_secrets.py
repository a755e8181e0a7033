"""No secret is in a log, a use log, an error or a repr: not keys, not passphrases, not credentials."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from countermark import keyring, mark_keys
from countermark.errors import CountermarkError
from countermark.keyring import backup, passphrases, private_keys, use_log
from countermark.keyring.kms_signer import KeyService, KmsSigner
from countermark.settings import Settings
from tests.keyring import kms
from tests.keyring.authority import PEM, Authority, key_file

WORDS = "a passphrase of mine"


def test_nothing_secret_is_said_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backup, "_COST", {"n": 1 << 10, "r": 8, "p": 1})
    home, told = tmp_path / "home", []
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(WORDS)
    monkeypatch.setattr(passphrases, "settings", lambda: Settings(passphrase_file=secret))
    caplog.set_level(logging.DEBUG, logger="countermark")

    open_key = keyring.init_development(tmp_path / "open")
    identity = keyring.init_development(home, passphrase=WORDS.encode())
    mark = mark_keys.make(home, "one")
    with identity.used_for("urn:c2pa:1"):
        identity.signer.sign(b"data")
    open_key.signer.sign(b"data")
    keyring.save(home, tmp_path / "saved", WORDS.encode())
    told += [repr(identity), repr(identity.signer), repr(backup.opened(tmp_path / "saved", WORDS.encode()))]
    told += [repr(facts) for facts in (*keyring.listing(home), *keyring.listing(tmp_path / "open"))]

    def failing(work: Callable[[], object]) -> None:
        with pytest.raises(CountermarkError) as caught:
            work()
        told.append(f"{caught.value!r} {caught.value} {caught.value.advice} {caught.value.__notes__}")
        with pytest.raises(CountermarkError), open_key.used_for("urn:c2pa:2"):
            work()

    other, _ = key_file(tmp_path, "es384", b"another passphrase")
    secrets = [WORDS, mark.secret.hex(), base64.b64encode(mark.secret).decode(), kms.SECRET, kms.ACCESS]
    secrets += _bodies(open_key.key_path.read_bytes()) + _bodies(identity.key_path.read_bytes())
    secrets += _bodies(identity.key_pem()) + _bodies(other.read_bytes())
    failing(lambda: private_keys.opened(other))
    failing(lambda: keyring.import_chain(home, Authority().chain(tmp_path, keyring_public(open_key)), other))
    failing(lambda: keyring.restore(tmp_path / "elsewhere", tmp_path / "saved", b"wrong wrong"))
    key = private_keys.make("es256")
    with kms.speaking(monkeypatch, key) as url:
        chain = Authority().certify(key.public_key()).public_bytes(PEM)
        refused = KeyService("refuse:InvalidSignatureException", kms.REGION, url)
        failing(KmsSigner(chain, refused).check)
    open_key.key_path.write_bytes(open_key.key_path.read_bytes()[:-60])
    failing(lambda: open_key.signer.sign(b"data"))

    told += [caplog.text, use_log.file(home).read_text(), use_log.file(tmp_path / "open").read_text()]
    everything = "\n".join(told)
    assert "urn:c2pa:2" in everything and "SignerFailed" in everything and "KeyLocked" in everything
    for hidden in secrets:
        assert hidden not in everything


def test_a_line_of_the_log_of_uses(tmp_path: Path) -> None:
    identity = keyring.init_development(tmp_path)
    with identity.used_for("urn:c2pa:1"):
        pass
    with pytest.raises(ZeroDivisionError), identity.used_for("urn:c2pa:2\nforged"):
        raise ZeroDivisionError
    first, second = [json.loads(line) for line in use_log.file(tmp_path).read_text().splitlines()]
    assert set(first) == {"time", "identity", "signer", "what", "result"}
    assert (first["identity"], first["signer"], first["result"]) == (identity.fingerprint, "file", "ok")
    assert re.fullmatch(r"[\d-]{10}T[\d:.]{12}\+00:00", first["time"])
    assert (second["what"], second["result"]) == ("urn:c2pa:2\nforged", "ZeroDivisionError")
    assert use_log.file(tmp_path).stat().st_mode & 0o777 == 0o600


def keyring_public(identity: keyring.Identity) -> object:
    return private_keys.opened(identity.key_path).public_key()


def _bodies(pem: bytes) -> list[str]:
    return [line for line in pem.decode().splitlines() if "---" not in line and len(line) > 8]
