"""Spans and geometry, in numbers and in words."""

import pytest

from countermark.evidence import MarkGeometry, Span, in_words, seconds_in


def test_spans_add_up_once_each() -> None:
    assert seconds_in(()) == 0
    assert seconds_in((Span(7, 9), Span(0, 5))) == 7
    assert seconds_in((Span(0, 5), Span(3, 6), Span(4, 5))) == 6
    assert in_words((Span(0, 5), Span(7, 9.26))) == "0.0 to 5.0 s and 7.0 to 9.3 s"


@pytest.mark.parametrize(
    ("geometry", "words", "plain"),
    [
        (MarkGeometry(), "upright and whole", True),
        (MarkGeometry(scale=1.02, stretch=0.99, shift=(0.01, 0.0)), "upright and whole", True),
        (MarkGeometry(mirrored=True), "mirrored", True),
        (MarkGeometry(rotation=90.2), "turned by 90.2 degrees counter-clockwise", True),
        (MarkGeometry(rotation=270), "turned by 90.0 degrees clockwise", True),
        (MarkGeometry(rotation=-5), "turned by 5.0 degrees clockwise", False),
        (MarkGeometry(scale=1.41), "cropped to about 0.71 of its short side", False),
        (MarkGeometry(scale=0.8), "inside borders, where it fills about 0.80 of the short side", False),
        (MarkGeometry(stretch=1.2), "stretched to about 1.20 of its width", False),
        (MarkGeometry(shift=(0.2, 0.0)), "moved aside", False),
        (MarkGeometry(perspective=True), "seen at a slant", False),
        (
            MarkGeometry(scale=1.41, rotation=5, mirrored=True),
            "cropped to about 0.71 of its short side, turned by 5.0 degrees counter-clockwise, mirrored",
            False,
        ),
    ],
    ids=str,
)
def test_geometry_in_words(geometry: MarkGeometry, words: str, plain: bool) -> None:
    assert (str(geometry), geometry.plain) == (words, plain)


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (5, 0), (88, 1), (-90, 3), (180, 2), (359, 0), (-179, 2)])
def test_quarter_turns(rotation: float, turns: int) -> None:
    assert MarkGeometry(rotation=rotation).quarter_turns == turns
