from pathlib import Path

import pytest

from countermark.errors import SettingsInvalid
from countermark.settings import address_of, describe, load, without_secrets


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
    given = {
        "DATABASE": "postgresql://me:hunter2@db/marks",
        "TSA": "https://me:hunter2@tsa.example/time?token=hunter2",
        "RESOLVERS": "https://hunter2@one.example/a, https://two.example?key=hunter2",
        "SIGNER_COMMAND": "/bin/sign --pin hunter2",
        "SIGNER_KMS_ENDPOINT": "http://me:hunter2@127.0.0.1:5000",
    }
    rows = {row.name: row for row in describe({f"COUNTERMARK_{name}": value for name, value in given.items()})}
    assert "hunter2" not in str(rows)
    assert {name: rows[name.lower()].value for name in given} == {
        "DATABASE": "postgresql://me:***@db/marks",
        "TSA": "https://tsa.example/time",
        "RESOLVERS": "https://one.example/a, https://two.example",
        "SIGNER_COMMAND": "/bin/sign ...",
        "SIGNER_KMS_ENDPOINT": "http://127.0.0.1:5000",
    }
    assert rows["limits.max_pixels"].meaning and {row.value for row in describe({}) if row.name == "tsa"} == {"None"}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@db/marks",
        "postgresql://me:se/hunter2@db/marks",
        "postgresql://me:se@hunter2@db/marks",
        "postgresql://me:se?hunter2@db/marks",
        "postgresql://me@home:hunter2@db/marks",
        "postgresql://a/b:hunter2@db/marks",
        "postgresql://db/marks?user=me&password=hunter2",
        "postgresql://db/marks?sslpassword=hunter2&pass%77ord=hunter2",
        "postgresql:me:hunter2@db",
    ],
)
def test_no_place_for_a_password_is_forgotten(url: str) -> None:
    assert "hunter2" not in without_secrets(url) + address_of(url)


@pytest.mark.parametrize(
    "url", ["sqlite:////tmp/x", "sqlite:////tmp/a:b@c.sqlite", "postgresql://me@db:5432/marks?sslmode=require"]
)
def test_what_is_no_secret_is_shown(url: str) -> None:
    assert without_secrets(url) == url
    assert address_of("http://[::1]:80/x") == "http://[::1]:80/x"


@pytest.mark.parametrize("command", ["TOKEN=hunter2 sign", "'hunter2' x"])
def test_a_program_that_may_be_a_secret_is_not_shown(command: str) -> None:
    (row,) = (row for row in describe({"COUNTERMARK_SIGNER_COMMAND": command}) if row.name == "signer_command")
    assert row.value == "..."
