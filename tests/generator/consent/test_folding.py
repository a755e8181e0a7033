"""Words are found however they are written, and not where they are only part of another."""

import pytest

from countermark.generator.consent.folding import GONE, Phrases, readings


def found(phrases: list[str], text: str) -> bool:
    known = Phrases.of(phrases)
    return any(known.find(words) for words in readings(text))


@pytest.mark.parametrize(
    "text",
    [
        "a secret door",
        "SECRET!",
        "sécrët",
        "s e c r e t",
        "s.e.c.r.e.t door",
        "s-3-c-r-e-t",
        "$3cr3t",
        "5ecret",
        "se\u200bcret",
        "ｓｅｃｒｅｔ",
        "sесrеt",  # three of its letters are Cyrillic
        "the  s e c r e t  d o o r",
        "a s e c r e t",
        "a s-e-c-r-e-t door",
    ],
)
def test_tricks_that_are_read(text: str) -> None:
    assert found(["secret"], text)


@pytest.mark.parametrize("text", ["secretary", "a secre t", "sec ret", "nothing at all", "5 3 1", ""])
def test_what_is_another_word(text: str) -> None:
    assert not found(["secret"], text)


def test_one_stands_for_two_letters() -> None:
    assert found(["girl"], "g1rl") and found(["girl"], "gir1") and found(["llama"], "1lama")


def test_phrases_want_their_words_in_a_row() -> None:
    assert found(["naked eye"], "to the Naked-Eye observer")
    assert not found(["naked eye"], "naked, an eye")


def test_a_star_is_the_rest_of_a_word() -> None:
    assert found(["paint*"], "painting") and found(["paint*"], "a paint") and not found(["paint*"], "a pain")
    assert found(["old paint*"], "old painters") and not found(["old paint*"], "painters")


def test_scripts_without_gaps_are_read_inside() -> None:
    assert found(["秘密"], "一个秘密的门") and not found(["秘密"], "一个秘书")


def test_what_is_taken_out_parts_what_stands_around_it() -> None:
    (words,) = readings("old naked eye door")
    left = Phrases.of(["naked eye"]).without(words)
    assert left == ("old", GONE, "door")
    assert Phrases.of(["old door"]).find(left) is None


def test_a_long_prompt_of_signs_is_read_soon() -> None:
    for text in ("@" * 2000, "a." * 1000, ". " * 1000, "a @$" * 500):
        assert len(readings(text)) <= 6


def test_a_list_of_many_names_is_found_in() -> None:
    known = Phrases.of([f"Ada Person{i}" for i in range(20_000)] + ["José Núñez"])
    assert known.find(readings("a portrait of jose nunez, smiling")[0]) == "jose nunez"
    assert known.find(readings("a portrait of Ada, person")[0]) is None
