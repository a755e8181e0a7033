"""Bad days of a service and of the network, over real HTTP; and that nothing is ever paid for twice."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.errors import FetchFailed, KeyMissing, NetworkRefused, ServiceFailed, SpendingUnapproved
from countermark.generator import hosted
from countermark.generator.hosted.keys import home
from countermark.generator.hosted.service import Refused
from countermark.generator.hosted.waiting import ask
from countermark.generator.maker import Maker, Running
from countermark.generator.request import Request
from countermark.settings import Settings
from tests.generator.hosted.conftest import ADDRESSES, KEYS, QUICK, described
from tests.generator.hosted.studio import (
    Handler,
    Studio,
    between,
    broken,
    busy,
    expired,
    full,
    hang,
    later,
    page,
    reset,
    short,
    unknown,
)

BALL = Request("a red ball falls")
Open = Callable[..., Studio]
Opened = Callable[..., Maker]


def make(maker: Maker, folder: Path, request: Request = BALL) -> Path:
    return maker.make(request, maker.plan(request), folder, lambda share: None).path


def note(folder: Path) -> list[Path]:
    return list(folder.glob("*.job.json"))


# The order -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["veo", "runway", "luma", "kling"])
def test_a_refusal_that_passes_is_waited_for(
    studio: Open, maker: Opened, name: str, film: bytes, tmp_path: Path
) -> None:
    asked = studio(name)
    asked.faults["order"] = [busy, full]
    assert make(maker(asked, name), tmp_path).read_bytes() == film
    assert len(asked.orders) == 1
    assert not note(tmp_path)


@pytest.mark.parametrize("fault", [broken, *map(between, (302, 408, 502, 504, 520, 524)), reset, hang])
@pytest.mark.parametrize("name", ["luma", "kling"])
def test_an_order_that_may_have_been_taken_is_not_given_again(
    studio: Open, maker: Opened, name: str, fault: Callable, film: bytes, tmp_path: Path
) -> None:
    asked = studio(name)
    asked.faults["order"] = [fault]
    patience = replace(QUICK, request_s=1.0) if fault is hang else QUICK
    with pytest.raises(ServiceFailed) as unsure:
        make(maker(asked, name, patience=patience), tmp_path)
    (left,) = note(tmp_path)
    assert str(left) in unsure.value.advice, "a person looks at the service, and then deletes this"
    with pytest.raises(ServiceFailed, match="never answered"):
        make(maker(asked, name), tmp_path)
    assert not asked.orders
    left.unlink()
    assert make(maker(asked, name), tmp_path).read_bytes() == film


def test_an_order_that_was_never_sent_is_forgotten(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked = studio("kling")
    opened = maker(asked, "kling")
    asked.shutdown()
    asked.server_close()
    with pytest.raises(FetchFailed):
        make(opened, tmp_path)
    assert not note(tmp_path)


def test_a_key_that_does_not_hold_is_told_once(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked = studio("luma")
    refusals: list[int] = []

    def wrong(handler) -> None:
        refusals.append(1)
        handler.say({"detail": "the key key-of-luma does not hold"}, 401)

    asked.faults["order"] = [wrong] * 4
    with pytest.raises(ServiceFailed, match=r"answered 401: the key \*\*\* does not hold") as told:
        make(maker(asked, "luma"), tmp_path)
    assert len(refusals) == 1 and "key" in told.value.advice and not note(tmp_path)


def test_a_token_that_a_key_signed_is_not_told(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked = studio("kling")
    asked.faults["order"] = [lambda handler: handler.say({"message": handler.headers["Authorization"]}, 401)]
    with pytest.raises(ServiceFailed, match=r"answered 401: Bearer \*\*\*\n"):
        make(maker(asked, "kling"), tmp_path)


def test_nothing_is_asked_before_the_cost_is_approved(studio: Open, maker: Opened, tmp_path: Path) -> None:
    for name, cost in (("runway", r"about \$0.60"), ("luma", "not known here")):
        asked = studio(name)
        with pytest.raises(SpendingUnapproved, match=cost):
            make(maker(asked, name, approve=False), tmp_path)
        assert not asked.orders and not note(tmp_path)


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_key_is_named(
    studio: Open, maker: Opened, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = maker(studio(name), name)
    variable = next(iter(KEYS[name]))
    monkeypatch.delenv(variable)
    with pytest.raises(KeyMissing, match=variable):
        make(opened, tmp_path)
    assert not note(tmp_path)
    assert isinstance(opened, hosted.HostedMaker) and any(variable in what for what in opened.lacking())


def test_all_keys_that_are_not_set_are_named_at_once(
    studio: Open, maker: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = maker(studio("kling"), "kling")
    assert isinstance(opened, hosted.HostedMaker) and opened.lacking() == ()
    for variable in KEYS["kling"]:
        monkeypatch.delenv(variable)
    with pytest.raises(KeyMissing) as told:
        make(opened, tmp_path)
    for said in (str(told.value), told.value.advice, *opened.lacking()):
        assert "KLING_ACCESS_KEY and KLING_SECRET_KEY" in said


def test_a_key_of_the_gemini_api_is_told_that_veo_has_left_it(
    studio: Open, maker: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = maker(studio("veo"), "veo")
    monkeypatch.delenv("GOOGLE_API_KEY")
    monkeypatch.setenv("GEMINI_API_KEY", "key-of-gemini")
    with pytest.raises(KeyMissing, match="22 October 2026") as told:
        make(opened, tmp_path)
    assert "GOOGLE_API_KEY" in told.value.advice


def test_no_key_is_written_or_logged(
    studio: Open, maker: Opened, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("veo", "runway", "luma", "kling"):
        asked = studio(name)
        asked.faults["look"], asked.looks = [broken] * 4, 0
        with pytest.raises(ServiceFailed) as told:
            make(maker(asked, name), tmp_path)
        written = "".join(path.read_text() for path in note(tmp_path))
        for secret in KEYS[name].values():
            assert secret not in caplog.text + str(told.value) + "".join(told.value.__notes__) + written


# Waiting -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["veo", "runway", "luma", "pika"])
def test_a_look_that_fails_is_tried_again(studio: Open, maker: Opened, name: str, film: bytes, tmp_path: Path) -> None:
    asked = studio(name)
    asked.faults["look"] = [busy, reset, broken]
    assert make(maker(asked, name), tmp_path).read_bytes() == film
    assert len(asked.orders) == 1


def test_a_look_that_hangs_is_given_up_and_tried_again(
    studio: Open, maker: Opened, film: bytes, tmp_path: Path
) -> None:
    asked = studio("runway")
    asked.faults["look"] = [hang]
    assert make(maker(asked, "runway", patience=replace(QUICK, request_s=2.0)), tmp_path).read_bytes() == film


def test_a_job_that_takes_too_long_is_waited_for_again_and_not_ordered_again(
    studio: Open, maker: Opened, film: bytes, tmp_path: Path
) -> None:
    asked = studio("runway")
    asked.looks = 1 << 30
    with pytest.raises(ServiceFailed, match="still works on it") as late:
        make(maker(asked, "runway", patience=replace(QUICK, total_s=0.3)), tmp_path)
    assert "goes on waiting" in late.value.advice
    asked.looks = 0
    again = maker(asked, "runway", approve=False)
    assert make(again, tmp_path).read_bytes() == film, "what is paid for needs no approval"
    assert len(asked.orders) == 1


def test_a_job_that_is_not_known_yet_is_asked_for_again(
    studio: Open, maker: Opened, film: bytes, tmp_path: Path
) -> None:
    asked = studio("luma")
    asked.faults["look"] = [unknown, unknown]
    assert make(maker(asked, "luma"), tmp_path).read_bytes() == film
    assert len(asked.orders) == 1


def test_a_job_that_the_service_does_not_know_is_kept_and_named(
    studio: Open, maker: Opened, film: bytes, tmp_path: Path
) -> None:
    asked = studio("luma")
    asked.faults["look"] = [unknown] * QUICK.tries
    with pytest.raises(ServiceFailed, match="does not know the job job1.*no such generation") as told:
        make(maker(asked, "luma"), tmp_path)
    (left,) = note(tmp_path)
    assert str(left) in told.value.advice
    assert make(maker(asked, "luma"), tmp_path).read_bytes() == film
    assert len(asked.orders) == 1, "it is not ordered twice"


@pytest.mark.parametrize("kind", ["order", "look"])
def test_a_service_is_not_waited_for_longer_than_a_job_may_take(
    studio: Open, maker: Opened, kind: str, tmp_path: Path
) -> None:
    """Each of its pauses would do; all of them together would not."""
    asked = studio("runway")
    asked.faults[kind] = [later]
    with pytest.raises(ServiceFailed, match="asks to wait for 200 s"):
        make(maker(asked, "runway", patience=replace(QUICK, total_s=199.0)), tmp_path)
    assert len(note(tmp_path)) == len(asked.orders) == (kind == "look")


def test_pauses_count_for_the_time_of_a_job() -> None:
    """Pauses of 0.2 s, each shorter than the time of all."""
    asked: list[float] = []

    def call() -> None:
        asked.append(time.monotonic())
        raise Refused(429, "too many at once", "0.2")

    patience = replace(QUICK, total_s=0.5, tries=1000)
    with pytest.raises(ServiceFailed, match="asks to wait"):
        ask(call, patience, patience.until(), str)
    assert 2 <= len(asked) <= 3


def test_what_was_brought_is_not_asked_for_again(studio: Open, maker: Opened, film: bytes, tmp_path: Path) -> None:
    asked = studio("leonardo")
    opened = maker(asked, "leonardo")
    make(opened, tmp_path)
    asked.shutdown()
    asked.server_close()
    assert make(opened, tmp_path).read_bytes() == film
    with pytest.raises(FetchFailed):
        make(opened, tmp_path, Request("another ball falls"))


@pytest.mark.parametrize("brought", [False, True])
@pytest.mark.parametrize(
    ("old", "new"), [('"motion-2.0"', '"motion-3.0"'), ("isPublic = false", "isPublic = true"), ("[5]", "[4]")]
)
def test_what_a_description_ordered_before_it_was_changed_is_not_taken_for_the_new(
    studio: Open, maker: Opened, old: str, new: str, brought: bool, film: bytes, options: Settings, tmp_path: Path
) -> None:
    asked = studio("leonardo")
    asked.looks = 0 if brought else 1 << 30
    first, path, work = maker(asked, "leonardo"), tmp_path / "leonardo.toml", tmp_path / "work"
    work.mkdir()
    if brought:
        make(first, work)
    else:
        with pytest.raises(ServiceFailed, match="still works"):
            make(maker(asked, "leonardo", patience=replace(QUICK, total_s=0.1)), work)
    before, (left,) = path.read_text(), work.iterdir()
    path.write_text(before.replace(old, new))
    with pytest.raises(ServiceFailed, match="as its description said then") as told:
        make(hosted.open(f"http:{path}", options, Running(approve_cost=True), QUICK), work)
    assert str(left) in told.value.advice and len(asked.orders) == 1
    asked.looks = 0
    path.write_text(before)
    assert make(hosted.open(f"http:{path}", options, Running(), QUICK), work).read_bytes() == film


def test_how_a_job_is_waited_for_can_be_mended_in_its_description(
    studio: Open, maker: Opened, film: bytes, options: Settings, tmp_path: Path
) -> None:
    asked, path, work = studio("leonardo"), tmp_path / "leonardo.toml", tmp_path / "work"
    opened = maker(asked, "leonardo")
    work.mkdir()
    before = path.read_text()
    path.write_text(before.replace('["PENDING"]', '["WAITING"]'))
    with pytest.raises(ServiceFailed, match="none that the file knows"):
        make(hosted.open(f"http:{path}", options, Running(approve_cost=True), QUICK), work)
    path.write_text(before)
    assert make(opened, work).read_bytes() == film
    assert len(asked.orders) == 1


# Bringing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("faults", [[short], [expired], [reset, short, expired]])
def test_a_file_that_does_not_come_is_asked_for_anew(
    studio: Open, maker: Opened, faults: list, film: bytes, tmp_path: Path
) -> None:
    asked = studio("heygen")
    asked.looks, asked.faults["file"] = 0, list(faults)
    assert make(maker(asked, "heygen"), tmp_path).read_bytes() == film
    assert len(asked.looked) == 1 + len(faults), "each time with a fresh address"
    assert [path.suffix for path in tmp_path.iterdir() if path.suffix != ".toml"] == [".mp4"], "nothing half brought"


def test_a_page_where_a_video_should_be_is_refused(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked = studio("kling")
    asked.faults["file"] = [page]
    with pytest.raises(ServiceFailed, match="text/html"):
        make(maker(asked, "kling"), tmp_path)
    assert len(note(tmp_path)) == 1, "it is paid for: the next run brings it"


def test_a_video_is_not_fetched_from_inside(studio: Open, maker: Opened, tmp_path: Path) -> None:
    """The service's own address was given by the user; another one on this machine was not."""
    asked, other = studio("synthesia"), studio("synthesia")
    asked.looks = 0
    asked.faults["look"] = [lambda handler: handler.say({"status": "complete", "download": f"{other.url}/made/a.mp4"})]
    with pytest.raises(NetworkRefused):
        make(maker(asked, "synthesia"), tmp_path)


