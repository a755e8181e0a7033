"""What a person types becomes a verdict: addresses over a real server, sizes and rates."""

import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer

from countermark import fetch
from countermark.cli.judging import judged, parse_rate, parse_size
from countermark.errors import FetchFailed, NetworkRefused, UnreadableVideo
from tests import recipes


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *given: object) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def test_an_address_is_fetched_and_judged(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes.clip(tmp_path / "clip.mp4")
    (tmp_path / "page.html").write_text("<p>a page, not a video</p>")
    with pytest.raises(NetworkRefused):
        judged(f"{server}/clip.mp4")
    monkeypatch.setattr(fetch, "PublicOnly", fetch.UnsafeAllowPrivate)  # or nothing on this machine could be asked
    assert judged(f"{server}/clip.mp4").outcome == "no_evidence"
    with pytest.raises(UnreadableVideo):
        judged(f"{server}/page.html")
    with pytest.raises(FetchFailed, match="404"):
        judged(f"{server}/none.mp4")


def test_sizes_and_rates() -> None:
    assert parse_size("854x480") == (854, 480)
    for wrong, told in (("9:16", "480x854"), ("100000x100000", "too large")):
        with pytest.raises(typer.BadParameter, match=told):
            parse_size(wrong)
    assert parse_rate("30000/1001") == Fraction(30000, 1001)
    for wrong in ("854", "x480", "854x", "-1x2", "9999999x2", "ax2", "1x2x3"):
        with pytest.raises(typer.BadParameter, match="no size"):
            parse_size(wrong)
    for wrong in ("", "0", "fast", "1/0", "-3", "1000"):
        with pytest.raises(typer.BadParameter, match="no frame rate"):
            parse_rate(wrong)
