from pathlib import Path

import pytest

from countermark.errors import SettingsInvalid
from countermark.settings import describe, load, without_password


def test_defaults_know_that_they_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values, source = load({})
    assert set(source.values()) == {"default"}
    assert values.database_url.endswith("registry.sqlite")


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('provider = "file"\ncodec = "hevc"\n[limits]\nmax_pixels = 5\n')
    values, source = load(
        {"COUNTERMARK_FILE": str(file), "COUNTERMARK_PROVIDER": "env", "COUNTERMARK_LIMITS__MAX_STREAMS": "3"}
    )
    assert (values.provider, values.codec, values.limits.max_pixels, values.limits.max_streams) == ("env", "hevc", 5, 3)
    assert source["provider"] == "COUNTERMARK_PROVIDER"
    assert source["codec"] == source["limits.max_pixels"] == str(file)
    assert source["limits.max_streams"] == "COUNTERMARK_LIMITS__MAX_STREAMS"


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"COUNTERMARK_COLOUR": "red"}, "colour"),
        ({"COUNTERMARK_LIMITS__MAX_WORDS": "3"}, "max_words"),
        ({"COUNTERMARK_LIMITS__MAX_PIXELS": "many"}, "max_pixels"),
        ({"COUNTERMARK_CRF": "200"}, "crf"),
        ({"COUNTERMARK_LIMITS": "3"}, "limits"),
        ({"COUNTERMARK_FILE": "nowhere.toml"}, "nowhere.toml"),
    ],
)
def test_unknown_names_and_wrong_values_are_errors(environment: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsInvalid, match=word):
        load(environment)


@pytest.mark.parametrize("text", ["provider = ", "[limits]\nmax_words = 1", "colour = 1", "provider = [1]"])
def test_a_wrong_file_is_an_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid):
        load({"COUNTERMARK_FILE": str(file)})


def test_passwords_stay_out_of_sight() -> None:
    rows = {row.name: row for row in describe({"COUNTERMARK_DATABASE": "postgresql://me:secret@db/marks"})}
    assert rows["database"].value == "postgresql://me:***@db/marks"
    assert without_password("sqlite:////tmp/x") == "sqlite:////tmp/x"
    assert rows["limits.max_pixels"].meaning
