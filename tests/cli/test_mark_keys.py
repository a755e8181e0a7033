"""keys mark, stamp --mark-key, --remark and watermark extract --key-file, as a person types them."""

import base64
import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from scripts.write_schema import TARGET
from tests import recipes
from tests.cli.command import arguments, environment, run

SCHEMA = json.loads(TARGET.read_text())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4", seconds=2)
    assert run(folder, "keys", "init", "-q").code == 0
    made = run(folder, "keys", "mark", "rotate", "acme")
    assert made.code == 0 and "acme" in made.out and "open goes on reading" in made.out
    assert run(folder, "stamp", "clip.mp4", "-q").code == 0
    return folder


def _shapes(home: Path, name: str) -> list[str]:
    secret = bytes.fromhex(json.loads((home / "keys" / "marks" / f"{name}.json").read_text())["secret"])
    return [secret.hex(), secret.hex().upper(), base64.b64encode(secret).decode(), repr(secret)[2:-1]]


def test_no_command_shows_a_secret(home: Path) -> None:
    shapes = _shapes(home, "acme")
    for given in (
        ("keys", "mark", "list"),
        ("keys", "mark", "export", "acme", "-o", "shown.json", "--force"),
        ("keys", "mark", "import", "shown.json", "--name", "again"),
        ("keys", "mark", "use", "acme"),
        ("stamp", "clip.mp4", "-o", "shown.mp4", "--force"),
        ("verify", "clip.stamped.mp4"),
        ("watermark", "extract", "clip.stamped.mp4", "--key-file", "shown.json"),
        ("doctor",),
        ("config", "show"),
    ):
        ran = run(home, *given, "--json", "-v")
        jsonschema.validate(ran.report(), SCHEMA)
        said = ran.out + ran.err
        if given[0] == "keys":
            said += run(home, *given, "-v").out
        assert "Traceback" not in said
        assert not [shape for shape in shapes if shape in said], given


def test_the_keys_are_listed(home: Path) -> None:
    report = run(home, "keys", "mark", "list", "--json").report()
    states = {item["name"]: item["state"] for item in report["results"]}
    assert states == {"open": "reads", "acme": "in use"}
    assert {item["kind"] for item in report["results"]} == {"mark_key"}


def test_stamp_says_which_key_and_refuses_what_is_marked(home: Path) -> None:
    (item,) = run(home, "stamp", "clip.mp4", "-o", "o.mp4", "--mark-key", "open", "--json").report()["results"]
    assert item["mark_key"] == "open"
    ran = run(home, "stamp", "o.mp4")
    assert ran.code == 29 and item["payload"] in ran.err and "--remark" in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    again = run(home, "stamp", "o.mp4", "--remark")
    assert again.code == 0 and item["payload"] in again.out and "key acme" in again.out
    ran = run(home, "stamp", "clip.mp4", "-o", "p.mp4", "--mark-key", "acne")
    assert (ran.code, (home / "p.mp4").exists()) == (38, False)


def test_a_handed_on_key_reads_and_could_write(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    told = run(home, "keys", "mark", "export", "acme", "-o", file)
    assert told.code == 0 and "WRITE" in told.out and file.stat().st_mode & 0o777 == 0o600
    assert run(home, "keys", "mark", "export", "acme", "-o", file).code == 21
    clip = home / "clip.stamped.mp4"
    assert "no mark" in run(tmp_path, "watermark", "extract", clip).out
    assert "key acme" in run(tmp_path, "watermark", "extract", clip, "--key-file", file).out
    assert "no mark" in run(tmp_path, "watermark", "extract", clip).out, "reading with a file keeps nothing"
    told = run(tmp_path, "keys", "mark", "import", file)
    assert told.code == 0 and "WRITE" in told.out
    said = run(tmp_path, "watermark", "extract", clip).out
    assert "key acme" in said and "picture: " in said and "time: 0.0 to 2.0 s" in said
    assert run(tmp_path, "keys", "mark", "remove", "acme").code == 2
    assert run(tmp_path, "keys", "mark", "remove", "acme", "--force").code == 0
    assert "no mark" in run(tmp_path, "watermark", "extract", clip).out


def test_another_key_of_a_name_that_is_kept_is_told_apart(home: Path, tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "mark", "new", "acme").code == 0
    file = tmp_path / "theirs.json"
    assert run(home, "keys", "mark", "export", "acme", "-o", file, "-q").code == 0
    ran = run(tmp_path, "watermark", "extract", home / "clip.stamped.mp4", "--key-file", file)
    assert "key acme of theirs.json" in ran.out


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("keys", "mark", "new", "acme"), 21),
        (("keys", "mark", "new", "a/b"), 39),
        (("keys", "mark", "new", "open"), 39),
        (("keys", "mark", "use", "nobody"), 38),
        (("keys", "mark", "export", "nobody", "-o", "n.json"), 38),
        (("keys", "mark", "export", "open", "-o", "n.json"), 39),
        (("keys", "mark", "export", "acme", "-o", "nowhere/n.json"), 22),
        (("keys", "mark", "import", "nowhere.json"), 11),
        (("keys", "mark", "import", "spoilt.json"), 39),
        (("keys", "mark", "import", "open.json"), 31),
        (("keys", "mark", "remove", "acme", "--force"), 39),
        (("keys", "mark", "remove", "nobody", "--force"), 38),
        (("watermark", "extract", "clip.mp4", "--key-file", "spoilt.json"), 39),
        (("watermark", "extract", "clip.mp4", "--key-file", "open.json"), 31),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else None,
)
def test_what_is_refused_in_one_line(home: Path, given: tuple[str, ...], code: int) -> None:
    (home / "spoilt.json").write_text("{}")
    (home / "spoilt.json").chmod(0o600)
    (home / "open.json").write_text((home / "keys" / "marks" / "acme.json").read_text())
    (home / "open.json").chmod(0o644)
    ran = run(home, *given)
    assert ran.code == code, ran.err
    assert len(ran.err.strip().splitlines()) == 1 and "; " in ran.err
    assert not (home / "n.json").exists()


def test_two_processes_make_one_key(tmp_path: Path) -> None:
    command = arguments("keys", "mark", "new", "acme", "-q")
    running = [subprocess.Popen(command, env=environment(tmp_path), stderr=subprocess.DEVNULL) for _ in range(2)]
    assert sorted(process.wait(60) for process in running) == [0, 21]
    assert [path.name for path in (tmp_path / "keys" / "marks").iterdir()] == ["acme.json"]


def test_a_setting_goes_before_what_was_chosen(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERMARK_FILE", str(home / "c.toml"))
    (home / "c.toml").write_text('mark_key = "open"\n')
    (item,) = run(home, "stamp", "clip.mp4", "-o", "s.mp4", "--json").report()["results"]
    assert item["mark_key"] == "open"
    assert "open stamps" in run(home, "keys", "mark", "list").out
