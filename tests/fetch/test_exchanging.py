"""Asking once, whatever is answered: statuses with their words, addresses that are checked, and how far it came."""

from http.server import ThreadingHTTPServer

import pytest

from countermark.errors import FetchFailed, NetworkRefused, OverLimit
from countermark.fetch import Exchanged, NotReached, exchange, refuse_at_sight
from countermark.tests.fetch.web import FILM, url


def ask(server: ThreadingHTTPServer, path: str, **given: object) -> Exchanged:
    said = {"headers": {}, "most_bytes": 1 << 20, "seconds": 30.0, "home": url(server, "")}
    return exchange(url(server, path), **(said | given))


def test_what_is_sent_arrives_and_what_is_said_comes_back(server: ThreadingHTTPServer) -> None:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer x", "Host": "elsewhere"}
    got = ask(server, "echo", method="POST", headers=headers, body=b'{"a": 1}')
    assert (got.status, got.body, got.headers["content-type"]) == (200, b'{"a": 1}', "application/json")
    _, seen = server.seen[-1]
    assert seen["Authorization"] == "Bearer x" and seen["accept-encoding"] == "identity"
    assert seen["Host"].startswith("127.0.0.1:"), "the address says whom it is for"


def test_a_status_is_no_error_and_a_redirect_is_not_followed(server: ThreadingHTTPServer) -> None:
    assert ask(server, "nothing").status == 404
    moved = ask(server, "to?/film.mp4")
    assert (moved.status, moved.headers["location"]) == (307, "/film.mp4")


def test_only_the_address_that_was_given_may_lie_inside(server: ThreadingHTTPServer) -> None:
    assert ask(server, "film.mp4").body == FILM
    for home in (None, "http://127.0.0.1:9/"):
        with pytest.raises(NetworkRefused):
            ask(server, "film.mp4", home=home)


def test_too_much_too_late_and_broken_off_are_errors(server: ThreadingHTTPServer) -> None:
    with pytest.raises(OverLimit, match="1,000"):
        ask(server, "film.mp4", most_bytes=1000)
    with pytest.raises(OverLimit, match="longer than"):
        ask(server, "silence", seconds=0.3)
    with pytest.raises(FetchFailed, match="broke off") as short:
        ask(server, "short")
    assert not isinstance(short.value, NotReached), "it was reached, and may have done what it was asked"


def test_where_nothing_was_sent_that_is_said() -> None:
    with pytest.raises(NotReached):
        exchange(
            "http://127.0.0.1:9/",
            method="POST",
            headers={},
            body=b"{}",
            most_bytes=9,
            seconds=30,
            home="http://127.0.0.1:9",
        )
    with pytest.raises(NotReached, match="no such host"):
        exchange("https://name.invalid/", headers={}, most_bytes=9, seconds=30)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:10.0.0.1]", "１２７.0.0.1"]
)
def test_an_address_inside_that_is_written_out_is_refused_at_sight(host: str) -> None:
    with pytest.raises(NetworkRefused, match="no public address"):
        refuse_at_sight(f"http://{host}:8080/told")
    refuse_at_sight(f"http://{host}:8080/told", home=f"http://{host}:8080/")


def test_a_name_is_not_looked_up_at_sight() -> None:
    refuse_at_sight("https://no-such-name.example/told")
    for no_name in ("a..b", "a" * 64 + ".example"):
        refuse_at_sight(f"https://{no_name}/told")
    with pytest.raises(NetworkRefused, match="port 25"):
        refuse_at_sight("https://no-such-name.example:25/told")
