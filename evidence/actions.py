"""The actions that C2PA knows by name, of whatever edition of its specification. A table; knows no manifest."""

from __future__ import annotations

CURRENT_ACTIONS = frozenset(
    "c2pa." + name
    for name in (
        "addedText adjustedColor changedSpeed converted created cropped deleted drawing dubbed edited edited.metadata"
        " enhanced filtered mastered mixed opened orientation placed published redacted remixed removed repackaged"
        " resized resized.proportional transcoded translated trimmed unknown watermarked.bound watermarked.unbound"
    ).split()
)
FORMER_ACTIONS = frozenset(
    "c2pa." + name
    for name in "color_adjustments copied formatted managed printed produced saved version_updated watermarked".split()
)
ACTIONS = CURRENT_ACTIONS | FORMER_ACTIONS
