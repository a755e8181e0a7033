"""LTX and LTX-2 (Lightricks): pictures and clips at any place; the second gives sound. Knows facts, calls nothing."""

from __future__ import annotations

from fractions import Fraction

from ..request import Feature
from .family import PARTS, WORDS, Family, Grid, Guide, Hub, Names, Way

_PACED = Names(frame_rate="frame_rate")
_PLACED = frozenset({Feature.IMAGE, Feature.LAST_FRAME, Feature.KEYFRAMES})
_GUIDED = WORDS | _PLACED | {Feature.VIDEO, Feature.STRENGTH, Feature.EXTEND}

_FIRST = ("LTXPipeline", "LTXImageToVideoPipeline", "LTXConditionPipeline")  # all three run on the same weights
_OLD = "LTXPipeline, use_dynamic_shifting"  # before 0.9.5
_FROM_IMAGE = WORDS - {Feature.TEXT} | {Feature.IMAGE}
LTX = Family(
    name="ltx",
    title="LTX-Video (Lightricks)",
    hubs=(
        Hub("Lightricks/LTX-Video", 28.4, "LTX-Video Open Weights", listed=True),
        Hub("Lightricks/LTX-Video-0.9.5", 29, "LTX-Video Open Weights"),
        Hub("Lightricks/LTX-Video-0.9.7-dev", 47, "LTX-Video Open Weights"),
        Hub("Lightricks/LTX-Video-0.9.8-13B-distilled", 47, "LTX-Video Open Weights", steps=8, guidance=1.0),
    ),
    ways=(
        Way("LTXPipeline", WORDS, (*_FIRST, _OLD), names=_PACED),
        Way("LTXImageToVideoPipeline", _FROM_IMAGE, _FIRST, names=_PACED),
        Way("LTXImageToVideoPipeline", _FROM_IMAGE | {Feature.EXTEND}, (_OLD,), overlap=1, repeats=1, names=_PACED),
        Way("LTXConditionPipeline", _GUIDED, _FIRST, Guide.CONDITIONS, overlap=17, repeats=1, reads=256, names=_PACED),
    ),
    grid=Grid(step=8, first=1, usual=161, most=257),
    side=32,
    size=(704, 480),
    most_pixels=1216 * 704,
    frame_rate=Fraction(25),
    steps=50,
    guidance=3.0,
    reads=128,
)

_SECOND = ("LTX2Pipeline", "LTX2ImageToVideoPipeline", "LTX2ConditionPipeline")
_HEARD = frozenset({Feature.SOUND})
LTX2 = Family(
    name="ltx-2",
    title="LTX-2 (Lightricks), with sound",
    hubs=(Hub("Lightricks/LTX-2", 68, "LTX-2 Community License"),),
    ways=(
        Way("LTX2Pipeline", WORDS | _HEARD, _SECOND, names=_PACED),
        Way("LTX2ImageToVideoPipeline", _FROM_IMAGE | _HEARD, _SECOND, names=_PACED),
        Way("LTX2ConditionPipeline", _GUIDED | _HEARD, _SECOND, Guide.CONDITIONS, overlap=17, repeats=1, names=_PACED),
    ),
    grid=Grid(step=8, first=1, usual=121, most=257),
    side=32,
    size=(768, 512),
    most_pixels=1920 * 1088,
    frame_rate=Fraction(24),
    steps=40,
    guidance=4.0,
    sound=True,
    parts=(*PARTS, "connectors", "audio_vae", "vocoder", "processor"),
    reads=1024,
)

FAMILIES = (LTX, LTX2)
