"""Posts, by the real yt-dlp against real sites of this machine; and what it may not do when it turns against us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import NetworkRefused, OverLimit, PackageMissing, PostUnresolved, ReaderDied
from countermark.media import landlock
from countermark.posts import Rendition, YtDlp, bring, confined, resolve
from countermark.settings import Limits, Service, Settings
from countermark.tests.needs import lacking
from countermark.tests.posts.sites import OnlyHere, Site, open_graph, page, site
from countermark.tests.recipes import clip

POSTS = Service(posts=True)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip(tmp_path_factory.mktemp("films") / "a.mp4", size=(64, 48), seconds=0.2).read_bytes()


@pytest.fixture
def here(film: bytes) -> Iterator[Site]:
    with site() as running:
        running.films["v.mp4"] = film
        yield running


def test_a_post_is_resolved_and_each_of_its_videos_brought_alone(here: Site, film: bytes, tmp_path: Path) -> None:
    here.films["0.ts"], here.films["1.ts"] = film, film[:-1] + b"\0"
    here.pages["list.m3u8"] = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n0.ts\n#EXTINF:2,\n1.ts\n#EXT-X-ENDLIST\n"
    here.pages["post"] = page(here.url("list.m3u8"), here.url("v.mp4"), title="A post <b>\x1b[2J")
    options, guard = Settings(home=tmp_path, service=POSTS), OnlyHere(here.port)
    pieces, found = resolve(here.url("post"), options, guard)
    assert [(one.found_by, one.number, one.count) for one in (pieces, found)] == [("yt-dlp", 1, 2), ("yt-dlp", 2, 2)]
    assert found.format_id and found.container == "mp4" and found.extractor and found.version
    assert found.title.isprintable() and Rendition.from_json(json.loads(json.dumps(found.to_json()))) == found
    brought = bring(found, tmp_path, options, guard)
    assert brought.path.read_bytes() == film and brought.path.suffix == ".mp4" and brought.path.parent == tmp_path
    assert brought.path.stat().st_mode & 0o777 == 0o600
    assert pieces.protocol == "m3u8_native"
    assert bring(pieces, tmp_path, options, guard).path.read_bytes() == here.films["0.ts"] + here.films["1.ts"]


def test_a_page_without_media_says_so(here: Site, tmp_path: Path) -> None:
    here.pages["text"] = page()
    with pytest.raises(PostUnresolved) as caught:
        resolve(here.url("text"), Settings(home=tmp_path, service=POSTS), OnlyHere(here.port))
    assert "upload" in caught.value.advice and "github" not in str(caught.value)


def test_what_a_page_names_inside_is_not_asked(here: Site, tmp_path: Path) -> None:
    with site("127.0.0.2") as inside:
        inside.films["secret.mp4"] = b"x" * 99
        here.moved["hop.mp4"] = inside.url("secret.mp4")
        here.pages["named"], here.pages["moved"] = open_graph(inside.url("secret.mp4")), page(here.url("hop.mp4"))
        resolver = YtDlp(Limits(), OnlyHere(here.port))
        for path in ("named", "moved"):
            with pytest.raises((NetworkRefused, PostUnresolved)):
                (found,) = resolver.resolve(here.url(path))
                resolver.bring(found, tmp_path)
        assert not inside.seen and not list(tmp_path.iterdir())


def test_a_stream_without_end_is_bounded(here: Site, tmp_path: Path) -> None:
    here.endless.add("live.mp4")
    here.pages["post"] = page(here.url("live.mp4"))
    limits = Limits(fetch_bytes=2 << 20, fetch_s=60)
    resolver = YtDlp(limits, OnlyHere(here.port))
    (found,) = resolver.resolve(here.url("post"))
    with pytest.raises((OverLimit, PostUnresolved)):
        resolver.bring(found, tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_resolved_unless_the_settings_say_so(here: Site, tmp_path: Path) -> None:
    here.pages["post"] = page(here.url("v.mp4"))
    guard = OnlyHere(here.port)
    with pytest.raises(PostUnresolved):
        resolve(here.url("post"), Settings(home=tmp_path), guard)
    with pytest.raises(PostUnresolved):
        bring(Rendition(here.url("post"), "yt-dlp"), tmp_path, Settings(home=tmp_path), guard)


def test_without_the_package_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "find_spec", lambda name: None)
    with pytest.raises(PackageMissing, match="yt-dlp"):
        YtDlp(Limits(), OnlyHere()).resolve("https://example.org/")


# What it may not do --------------------------------------------------------------------------------------------------

HOSTILE = """
import os, socket, subprocess
def tried(what):
    try:
        what()
        return "done"
    except BaseException as error:
        return type(error).__name__
def connects(address):
    with socket.create_connection(address, 2):
        pass
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", ("127.0.0.1", 53))
def answer(order):
    return {"version": "1", "media": [], "did": {
        "reads a secret": tried(lambda: open(SECRET).read()),
        "reads the environment of its parent": tried(lambda: open(f"/proc/{os.getppid()}/environ").read()),
        "lists a home": tried(lambda: os.listdir(os.path.dirname(SECRET))),
        "writes elsewhere": tried(lambda: open(SECRET + ".new", "w")),
        "writes in its folder": tried(lambda: open(os.path.join(order["folder"], "x"), "w").write("x")),
        "connects": tried(lambda: connects(("127.0.0.1", OTHER))),
        "asks the proxy": tried(lambda: connects(("127.0.0.1", order["port"]))),
        "sends by UDP": tried(udp),
        "listens": tried(lambda: socket.socket().bind(("127.0.0.1", 0))),
        "speaks to a program of this machine": tried(lambda: socket.socket(socket.AF_UNIX)),
        "starts a program": tried(lambda: subprocess.run(["/bin/true"])),
        "forks": tried(os.fork),
        "takes memory": tried(lambda: bytearray(64 << 30)),
        "knows": sorted(name for name in os.environ if name not in KEPT),
    }}