def test_a_key_is_not_sent_in_clear() -> None:
    assert home("http://127.0.0.1:8000/") == "http://127.0.0.1:8000"
    with pytest.raises(NetworkRefused, match="in clear"):
        home("http://api.example.com")


# Killed and interrupted ----------------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from countermark.generator import hosted
from countermark.generator.hosted.waiting import Patience
from countermark.generator.maker import Running
from countermark.generator.request import Request
from countermark.settings import Settings
maker = hosted.open(sys.argv[1], Settings(), Running(approve_cost=True), Patience(first_s=0.05, most_s=0.05))
request = Request("a red ball falls")
print(maker.make(request, maker.plan(request), Path(sys.argv[2]), lambda share: None).path)
"""


def started(studio: Studio, name: str, folder: Path) -> subprocess.Popen:
    called = name if name in ADDRESSES else f"http:{described(name, studio.url, folder)}"
    environment = os.environ | KEYS[name] | ({ADDRESSES[name]: studio.url} if name in ADDRESSES else {})
    command = [sys.executable, "-c", RUN, called, str(folder)]
    environment["COUNTERMARK_HOME"] = str(folder / "home")
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(condition: Callable[[], object], process: subprocess.Popen) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_a_run_that_was_killed_goes_on_waiting_and_pays_once(studio: Open, film: bytes, tmp_path: Path) -> None:
    asked = studio("kling")
    asked.looks = 1 << 30
    first = started(asked, "kling", tmp_path)
    wait_until(lambda: len(asked.looked) > 2, first)
    first.send_signal(signal.SIGKILL)
    first.wait()
    asked.looks = 0
    told, trouble = started(asked, "kling", tmp_path).communicate()
    assert Path(told.strip()).read_bytes() == film, trouble
    assert len(asked.orders) == 1


def test_whoever_interrupts_stops_the_job(studio: Open, tmp_path: Path) -> None:
    asked = studio("pika")
    asked.looks = 1 << 30
    running = started(asked, "pika", tmp_path)
    wait_until(lambda: len(asked.looked) > 2, running)
    running.send_signal(signal.SIGINT)
    running.communicate()
    assert asked.stopped == ["PUT /fal-ai/pika/requests/job1/cancel"]
    assert not note(tmp_path)


def test_whoever_interrupts_the_download_keeps_what_is_paid_for(
    studio: Open, maker: Opened, film: bytes, tmp_path: Path
) -> None:
    asked = studio("runway")
    asked.looks = 0

    def interrupted(handler: Handler) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        hang(handler)

    asked.faults["file"] = [interrupted]
    with pytest.raises(KeyboardInterrupt):
        make(maker(asked, "runway"), tmp_path)
    assert not asked.stopped and len(note(tmp_path)) == 1
    assert make(maker(asked, "runway", approve=False), tmp_path).read_bytes() == film
    assert len(asked.orders) == 1


def test_a_job_that_is_done_is_not_stopped(studio: Open, maker: Opened, film: bytes, tmp_path: Path) -> None:
    """It was done after the last look, and before the interruption."""
    asked = studio("runway")
    asked.looks = 1
    opened = maker(asked, "runway")

    def told(share: float) -> None:
        if asked.looked:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened.make(BALL, opened.plan(BALL), tmp_path, told)
    assert not asked.stopped and len(note(tmp_path)) == 1
