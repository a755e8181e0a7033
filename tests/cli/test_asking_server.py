"""`countermark check` against a real service: the same words, the same JSON and the same codes as `verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.api.client import Client
from countermark.cli.judging import words
from countermark.cli.report import Report, VerifyItem
from countermark.errors import ServerUnreachable, UnreadableVideo, UnsafeKeys
from countermark.settings import Settings
from countermark.tests.api.client.worked import Served, served
from countermark.tests.cli.command import run
from countermark.tests.recipes import clip
from countermark.verify import verify


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("films") / "film.mp4", size=(64, 48), seconds=0.3)


def test_it_answers_as_verify_does(here: Served, film: Path, tmp_path: Path) -> None:
    asked = ("--server", here.base, "--key-file", here.key_file)
    alone = verify(film, options=Settings(home=here.home, detector="never"))
    there = run(tmp_path, "check", film, *asked)
    assert there.code == 0, there.err
    assert there.out.startswith(words(str(film), alone, False) + "\n") and f"checked as {here.base}/c/chk_" in there.out
    (said,) = run(tmp_path, "check", film, *asked, "--json").report()["results"]
    (expected,) = json.loads(Report("check", 0, (VerifyItem(str(film), alone),), ()).to_json())["results"]
    assert (said["kind"], said["input"]) == (expected["kind"], expected["input"])
    for name in expected["verdict"].keys() - {"evidence"}:
        assert said["verdict"][name] == expected["verdict"][name], name


def test_without_a_key_it_says_what_ends_the_check(here: Served, film: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, "check", film, "--server", f"{here.base}/v1/", "--json", "-o", "report.json")
    assert ran.code == 0 and ran.report()["results"]
    (said,) = json.loads((tmp_path / "report.json").read_text())["results"]
    assert said["page"] == f"{here.base}/c/{said['check']}"
    with Client(here.base) as client:
        client.delete(said["check"], manage=said["manage"])
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    ran = run(tmp_path, "check", broken, "--server", here.base)
    assert f"{here.base}/c/chk_" in ran.out and "manage " in ran.out


def test_codes_are_those_of_verify(here: Served, film: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    ran = run(tmp_path, "check", broken, film, "--server", here.base, "--fail-on", "no_evidence,conflict", "--json")
    assert ran.code == UnreadableVideo.exit_code
    assert [one["verdict"]["outcome"] for one in ran.report()["results"]] == ["no_evidence"]
    assert ran.report()["failures"][0]["error"] == "UnreadableVideo"
    assert run(tmp_path, "check", film, "--server", here.base, "--fail-on", "no_evidence").code == 1
    assert run(tmp_path, "check", film, "--server", here.base, "--fail-on", "fine").code == 2


def test_a_check_can_be_erased_there_with_and_without_a_key(here: Served, film: Path, tmp_path: Path) -> None:
    for key in ((), ("--key-file", here.key_file)):
        ran = run(tmp_path, "check", film, "--server", here.base, "--delete", *key)
        assert ran.code == 0 and "deleted there" in ran.out
    with Client(here.base, here.key) as client:
        assert client.list(limit=1).checks == () or client.list(limit=1).checks[0].status == "succeeded"


def test_what_keeps_it_from_asking_is_said_with_advice(here: Served, film: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, "check", tmp_path / "none.mp4", "--server", here.base)
    assert "no such file" in ran.err
    open_key = tmp_path / "key"
    open_key.write_text(here.key)
    open_key.chmod(0o644)
    ran = run(tmp_path, "check", film, "--server", here.base, "--key-file", open_key)
    assert ran.code == UnsafeKeys.exit_code and here.key not in ran.out + ran.err
    ran = run(tmp_path, "check", film, "--server", "nonsense")
    assert ran.code == 89 and "https://" in ran.err
    ran = run(tmp_path, "check", film)
    assert ran.code == 2


def test_a_service_that_is_not_there_is_told_at_once_and_left_soon(
    film: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from countermark.api.client import asking as reaching
    from countermark.api.client import clients
    from countermark.cli.asking_server import asking
    from countermark.cli.session import Session

    assert clients.PATIENCE_S >= 60 and reaching.REACH_S <= 20
    monkeypatch.setattr(reaching, "REACH_S", 1.5)
    with asking("http://127.0.0.1:9", None, Session("check")) as client, pytest.raises(ServerUnreachable):
        client.check_file(film)
    said = capsys.readouterr().err
    assert said.count("http://127.0.0.1:9 does not answer") == 1 and "for up to 1 s" in said and "Ctrl-C" in said


def test_each_line_about_one_of_several_names_it(here: Served, film: Path, tmp_path: Path) -> None:
    broken = [tmp_path / f"broken-{number}.mp4" for number in (1, 2)]
    for one in broken:
        one.write_bytes(b"no video at all")
    missing = tmp_path / "missing.mp4"
    ran = run(tmp_path, "check", *broken, film, missing, "--server", here.base)
    for one in (*broken, missing):
        assert [line for line in ran.err.splitlines() if line.startswith(f"countermark: {one}: ")], ran.err
        assert ran.err.count(one.name) == 1, ran.err
    for one in (*broken, film):
        assert f"  {one}: checked as {here.base}/c/chk_" in ran.out