"""


def turned(monkeypatch: pytest.MonkeyPatch, code: str, *, own_network: bool = True) -> None:
    """Have the child run other code in the place of yt-dlp, under the limits that yt-dlp has."""
    real: Callable[..., Any] = subprocess.Popen

    def started(command: list[str], **given: Any) -> Any:
        head, _, call = command[-1].rpartition("; from countermark.posts.child import main; ")
        away = "" if own_network else "child._door = lambda: None\n"
        lines = [head, "from countermark.posts import child", code, away, "child._answer = answer", f"child.{call}"]
        return real([*command[:-1], "\n".join(lines)], **given)

    monkeypatch.setattr(confined.subprocess, "Popen", started)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "key.pem").write_text("secret")
    return folder / "key.pem"


@pytest.mark.parametrize("own_network", [True, False])
def test_code_of_a_stranger_in_it_reaches_nothing_but_the_proxy(
    here: Site, secret: Path, monkeypatch: pytest.MonkeyPatch, own_network: bool
) -> None:
    monkeypatch.setenv("COUNTERMARK_PASSWORD", "secret")
    given = {"SECRET": str(secret), "OTHER": here.port, "KEPT": (*confined.KEPT, "LC_CTYPE")}
    turned(monkeypatch, f"globals().update({given!r})\n{HOSTILE}", own_network=own_network)
    with confined.ran({}, Limits(), OnlyHere(here.port)) as done:
        did = done.answer["did"]
    if own_network and not done.own_network:
        lacking("leave to make user namespaces", "run the tests as root, or allow unprivileged user namespaces")
    assert did.pop("knows") == ["HOME", "PATH", "PYTHONDONTWRITEBYTECODE", "TMPDIR", "YTDLP_NO_PLUGINS"]
    assert did.pop("writes in its folder") == did.pop("asks the proxy") == "done"
    if landlock.offered() < 4 and not own_network:
        did.pop("connects")
    assert {name for name, result in did.items() if result == "done"} == set(), did
    assert not here.seen and not Path(f"{secret}.new").exists()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("def answer(order): return {'media': 7}", PostUnresolved),
        ("def answer(order): return []", PostUnresolved),
        ("def answer(order): return {'media': [{'format_id': 'x', 'duration': 1e9}]}", OverLimit),
        ("def answer(order): return {'media': [{'format_id': 'x', 'filesize': 1e14}]}", OverLimit),
        ("def answer(order): return {'media': [{'format_id': 'x', 'is_live': True}]}", PostUnresolved),
        ("def answer(order): return {'media': 'x' * 2_000_000}", ReaderDied),
        ("import os\ndef answer(order): os._exit(3)", ReaderDied),
        ("def answer(order): return {'error': 'no'}", PostUnresolved),
    ],
)
def test_what_it_answers_is_not_believed(monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception]) -> None:
    turned(monkeypatch, code)
    with pytest.raises(error):
        YtDlp(Limits(), OnlyHere()).resolve("https://example.org/")


def test_strange_values_become_plain_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"format_id": 7, "title": "\x1b]0;x", "width": "wide", "fps": float("inf"), "duration": True, "ext": "../x"}
    turned(monkeypatch, f"inf = float('inf')\ndef answer(order): return {{'version': '1', 'media': [{told!r}]}}")
    (found,) = YtDlp(Limits(), OnlyHere()).resolve("https://example.org/")
    assert (found.format_id, found.width, found.frame_rate, found.duration_s) == ("7", None, None, None)
    assert found.title.isprintable()


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    turned(monkeypatch, "import time\ndef answer(order): time.sleep(600)")
    with pytest.raises(OverLimit, match="longer than 1 s"):
        YtDlp(Limits(fetch_s=1), OnlyHere()).resolve("https://example.org/")


def test_what_lies_where_the_file_should_be_is_looked_at(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out"
    target.mkdir()
    found = Rendition("https://example.org/", "yt-dlp", format_id="0", container="mp4")
    for lay in (f"os.symlink({str(secret)!r}, place)", "os.mkdir(place)", "open(place, 'w')", "os.mkfifo(place)"):
        code = f"import os\ndef answer(order):\n place = order['folder'] + '/media'\n {lay}\n return {{'media': []}}"
        with monkeypatch.context() as patched:
            turned(patched, code)
            with pytest.raises(Exception, match="nothing was brought|empty|no media"):
                YtDlp(Limits(), OnlyHere()).bring(found, target)
    assert not list(target.iterdir())


def test_it_never_outlives_whoever_asked(tmp_path: Path) -> None:
    code = (
        "import sys, os, threading\n"
        "from countermark.posts import confined\n"
        "from countermark.settings import Limits\n"
        "real = confined.subprocess.Popen\n"
        "def started(command, **given):\n"
        "    made = real(command, **given)\n"
        "    print(made.pid, flush=True)\n"
        "    return made\n"
        "confined.subprocess.Popen = started\n"
        "confined._door = lambda talk: os.kill(os.getpid(), 9)\n"
        "with confined.ran({}, Limits(), None): pass\n"
    )
    here = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=here)
    assert done.returncode == -9
    number = int(done.stdout)
    for _ in range(200):
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            break
        if state == "Z":
            break
        os.sched_yield()
        import time

        time.sleep(0.05)
    else:
        pytest.fail("it lives on")
