"""The full circle through the real command: what was stamped comes back from copies, and what was changed shows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.media import EncodeSettings, Geometry, encode, frames, probe, transcode
from countermark.settings import Limits
from countermark.watermark import OPEN_KEY, Embedder
from tests import recipes
from tests.cli.command import Ran, run
from tests.keyring import kms
from tests.keyring.authority import Authority as Issuer
from tests.provenance.authorities import Authority, TimeServer

SIZE, RATE, SECONDS = (640, 480), Fraction(25), 4
COPY = EncodeSettings(scale=0.75, crf=28)
Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Released:
    """A clip that was generated, stamped under a timestamp, and the home where that was done."""

    home: Path
    path: Path
    payload: str
    manifest_id: str


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    home = tmp_path_factory.mktemp("circle")
    assert run(home, "keys", "init", "-q").code == 0
    authority = Authority("A time authority")
    (home / "tsa.pem").write_text(authority.pem)
    assert run(home, "trust", "add", "tsa.pem", "--for", "timestamps").code == 0
    with TimeServer(authority) as server:
        made = ("--seconds", SECONDS, "--size", "640x480", "--fps", RATE)
        ran = run(home, "generate", "a lighthouse by the sea", "-o", "clip.mp4", *made, "--json", tsa=server.url)
        assert ran.code == 0, ran.err
        assert server.asked == 1
    (item,) = ran.report()["results"]
    yield Released(home, home / "clip.mp4", item["payload"], item["manifest_id"])


def judged(home: Path, *given: object, **settings: object) -> Any:
    ran = run(home, "verify", *given, "--json", **settings)
    assert ran.code == 0, ran.err
    (item,) = ran.report()["results"]
    return item["verdict"]


def details(verdict: Any, kind: str) -> Any:
    return next(e["details"] for e in verdict["evidence"] if e["details"] and e["details"]["kind"] == kind)


def shown(path: Path) -> Iterator[Picture]:
    for moment in frames(path, limits=Limits()):
        yield moment.frame.to_ndarray(format="rgb24")


def changed(released: Released, name: str, change: Callable[[int, Picture], Picture]) -> Path:
    """A platform's copy of what was stamped, with something done to its pictures before."""
    target = released.home / name
    pictures = (change(number, rgb) for number, rgb in enumerate(shown(released.path)))
    encode(pictures, target, size=SIZE, frame_rate=RATE, settings=COPY)
    return target


def test_what_was_stamped_is_proven_and_its_time_is_vouched_for(released: Released) -> None:
    verdict = judged(released.home, released.path)
    assert (verdict["outcome"], verdict["basis"]) == ("ai_generated", ["signed", "mark"])
    assert details(verdict, "credentials")["signed_at"]


def test_a_platforms_copy_is_recovered_and_no_change_is_seen(released: Released) -> None:
    copy = released.home / "copy.mp4"
    transcode(probe(released.path, Limits()), copy, COPY, keep="none")
    verdict = judged(released.home, copy)
    assert (verdict["outcome"], verdict["basis"]) == ("ai_generated", ["mark", "recovered"]), verdict["reasons"]
    assert details(verdict, "record")["manifest_id"] == released.manifest_id
    assert "no change seen, down to" in " ".join(verdict["reasons"])
    assert details(verdict, "changes")["changes"] == []


def test_a_face_that_was_swapped_in_the_copy_is_found(released: Released) -> None:
    other = next(recipes.pictures(1, (96, 120), seed=77))

    def swap(number: int, rgb: Picture) -> Picture:
        if not 25 <= number < 75:
            return rgb
        face = np.zeros((120, 96), np.uint8)
        cv2.ellipse(face, (48, 60), (44, 56), 0, 0, 360, 255, -1)
        soft = cv2.GaussianBlur(face, (9, 9), 0)[:, :, None] / 255.0
        rgb = rgb.copy()
        place = rgb[200:320, 380:476]
        place[:] = (soft * other + (1 - soft) * place).astype(np.uint8)
        return rgb

    verdict = judged(released.home, changed(released, "swapped.mp4", swap), "--heat-map", "heat.png")
    assert verdict["outcome"] == "altered", verdict["reasons"]
    assert "ai_generated" in verdict["also"] and verdict["sureness"] == "likely"
    assert any(
        change["region"]
        and change["span"]["start_s"] < 2.5
        and change["span"]["end_s"] > 1.5
        and change["region"]["x"] < 476 / 640
        and change["region"]["x"] + change["region"]["width"] > 380 / 640
        for change in details(verdict, "changes")["changes"]
    )
    drawn = cv2.imread(str(released.home / "heat.png"))
    assert drawn is not None and drawn.std() > 1


