"""keys, trust and registry, as a person types them."""

import json
from pathlib import Path

import pytest

from tests import recipes
from tests.cli.command import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4")
    made = run(folder, "keys", "init")
    assert made.code == 0 and "for development only" in made.out
    assert run(folder, "stamp", "clip.mp4", "-q").code == 0
    return folder


def test_keys(home: Path) -> None:
    assert run(home, "keys", "init").code == 21, "an identity is never replaced by accident"
    shown = run(home, "keys", "show").out
    assert "unknown signer" in shown and "PRIVATE" not in shown
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


def test_settings_are_shown_with_their_source_and_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "countermark.toml").write_text('provider = "Acme"\n')
    assert "Acme" not in run(home, "config", "show").out, "a file of the working folder may be a stranger's"
    monkeypatch.setenv("COUNTERMARK_FILE", str(home / "countermark.toml"))
    try:
        shown = {item["name"]: item for item in run(home, "config", "show", "--json").report()["results"]}
        assert (shown["provider"]["value"], shown["provider"]["source"]) == ("Acme", str(home / "countermark.toml"))
        assert shown["home"]["source"] == "COUNTERMARK_HOME"
        (home / "countermark.toml").write_text('colour = "red"\n')
        for words in (["config", "show"], ["verify", "clip.mp4"], ["keys", "show"]):
            ran = run(home, *words)
            assert ran.code == 40 and "colour" in ran.err and "Traceback" not in ran.err
    finally:
        (home / "countermark.toml").unlink()


def test_addresses_of_this_machine_are_not_asked(home: Path) -> None:
    for address in ("http://127.0.0.1:9/a.mp4", "http://[::1]/a.mp4", "http://169.254.169.254/latest"):
        ran = run(home, "verify", address)
        assert ran.code == 41 and len(ran.err.strip().splitlines()) == 1


def _outcome(home: Path, clip: Path) -> str:
    (result,) = json.loads(run(home, "verify", clip, "--json").out)["results"]
    return str(result["verdict"]["outcome"])
