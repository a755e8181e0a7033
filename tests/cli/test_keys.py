"""keys, as a person types it: from a development identity to a certificate, rotation, and back from a backup."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from countermark.errors import NoKeys
from tests import recipes
from tests.cli.command import arguments, environment, run
from tests.keyring.authority import Authority, Wish


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4")
    made = run(folder, "keys", "init")
    assert made.code == 0 and "for development only" in made.out
    return folder


@pytest.fixture
def words(tmp_path: Path) -> Path:
    file = tmp_path / "words"
    file.touch(0o600)
    file.write_text("a passphrase of mine\n")
    return file


def test_keys(home: Path) -> None:
    assert run(home, "keys", "init").code == 21, "an identity is never replaced by accident"
    shown = run(home, "keys", "show").out
    assert "unknown signer" in shown and "signs now" in shown and "PRIVATE" not in shown
    assert (home / "keys" / "signing" / "key.pem").stat().st_mode & 0o777 == 0o600


def test_an_open_key_is_refused(home: Path) -> None:
    key = home / "keys" / "signing" / "key.pem"
    key.chmod(0o644)
    try:
        ran = run(home, "stamp", "clip.mp4", "-o", "open.mp4")
        assert (ran.code, (home / "open.mp4").exists()) == (31, False)
        assert "chmod 600" in ran.err
    finally:
        key.chmod(0o600)


def test_from_a_request_to_a_certificate(tmp_path: Path) -> None:
    asked = ("keys", "csr", "--name", "Acme Video", "--organisation", "Acme", "--country", "DE", "-o", "ask.csr")
    assert run(tmp_path, *asked).code == 0 and run(tmp_path, *asked).code == 21
    assert run(tmp_path, *asked[:-1], "x.csr", "--algorithm", "md5").code == 2
    assert run(tmp_path, *asked[:-1], "x.csr", "--country", "Germany").code == 48
    waits = run(tmp_path, "keys", "show")
    assert waits.code == 30 and "its certificate has not come" in waits.out and "none of these signs" in waits.err
    csr = x509.load_pem_x509_csr((tmp_path / "ask.csr").read_bytes())
    authority = Authority()
    late = authority.chain(tmp_path, csr.public_key(), Wish(ends=-0.5))
    refused = run(tmp_path, "keys", "import", late)
    assert refused.code == 48 and "expired" in refused.err
    taken = run(tmp_path, "keys", "import", authority.chain(tmp_path, csr.public_key()))
    assert taken.code == 0 and "Acme product, issued by Acme intermediate: signs now" in taken.out
    (item,) = run(tmp_path, "keys", "show", "--json").report()["results"]
    assert (item["state"], item["signer"], item["key_problem"]) == ("signs", "file", None)


def test_rotation_a_leak_and_a_loss(tmp_path: Path, words: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    assert run(home, "keys", "init", "--passphrase-file", words).code == 0
    assert run(home, "keys", "rotate").code == 47, "the successor of a locked key is not left open"
    assert run(home, "keys", "rotate", "--from", "someday", "--passphrase-file", words).code == 2
    assert run(home, "keys", "rotate", "--passphrase-file", words).code == 0
    ran = run(home, "keys", "show", "--json", "--passphrase-file", words)
    signs, retired = ran.report()["results"]
    assert (signs["state"], signs["key_problem"], retired["state"]) == ("signs", None, "retired")
    assert run(home, "keys", "disown", signs["fingerprint"]).code == 30
    assert "unknown signer" in run(home, "keys", "disown", retired["fingerprint"][:12]).out

    assert run(home, "keys", "backup", "saved", "--passphrase-file", words).code == 0
    other = tmp_path / "other"
    other.mkdir()
    assert run(other, "keys", "restore", home / "saved").code == 47
    back = run(other, "keys", "restore", home / "saved", "--passphrase-file", words, "--json")
    assert back.code == 0 and back.report()["results"][0]["step"] == "restore"
    shown = run(other, "keys", "show", "--json", "--passphrase-file", words).report()["results"]
    assert [item["fingerprint"] for item in shown] == [signs["fingerprint"], retired["fingerprint"]]


def test_a_passphrase_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    """On a terminal of its own, as a person sees it."""
    main, side = pty.openpty()
    command = arguments("keys", "init", "--passphrase", "--json")
    running = subprocess.Popen(
        command, stdin=side, stderr=side, stdout=subprocess.PIPE, env=environment(tmp_path), start_new_session=True
    )
    os.close(side)
    said = b""
    for prompt in (b"New passphrase", b"Once more"):
        while prompt not in said:
            said += os.read(main, 1024)
        os.write(main, b"a passphrase of mine\n")
    out, _ = running.communicate(timeout=60)
    os.close(main)
    assert running.returncode == 0 and b"a passphrase" not in said + out
    assert json.loads(out)["results"][0]["key_problem"] is None, "who locked it just now is not asked again"
    assert b"ENCRYPTED" in (tmp_path / "keys" / "signing" / "key.pem").read_bytes()


def test_a_key_that_is_elsewhere_has_no_passphrase_of_ours(tmp_path: Path, words: Path) -> None:
    """The settings count here too; the program that signs is not even asked."""
    assert run(tmp_path, "keys", "init").code == 0
    (tmp_path / "keys" / "signing" / "key.pem").unlink()
    elsewhere = {"signer": "command", "signer_command": f"touch {tmp_path / 'asked'}"}
    ran = run(tmp_path, "keys", "passphrase", "--new-passphrase-file", words, **elsewhere)
    assert ran.code == NoKeys.exit_code and "never comes here" in ran.out + ran.err
    assert not (tmp_path / "asked").exists()


def test_a_passphrase_is_changed_and_taken_away(tmp_path: Path, words: Path) -> None:
    assert run(tmp_path, "keys", "init").code == 0
    key, other = tmp_path / "keys" / "signing" / "key.pem", tmp_path / "other"
    other.touch(0o600)
    other.write_text("another one of mine")
    assert run(tmp_path, "keys", "passphrase", "--new-passphrase-file", words).code == 0
    assert b"ENCRYPTED" in key.read_bytes() and key.stat().st_mode & 0o777 == 0o600
    changed = ("keys", "passphrase", "--new-passphrase-file", other)
    assert run(tmp_path, *changed).code == 47, "the old one is wanted"
    assert run(tmp_path, *changed, "--passphrase-file", other).code == 47, "the old one, not any"
    assert run(tmp_path, *changed, "--passphrase-file", words).code == 0
    assert run(tmp_path, "keys", "passphrase", "--remove", "--passphrase-file", other).code == 0
    assert b"ENCRYPTED" not in key.read_bytes()
    assert sorted(path.name for path in key.parent.iterdir()) == ["chain.pem", "key.pem", "root.pem"]


@pytest.mark.parametrize(("command", "code"), [("sign", 2), ("restore", 11)])
def test_what_is_not_there(tmp_path: Path, words: Path, command: str, code: int) -> None:
    ran = run(tmp_path, "keys", command, "nothing", *(("--passphrase-file", words) if code == 11 else ()))
    assert ran.code == code and "Traceback" not in ran.err
