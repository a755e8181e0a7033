"""Audits over real files: as it was signed, as a platform hands it on, and with one thing taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark import keyring
from countermark.auditing import audit_file
from countermark.disclosure.duties.profile import Profile, chosen, parse
from countermark.disclosure.duties.table import Row
from countermark.errors import UnreadableVideo
from countermark.evidence import CredentialDetails
from countermark.media import EncodeSettings, encode, frames, probe, transcode
from countermark.settings import Limits, Settings
from countermark.stamp import Encoding, facts, stamp
from tests import recipes

SIZE, RATE, COPY = (480, 360), Fraction(25), EncodeSettings(crf=20)
BY_MARK = ("manifest", "synthetic", "model", "time", "mark", "notice", "sound")
DAY = date(2026, 11, 21)
HEAD = """
maker = {}
source = []
profile.id = "mine"
profile.title = "A law of tests"
profile.law = "Test Act"
profile.jurisdiction = "here"
profile.version = 2026-01-01
profile.in_force = 2026-01-01
"""
CHECKS = {
    "manifest": '"manifest.present"',
    "synthetic": '"manifest.says_synthetic"',
    "model": '"manifest.system"',
    "time": '"manifest.time"',
    "mark": '"mark.registered"',
    "bytes": '"c2pa.binding"',
    "notice": '{ check = "label.visible", seconds = 1, at = "start", words = ["AI"] }',
    "declared": '"declared.iptc"',
    "sound": '"sound.marked"',
}


def law() -> Profile:
    rows = (
        f'[[duty]]\nid = "{name}"\narticle = "s. 1"\nwho = "provider"\nsays = "It."\nsince = 2026-01-01\n'
        f'sources = []\ncheck = {check}\nadvice = "do"\n'
        for name, check in CHECKS.items()
    )
    return parse(HEAD + "".join(rows), "mine")


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home, label="AI made this", sound="recorded")


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory, options: Settings) -> Path:
    folder = tmp_path_factory.mktemp("stamped")
    source = recipes.clip(folder / "a.mp4", size=SIZE, seconds=3, audio=True)
    return stamp(source, folder / "b.mp4", facts=facts(model="own/model"), options=options).path


def rows(path: Path, options: Settings) -> dict[str, Row]:
    (found,) = audit_file(path, (law(),), options, DAY).audits
    return {row.duty: row for row in found.rows}


def shown(path: Path) -> Iterator[NDArray[np.uint8]]:
    for moment in frames(path, limits=Limits()):
        yield moment.frame.to_ndarray(format="rgb24")


def outcomes(path: Path, options: Settings) -> dict[str, tuple[str, str | None]]:
    return {duty: (row.outcome, row.basis) for duty, row in rows(path, options).items()}


def test_what_was_stamped_does_its_duties_by_itself(stamped: Path, options: Settings) -> None:
    found = outcomes(stamped, options)
    assert found == {**dict.fromkeys(CHECKS, ("met", "file")), "mark": ("met", "mark")}


def test_a_platforms_copy_does_by_its_mark_what_no_bytes_carry(
    stamped: Path, options: Settings, tmp_path: Path
) -> None:
    transcode(probe(stamped, Limits()), tmp_path / "copy.mp4", EncodeSettings(scale=0.75, crf=22), keep="none")
    found = outcomes(tmp_path / "copy.mp4", options)
    assert {duty: found[duty] for duty in BY_MARK} == dict.fromkeys(BY_MARK, ("met", "mark"))
    assert [found[duty][0] for duty in ("bytes", "declared")] == ["not met", "not met"]


def test_elsewhere_nothing_is_known_of_it(stamped: Path, options: Settings, tmp_path: Path) -> None:
    transcode(probe(stamped, Limits()), tmp_path / "copy.mp4", EncodeSettings(crf=24), keep="none")
    found = rows(tmp_path / "copy.mp4", Settings(home=tmp_path / "other"))
    assert {duty for duty, row in found.items() if row.outcome == "met"} == set()
    assert (found["notice"].outcome, found["sound"].outcome) == ("not decidable", "not decidable")
    assert not (tmp_path / "other").exists(), "looking must leave nothing behind"


def test_elsewhere_a_stranger_signed_it(stamped: Path, tmp_path: Path) -> None:
    found = rows(stamped, Settings(home=tmp_path / "other"))
    assert found["manifest"].outcome == "met", "it holds, whoever signed it"
    for duty in ("notice", "sound"):
        assert found[duty].outcome == "not decidable" and "an unknown signer says so" in found[duty].evidence


def test_a_changed_file_answers_for_nothing_but_by_its_mark(stamped: Path, options: Settings, tmp_path: Path) -> None:
    content = bytearray(stamped.read_bytes())
    place = content.index(b"mdat") + 400
    content[place] ^= 1
    (tmp_path / "changed.mp4").write_bytes(content)
    found = outcomes(tmp_path / "changed.mp4", options)
    assert found["manifest"] == ("met", "mark") and found["bytes"] == ("not met", "file")


def test_a_label_that_was_painted_over_falls_alone(options: Settings, stamped: Path, tmp_path: Path) -> None:
    evidence = audit_file(stamped, (law(),), options, DAY).verdict.evidence
    (claim,) = next(e.details.labels for e in evidence if isinstance(e.details, CredentialDetails))

    def painted() -> Iterator[NDArray[np.uint8]]:
        for picture in shown(stamped):
            x, y = int(claim.region.x * SIZE[0]), int(claim.region.y * SIZE[1])
            across, down = int(claim.region.width * SIZE[0]) + 2, int(claim.region.height * SIZE[1]) + 2
            picture[y : y + down, x : x + across] = picture[y : y + down, x : x + across].mean(axis=(0, 1))
            yield picture

    encode(painted(), tmp_path / "painted.mp4", size=SIZE, frame_rate=RATE, settings=COPY)
    found = rows(tmp_path / "painted.mp4", options)
    assert {duty for duty in BY_MARK if found[duty].outcome != "met"} == {"notice"}
    assert found["notice"].outcome == "not met" and "no longer to be seen" in found["notice"].evidence


def test_labels_that_were_painted_over_at_their_edges_fall(options: Settings, tmp_path: Path) -> None:
    both, seconds = options.model_copy(update={"label": "eu\ncn"}), 6
    source = recipes.clip(tmp_path / "a.mp4", size=SIZE, seconds=seconds)
    fast = Encoding(preset="veryfast")
    labelled = stamp(source, tmp_path / "b.mp4", facts=facts(model="own/model"), encoding=fast, options=both)
    laws = chosen("eu-ai-act-50,cn-gb-45438")
    kept = {"eu": (1.2, 4.8), "cn": (0.7, 2.3)}
    boxes = [(kept[claim.profile], claim.region) for claim in labelled.labels]

    def painted() -> Iterator[NDArray[np.uint8]]:
        for number, picture in enumerate(shown(labelled.path)):
            for (start, end), region in boxes:
                if not start <= number / RATE <= end:
                    x, y = int(region.x * SIZE[0]), int(region.y * SIZE[1])
                    across, down = int(region.width * SIZE[0]) + 2, int(region.height * SIZE[1]) + 2
                    picture[y : y + down, x : x + across] = 90
            yield picture

    def told(path: Path) -> dict[str, tuple[str, str]]:
        held = [row for one in audit_file(path, laws, options, DAY).audits for row in one.rows]
        return {
            row.duty: (row.outcome, row.evidence) for row in held if row.duty in ("deep-fake-label", "visible-label")
        }

    assert {outcome for outcome, _ in told(labelled.path).values()} == {"met"}
    encode(painted(), tmp_path / "painted.mp4", size=SIZE, frame_rate=RATE, settings=replace(COPY, preset="veryfast"))
    found = told(tmp_path / "painted.mp4")
    assert found["deep-fake-label"][0] == "not decidable", "whether it is a deep fake, no program can say"
    assert found["visible-label"][0] == "not met" and "not there at the start" in found["visible-label"][1]


def test_a_label_of_a_copy_that_was_cropped_is_not_looked_for(stamped: Path, options: Settings, tmp_path: Path) -> None:
    cropped = (picture[12:348, 16:464].copy() for picture in shown(stamped))
    encode(cropped, tmp_path / "a.mp4", size=(448, 336), frame_rate=RATE, settings=COPY)
    found = rows(tmp_path / "a.mp4", options)
    assert found["mark"].outcome == "met", found["mark"].evidence
    assert found["notice"].outcome == "not decidable" and "cropped" in found["notice"].evidence


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory, options: Settings) -> Path:
    """Six seconds, of which a label has the first three."""
    folder = tmp_path_factory.mktemp("brief")
    source, labelled = recipes.clip(folder / "a.mp4", size=SIZE, seconds=6), options.model_copy(update={"label": "cn"})
    return stamp(source, folder / "b.mp4", facts=facts(model="own/model"), options=labelled).path


def test_a_label_may_be_older_than_the_credentials(brief: Path, options: Settings, tmp_path: Path) -> None:
    bare = options.model_copy(update={"label": ""})
    again = stamp(brief, tmp_path / "b.mp4", facts=facts(model="own/model"), remark=True, options=bare).path
    found = rows(again, options)["notice"]
    assert found.outcome == "not decidable" and "a label may be older" in found.evidence


@pytest.mark.parametrize(("skipped_s", "outcome"), [(1, "met"), (4, "not met")])
def test_a_copy_that_begins_later_shows_what_is_left_of_a_label(
    brief: Path, options: Settings, tmp_path: Path, skipped_s: int, outcome: str
) -> None:
    later = islice(shown(brief), int(skipped_s * RATE), None)
    encode(later, tmp_path / "late.mp4", size=SIZE, frame_rate=RATE, settings=COPY)
    found = rows(tmp_path / "late.mp4", options)
    assert found["mark"].outcome == "met", found["mark"].evidence
    assert found["notice"].outcome == outcome, found["notice"].evidence


def test_what_is_no_video(options: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(UnreadableVideo):
        audit_file(tmp_path / "a.mp4", (law(),), options)
    silent = recipes.clip(tmp_path / "sound.mp4", audio=True)
    assert outcomes(silent, options)["manifest"] == ("not met", None)


def test_every_profile_that_is_shipped_is_audited(stamped: Path, options: Settings) -> None:
    audited = audit_file(stamped, chosen("all"), options, DAY)
    assert [one.profile for one in audited.audits] == [one.id for one in chosen("all")]
    assert audited.failed, "nobody else trusts a development identity"
    assert all(one.rows for one in audited.audits)
