import numpy as np
import pytest

from countermark.generator.sketch.words import EMPTY, LENGTH, SIZE, TOPICS, WORDS, known, read


def test_every_word_has_a_place_in_the_network() -> None:
    assert len(WORDS) == len(set(WORDS)) < SIZE
    numbers = {read(word).numbers for word in WORDS if word != "in"}
    assert len(numbers) == len(WORDS) - 1


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("A big red ball is falling over the ocean", ("large", "red", "ball", "falls", "sea")),
        ("two tiny golden stars over green hills at dusk", ("two", "small", "yellow", "star", "hills", "sunset")),
        ("a ring in the sky, camera zooms in", ("ring", "sky", "camera", "zooms", "in")),
        ("a heart in rain", ("heart", "rain")),
        ("a heart moves up", ("heart", "rises")),
        ("the night sky", ("sky", "night")),
        ("3 crosses", ("three", "cross")),
    ],
)
def test_what_is_said_otherwise_means_the_same(prompt: str, words: tuple[str, ...]) -> None:
    assert read(prompt).words == words
    assert read(prompt).warnings == ()


def test_an_unknown_word_is_told_with_the_nearest() -> None:
    (warning,) = read("a red trangle over the sea").warnings
    assert "'trangle'" in warning and "triangle" in warning


@pytest.mark.parametrize("word", ["playing", "ein", "slow", "boat", "paris"])
def test_a_word_that_is_only_a_little_alike_is_no_guess(word: str) -> None:
    warning = read(f"a {word} ball").warnings[0]
    assert repr(word) in warning and "did you mean" not in warning


def test_a_word_like_none_is_told_with_what_there_is() -> None:
    warning = read("a red elephant over the sea").warnings[0]
    assert "'elephant'" in warning and all(word in warning for word in TOPICS["objects"])


def test_a_prompt_without_an_object_or_a_scene_is_told() -> None:
    assert any("no word says what to show" in warning for warning in read("slowly, and red").warnings)


def test_more_words_than_are_read_are_told() -> None:
    found = read(" ".join(["red ball over the sea"] * 9))
    assert len(found.words) == LENGTH and any("left out" in warning for warning in found.warnings)


def test_what_is_empty_is_empty() -> None:
    assert read("").numbers == (EMPTY,) * LENGTH


def test_the_documentation_lists_every_word() -> None:
    listed = " ".join(word for words in known().values() for word in words)
    assert all(word in listed for word in WORDS)


def test_captions_of_training_are_understood_whole() -> None:
    from countermark.bench.generator.rendered.grammar import any_shot, caption

    for number in range(500):
        rng = np.random.default_rng(number)
        said = caption(any_shot(rng), rng)
        assert read(said).warnings == (), said
