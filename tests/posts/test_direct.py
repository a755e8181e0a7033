"""URLs that name media, and URLs that do not."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from countermark.errors import FetchFailed, NetworkRefused, OverLimit, PostUnresolved
from countermark.posts import Direct, Rendition, bring, resolve
from countermark.settings import Limits, Service, Settings
from countermark.tests.fetch.web import serving, url
from countermark.tests.posts.sites import OnlyHere, Site, page, site
from countermark.tests.recipes import clip


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return clip(tmp_path_factory.mktemp("films") / "a.mp4", size=(64, 48), seconds=0.2).read_bytes()


@pytest.fixture
def here(film: bytes) -> Iterator[Site]:
    with site() as running:
        running.films["v.mp4"] = running.films["no-suffix"] = film
        running.pages["post"] = page("/v.mp4")
        yield running


def test_a_file_is_found_and_brought(here: Site, film: bytes, tmp_path: Path) -> None:
    options, guard = Settings(home=tmp_path), OnlyHere(here.port)
    (found,) = resolve(here.url("no-suffix"), options, guard)
    assert (found.found_by, found.container, found.bytes) == ("direct", "mp4", len(film))
    assert Rendition.from_json(found.to_json()) == found
    brought = bring(found, tmp_path, options, guard)
    assert brought.path.read_bytes() == film and brought.path.suffix == ".mp4"


def test_a_page_is_refused_with_what_to_do(here: Site, tmp_path: Path) -> None:
    with pytest.raises(PostUnresolved, match="page") as caught:
        resolve(here.url("post"), Settings(home=tmp_path), OnlyHere(here.port))
    assert "download it and upload" in caught.value.advice


def test_a_page_that_calls_itself_a_video_is_a_page(here: Site, tmp_path: Path) -> None:
    here.films["lie.mp4"] = b"\n<!DOCTYPE html><html></html>"
    here.films["json.mp4"] = b'{"error": "gone"}'
    for name in ("lie.mp4", "json.mp4"):
        with pytest.raises(PostUnresolved):
            resolve(here.url(name), Settings(home=tmp_path), OnlyHere(here.port))
    here.films["empty.mp4"] = b""
    with pytest.raises(PostUnresolved, match="empty"):
        resolve(here.url("empty.mp4"), Settings(home=tmp_path), OnlyHere(here.port))


def test_media_that_calls_itself_a_page_is_media(here: Site, film: bytes, tmp_path: Path) -> None:
    here.pages["download"] = film.decode("latin-1")
    here.pages["download"] = (b"\0\0\0\x18ftypmp42" + bytes(12)).decode("latin-1")
    assert resolve(here.url("download"), Settings(home=tmp_path), OnlyHere(here.port))[0].found_by == "direct"


def test_private_addresses_are_asked_only_where_the_settings_say_so(here: Site, tmp_path: Path) -> None:
    with pytest.raises(NetworkRefused):
        resolve(here.url("v.mp4"), Settings(home=tmp_path))
    assert not here.seen
    open_house = Settings(home=tmp_path, service=Service(unsafe_private_addresses=True))
    assert resolve(here.url("v.mp4"), open_house)


def test_a_redirect_leads_nowhere_that_may_not_be_asked(here: Site, tmp_path: Path) -> None:
    here.moved["away"] = "http://169.254.169.254/latest/meta-data"
    with pytest.raises(NetworkRefused):
        resolve(here.url("away"), Settings(home=tmp_path), OnlyHere(here.port))


def test_what_does_wrong_is_an_error_of_fetching(tmp_path: Path) -> None:
    with serving() as wrong:
        server: ThreadingHTTPServer = wrong
        direct = Direct(Limits(fetch_bytes=1 << 20, fetch_s=5), OnlyHere(server.server_address[1]))
        for path, kind in (("missing", FetchFailed), ("nonsense", FetchFailed), ("liar", OverLimit)):
            with pytest.raises(kind):
                direct.resolve(url(server, path))


def test_a_stream_without_end_is_bounded(here: Site, tmp_path: Path) -> None:
    here.endless.add("live")
    options = Settings(home=tmp_path, limits=Limits(fetch_bytes=1 << 20, fetch_s=20))
    guard = OnlyHere(here.port)
    (found,) = resolve(here.url("live"), options, guard)
    with pytest.raises(OverLimit, match="1,048,576"):
        bring(found, tmp_path, options, guard)
    assert not list(tmp_path.glob("*.mp4"))
