"""Short exchanges with services, against real ones on this machine."""

from http.server import ThreadingHTTPServer

import pytest

from countermark.errors import CountermarkError, FetchFailed, NetworkRefused, OverLimit
from countermark.fetch import ask
from countermark.tests.fetch.web import FILM, serving, url


def asked(given: str, **more: object) -> bytes:
    return ask(given, **{"most_bytes": 1 << 20, "seconds": 10.0, **more}).body


def test_a_service_is_asked_and_told(server: ThreadingHTTPServer) -> None:
    here = url(server, "film")
    assert asked(here, home=here) == FILM
    sent = b"a question \0 of bytes"
    answer = ask(url(server, "echo"), body=sent, content_type="a/b", most_bytes=99, seconds=9.0, home=here)
    assert (answer.body, answer.content_type, answer.url) == (sent, "a/b", url(server, "echo"))
    assert server.seen[-1][1]["Accept"] == "application/json"


def test_what_was_sent_follows_no_redirect(server: ThreadingHTTPServer) -> None:
    with pytest.raises(FetchFailed, match="redirects what was sent"):
        asked(url(server, "to"), body=b"secret", home=url(server, ""))
    assert server.seen[-1][0] == "/to"


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("missing", FetchFailed, "404"),
        ("liar", OverLimit, "1,048,576 bytes"),
        ("endless", OverLimit, "1,048,576 bytes"),
        ("short", FetchFailed, "broke off"),
        ("nonsense", FetchFailed, "not HTTP"),
    ],
)
def test_a_service_that_does_wrong(
    server: ThreadingHTTPServer, path: str, kind: type[CountermarkError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        asked(url(server, path), home=url(server, ""))


def test_a_service_that_drips_is_left(server: ThreadingHTTPServer) -> None:
    with pytest.raises(OverLimit, match=r"longer than 0\.4 s"):
        asked(url(server, "drip"), home=url(server, ""), seconds=0.4)


def test_only_the_service_itself_may_lie_inside() -> None:
    """The user named it; whither it sends us, it names itself."""
    with serving("127.0.0.2") as service, serving("127.0.0.1") as inside:
        home = f"http://127.0.0.2:{service.server_address[1]}/v1"
        given = f"http://127.0.0.2:{service.server_address[1]}/to?"
        assert asked(given + "/film", home=home) == FILM
        port = service.server_address[1]
        other_port = f"http://127.0.0.2:{port - 1}/film"  # the other server's own may chance to be the same
        for away in (url(inside, "film"), given + url(inside, "film"), given + other_port):
            with pytest.raises(NetworkRefused, match="no public address"):
                asked(away, home=home)
        with pytest.raises(NetworkRefused, match="no public address"):
            asked(given + "/film")
        assert not inside.seen
