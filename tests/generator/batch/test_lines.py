"""Lines become requests; what is wrong with any of them is told with its number, before anything is made."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from countermark.errors import InputMissing, InputUnfit
from countermark.generator import Camera
from countermark.generator.batch import Common, LinesWrong, read
from countermark.settings import Settings


@pytest.fixture
def common(tmp_path: Path) -> Common:
    (tmp_path / "out").mkdir()
    return Common(tmp_path / "out", Settings(home=tmp_path / "home"))


def written(common: Common, *lines: object) -> Path:
    path = common.folder.parent / "prompts.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


BALL = {"prompt": "a red ball over the sea", "model": "procedural"}


def test_a_line_is_a_request(common: Common) -> None:
    full = {**BALL, "output": "ball.mp4", "size": "320x240", "seconds": 1, "fps": "30000/1001", "seed": 7}
    first, second = read(written(common, full, "", {**BALL, "fps": 12.5}), common)
    assert (first.line, second.line) == (1, 3)
    assert (first.output, second.output) == (common.folder / "ball.mp4", common.folder / "00003.mp4")
    assert first.request.size == (320, 240) and first.request.frame_rate == Fraction(30000, 1001)
    assert second.request.frame_rate == Fraction(25, 2) and first.request.seed == 7
    assert first.plan.frames == 30 and not first.finished


def test_defaults_are_for_lines_that_say_nothing(common: Common) -> None:
    lines = written(common, {"prompt": "the sea"}, {"prompt": "the sea", "camera": "zoom-in", "output": "b.mp4"})
    first, second = read(lines, common, {"model": "procedural", "camera": "pan-left", "seconds": 1})
    assert first.request.camera is Camera.PAN_LEFT and second.request.camera is Camera.ZOOM_IN
    assert first.request.seconds == second.request.seconds == 1


def test_every_wrong_line_is_told_with_its_number(common: Common) -> None:
    (common.folder / "there.mp4").write_bytes(b"another's")
    wrong = {
        1: ("{nonsense", "no JSON"),
        2: ([1], "no JSON object"),
        3: ({}, "prompt: it is missing"),
        4: ({**BALL, "prompt": " "}, "prompt is empty"),
        5: ({**BALL, "colour": "red"}, "no field is called 'colour'"),
        6: ({**BALL, "seconds": "long"}, "seconds: it is to be a number"),
        7: ({**BALL, "size": "321x240"}, "nearest size is 320x240"),
        8: ({**BALL, "output": "../out.mp4"}, "no plain name"),
        9: ({**BALL, "image": "none.png"}, "procedural can't do this: image"),
        10: ({**BALL, "model": "no-such-model"}, "no-such-model"),
        11: ({**BALL, "audio": "none.wav"}, "no such file"),
        12: ({**BALL, "output": "there.mp4"}, "is there already"),
        13: ({**BALL, "output": "Same.mp4"}, ""),
        14: ({**BALL, "output": "same.mp4"}, "line 13 names same.mp4, too"),
        15: ({**BALL, "fps": "often"}, "fps: it is to be a number or a fraction"),
        16: ("[" * 100_000, "no JSON"),
        17: ({**BALL, "output": ""}, "no plain name"),
        18: ({**BALL, "output": "x.txt"}, "no video is written as .txt"),
        19: ({**BALL, "size": "4096x128"}, "4096x128"),
        20: ({**BALL, "size": "64x64"}, "128x128"),
    }
    with pytest.raises(LinesWrong) as caught:
        read(written(common, *(line for line, _ in wrong.values())), common)
    told = dict(caught.value.problems)
    assert set(told) == set(wrong) - {13}
    for number, what in told.items():
        assert wrong[number][1] in what, what
        assert f"line {number}: " in str(caught.value)


def test_all_that_is_wrong_with_a_line_is_told_at_once(common: Common) -> None:
    first = {**BALL, "colour": "red", "size": "7x7", "audio": "none.wav", "output": "a/b.mp4"}
    second = {"prompt": "the sea", "model": "kling", "seconds": "long", "camara": "still", "camera": "spin"}
    with pytest.raises(LinesWrong, match="for 2 of its lines") as caught:
        read(written(common, first, second), common)
    told = caught.value.problems
    wanted = {1: ("colour", "128x128", "none.wav", "plain name"), 2: ("http:kling", "a number", "camera", "'still'")}
    for number, words in wanted.items():
        for word in words:
            assert any(word in what for line, what in told if line == number), (number, word, told)
    assert len(told) == 8


def test_a_file_without_requests_is_refused(common: Common) -> None:
    with pytest.raises(InputUnfit, match="no line"):
        read(written(common, "", "  "), common)
    with pytest.raises(InputMissing):
        read(common.folder / "none.jsonl", common)
    path = written(common)
    path.write_bytes(b'{"prompt": "\xff"}')
    with pytest.raises(InputUnfit, match="UTF-8"):
        read(path, common)


def test_the_digest_is_of_all_that_is_asked(common: Common, tmp_path: Path) -> None:
    sound = tmp_path / "sound.wav"
    sound.write_bytes(b"one")
    line = {**BALL, "audio": "sound.wav"}
    (before,) = read(written(common, line), common)
    assert before.digest == read(written(common, line), common)[0].digest
    others = [{**line, "seed": 1}, {**line, "seconds": 2}, {**line, "audio_is": "recorded"}, BALL]
    digests = {read(written(common, one), common)[0].digest for one in others}
    sound.write_bytes(b"two")
    digests.add(read(written(common, line), common)[0].digest)
    assert len(digests | {before.digest}) == 6


@pytest.mark.parametrize(
    "changed",
    [{"label": "AI MADE THIS"}, {"profile": "eu-ai-act-50"}, {"machine_labels": "tags"}, {"mark_key": "mine"}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_to_be_labelled_otherwise_is_another_request(common: Common, changed: dict[str, str]) -> None:
    lines = written(common, BALL)
    (before,), other = read(lines, common), common.options.model_copy(update=changed)
    (after,) = read(lines, replace(common, options=other))
    assert before.digest != after.digest
