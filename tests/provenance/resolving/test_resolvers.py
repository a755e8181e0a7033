"""Other resolvers: real ones over HTTP, and some that are dead, slow, or lie."""

import base64
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark import fetch, keyring
from countermark.evidence import FailureDetails, FingerprintDetails, Fit, RecordDetails
from countermark.provenance import MARK_ALGORITHM, Facts, Registry, describe, new_manifest_id, trust
from countermark.provenance.resolving.resolvers import (
    Answers,
    ask,
    binding_of,
    configured,
    evidence_of,
    payload_of,
)
from countermark.provenance.resolving.shown import SHOWN_LABEL, assertion_of
from countermark.settings import Limits, Settings
from countermark.tests.api.release import Releases, released
from countermark.tests.api.service import serving
from countermark.tests.provenance.sampled import sampled
from countermark.tests.provenance.signed import PAYLOAD, Studio

LIMITS = Limits()
DIGEST = "ab" * 32


class Pretend:
    """Takes one address of this machine for a public one."""

    def refusal(self, address: fetch.Address, port: int) -> str | None:
        return None if str(address) == "127.0.0.3" else f"{address} is no public address"


@dataclass
class Resolver:
    """One that says what it is told to."""

    url: str = ""
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    matches: object = None
    stores: dict[str, bytes] = field(default_factory=dict)
    raw: Callable[[BaseHTTPRequestHandler], None] | None = None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        resolver: Resolver = self.server.resolver
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        resolver.seen.append((self.command, self.path, body))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if resolver.raw:
                return resolver.raw(self)
            path = urlsplit(self.path).path
            if path.endswith("/matches/byBinding"):
                return self.give(json.dumps(resolver.matches).encode(), "application/json")
            store = resolver.stores.get(path.rpartition("/manifests/")[2])
            if store is None:
                return self.send_error(404)
            self.give(store, "application/c2pa")

    do_POST = do_PUT = do_GET

    def give(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        return


@contextlib.contextmanager
def telling(address: str = "127.0.0.1", **said: object) -> Iterator[Resolver]:
    server = ThreadingHTTPServer((address, 0), Handler)
    server.daemon_threads = True
    server.resolver = Resolver(f"http://{address}:{server.server_address[1]}/v1", **said)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.resolver
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return released(tmp_path_factory.mktemp("released"))


@pytest.fixture(scope="module")
def store(releases: Releases) -> bytes:
    record = releases.registry.by_payload(releases.live.payload)
    assert record is not None
    return record.manifest_store


def asked(releases: Releases, *urls: str, payload: str | None = None, seconds: float = 10.0) -> Answers:
    anchors = trust.load(releases.options.home)
    return ask(urls, payload or releases.live.payload, anchors, LIMITS, seconds=seconds, guard=Pretend())


def naming(manifest_id: str, **more: object) -> dict[str, object]:
    return {"matches": [{"manifestId": manifest_id, **more}]}


def only_why(answers: Answers) -> str:
    """Nothing was found, and one resolver is said to have failed."""
    (failed,) = answers.failed
    assert answers.found == ()
    return failed.why


# A resolver that works -----------------------------------------------------------------------------------------------


def test_a_mark_is_followed_to_another_registry(releases: Releases, store: bytes, tmp_path: Path) -> None:
    with serving(releases.options.home) as base:
        (found,) = asked(releases, base).found
        assert (found.resolver, found.manifest_id, found.store) == (base, releases.live.manifest_id, store)
        assert found.credentials.trust == "trusted" and found.credentials.says_synthetic
        assert asked(releases, base, payload="ff" * 8) == Answers((), ())
        assert asked(releases, base, payload=releases.revoked.payload) == Answers((), ())
        elsewhere = Settings(home=tmp_path, resolvers=f" {base}/ ,{base}, http://127.0.0.1:9/v1")
        record, failed = evidence_of(releases.live.payload, DIGEST, elsewhere)
    assert isinstance(record.details, RecordDetails) and isinstance(failed.details, FailureDetails)
    assert (record.finding, record.details.fit, record.details.resolver) == ("present", "unclear", base)
    assert record.details.manifest_id == releases.live.manifest_id and record.details.credentials
    assert record.details.credentials.trust == "unknown_signer", "no trust comes with an answer"
    assert (failed.finding, failed.examiner) == ("failed", "resolver") and "127.0.0.1:9" in failed.details.error


def test_a_manifest_laid_over_by_the_same_signer_still_names_the_mark(releases: Releases) -> None:
    """As a timestamp after the fact does: the id that was known leads to the store that is kept now."""
    record = releases.registry.by_payload(releases.again.payload)
    assert record is not None
    stores = {releases.live.manifest_id: record.manifest_store}
    with telling(matches=naming(releases.live.manifest_id), stores=stores) as resolver:
        (found,) = asked(releases, resolver.url).found
        assert found.manifest_id == releases.again.manifest_id


@pytest.mark.parametrize("form", ["unbound", "bound"])
def test_a_mark_is_named_in_either_form(studio: Studio, releases: Releases, form: Literal["unbound", "bound"]) -> None:
    manifest_id = new_manifest_id()
    said = describe(Facts("A title"), manifest_id, PAYLOAD, MARK_ALGORITHM, soft_binding=form)
    _, signed = studio.put(said, "named.mp4")
    with telling(matches=naming(manifest_id), stores={manifest_id: signed.store}) as resolver:
        assert [found.manifest_id for found in asked(releases, resolver.url, payload=PAYLOAD).found] == [manifest_id]
        assert "another mark" in only_why(asked(releases, resolver.url, payload="ff" * 8))


def test_what_the_marked_video_shows_counts_by_the_word_of_its_signer(studio: Studio, tmp_path: Path) -> None:
    """Anyone can sign a fingerprint that fits; so it takes a signer whom this machine trusts."""
    manifest_id, shown = new_manifest_id(), sampled(40)
    said = describe(Facts("A title"), manifest_id, PAYLOAD, MARK_ALGORITHM)
    said["assertions"].append({"label": SHOWN_LABEL, "data": assertion_of(shown), "created": True})
    _, signed = studio.put(said, "shown.mp4")
    held: list[FingerprintDetails] = []

    def fits(original: FingerprintDetails) -> tuple[Fit, str]:
        held.append(original)
        return "differs", "it looks otherwise"

    with telling(matches=naming(manifest_id), stores={manifest_id: signed.store}) as resolver:
        here = Settings(home=studio.folder / "home", resolvers=resolver.url)
        (known,) = evidence_of(PAYLOAD, DIGEST, here, fits=fits)
        (alone,) = evidence_of(PAYLOAD, DIGEST, here)
        (strange,) = evidence_of(PAYLOAD, DIGEST, here.model_copy(update={"home": tmp_path / "none"}), fits=fits)
    assert held == [shown]
    said = [one.details for one in (known, alone, strange)]
    assert [one.fit for one in said if isinstance(one, RecordDetails)] == ["differs", "unclear", "unclear"]


def test_nothing_but_the_payload_is_told(releases: Releases, store: bytes) -> None:
    stores = {releases.live.manifest_id: store}
    with telling(matches=naming(releases.live.manifest_id, similarityScore=88), stores=stores) as resolver:
        assert len(asked(releases, resolver.url).found) == 1
    assert [(method, body) for method, _, body in resolver.seen] == [("GET", b"")] * 2
    first, second = (urlsplit(path) for _, path, _ in resolver.seen)
    query = {"alg": [MARK_ALGORITHM], "value": [binding_of(releases.live.payload)], "maxResults": ["3"]}
    assert (first.path, parse_qs(first.query)) == ("/v1/matches/byBinding", query)
    assert (second.path, second.query) == (f"/v1/manifests/{releases.live.manifest_id}", "")


def test_where_there_are_no_resolvers_nobody_is_asked(tmp_path: Path) -> None:
    assert evidence_of("00" * 8, DIGEST, Settings(home=tmp_path)) == ()
    many = Settings(home=tmp_path, resolvers=",".join(f"https://{i}.example/v1/" for i in range(40)))
    assert len(configured(many)) == 16


# Resolvers that lie --------------------------------------------------------------------------------------------------


def test_a_manifest_of_another_mark_is_no_answer(releases: Releases) -> None:
    other = releases.registry.by_payload(releases.revoked.payload)
    assert other is not None
    with telling(matches=naming(other.manifest_id), stores={other.manifest_id: other.manifest_store}) as liar:
        assert "names another mark" in only_why(asked(releases, liar.url))


@pytest.mark.parametrize("first", ["honest", "liar"])
def test_a_manifest_under_a_copied_name_silences_none(studio: Studio, tmp_path: Path, first: str) -> None:
    """Names can be copied, and the mark is read by all; what a trusted signer signed is told all the same, first."""
    manifest_id, shown = new_manifest_id(), sampled(40)
    said = describe(Facts("A title"), manifest_id, PAYLOAD, MARK_ALGORITHM)
    said["assertions"].append({"label": SHOWN_LABEL, "data": assertion_of(shown), "created": True})
    _, signed = studio.put(said, "shown.mp4")
    (tmp_path / "else").mkdir()
    stranger = Studio(tmp_path / "else", studio.source, keyring.init_development(tmp_path / "stranger"), studio.anchors)
    _, copied = stranger.put(describe(Facts("A title"), manifest_id, PAYLOAD, MARK_ALGORITHM), "copied.mp4")
    with (
        telling(matches=naming(manifest_id), stores={manifest_id: signed.store}) as honest,
        telling(matches=naming(manifest_id), stores={manifest_id: copied.store}) as liar,
        telling(matches=naming(manifest_id), stores={manifest_id: signed.store}) as echo,
    ):
        order = [honest, liar, echo] if first == "honest" else [liar, honest, echo]
        here = Settings(home=studio.folder / "home", resolvers=",".join(one.url for one in order))
        told = [one.details for one in evidence_of(PAYLOAD, DIGEST, here, fits=lambda _: ("fits", "it looks so"))]
    records = [one for one in told if isinstance(one, RecordDetails)]
    assert [(one.resolver, one.fit, one.credentials and one.credentials.trust) for one in records] == [
        (honest.url, "fits", "trusted"),
        (liar.url, "unclear", "unknown_signer"),
    ]


def test_a_store_without_the_manifest_it_was_to_be_is_no_answer(releases: Releases, store: bytes) -> None:
    with telling(matches=naming("urn:c2pa:other"), stores={"urn:c2pa:other": store}) as liar:
        assert "not the one it named" in only_why(asked(releases, liar.url))


def test_a_manifest_made_from_the_marked_video_by_others_is_not_it(releases: Releases, tmp_path: Path) -> None:
    """It names the video as an ingredient; but the mark was somebody else's."""
    from countermark.stamp import facts, stamp

    keyring.init_development(tmp_path / "home")
    options = Settings(home=tmp_path / "home")
    taken = stamp(releases.live.path, tmp_path / "taken.mp4", facts=facts(), options=options, remark=True)
    record = Registry(options.database_url).by_payload(taken.payload)
    assert record is not None
    stores = {taken.manifest_id: record.manifest_store, releases.live.manifest_id: record.manifest_store}
    for named in stores:
        with telling(matches=naming(named), stores=stores) as liar:
            assert "another mark" in only_why(asked(releases, liar.url))


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_store_that_was_changed_is_no_answer(releases: Releases, store: bytes, at: float) -> None:
    start = store.index(releases.live.payload.encode()) if at == 0.5 else int(len(store) * at)
    changed = store[:start] + bytes([store[start] ^ 1]) + store[start + 1 :]
    stores = {releases.live.manifest_id: changed}
    with telling(matches=naming(releases.live.manifest_id), stores=stores) as liar:
        answers = asked(releases, liar.url)
        assert all(found.credentials.trust != "broken" for found in answers.found)
        if at == 0.5:
            assert "broken" in only_why(answers) or "can't be read" in only_why(answers)


@pytest.mark.parametrize(
    ("matches", "words"),
    [
        (None, "no list of matches"),
        ([], "no list of matches"),
        ({"matches": {}}, "no list of matches"),
        ({"matches": [7]}, "names no manifest"),
        ({"matches": [{}]}, "names no manifest"),
        (naming("a b"), "names no manifest"),
        (naming("x" * 600), "names no manifest"),
        (naming("urn:c2pa:x", endpoint=7), "no URL"),
        (naming("urn:c2pa:x", endpoint="file:///etc"), "only http and https"),
        (naming("urn:c2pa:x", endpoint="//"), "only http and https"),
        (naming("urn:c2pa:x"), "404"),
    ],
)
def test_answers_of_no_sense(releases: Releases, matches: object, words: str) -> None:
    with telling(matches=matches) as liar:
        assert words in only_why(asked(releases, liar.url))


def test_no_more_than_three_matches_are_followed(releases: Releases, store: bytes) -> None:
    matches = {"matches": [{"manifestId": releases.live.manifest_id, "similarityScore": "a"}] * 500}
    with telling(matches=matches, stores={releases.live.manifest_id: store}) as liar:
        assert len(asked(releases, liar.url).found) == 3 and len(liar.seen) == 4


# Resolvers that are ill ----------------------------------------------------------------------------------------------


def _endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b'{"matches": [' + b" " * 65536)


