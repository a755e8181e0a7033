"""What a manifest says was drawn, told on only in the form that is known."""

from typing import Any

import pytest

from countermark.evidence import LabelClaim, Region, Span
from countermark.provenance.reading import telling
from countermark.provenance.signing.manifest import VISIBLE_LABEL
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
