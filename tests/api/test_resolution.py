"""The Soft Binding Resolution API, served by a real server over a real registry."""

import base64
import functools
import io
import json
import socket
import ssl
import threading
import time
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import c2pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.api import matching
from countermark.provenance import MARK_ALGORITHM, Record, Registry
from countermark.provenance.resolving.resolvers import binding_of
from countermark.settings import Settings
from countermark.tests.api.release import Releases
from countermark.tests.api.service import HERE, TOKEN, Said, call, serving
from tests.certificates import self_signed

MP4 = "video/mp4"
UNKNOWN = "ff" * 8
NOTHING = {"matches": []}


def by_binding(base: str, payload: str, **more: object) -> Said:
    return call(base, "/matches/byBinding?" + urlencode({"alg": MARK_ALGORITHM, "value": binding_of(payload), **more}))


def matched(manifest_id: str) -> dict[str, list[dict[str, str]]]:
    return {"matches": [{"manifestId": manifest_id}]}


# What works ----------------------------------------------------------------------------------------------------------


def test_a_mark_leads_to_its_manifest(service: str, releases: Releases) -> None:
    said = by_binding(service, releases.live.payload)
    assert (said.status, said.json) == (200, matched(releases.live.manifest_id))
    large = call(service, "/matches/byBinding", {"alg": MARK_ALGORITHM, "value": binding_of(releases.live.payload)})
    assert (large.status, large.json) == (200, said.json)
    assert by_binding(service, UNKNOWN).json == NOTHING


def test_a_value_in_the_spellings_that_travel(service: str, releases: Releases) -> None:
    """A plus in a URL that nobody escaped is a space when it arrives."""
    Registry(releases.options.database_url).add(Record("fbeffeffffffffff", "urn:c2pa:plus", b"", "0" * 64))
    plain = base64.b64encode(bytes.fromhex("fbeffeffffffffff")).decode()
    assert "+" in plain and "/" in plain and plain.endswith("=")
    for value in (quote(plain, safe=""), plain, plain.rstrip("="), plain.replace("+", "-").replace("/", "_")):
        said = call(service, f"/matches/byBinding?alg={MARK_ALGORITHM}&value={value}")
        assert said.json == matched("urn:c2pa:plus")


def test_a_manifest_is_given_whole_or_the_active_one_alone(service: str, releases: Releases) -> None:
    wanted = releases.again.manifest_id
    record = releases.registry.by_manifest(wanted)
    assert record is not None
    whole = call(service, f"/manifests/{wanted}")
    assert (whole.status, whole.headers["content-type"]) == (200, "application/c2pa")
    assert whole.body == record.manifest_store
    alone = call(service, f"/manifests/{quote(wanted, safe='')}?returnActiveManifest=true")
    assert alone.status == 200 and len(alone.body) < len(whole.body)
    for body, count in ((whole.body, 2), (alone.body, 1)):
        assert _manifests(body) == (wanted, count)
    former = call(service, f"/manifests/{releases.live.manifest_id}?returnActiveManifest=true")
    assert _manifests(former.body) == (releases.live.manifest_id, 1)


def _manifests(store: bytes) -> tuple[str, int]:
    """The active one, and how many there are."""
    with c2pa.Reader("application/c2pa", io.BytesIO(store)) as reader:
        report = json.loads(reader.json())
    return report["active_manifest"], len(report["manifests"])