def _dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(400):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def _deep(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"[" * 60_000)


def _angry(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(500)


def test_the_ill_take_nothing_from_the_sound(releases: Releases, store: bytes) -> None:
    """All are asked at once, and each has its own time."""
    with contextlib.ExitStack() as stack:
        sound = stack.enter_context(
            telling(matches=naming(releases.live.manifest_id), stores={releases.live.manifest_id: store})
        )
        ill = [stack.enter_context(telling(raw=one)).url for one in (_endless, _dripping, _deep, _angry)]
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            dead = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
            start = time.monotonic()
            answers = asked(releases, dead, *ill, sound.url, "http://resolver.invalid/v1", "ftp://x", seconds=4.0)
            took = time.monotonic() - start
    assert [found.resolver for found in answers.found] == [sound.url]
    why = {failed.resolver: failed.why for failed in answers.failed}
    assert list(why) == [dead, *ill, "http://resolver.invalid/v1", "ftp://x"]
    words = ["refused", "more than 65,536 bytes", "longer than", "recursion", "500", "no such host", "only http"]
    assert all(word in said.lower() for word, said in zip(words, why.values(), strict=True)), why
    assert took < 4 * 4.0, "not one after the other"


def test_a_store_that_never_ends_is_cut_off(releases: Releases) -> None:
    def huge(handler: BaseHTTPRequestHandler) -> None:
        if "byBinding" in handler.path:
            return handler.give(json.dumps(naming("urn:c2pa:huge")).encode(), "application/json")
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()

    with telling(raw=huge) as liar:
        assert "more than 16,777,216 bytes" in only_why(asked(releases, liar.url))


# Where resolvers lead ------------------------------------------------------------------------------------------------


def test_a_resolver_leads_to_public_machines_and_itself_alone(releases: Releases, store: bytes) -> None:
    manifest_id = releases.live.manifest_id
    stores = {manifest_id: store}
    with telling(stores=stores) as inside, telling("127.0.0.3", stores=stores) as public, telling(stores=stores) as one:
        for endpoint, fine in ((public.url, True), (one.url, True), (inside.url, False), ("http://[::1]/", False)):
            one.matches = naming(manifest_id, endpoint=endpoint)
            answers = asked(releases, one.url)
            if fine:
                assert [found.store for found in answers.found] == [store]
            else:
                assert "no public address" in only_why(answers)
        assert len(public.seen) == 1 and not inside.seen


def test_a_redirect_inside_is_refused(releases: Releases, store: bytes) -> None:
    stores = {releases.live.manifest_id: store}
    with telling(matches=naming(releases.live.manifest_id), stores=stores) as inside:

        def away(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", inside.url.removesuffix("/v1") + handler.path)
            handler.end_headers()

        with telling(raw=away) as resolver:
            assert "no public address" in only_why(asked(releases, resolver.url))
        assert not inside.seen


# Values of bindings --------------------------------------------------------------------------------------------------


@given(st.binary(min_size=8, max_size=8))
def test_a_payload_comes_back_however_it_was_spelt(content: bytes) -> None:
    value = binding_of(content.hex())
    assert base64.b64decode(value) == content
    for spelt in (value, value.rstrip("="), value.replace("+", " "), base64.urlsafe_b64encode(content).decode()):
        assert payload_of(spelt) == content.hex()


@given(st.text(max_size=30))
def test_what_is_no_payload_is_refused(value: str) -> None:
    try:
        payload = payload_of(value)
    except ValueError:
        return
    assert len(payload) == 16 and len(value.strip("=")) == 11
