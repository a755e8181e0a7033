"""What a manifest says was drawn, told on only in the form that is known."""

import json
from typing import Any

import pytest

from countermark.evidence import LabelClaim, Region, Span, every_ingredient, evidence_from_json
from countermark.provenance.reading import telling
from countermark.provenance.reading.loose import MAX_DEPTH, MAX_ITEMS
from countermark.provenance.signing.manifest import VISIBLE_LABEL, IngredientFacts
from countermark.tests.provenance.signed import Studio

LABEL = LabelClaim("cn", "AI生成", False, Region(0.05, 0.8, 0.3, 0.1), Span(0, 0.5), "cGljdHVyZQ==")
SAID: dict[str, Any] = {
    **{"profile": "cn", "text": "AI", "icon": False, "picture": "cGlj"},
    **{"region": {"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.1}, "span": {"start_s": 0, "end_s": 1}},
}


def told(*labels: object) -> tuple[LabelClaim, ...]:
    return telling.labels_of({"assertions": [{"label": VISIBLE_LABEL, "data": {"labels": list(labels)}}]})


def test_what_was_signed_comes_back(studio: Studio) -> None:
    path, _ = studio.sign(labels=(LABEL,), when="2026-01-02T03:04:05Z", sound="synthetic", declared=("a: b",))
    found = studio.details(path)
    assert (found.labels, found.earlier) == ((LABEL,), ("a: b",))
    assert "sound: synthetic" in found.ai_facts
    created, drawn, _ = found.actions
    assert (created.when, drawn.action) == ("2026-01-02T03:04:05Z", "c2pa.addedText")


@pytest.mark.parametrize(
    "wrong",
    [
        {"region": {"x": 0.9, "y": 0, "width": 0.5, "height": 0.1}},
        {"region": {"x": float("nan"), "y": 0, "width": 0.5, "height": 0.1}},
        {"span": {"start_s": 2, "end_s": 1}},
        {"span": {"start_s": 0, "end_s": float("inf")}},
        {"icon": "neither"},
        {"region": None},
    ],
)
def test_what_has_another_form_is_passed_over(wrong: dict[str, Any]) -> None:
    assert told({**SAID, **wrong}, SAID, "no label", None) == told(SAID)
    assert len(told(SAID)) == 1


def test_a_picture_that_is_too_large_or_no_text_is_left_out_and_texts_are_harmless() -> None:
    (label,) = told({**SAID, "picture": "A" * 20_000, "text": "a\x1b[2J\u202eb"})
    assert (label.picture, label.text) == ("", "a\ufffd[2J\ufffdb")
    assert told({**SAID, "picture": "\u202e"})[0].picture == ""
    assert len(told(*[SAID] * 50)) == telling.MOST_LABELS
    assert telling.labels_of({"assertions": [{"label": VISIBLE_LABEL, "data": ["x"]}]}) == ()


def test_what_went_into_what_went_into_a_file_stands_under_it(studio: Studio) -> None:
    first, one = studio.sign("first.mp4", title="first")
    second, two = studio.sign("second.mp4", parent=first, title="second")
    third, _ = studio.sign("third.mp4", parent=second, title="third")
    fourth, _ = studio.sign("fourth.mp4", title="fourth", ingredients=(IngredientFacts(third),))
    (top,) = studio.details(fourth).ingredients
    (middle,) = top.ingredients
    (last,) = middle.ingredients
    named = [(one.title, one.relationship, one.manifest_id) for one in (middle, last)]
    assert (top.title, top.relationship, last.ingredients) == ("third.mp4", "inputTo", ())
    assert named == [("second.mp4", "parentOf", two.manifest_id), ("first.mp4", "parentOf", one.manifest_id)]
    assert all(one.signer and "DEVELOPMENT" in one.signer and not one.failures for one in (top, middle, last))
    found = studio.examine(fourth)
    assert evidence_from_json(json.loads(json.dumps([found.to_json()]))) == (found,)


def made_from(**manifests: tuple[str, ...]) -> dict[str, Any]:
    """Manifests, each with the names of those that went into it."""
    return {
        name: {"ingredients": [{"title": one, "relationship": "parentOf", "active_manifest": one} for one in given]}
        for name, given in manifests.items()
    }


def tree(manifests: dict[str, Any]) -> Any:
    def drawn(ingredients: Any) -> Any:
        return {one.title: drawn(one.ingredients) for one in ingredients}

    return drawn(telling.ingredients_of("a", manifests, lambda _: None))


def test_a_manifest_that_went_into_itself_is_not_followed_again() -> None:
    assert tree(made_from(a=("b", "a", "c"), b=("c",), c=("b",))) == {
        "b": {"c": {"b": {}}},
        "a": {},
        "c": {"b": {"c": {}}},
    }
    assert tree(made_from(a=("gone",))) == {"gone": {}} and tree({"a": "x", "b": {}}) == tree({}) == {}


def test_a_tree_is_bounded_in_depth_and_number_and_its_nearest_are_told_first() -> None:
    told = tree(made_from(a=("1",), **{str(at): (str(at + 1),) for at in range(1, 30)}))
    depth = 0
    while told:
        (told,), depth = told.values(), depth + 1
    assert depth == MAX_DEPTH
    wide = made_from(a=tuple(f"b{at}" for at in range(9)), **{f"b{at}": ("x",) * 9 for at in range(9)})
    given = telling.ingredients_of("a", wide, lambda _: None)
    assert len(given) == 9 and len(list(every_ingredient(given))) == MAX_ITEMS
    assert [len(one.ingredients) for one in given] == [9, 9, 9, 9, 5, 0, 0, 0, 0]