def test_a_manifest_that_another_was_laid_over_is_still_found(releases: Releases, tmp_path: Path) -> None:
    """A timestamp after the fact gives a file a manifest with a new id; whoever knows the old one gets both, or it."""
    registry = Registry(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    first, second = (releases.registry.by_payload(one.payload) for one in (releases.live, releases.again))
    assert first is not None and second is not None
    registry.add(first)
    registry.follow(first.manifest_id, second.manifest_id, second.manifest_store, "1" * 64)
    (match,) = matching.by_binding(MARK_ALGORITHM, binding_of(first.payload), registry)
    assert match.manifestId == second.manifest_id
    for manifest_id in (first.manifest_id, second.manifest_id):
        assert matching.manifest(manifest_id, False, registry) == second.manifest_store
        assert _manifests(matching.manifest(manifest_id, True, registry)) == (manifest_id, 1)


@pytest.mark.parametrize("query", ["", "&maxResults=1", "&hintAlg={alg}&hintValue=AAAAAAAAAAE%3D"])
def test_a_stripped_file_leads_to_its_manifest(service: str, releases: Releases, query: str) -> None:
    path = f"/matches/byContent?alg={MARK_ALGORITHM}" + query.format(alg=MARK_ALGORITHM)
    said = call(service, path, releases.stripped.read_bytes(), Content_Type=MP4)
    assert (said.status, said.json) == (200, matched(releases.live.manifest_id))


def test_what_carries_no_mark_is_known_by_its_looks_and_by_a_hint(service: str, releases: Releases) -> None:
    unmarked = (releases.live.path.parent / "0.mp4").read_bytes()
    other = (releases.live.path.parent / "1.mp4").read_bytes()
    hint = "&".join(f"{k}={quote(v)}" for k, v in _hint(releases.live.payload).items())
    alike = call(service, "/matches/byContent", unmarked, Content_Type=MP4).json["matches"]
    assert releases.live.manifest_id in {match["manifestId"] for match in alike}
    assert all(50 <= match["similarityScore"] <= 100 for match in alike)
    marks = f"alg={MARK_ALGORITHM}"
    assert call(service, f"/matches/byContent?{marks}", unmarked, Content_Type=MP4).json == NOTHING
    hinted = call(service, f"/matches/byContent?{marks}&{hint}", unmarked, Content_Type=MP4)
    assert hinted.json == matched(releases.live.manifest_id)
    assert call(service, f"/matches/byContent?{hint}", other, Content_Type=MP4).json == NOTHING


def _hint(payload: str) -> dict[str, str]:
    return {"hintAlg": MARK_ALGORITHM, "hintValue": binding_of(payload)}


def test_what_was_taken_back_is_given_to_nobody(service: str, releases: Releases) -> None:
    for gone in (releases.revoked, releases.withdrawn):
        assert by_binding(service, gone.payload).json == NOTHING
        assert call(service, f"/manifests/{gone.manifest_id}").status == 404
        assert call(service, "/matches/byContent", gone.path.read_bytes(), Content_Type=MP4).json == NOTHING


def test_a_mark_that_was_moved_here_leads_nowhere(releases: Releases, tmp_path: Path) -> None:
    """The same mark, in a registry where it belongs to other pictures."""
    elsewhere = Settings(home=tmp_path)
    known = releases.registry.by_payload(releases.live.payload)
    assert known is not None and known.fingerprint is not None
    shape = known.fingerprint
    other = replace(shape, hashes=_otherwise(shape.hashes), parts=_otherwise(shape.parts))
    wanted = matching.Wanted(10)
    for fingerprint, found in ((other, []), (shape, [releases.live.manifest_id])):
        home = Settings(home=elsewhere.home / str(len(found)))
        home.home.mkdir()
        record = Record(known.payload, known.manifest_id, known.manifest_store, "0" * 64, fingerprint)
        Registry(home.database_url).add(record)
        assert [match.manifestId for match in matching.by_content(releases.stripped, wanted, home)] == found


def _otherwise(hashes: tuple[str, ...]) -> tuple[str, ...]:
    """As many bits away as chance has it."""
    return tuple(f"{int(one, 16) ^ int('a5' * (len(one) // 2), 16):0{len(one)}x}" for one in hashes)


def test_services_say_what_is_served(service: str) -> None:
    said = call(service, "/services/supportedAlgorithms").json
    assert [one["alg"] for one in said["watermarks"]] == [MARK_ALGORITHM]
    capabilities = call(service, "/services/capabilities").json
    assert capabilities == {"c2paSpecificationVersion": "2.4.0", "supportedCapabilities": ["queryByContent"]}
    assert call(service, "/services/status").json["status"] == "ok"
    found = call(service, "/.well-known/c2pa-soft-binding-resolution", prefix=False).json
    assert found["apiEndpoint"] == "/v1"
    assert call(service, found["statusEndpoint"], prefix=False).status == 200


# What is refused -----------------------------------------------------------------------------------------------------

BINDING = f"alg={MARK_ALGORITHM}&value=AAAAAAAAAAE="
REFUSED = [
    ("/matches/byBinding", None, 400),
    (f"/matches/byBinding?alg={MARK_ALGORITHM}", None, 400),
    ("/matches/byBinding?alg=com.example.other.1&value=AAAAAAAAAAE=", None, 400),
    (f"/matches/byBinding?alg={MARK_ALGORITHM}&value=AAAA", None, 400),
    (f"/matches/byBinding?alg={MARK_ALGORITHM}&value=%00%ff!", None, 400),
    (f"/matches/byBinding?{BINDING}&maxResults=0", None, 400),
    (f"/matches/byBinding?{BINDING}&maxResults=many", None, 400),
    (f"/matches/byBinding?alg={MARK_ALGORITHM}&value=" + "A" * 3000, None, 414),
    ("/matches/byBinding", {"alg": MARK_ALGORITHM}, 400),
    ("/matches/byBinding", {"alg": 1, "value": "AAAAAAAAAAE="}, 400),
    ("/matches/byBinding", [], 400),
    ("/matches/byBinding", b"{", 400),
    ("/matches/byBinding", b"[" * 100_000, 400),
    ("/matches/byBinding", b"\xff\xfe", 400),
    ("/matches/byBinding", {"alg": MARK_ALGORITHM, "value": "A" * (1 << 20)}, 413),
    ("/manifests/nonsense", None, 400),
    ("/manifests/urn:c2pa:%00", None, 400),
    ("/manifests/urn:c2pa:" + "a" * 600, None, 400),
    ("/manifests/urn:c2pa:3c1bd4b4-0000-4000-8000-000000000000", None, 404),
    ("/manifests/urn:c2pa:3c1bd4b4-0000-4000-8000-000000000000?returnActiveManifest=perhaps", None, 400),
    ("/matches/byReference", {"referenceUrl": "https://example.com/a.mp4", "assetLength": 9}, 404),
    ("/nowhere", None, 404),
]


@pytest.mark.parametrize(("path", "body", "status"), REFUSED)
def test_bad_questions_are_told_so(service: str, path: str, body: object, status: int) -> None:
    said = call(service, path, body)
    assert said.status == status and said.json["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"not a video", MP4, 415),
        (b"\x00" * 5000, "application/octet-stream", 415),
        (b"words", "text/plain", 415),
        (b"something", "", 415),
        (b"", MP4, 400),
    ],
)
def test_bodies_that_are_no_video(service: str, body: bytes, kind: str, status: int) -> None:
    assert call(service, "/matches/byContent", body, Content_Type=kind).status == status


