"""Private mark keys: made whole, chosen, rotated without loss, handed on, and never shown."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from countermark import mark_keys
from countermark.errors import CountermarkError, MarkKeyUnfit, OutputExists, UnknownMarkKey, UnsafeKeys


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _file(home: Path, name: str) -> Path:
    return mark_keys.folder(home) / f"{name}.json"


def test_a_key_is_its_owners_alone(home: Path) -> None:
    made = mark_keys.make(home, "acme")
    assert len(made.secret) == mark_keys.SECRET_BYTES and made == mark_keys.load(home, "acme")
    assert _file(home, "acme").stat().st_mode & 0o777 == 0o600
    for folder in (mark_keys.folder(home), home / "keys"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert os.listdir(mark_keys.folder(home)) == ["acme.json"]
    assert mark_keys.make(home, "other").secret != made.secret


def test_looking_makes_nothing(home: Path) -> None:
    assert (mark_keys.chosen(home), mark_keys.readable(home).keys) == ("open", ())
    assert [key.name for key in mark_keys.listing(home)] == ["open"]
    assert not home.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../acme", "a/b", "A", "a b", "a" * 49, "open", "-a", "é", "a\n"])
def test_names_that_are_none(home: Path, name: str) -> None:
    with pytest.raises(MarkKeyUnfit) as caught:
        mark_keys.make(home, name)
    assert caught.value.advice
    assert not home.exists()


def test_a_name_is_given_once(home: Path) -> None:
    made = mark_keys.make(home, "acme")
    with pytest.raises(OutputExists, match="acme"):
        mark_keys.make(home, "acme")
    assert mark_keys.load(home, "acme") == made


def test_rotating_keeps_what_was(home: Path) -> None:
    first = mark_keys.rotate(home, "first")
    second = mark_keys.rotate(home)
    assert mark_keys.chosen(home) == second.name
    assert {key.name: key.secret for key in mark_keys.readable(home).keys} == {
        "first": first.secret,
        second.name: second.secret,
    }
    assert {key.name: key.state for key in mark_keys.listing(home)} == {
        "open": "reads",
        "first": "reads",
        second.name: "in use",
    }
    mark_keys.choose(home, "open")
    assert mark_keys.chosen(home) == "open" and len(mark_keys.readable(home).keys) == 2


def test_what_is_not_there_is_not_chosen(home: Path) -> None:
    mark_keys.rotate(home, "acme")
    with pytest.raises(UnknownMarkKey, match="acne"):
        mark_keys.choose(home, "acne")
    assert mark_keys.chosen(home) == "acme"


def _spoil(path: Path, how: str) -> None:
    values = json.loads(path.read_text())
    match how:
        case "open to others":
            path.chmod(0o640)
        case "a link":
            path.rename(path.with_suffix(".moved"))
            path.symlink_to(path.with_suffix(".moved"))
        case "short":
            path.write_text(json.dumps({**values, "secret": values["secret"][:-2]}))
        case "of another name":
            path.write_text(json.dumps({**values, "name": "other"}))
        case "of another kind":
            path.write_text(json.dumps({**values, "kind": "a recipe"}))
        case "no JSON":
            path.write_text(values["secret"])
        case "no hexadecimal":
            path.write_text(json.dumps({**values, "secret": "x" + values["secret"][1:]}))
        case "a list":
            path.write_text(json.dumps([values]))


SPOILT = [
    "open to others",
    "a link",
    "short",
    "of another name",
    "of another kind",
    "no JSON",
    "no hexadecimal",
    "a list",
]


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_key_says_so_and_spoils_no_other(home: Path, how: str) -> None:
    secret = mark_keys.rotate(home, "acme").secret
    good = mark_keys.make(home, "good")
    _spoil(_file(home, "acme"), how)
    with pytest.raises((UnsafeKeys, MarkKeyUnfit)) as caught:
        mark_keys.load(home, "acme")
    assert caught.value.advice and secret.hex()[:-2] not in str(caught.value)
    found = mark_keys.readable(home)
    assert found.keys == (good,) and len(found.left_out) == 1 and "acme" in found.left_out[0]
    assert [bool(key.problem) for key in mark_keys.listing(home)] == [False, True, False]


def test_so_many_are_tried_and_the_oldest_are_left_out_in_words(home: Path) -> None:
    names = [f"k{number:02}" for number in range(mark_keys.MOST_READ + 3)]
    for name in names:
        mark_keys.make(home, name)
    mark_keys.choose(home, "k00")
    found = mark_keys.readable(home)
    assert [key.name for key in found.keys] == ["k00", *names[:3:-1]]
    assert len(found.keys) == mark_keys.MOST_READ
    assert all(name in found.left_out[0] for name in ("k01", "k02", "k03")) and "k04" not in found.left_out[0]


def test_a_key_is_handed_on(home: Path, tmp_path: Path) -> None:
    made, file = mark_keys.make(home, "acme"), tmp_path / "acme.json"
    mark_keys.export(home, "acme", file)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OutputExists):
        mark_keys.export(home, "acme", file)
    there = tmp_path / "there"
    assert mark_keys.read(file) == made
    assert mark_keys.take_in(there, file).secret == made.secret
    with pytest.raises(OutputExists, match="acme"):
        mark_keys.take_in(there, file)
    with pytest.raises(OutputExists, match="as acme"):
        mark_keys.take_in(there, file, "again")
    assert mark_keys.take_in(tmp_path / "third", file, "friend").name == "friend"
    file.chmod(0o644)
    with pytest.raises(UnsafeKeys, match="644"):
        mark_keys.take_in(tmp_path / "fourth", file)


def test_the_open_key_is_not_handed_on(home: Path, tmp_path: Path) -> None:
    with pytest.raises(MarkKeyUnfit, match="published"):
        mark_keys.export(home, "open", tmp_path / "open.json")
    assert not (tmp_path / "open.json").exists()


def test_a_key_in_use_is_not_removed(home: Path) -> None:
    mark_keys.rotate(home, "acme")
    with pytest.raises(MarkKeyUnfit, match="in use"):
        mark_keys.remove(home, "acme")
    mark_keys.choose(home, "open")
    mark_keys.remove(home, "acme")
    assert mark_keys.readable(home).keys == ()
    with pytest.raises(UnknownMarkKey):
        mark_keys.remove(home, "acme")


def test_a_spoilt_choice_stops_stamping_and_not_reading(home: Path) -> None:
    made = mark_keys.rotate(home, "acme")
    (mark_keys.folder(home) / "in-use").write_text("../../etc\n")
    with pytest.raises(MarkKeyUnfit) as caught:
        mark_keys.chosen(home)
    assert "keys mark use" in caught.value.advice
    assert mark_keys.readable(home).keys == (made,)
    mark_keys.choose(home, "acme")
    assert mark_keys.chosen(home) == "acme"


def test_neither_repr_nor_log_nor_error_shows_a_secret(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        made = mark_keys.rotate(home, "acme")
        mark_keys.export(home, "acme", tmp_path / "acme.json")
        mark_keys.take_in(tmp_path / "there", tmp_path / "acme.json")
        with pytest.raises(CountermarkError) as caught:
            mark_keys.take_in(home, tmp_path / "acme.json", "again")
    assert "acme" in caplog.text
    said = caplog.text + repr(made) + repr(mark_keys.listing(home)) + repr(mark_keys.readable(home)) + repr(caught)
    for shape in (made.secret.hex(), base64.b64encode(made.secret).decode(), repr(made.secret)[2:-1]):
        assert shape not in said


def test_several_at_once_make_one_key_of_a_name(home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from countermark import mark_keys; sys.stdin.readline()\n"
        "try: mark_keys.rotate(Path(sys.argv[1]), sys.argv[2] or None)\n"
        "except mark_keys.OutputExists: sys.exit(3)"
    )
    for name, expected in (("acme", [0, 3, 3]), ("", [0, 0, 0])):
        command = [sys.executable, "-c", code, str(home), name]
        running = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
        for process in running:
            assert process.stdin
            process.stdin.write(b"go\n")
            process.stdin.close()
        assert sorted(process.wait(30) for process in running) == expected
    keys = mark_keys.readable(home).keys
    assert len(keys) == 4 and len({key.secret for key in keys}) == 4
    assert mark_keys.chosen(home) in {key.name for key in keys}
    assert not [name for name in os.listdir(mark_keys.folder(home)) if name.startswith(".")]
