"""Hostile media and hostile names: each ends as a failed check with advice, and the server goes on."""

from __future__ import annotations

import html
import json
import os
import re
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from countermark.errors import UnreadableVideo
from countermark.tests.recipes import bomb, clip, cut
from countermark.tests.security.running import Running
from countermark.verify import verify


def many_streams(path: Path) -> Path:
    """Far more streams than a film has."""
    frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24").reformat(format="yuv420p")
    with av.open(str(path), "w") as out:
        streams: list[Any] = [out.add_stream("mpeg4", rate=25) for _ in range(40)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for stream in streams:
            frame.pts = 0
            out.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def endless(path: Path) -> Path:
    """A few kilobytes that claim to last for twenty hours."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25)
        for pts in (0, 1, 20 * 3600 * 25):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def words(path: Path) -> Path:
    path.write_text("This is a letter, and no film. " * 50)
    return path


def picture(folder: Path) -> Path:
    with av.open(str(folder / "made.png"), "w") as out:
        stream: Any = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), "rgb24")))
    return folder / "made.png"


def sound(folder: Path) -> Path:
    with wave.open(str(folder / "made.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(16000))
    return folder / "made.wav"


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "huge pictures": (bomb, "OverLimit"),
    "many streams": (many_streams, "OverLimit"),
    "twenty hours": (endless, "OverLimit"),
    "a letter": (words, "UnreadableVideo"),
}


def test_hostile_media_ends_as_a_failed_check_with_advice(server: Running, film: Path, tmp_path: Path) -> None:
    files = {name: make(tmp_path / f"{name}.mp4") for name, (make, _) in HOSTILE.items()}
    assert files["huge pictures"].stat().st_size < 300_000, "a bomb is small"
    asked = {name: server.sent(path) for name, path in files.items()}
    for name, check_id in asked.items():
        check: Any = server.over(check_id)
        assert check["status"] == "failed" and check["error"]["type"] == HOSTILE[name][1], (name, check["error"])
        assert check["error"]["advice"]
        assert str(server.options.home) not in str(check), f"{name}: a path of this machine is nobody's business"
    assert server.lives()
    assert server.over(server.sent(film))["status"] == "succeeded", "and a good film is still looked at"


def test_what_is_no_media_is_told_in_the_same_words_everywhere(server: Running, tmp_path: Path) -> None:
    """By the library, which the command line repeats, by the API, and on the page."""
    page = tmp_path / "holiday.mp4"
    page.write_text("<!doctype html><title>Not found</title><p>There is no such film." * 9)
    with pytest.raises(UnreadableVideo, match=r"^holiday\.mp4: this is a web page, and no video, picture") as caught:
        verify(page, options=server.options)
    with server.client() as asking:
        laid = asking.post("/v1/checks", files={"file": (page.name, page.read_bytes())}).json()
        check: Any = server.over(laid["id"])
        shown = html.unescape(asking.get(f"/c/{laid['id']}", headers={"Accept": "text/html"}).text)
    assert (check["error"]["message"], check["error"]["advice"]) == (str(caught.value), caught.value.advice)
    assert str(caught.value) in shown and caught.value.advice in shown


@pytest.mark.parametrize(("make", "says"), [(picture, "a still image (png)"), (sound, "sound alone")])
def test_a_result_says_no_name_that_a_file_has_inside(
    server: Running, tmp_path: Path, make: Callable[[Path], Path], says: str
) -> None:
    """A verdict speaks of "the file": the name that was sent is often a person's own, and verdicts are handed on."""
    path = make(tmp_path)
    check_id = server.sent(path, name=f"Ada Lovelace{path.suffix}")
    check: Any = server.over(check_id)
    assert check["status"] == "succeeded", check["error"]
    verdict = check["result"]["verdict"]
    said = [one["details"]["error"] for one in verdict["evidence"] if "error" in (one["details"] or {})]
    assert said and all(one.startswith(f"the file: {says}") for one in said), said
    told = json.dumps([check["result"], check["limitations"], check["revisions"]])
    assert f"the file: {says}" in told and f"{check_id}." not in told and "Ada" not in told
    with server.client() as asking:
        events = asking.get(f"/v1/checks/{check_id}/events").text
        page = html.unescape(asking.get(f"/c/{check_id}", headers={"Accept": "text/html"}).text)
    assert f"{check_id}." not in events
    assert "the file: " in page and f"{check_id}." not in page and "Ada Lovelace" in page


def test_a_file_that_is_cut_off_is_judged_so(server: Running, tmp_path: Path) -> None:
    half = cut(clip(tmp_path / "whole.mp4", size=(64, 48)), tmp_path / "half.mp4", 0.4)
    check = server.over(server.sent(half))
    assert (check["status"], check["outcome"]) == ("succeeded", "inconclusive"), check


def test_nothing_is_decoded_in_the_process_that_answers(server: Running, film: Path) -> None:
    """Its memory map never holds a decoder: what opens media is loaded in children alone."""
    server.over(server.sent(film))
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "libavcodec" not in maps and "cv2" not in maps


@pytest.mark.parametrize("content", [b""], ids=["no bytes"])
def test_an_empty_file_is_told_so_at_once(server: Running, content: bytes) -> None:
    with server.client() as asking:
        for sent in (
            {"files": {"file": ("clip.mp4", content)}},
            {"content": content, "headers": {"Content-Type": "video/mp4"}},
        ):
            answer = asking.post("/v1/checks", **sent)  # type: ignore[arg-type]
            assert answer.status_code == 422 and "empty" in answer.json()["detail"], answer.text


def test_another_type_is_refused(server: Running) -> None:
    with server.client() as asking:
        answer = asking.post("/v1/checks", content=b"<p>hello", headers={"Content-Type": "text/html"})
        assert answer.status_code == 415 and answer.json()["advice"]


ID = "[a-z2-7]{26}"
OURS = re.compile(rf"(uploads/upl_{ID}|media/chk_{ID}|pictures/chk_{ID}/[a-z]+(-\d+)?\.(jpg|png)|.*/?\.[^/]+)")
PARTS = ["..", "/", "\\", "etc", "passwd", "%2e%2e", "\0", "\r\n", "~", "C:"]
HOSTILE_NAMES = some.one_of(
    some.text(max_size=80),
    some.lists(
        some.sampled_from(["..", "/", "\\", "etc", "passwd", "%2e%2e", "\0", "\r\n", "~", "C:"]), max_size=8
    ).map("".join),
)


@settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@example("../../../../../tmp/escaped.mp4")
@example("..\\..\\escaped.mp4")
@example("/etc/passwd")
@example("a.mp4\r\nX-Injected: 1")
@given(name=HOSTILE_NAMES)
def test_no_name_leads_out_of_the_store(server: Running, name: str) -> None:
    """Keys are the server's own; what a name holds of a path is not even shown."""
    home = server.options.home
    with server.client() as asking:
        files = {"file": (name or "x", b"no film at all")}
        answer = asking.post("/v1/checks", files=files)
    assert answer.status_code == 202 and "x-injected" not in answer.headers, answer.text
    check_id = answer.json()["id"]
    shown = answer.json()["name"]
    assert shown and shown.isprintable() and not {"/", "\\"} & set(shown)
    check = server.docket.get(check_id)
    assert check.object_key is None or check.object_key.startswith(("media/", "uploads/"))
    kept = {str(path.relative_to(home / "objects")) for path in (home / "objects").rglob("*") if path.is_file()}
    assert all(OURS.fullmatch(one) for one in kept), [one for one in kept if not OURS.fullmatch(one)]
    assert not (home.parent / "escaped.mp4").exists() and not os.path.exists("/tmp/escaped.mp4")


@pytest.mark.parametrize("path", ["/static/..%2f..%2fshell.py", "/static/../shell.py", "/static//etc/passwd"])
@pytest.mark.parametrize("before", ["", "/c/chk_x/pictures", "/v1/checks/chk_x/pictures"])
def test_no_address_leads_out_of_what_is_served(server: Running, path: str, before: str) -> None:
    said = server.raw(f"GET {before}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert said.split()[1] in (b"404", b"422", b"403"), said[:200]
    assert b"root:" not in said and b"from __future__" not in said


def test_a_check_that_is_deleted_while_it_runs_is_gone(server: Running, tmp_path: Path) -> None:
    path = clip(tmp_path / "long.mp4", seconds=12, size=(640, 360), options={"preset": "ultrafast"})
    key = server.key()
    check_id = server.sent(path, key)
    with server.client(headers=key) as asking:
        while asking.get(f"/v1/checks/{check_id}").json()["stage"] == "waiting":
            pass
        assert asking.delete(f"/v1/checks/{check_id}").status_code == 204
        gone = asking.get(f"/v1/checks/{check_id}")
        assert gone.status_code == 410 and gone.json()["advice"]
        assert asking.get(f"/v1/checks/{check_id}/bundle").status_code == 410
    assert server.lives()
    check = server.docket.get(check_id)
    assert check.deleted_at and not (check.revisions or check.pictures or check.evidence or check.object_key)