def test_wrong_parameters_beside_a_file(service: str) -> None:
    for query in ("alg=com.example.other.1", "maxResults=0", f"hintAlg={MARK_ALGORITHM}", "hintAlg=x&hintValue=y"):
        assert call(service, f"/matches/byContent?{query}", b"x", Content_Type=MP4).status == 400


def test_packed_bodies_are_refused(service: str) -> None:
    assert call(service, "/matches/byContent", b"x", Content_Type=MP4, Content_Encoding="gzip").status == 415


def test_too_large_too_slow_and_too_many(releases: Releases) -> None:
    with serving(releases.options.home, HERE + "tight") as base:
        large = bytes(60_000)
        assert call(base, "/matches/byContent", large, Content_Type=MP4).status == 413
        assert call(base, "/matches/byContent", iter([large]), Content_Type=MP4).status == 413, "of unknown length"
        assert call(base, "/matches/byBinding", b" " * 2001).status == 413
        assert call(base, f"/matches/byBinding?alg={MARK_ALGORITHM}&value=" + "A" * 101).status == 414
        parts, answers = urlsplit(base), []
        with socket.create_connection((parts.hostname, parts.port)) as slow:
            head = f"POST {parts.path}/matches/byContent HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            slow.sendall(f"{head}Content-Type: {MP4}\r\nContent-Length: 1000\r\n\r\nx".encode())
            end = time.monotonic() + 20
            while time.monotonic() < end and 503 not in answers:
                answers.append(call(base, "/matches/byContent", b"y", Content_Type=MP4).status)
            assert answers[-1] == 503, "one is being taken in already"
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
        assert call(base, "/matches/byContent", b"y", Content_Type=MP4).status == 415, "there is room again"
        with socket.create_connection((parts.hostname, parts.port)) as gone:
            gone.sendall(f"{head}Content-Type: {MP4}\r\nContent-Length: 1000\r\n\r\nx".encode())
        end = time.monotonic() + 20
        while (status := call(base, "/matches/byContent", b"y", Content_Type=MP4).status) == 503:
            assert time.monotonic() < end, "who broke off is not waited for"
        assert status == 415


