"""A prompt is read word by word; what is not known is said."""

from fractions import Fraction

import pytest

from countermark.errors import PromptInvalid
from countermark.generator.procedural import Shot, understood, words
from scripts import write_words


@pytest.mark.parametrize(
    ("prompt", "field", "value"),
    [
        ("a sunset over the sea", "light", "sunset"),
        ("the city", "light", "night"),
        ("the city by day", "light", "day"),
        ("mountains", "water", False),
        ("mountains by a lake", "water", True),
        ("a boat below the hills", "water", True),
        ("a pan left over the hills", "move", "pan_left"),
        ("zoom out of the forest", "move", "zoom_out"),
        ("a slow pan over the dunes", "pace", 0.5),
        ("heavy-rain", "weather", "rain"),
        ("THE OCEAN AT NIGHT", "light", "night"),
        ("foggy woods", "backdrop", "forest"),
        ("the city at night in the rain", "light", "night"),
        ("rain over the city", "light", "overcast"),
        ("hills without clouds", "cover", 0.06),
        ("a lake and no rain", "weather", "dry"),
    ],
)
def test_words_choose_the_scene(prompt: str, field: str, value: object) -> None:
    assert getattr(understood(prompt).scene, field) == value


def test_colours_and_numbers_belong_to_the_thing_that_follows() -> None:
    balloons, boat, birds = understood("two green balloons, a red boat and birds").scene.things
    assert (balloons.kind, balloons.count, balloons.colour) == ("balloon", 2, (0.16, 0.55, 0.25))
    assert (boat.count, boat.colour) == (1, (0.82, 0.13, 0.12))
    assert birds.count > 1 and birds.colour is None


def test_unknown_words_come_with_the_nearest_known_ones() -> None:
    seen = understood("a samurai before the mountian")
    assert [word.word for word in seen.unknown] == ["samurai", "mountian"]
    assert seen.unknown[0].nearest == () and seen.unknown[1].nearest[0] == "mountain"
    assert "did you mean mountain" in seen.warnings[1]


def test_no_known_word_falls_back_and_says_so() -> None:
    seen = understood("xylophone quartet")
    assert seen.fallback and seen.scene.water
    assert "shows the sea by day" in seen.warnings[-1]
    assert not understood("sunset").fallback


def test_other_alphabets_are_reported_not_dropped() -> None:
    assert [word.word for word in understood("закат над морем").unknown] == ["закат", "над", "морем"]


def test_every_listed_word_is_known() -> None:
    for topic, listed in words().items():
        for entry in listed:
            for word in entry.replace("(", "").replace(")", "").replace(",", "").split():
                assert not understood(word).unknown, (topic, word)


@pytest.mark.parametrize(
    ("size", "nearest"),
    [((127, 128), "128x128"), ((321, 240), "320x240"), ((5000, 100), "4096x128"), ((0, -4), "128x128")],
)
def test_sizes_are_refused_with_the_nearest_one(size: tuple[int, int], nearest: str) -> None:
    with pytest.raises(PromptInvalid) as refused:
        Shot("sea", size=size)
    assert nearest in refused.value.advice


def test_frames_are_counted_exactly() -> None:
    assert Shot("sea", seconds=10.0, frame_rate=Fraction(30000, 1001)).frames == 300
    assert Shot("sea", seconds=0.001).frames == 1


def test_every_word_is_in_the_documents() -> None:
    page = write_words.DOCS / "generate.md"
    assert page.read_text() == write_words.written(page, words()), "run `python -m scripts.write_words`"
