import json
import time
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import CountermarkError, InputEmpty, InputMissing, InputNotFile, OverLimit, UnreadableVideo
from countermark.evidence import ContainerDetails, Evidence, FailureDetails, Track
from countermark.media import isolation
from countermark.media.facts import Video
from countermark.media.look import (
    Looked,
    finding_from_json,
    finding_to_json,
    look,
    looked_from_json,
    looked_to_json,
    video_from_json,
    video_to_json,
)
from countermark.media.plan import Plan, View, spread
from countermark.media.probe import probe
from countermark.settings import Limits
from countermark.tests import recipes
from countermark.tests.media.examiners import look_job


def limits(**values: Any) -> Limits:
    return Limits.model_validate(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("look")
    for name in ("spoken.mp4", "front.mp4", "hdr10.mp4", "wide-pixels.mp4", "uneven.mp4", "loop.gif"):
        recipes.make(name, made)
    recipes.sound_only(made / "tone.m4a")
    return made


class Counts:
    """Counts the pictures it sees; breaks where it is told to."""

    version = "1"
    track: Track = "video"

    def __init__(self, name: str = "counts", count: int = 4, breaks: str = "") -> None:
        self.name, self._count, self._breaks, self._seen = name, count, breaks, 0

    def plan(self, video: Video) -> Plan:
        self._break("plan")
        return Plan(spread(video.duration_s, self._count)) if self._count else Plan()

    def see(self, view: View) -> None:
        self._break("see")
        self._seen += 1

    def conclude(self, video: Video) -> Evidence:
        self._break("conclude")
        return Evidence(video.digest, "video", self.name, "1", "present", score=self._seen / 100)

    def _break(self, step: str) -> None:
        if step == self._breaks:
            raise RuntimeError(f"broke in {step}\nbadly")


class Reads:
    """Reads the file's first bytes."""

    name, version = "reads", "1"
    track: Track = "container"

    def __init__(self, breaks: bool = False) -> None:
        self._breaks = breaks

    def examine(self, path: Path, digest: str) -> Evidence:
        if self._breaks:
            raise KeyError("no such thing")
        assert path.read_bytes()
        return Evidence(digest, "container", self.name, "1", "absent")


def by_name(looked: Looked) -> dict[str, Evidence]:
    return {evidence.examiner: evidence for evidence in looked.evidence}


def test_everyone_sees_what_they_asked_for(folder: Path) -> None:
    looked = look(folder / "spoken.mp4", (Reads(),), (Counts("a", 4), Counts("b", 7), Counts("c", 0)), limits())
    found = by_name(looked)
    assert [found[name].score for name in "abc"] == [0.04, 0.07, 0.0]
    assert list(found) == ["container", "reads", "a", "b", "c"]
    assert found["container"].finding == "absent"
    assert {evidence.subject for evidence in looked.evidence} == {looked.digest}
    assert looked.video is not None and looked.video.digest == looked.digest
    assert looked.problems == ()


@pytest.mark.parametrize("step", ["plan", "see", "conclude"])
def test_one_that_breaks_spoils_nothing(folder: Path, step: str) -> None:
    examiners = (Counts("good"), Counts("bad", breaks=step), Counts("fine"))
    found = by_name(look(folder / "spoken.mp4", (Reads(breaks=True), Reads()), examiners, limits()))
    assert found["bad"].finding == "failed"
    assert found["bad"].details == FailureDetails(f"RuntimeError: broke in {step} badly")
    assert (found["good"].score, found["fine"].score) == (0.04, 0.04)


def test_a_container_examiner_that_breaks(folder: Path) -> None:
    found = by_name(look(folder / "spoken.mp4", (Reads(breaks=True),), (Counts(),), limits()))
    assert found["reads"].details == FailureDetails("KeyError: 'no such thing'")
    assert found["counts"].finding == "present"


def test_oddities_are_evidence(folder: Path) -> None:
    path = folder / "tail.mp4"
    path.write_bytes((folder / "spoken.mp4").read_bytes() + b"passenger")
    container = by_name(look(path, (), (), limits()))["container"]
    assert container.finding == "present"
    assert isinstance(container.details, ContainerDetails)
    assert "9 bytes after the last box" in container.details.anomalies[0]


def noise(folder: Path) -> Path:
    content = bytearray((folder / "front.mp4").read_bytes())
    at = content.index(b"mdat") + 4
    content[at:] = bytes(len(content) - at)
    (folder / "noise.mp4").write_bytes(content)
    return folder / "noise.mp4"


def headless(folder: Path) -> Path:
    return recipes.cut(folder / "spoken.mp4", folder / "headless.mp4", 0.6)


@pytest.mark.parametrize(
    ("make", "said"),
    [(lambda folder: folder / "tone.m4a", "sound alone"), (noise, "not one picture"), (headless, "headless.mp4")],
)
def test_what_shows_nothing_still_says_what_it_can(folder: Path, make: Any, said: str) -> None:
    looked = look(make(folder), (Reads(),), (Counts(),), limits())
    found = by_name(looked)
    assert looked.video is None
    assert said in looked.problems[0]
    assert found["reads"].finding == "absent"
    assert found["counts"].finding == ("inconclusive" if said == "sound alone" else "failed")
    assert "container" in found


def test_a_file_cut_short_is_looked_at_as_far_as_it_goes(folder: Path) -> None:
    looked = look(recipes.cut(folder / "front.mp4", folder / "half.mp4", 0.6), (Reads(),), (Counts(),), limits())
    found = by_name(looked)
    assert found["counts"].finding == "present"
    assert found["container"].finding == "present"


def test_findings_are_told_as_they_come(folder: Path) -> None:
    """Those of the container before a picture was seen, and what fits together last; one that breaks is told of too."""
    told: list[Evidence] = []
    seen: list[int] = []

    class Watches(Counts):
        def see(self, view: View) -> None:
            super().see(view)
            seen.append(len(told))

    pictures = (Watches("a"), Counts("bad", breaks="see"), Counts("z", 0))
    looked = look(folder / "spoken.mp4", (Reads(), Reads(breaks=True)), pictures, limits(), told.append)
    assert [e.examiner for e in told] == ["reads", "reads", "a", "bad", "z", "container"]
    assert seen == [2, 2, 2, 2]
    assert sorted(told, key=repr) == sorted(looked.evidence, key=repr)
    told.clear()
    looked = look(folder / "tone.m4a", (Reads(),), (Counts(),), limits(), told.append)
    assert [e.examiner for e in told] == ["reads", "counts", "container"] and set(told) == set(looked.evidence)


def test_a_finding_travels_through_json_exactly(folder: Path) -> None:
    for found in look(folder / "uneven.mp4", (Reads(breaks=True),), (Counts(),), limits()).evidence:
        assert finding_from_json(json.loads(json.dumps(finding_to_json(found)))) == found
        with pytest.raises(ValueError):
            finding_from_json([finding_to_json(found)])


def test_what_is_still_an_error(folder: Path) -> None:
    (folder / "text.mp4").write_text("Dear Sir, " * 100)
    (folder / "empty.mp4").touch()
    for path, kind in (
        (folder / "missing.mp4", InputMissing),
        (folder, InputNotFile),
        (folder / "empty.mp4", InputEmpty),
        (folder / "text.mp4", UnreadableVideo),
    ):
        with pytest.raises(kind):
            look(path, (Reads(),), (Counts(),), limits())
    with pytest.raises(OverLimit):
        look(folder / "spoken.mp4", (Reads(),), (Counts(),), limits(max_pixels=100))


def test_values_travel_through_json_exactly(folder: Path) -> None:
    for name in ("hdr10.mp4", "wide-pixels.mp4", "uneven.mp4", "loop.gif", "spoken.mp4"):
        video = probe(folder / name, limits())
        assert video_from_json(json.loads(json.dumps(video_to_json(video)))) == video
        looked = look(folder / name, (Reads(), Reads(breaks=True)), (Counts(),), limits())
        assert looked_from_json(json.loads(json.dumps(looked_to_json(looked)))) == looked


@pytest.mark.parametrize(
    "change",
    [
        {"geometry": {"width": 0, "height": 4}},
        {"geometry": {"width": 4, "height": 4, "rotation": 45}},
        {"frame_rate": "none"},
        {"digest": 5},
        {"container": None},
    ],
)
def test_a_child_that_lies_is_not_believed(folder: Path, change: dict[str, Any]) -> None:
    plain = video_to_json(probe(folder / "spoken.mp4", limits()))
    with pytest.raises(ValueError):
        video_from_json({**plain, **change})
    with pytest.raises(ValueError):
        looked_from_json({"video": None, "digest": "x", "bytes": "many", "evidence": []})


def test_a_look_in_the_limited_child(folder: Path) -> None:
    """All of it under the real limits: decoding threads, memory, no network, no writing."""
    for name in ("spoken.mp4", "hdr10.mp4", "loop.gif", "tone.m4a"):
        here = look(folder / name, (), (), limits())
        there = looked_from_json(isolation.run(look_job, folder / name, 6, limits=limits()))
        assert there.video == here.video
        assert by_name(there)["brightness"].finding == ("inconclusive" if name == "tone.m4a" else "present")


def test_a_4k_look_fits_its_limits(tmp_path: Path) -> None:
    path = recipes.clip(
        tmp_path / "4k.mp4",
        size=(3840, 2160),
        seconds=0.2,
        codec="libx265",
        pixel_format="yuv420p10le",
        options={"preset": "ultrafast", "x265-params": "log-level=none"},
    )
    looked = looked_from_json(isolation.run(look_job, path, 3, limits=limits()))
    assert looked.problems == ()
    assert by_name(looked)["brightness"].finding == "present"


def test_a_bomb_is_an_error_of_ours(tmp_path: Path) -> None:
    path = recipes.bomb(tmp_path / "bomb.mp4", (4608, 4608))
    with pytest.raises(OverLimit, match="4608x4608"):
        isolation.run(look_job, path, 3, limits=limits())


def test_damaged_files_in_the_child(folder: Path) -> None:
    import random

    source = (folder / "spoken.mp4").read_bytes()
    for seed in range(12):
        chance = random.Random(seed)
        content = bytearray(source)
        for _ in range(30):
            content[chance.randrange(len(content))] = chance.randrange(256)
        (folder / "damaged.mp4").write_bytes(content)
        try:
            looked = looked_from_json(isolation.run(look_job, folder / "damaged.mp4", 6, limits=limits()))
            assert looked.digest
        except CountermarkError as error:
            assert str(error)


def test_a_look_is_cheap_after_the_first(folder: Path) -> None:
    isolation.run(look_job, folder / "spoken.mp4", 2, limits=limits())
    times = []
    for _ in range(6):
        started = time.perf_counter()
        isolation.run(look_job, folder / "spoken.mp4", 2, limits=limits())
        times.append(time.perf_counter() - started)
    assert min(times) < 0.15
