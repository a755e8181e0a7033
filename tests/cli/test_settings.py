"""Settings and addresses, as a person types them."""

from pathlib import Path

import pytest

from tests import recipes
from tests.cli.command import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4")
    return folder


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