def test_only_this_machine_may_ask_what_stands_alone(service: str, releases: Releases) -> None:
    path = f"/manifests/{releases.live.manifest_id}"
    for host in ("resolver.example", "10.0.0.1", "127.0.0.1.example"):
        assert call(service, path, Host=host).status == 403, "a page in a browser that calls us by its own name"
    for host in ("localhost:99", "127.0.0.1", "[::1]:80"):
        assert call(service, path, Host=host).status == 200
    assert call(service, path, X_Forwarded_For="203.0.113.9").status == 403, "through a proxy on this machine"


def test_whoever_mounts_it_says_who_may_ask(releases: Releases) -> None:
    with serving(releases.options.home, HERE + "guarded") as base:
        for path in (f"/manifests/{releases.live.manifest_id}", f"/matches/byBinding?{BINDING}"):
            assert call(base, path).status == 401
            assert call(base, path, Authorization=f"Bearer {TOKEN}").status == 200
        assert call(base, "/matches/byContent", b"x", Content_Type=MP4).status == 401
        assert call(base, "/services/supportedAlgorithms").status == 200


def test_a_registry_that_is_out_of_order(releases: Releases, tmp_path: Path) -> None:
    broken = tmp_path / "registry.sqlite"
    broken.write_bytes(b"no database" * 1000)
    with serving(tmp_path) as base:
        assert call(base, "/services/status").json["status"] == "down"
        said = by_binding(base, UNKNOWN)
        assert said.status == 500 and str(tmp_path) not in said.body.decode()
        assert call(base, "/matches/byContent", releases.stripped.read_bytes(), Content_Type=MP4).status == 500


def test_many_at_once(service: str, releases: Releases) -> None:
    found: list[object] = []

    def ask() -> None:
        found.append(by_binding(service, releases.live.payload).json)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [matched(releases.live.manifest_id)] * 12


# Files by reference --------------------------------------------------------------------------------------------------