def test_a_mark_on_other_pictures_is_a_conflict(released: Released) -> None:
    moved = released.home / "moved.mp4"
    encode(
        recipes.pictures(50, SIZE, seed=9),
        moved,
        size=SIZE,
        frame_rate=RATE,
        settings=EncodeSettings(),
        touch=Embedder(released.payload, OPEN_KEY, Geometry(*SIZE)),
    )
    verdict = judged(released.home, moved)
    assert verdict["outcome"] == "conflict", verdict["reasons"]


def test_what_was_taken_back_proves_nothing_and_says_why(released: Released) -> None:
    recipes.clip(released.home / "mistake.mp4", size=SIZE, seconds=1, seed=4)
    (item,) = run(released.home, "stamp", "mistake.mp4", "--json").report()["results"]
    assert run(released.home, "registry", "revoke", item["manifest_id"], "--reason", "wrong prompt").code == 0
    copy = released.home / "mistake.copy.mp4"
    transcode(probe(released.home / item["output"], Limits()), copy, COPY, keep="none")
    verdict = judged(released.home, copy)
    assert verdict["outcome"] == "declared_ai"
    assert "wrong prompt" in " ".join(verdict["reasons"])


def stamped_without_time(home: Path, policy: str) -> Ran:
    """Port 9 is where nobody answers."""
    return run(home, "stamp", "untimed.mp4", "--json", tsa="http://127.0.0.1:9/tsa", tsa_when_down=policy)


def test_without_the_time_nothing_is_released_unless_so_decided(released: Released) -> None:
    home = released.home
    recipes.clip(home / "untimed.mp4", size=SIZE, seconds=1, seed=5)
    ran = stamped_without_time(home, "refuse")
    assert ran.code >= 10 and "timestamp" in ran.err
    assert not (home / "untimed.stamped.mp4").exists()

    ran = stamped_without_time(home, "later")
    assert ran.code == 0, ran.err
    (item,) = ran.report()["results"]
    assert details(judged(home, item["output"]), "credentials")["signed_at"] is None
    authority = Authority("Another time authority")
    (home / "later.pem").write_text(authority.pem)
    assert run(home, "trust", "add", "later.pem", "--for", "timestamps").code == 0
    with TimeServer(authority) as server:
        ran = run(home, "keys", "retimestamp", tsa=server.url)
    assert ran.code == 0, ran.err
    verdict = judged(home, item["output"])
    assert (verdict["outcome"], verdict["basis"]) == ("ai_generated", ["signed", "mark"]), verdict["reasons"]
    assert details(verdict, "credentials")["signed_at"]
    assert details(verdict, "credentials")["manifest_id"] != item["manifest_id"]


def test_a_key_that_never_leaves_its_service_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with kms.service(monkeypatch) as there:
        issuer = Issuer()
        key_id, public = there.make()
        named = {
            "signer": "kms",
            "signer_kms_key": key_id,
            "signer_kms_region": kms.REGION,
            "signer_kms_endpoint": there.url,
        }
        chain = issuer.chain(tmp_path, public)
        assert run(tmp_path, "keys", "import", chain, **named).code == 0
        (tmp_path / "root.pem").write_text(issuer.trusted_root())
        assert run(tmp_path, "trust", "add", "root.pem").code == 0
        recipes.clip(tmp_path / "clip.mp4", size=SIZE, seconds=1)
        ran = run(tmp_path, "stamp", "clip.mp4", "--json", **named)
        assert ran.code == 0, ran.err
        (item,) = ran.report()["results"]
        verdict = judged(tmp_path, item["output"], **named)
    assert (verdict["outcome"], verdict["basis"]) == ("ai_generated", ["signed", "mark"]), verdict["reasons"]
    assert not details(verdict, "credentials")["development"]
    assert b"PRIVATE" not in b"".join(file.read_bytes() for file in (tmp_path / "keys").rglob("*") if file.is_file())
