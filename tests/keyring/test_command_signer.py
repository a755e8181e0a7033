"""Programs that sign, and programs that do anything but."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import SignerFailed
from countermark.keyring import private_keys, signatures
from countermark.keyring.command_signer import CommandSigner
from tests.keyring.authority import PEM, Authority, key_file

SIGN = """
import sys
from countermark.keyring import private_keys, signatures
from pathlib import Path
data = sys.stdin.buffer.read()
signature = signatures.sign(private_keys.opened(Path(sys.argv[1])), data)
if sys.argv[2] == "der":
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
    half = len(signature) // 2
    signature = encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
sys.stdout.buffer.write(signature)
"""


def _chain(public: Any) -> bytes:
    return Authority().certify(public).public_bytes(PEM)


@pytest.mark.parametrize(("kind", "form"), [("es256", "raw"), ("es256", "der"), ("es384", "der"), ("ed25519", "raw")])
def test_a_program_may_answer_raw_or_der(tmp_path: Path, kind: str, form: str) -> None:
    file, public = key_file(tmp_path, kind)
    command = shlex.join([sys.executable, "-c", SIGN, str(file), form])
    signature = CommandSigner(_chain(public), command).sign(b"something")
    assert signatures.checked(public, b"something", signature) == signature


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "no command"),
        ("'unended", "no command"),
        ("/nonexistent/signer", "could not be started"),
        ("false", "status 1"),
        ("true", "answered nothing"),
        ("echo hello", "does not fit the certificate"),
        ("cat /dev/zero", "far more than a signature"),
        ("sleep 60", "did not answer within"),
        ("sh -c 'echo hunter2 >&2; exit 3'", "status 3"),
        ("sh -c 'sleep 60 & echo x'", "did not answer within"),
        ("sh -c 'exec >&-; sleep 60'", "did not answer within"),
    ],
)
def test_programs_that_do_not_sign(command: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    signer = CommandSigner(_chain(private_keys.make("es256").public_key()), command, seconds=1.0)
    began = time.monotonic()
    with pytest.raises(SignerFailed, match=said) as caught:
        signer.sign(b"something")
    assert time.monotonic() - began < 30, "what was started is ended"
    out, err = capfd.readouterr()
    assert "hunter2" not in f"{caught.value}{caught.value.advice}{out}{err}"


def test_the_command_itself_is_told_nobody() -> None:
    signer = CommandSigner(_chain(private_keys.make("es256").public_key()), "false --password hunter2")
    with pytest.raises(SignerFailed) as caught:
        signer.check()
    assert "hunter2" not in f"{caught.value} {caught.value!r} {signer!r}"


def test_a_long_input_is_no_dead_end(tmp_path: Path) -> None:
    signer = CommandSigner(_chain(private_keys.make("es256").public_key()), "true")
    with pytest.raises(SignerFailed, match="answered nothing"):
        signer.sign(os.urandom(1 << 20))