AWAY = [
    ({"referenceUrl": "https://127.0.0.1/a.mp4", "assetLength": 1000}, "no public address"),
    ({"referenceUrl": "https://localhost:8443/a.mp4", "assetLength": 1000}, "no public address"),
    ({"referenceUrl": "https://169.254.169.254/latest/", "assetLength": 1000}, "no public address"),
    ({"referenceUrl": "https://me:secret@127.0.0.2/a.mp4", "assetLength": 1000}, "user name"),
    ({"referenceUrl": "http://127.0.0.2/a.mp4", "assetLength": 1000}, "referenceUrl"),
    ({"referenceUrl": "file:///etc/passwd", "assetLength": 1000}, "referenceUrl"),
    ({"referenceUrl": "https://127.0.0.2/a.mp4"}, "assetLength"),
    ({"referenceUrl": "https://127.0.0.2/a.mp4", "assetLength": 0}, "assetLength"),
    ({"referenceUrl": "https://127.0.0.2/a.mp4", "assetLength": 1 << 50}, "may have"),
    ({"referenceUrl": "https://127.0.0.2/a.mp4", "assetLength": 9, "region": []}, "region"),
    ({"referenceUrl": "https://127.0.0.2:9/a.mp4", "assetLength": 9}, "refused"),
]


def test_files_by_reference_are_fetched_from_public_addresses_alone(releases: Releases) -> None:
    with serving(releases.options.home, HERE + "fetching") as base:
        assert call(base, "/services/capabilities").json["supportedCapabilities"][1:] == ["queryByReference"]
        for body, words in AWAY:
            said = call(base, "/matches/byReference", body)
            assert said.status == 400 and words.lower() in said.json["detail"].lower(), said
            assert "secret" not in said.json["detail"]


def test_a_file_by_reference_leads_to_its_manifest(releases: Releases, tmp_path: Path) -> None:
    certificate, private = self_signed(tmp_path, "127.0.0.2")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(releases.stripped.parent))
    files = ThreadingHTTPServer(("127.0.0.2", 0), handler)
    files.socket = context.wrap_socket(files.socket, server_side=True)
    threading.Thread(target=files.serve_forever, args=(0.05,), daemon=True).start()
    size = releases.stripped.stat().st_size
    asked = {"referenceUrl": f"https://127.0.0.2:{files.server_address[1]}/stripped.mp4", "assetLength": size}
    with serving(releases.options.home, HERE + "fetching", SSL_CERT_FILE=str(certificate)) as base:
        said = call(base, "/matches/byReference", {**asked, "assetType": "video/mp4"})
        assert (said.status, said.json) == (200, matched(releases.live.manifest_id))
        for wrong, words in (({"assetLength": size - 1}, "more than"), ({"assetType": "video/webm"}, "another type")):
            said = call(base, "/matches/byReference", {**asked, **wrong})
            assert said.status == 400 and words in said.json["detail"]
    files.shutdown()
    files.server_close()


# Anything at all -----------------------------------------------------------------------------------------------------

names = st.sampled_from(["alg", "value", "maxResults", "hintAlg", "hintValue", "returnActiveManifest"]) | st.text(
    max_size=5
)
values = st.sampled_from([MARK_ALGORITHM, "AAAAAAAAAAE=", "1", "-1", "true"]) | st.text(max_size=40)
paths = st.sampled_from(["/matches/byBinding", "/matches/byContent", "/services/status"]) | st.text(max_size=60).map(
    lambda text: "/manifests/" + quote(text, safe="")
)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
keys = st.sampled_from(["alg", "value", "x"])
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
bodies = st.none() | st.binary(max_size=200) | trees
kinds = st.sampled_from(["application/json", "text/plain"])


@settings(max_examples=80, deadline=None, derandomize=True)
@given(path=paths, query=st.dictionaries(names, values, max_size=4), body=bodies, kind=kinds)
def test_no_question_makes_it_fail(service: str, path: str, query: dict[str, str], body: object, kind: str) -> None:
    encoded = urlencode({_sent(name): _sent(value) for name, value in query.items()})
    if path == "/matches/byContent" and kind == "application/json":
        kind = "text/plain"  # each look takes a child; what is no video is tested above
    sent = body if isinstance(body, bytes | dict | list) else None
    said = call(service, f"{path}?{encoded}", sent, Content_Type=kind)
    assert said.status in (200, 400, 404, 405, 413, 414, 415)
    if said.status != 200:
        assert said.json["detail"]


def _sent(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
