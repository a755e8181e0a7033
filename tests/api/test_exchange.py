"""Hasher-Matcher-Actioner's forms, served: asked as its documents say and by our own client, read by its package."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails
from countermark.moderation.banking import Banking
from countermark.moderation.banks import Elsewhere, Frame, MatchElsewhere, Signals, vpdq
from countermark.moderation.hooks import Endpoints, Outbox
from countermark.settings import Service, Settings
from countermark.tests.jobs.rooms import serving as folder_served
from countermark.tests.moderation.banks.package import PdqSignal, VideoSHA256Signal, VPDQIndex, VPDQSignal
from countermark.tests.moderation.people.rooms import Room
from countermark.tests.recipes import clip, pictures
from tests.api.served import DIGEST, Place, serving


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(tmp_path_factory.mktemp("home"), unsafe_private_addresses=True, upload_bytes=2_000_000) as made:
        yield made


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    clip(folder / "a.mp4", seconds=2, size=(320, 240))
    clip(folder / "poorer.mp4", seconds=2, size=(160, 120), options={"crf": "34"}, source=halved)
    clip(folder / "other.mp4", seconds=2, size=(320, 240), seed=5)
    return folder


def halved(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
    for rgb in pictures(count, (320, 240), seed):
        yield np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def ask(place: Place, method: str, path: str, **more: object) -> httpx.Response:
    headers = place.key("moderation:read", "banks:write")
    return place.ask(method, path, headers=headers, **more)


def sent(path: Path, field: str = "video") -> dict[str, tuple[str, bytes]]:
    return {field: (path.name, path.read_bytes())}


def test_a_file_is_hashed_and_the_package_reads_it(place: Place, films: Path) -> None:
    said = ask(place, "POST", "/h/hash", files=sent(films / "a.mp4"))
    assert said.status_code == 200, said.text
    hashes = said.json()
    assert set(hashes) == {"video_sha256", "vpdq"}
    assert VideoSHA256Signal.validate_signal_str(hashes["video_sha256"])
    assert VideoSHA256Signal.hash_from_file(films / "a.mp4") == hashes["video_sha256"]
    index = VPDQIndex.build([(VPDQSignal.validate_signal_str(hashes["vpdq"]), "a")])
    copy = ask(place, "POST", "/h/hash", files=sent(films / "poorer.mp4"), params={"types": "vpdq"}).json()
    assert set(copy) == {"vpdq"} and [one.metadata for one in index.query(copy["vpdq"])] == ["a"]
    body = (films / "a.mp4").read_bytes()
    headers = {**place.key("moderation:read"), "Content-Type": "video/mp4"}
    assert place.ask("POST", "/h/hash", content=body, headers=headers).json() == hashes
    with folder_served(films) as url:
        assert ask(place, "GET", "/h/hash", params={"url": f"{url}/a.mp4"}).json() == hashes
        assert ask(place, "GET", "/h/hash", params={"url": f"{url}/none.mp4"}).status_code == 422


def test_a_bank_is_filled_and_asked_as_its_documents_have_it(place: Place, films: Path) -> None:
    made = ask(place, "POST", "/c/banks", json={"name": "SAMPLES", "enabled_ratio": "1.0"})
    assert (made.status_code, made.json()) == (201, {"name": "SAMPLES", "matching_enabled_ratio": 1.0})
    assert made.json() in ask(place, "GET", "/c/banks").json()
    banked = ask(place, "POST", "/c/bank/SAMPLES/content", files=sent(films / "a.mp4")).json()
    assert banked["id"] == 1 and set(banked["signals"]) == {"video_sha256", "vpdq"}
    by_signal = ask(place, "POST", "/c/bank/SAMPLES/signal", json={"pdq": 64 * "b"}).json()
    assert by_signal == {"id": 2, "signals": {"pdq": 64 * "b"}}
    with folder_served(films) as url:
        where, more = {"url": f"{url}/other.mp4"}, {"metadata": {"content_id": "case 7"}}
        assert ask(place, "POST", "/c/bank/SAMPLES/content", params=where, json=more).json()["id"] == 3
    assert place.service.banks.contents("main", "SAMPLES", after=2)[0].note == "case 7"
    asked = {"signal": 63 * "b" + "a", "signal_type": "pdq"}
    far = PdqSignal.compare_hash(64 * "b", asked["signal"]).distance.distance
    by_bank = {"SAMPLES": [{"bank_content_id": 2, "distance": str(far)}]}
    assert ask(place, "GET", "/m/lookup", params=asked).json() == by_bank
    found = ask(place, "POST", "/m/lookup", files=sent(films / "poorer.mp4")).json()
    assert found["video_sha256"] == {} and [one["bank_content_id"] for one in found["vpdq"]["SAMPLES"]] == [1]
    off = ask(place, "PUT", "/c/bank/SAMPLES", json={"enabled": False}).json()
    assert off["matching_enabled_ratio"] == 0.0 == ask(place, "GET", "/c/bank/SAMPLES").json()["matching_enabled_ratio"]
    assert ask(place, "GET", "/m/lookup", params=asked).json() == {}
    assert ask(place, "DELETE", "/c/bank/SAMPLES/content/2").json() == {"deleted": 1}
    assert ask(place, "DELETE", "/c/bank/SAMPLES/content/2").status_code == 404
    assert {one["name"] for one in ask(place, "GET", "/c/signal_type").json()} == {"pdq", "vpdq", "video_sha256"}
    assert ask(place, "DELETE", "/c/bank/SAMPLES").json() == {"message": "Done"}
    assert ask(place, "GET", "/c/bank/SAMPLES").status_code == 404


def test_our_own_client_asks_it(place: Place) -> None:
    frames = tuple(Frame(f"{7919**number:064x}", 90, number / 2) for number in range(8, 14))
    place.service.banks.create("main", "PARTNER", "test")
    for one in (Signals(DIGEST), Signals(pdq=64 * "d"), Signals(vpdq=frames)):
        place.service.banks.add("main", "PARTNER", one, "test")
    token = place.key("moderation:read")["Authorization"].partition(" ")[2]
    found = Elsewhere(place.base, token=token).looked_up(Signals(DIGEST, 64 * "d", frames))
    told = [("1", "-"), ("2", "0"), ("3", "100%[100%]")]
    assert found == tuple(MatchElsewhere("PARTNER", *one) for one in told)


def test_checks_are_held_to_it(place: Place, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(place.key("moderation:read")["Authorization"].partition(" ")[2] + "\n")
    token.chmod(0o600)
    place.service.banks.create("main", "THEIRS", "test")

    def room(url: str) -> Room:
        service = Service(hma=url, hma_banks="THEIRS, NOTHING", hma_token_file=token)
        return Room(Settings(home=tmp_path / "home", detector="never", service=service), "ten_hma")

    there = room(place.base)
    of = there.item()
    place.service.banks.add("main", "THEIRS", Signals(of.content_hash), "test")
    endpoint = Endpoints(there.options).create(there.tenant, "", who="test", way="kafka", kinds=["bank.matched"])
    hashes = tuple(f"{7919**number:064x}" for number in range(8, 14))
    look = FingerprintDetails("pdq", (0.0, 0.5, 1.0, 1.5, 2.0, 2.5), hashes, 6 * (90,))
    check, banking = there.docket.get(of.check_id), Banking(there.options)
    for _ in range(2):  # a worker that died over it does it again
        banking.by_look(check, look)
    assert banking.facts(of, None) == {"bank.THEIRS.matched": True, "bank.NOTHING.matched": False}
    assert not banking.closed(of.check_id)
    (told,) = Outbox(there.options).page(there.tenant, endpoint_id=endpoint.id)
    assert json.loads(told.body)["data"]["matches"] == [{"elsewhere": "THEIRS", "content_id": "1"}]
    other = room("http://127.0.0.1:9").item("2")
    Banking(room("http://127.0.0.1:9").options).by_look(there.docket.get(other.check_id), look)
    assert banking.facts(other, None) == {}, "who does not answer says neither yes nor no"


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/h/hash", {"files": {"other": ("a", b"x")}}, 422),
        ("/h/hash", {"files": {"video": ("a", b"no film")}}, 422),
        ("/h/hash", {"files": {"photo": ("a", b"no picture")}}, 422),
        ("/h/hash", {"files": {"video": ("a", b"x")}, "params": {"types": "tmk"}}, 422),
        ("/h/hash", {"files": {"video": ("a", b"x")}, "params": {"content_type": "sound"}}, 422),
        ("/h/hash", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ("/h/hash", {"files": {"video": ("a", 2_200_000 * b"x")}}, 413),
        ("/c/banks", {"json": {"name": "small"}}, 422),
        ("/c/bank/NONE/content", {"json": {"pdq": 64 * "a"}}, 404),
        ("/c/bank/THERE/content", {"json": {"pdq": 64 * "a"}}, 422),
        ("/c/bank/THERE/content", {"params": {"url": "file:///etc/passwd"}}, 422),
        ("/c/bank/THERE/signal", {"json": {"pdq": "short"}}, 422),
        ("/c/bank/THERE/signal", {"json": {}}, 422),
        ("/c/bank/THERE/signal", {"content": b"{"}, 422),
    ],
)
def test_what_does_not_fit_is_refused(place: Place, path: str, asked: dict[str, object], status: int) -> None:
    if "THERE" in path and not any(one.name == "THERE" for one in place.service.banks.listed("main")):
        place.service.banks.create("main", "THERE", "test")
    headers = {**place.key("moderation:read", "banks:write"), **asked.pop("headers", {})}  # type: ignore[dict-item]
    said = place.ask("POST", path, headers=headers, **asked)
    assert said.status_code == status, said.text
    assert said.headers["content-type"] == "application/problem+json" and said.json()["advice"]


@pytest.mark.parametrize(
    "asked", [{"signal": "x", "signal_type": "pdq"}, {"signal": 64 * "a", "signal_type": "tmk"}, {}]
)
def test_a_lookup_that_does_not_fit_is_refused(place: Place, asked: dict[str, str]) -> None:
    assert ask(place, "GET", "/m/lookup", params=asked).status_code == 422


def test_a_machine_inside_is_not_fetched_from(tmp_path: Path, films: Path) -> None:
    with serving(tmp_path / "home") as guarded, folder_served(films) as url:
        said = ask(guarded, "GET", "/h/hash", params={"url": f"{url}/a.mp4"})
    assert said.status_code == 422 and "public" in said.json()["detail"]


def test_frames_of_the_package_are_read_as_they_are(place: Place) -> None:
    signal = f'["{64 * "e"},100,0.033"]'
    assert vpdq.read(VPDQSignal.validate_signal_str(signal))[0].seconds == 0.033
    assert ask(place, "GET", "/m/lookup", params={"signal": signal, "signal_type": "vpdq"}).json() == {}
