"""Wan, Wan VACE and SkyReels V2: one kind of decoder, three ways of being guided. Knows facts, and calls nothing."""

from __future__ import annotations

from fractions import Fraction

from ..request import Feature
from .family import PARTS, WORDS, Family, Grid, Guide, Hub, Names, Way

_APACHE = "Apache-2.0"
_SKYWORK = "Skywork Community License"
_GRID = Grid(step=4, first=1, usual=81, most=81)
_EXACT = ("vae",)  # as its makers advise
_WAN_OTHER = ("WanPipeline, expand_timesteps", "WanPipeline, boundary_ratio")  # 2.2: one model for both, two experts
_WITH_IMAGE = WORDS - {Feature.TEXT} | {Feature.IMAGE, Feature.EXTEND}


def _from_pictures(pipeline: str, *also: str) -> tuple[Way, ...]:
    """A class whose weights look at the first picture, or at none and take a last one, too, or always at both."""
    blind, both = f"{pipeline}, no image_encoder", f"{pipeline}, pos_embed_seq_len"
    last = frozenset({Feature.LAST_FRAME})
    return (
        Way(pipeline, _WITH_IMAGE, (pipeline, *also), overlap=1, repeats=1),
        Way(pipeline, _WITH_IMAGE | last, (blind,), overlap=1, repeats=1),
        Way(pipeline, _WITH_IMAGE | last, (both,), requires=last, overlap=1, repeats=1),
    )


WAN = Family(
    name="wan",
    title="Wan 2.1 and 2.2 (Alibaba)",
    hubs=(
        Hub("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", 28.9, _APACHE, most_pixels=832 * 480, listed=True),
        Hub("Wan-AI/Wan2.1-T2V-14B-Diffusers", 80.4, _APACHE, size=(1280, 720), listed=True),
        Hub("Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", 91, _APACHE, most_pixels=832 * 480),
        Hub("Wan-AI/Wan2.1-I2V-14B-720P-Diffusers", 91, _APACHE, size=(1280, 720)),
        Hub("Wan-AI/Wan2.1-FLF2V-14B-720P-diffusers", 91, _APACHE, size=(1280, 720)),
        Hub("Wan-AI/Wan2.2-T2V-A14B-Diffusers", 126, _APACHE, size=(1280, 720)),
        Hub("Wan-AI/Wan2.2-I2V-A14B-Diffusers", 126, _APACHE, size=(1280, 720)),
        Hub("Wan-AI/Wan2.2-TI2V-5B-Diffusers", 34, _APACHE, (1280, 704), Fraction(24), usual=121, side=32, most=121),
    ),
    ways=(
        Way("WanPipeline", WORDS, ("WanPipeline", *_WAN_OTHER)),
        *_from_pictures("WanImageToVideoPipeline", "WanPipeline, expand_timesteps"),
        Way(
            "WanVideoToVideoPipeline",
            WORDS - {Feature.TEXT} | {Feature.VIDEO, Feature.STRENGTH},
            ("WanPipeline",),
            names=Names(frames=None),
        ),
    ),
    grid=_GRID,
    side=16,
    size=(832, 480),
    most_pixels=1280 * 720,
    frame_rate=Fraction(16),
    steps=50,
    guidance=5.0,
    exact=_EXACT,
    at_once=12,  # its decoder goes from four frames to the next four
    parts=(*PARTS, "image_*"),
    reads=512,
)

WAN_VACE = Family(
    name="wan-vace",
    title="Wan 2.1 VACE (Alibaba)",
    hubs=(
        Hub("Wan-AI/Wan2.1-VACE-1.3B-diffusers", 32, _APACHE, most_pixels=832 * 480),
        Hub("Wan-AI/Wan2.1-VACE-14B-diffusers", 81, _APACHE, size=(1280, 720)),
    ),
    ways=(
        Way(
            "WanVACEPipeline",
            WORDS
            | {Feature.IMAGE, Feature.LAST_FRAME, Feature.KEYFRAMES, Feature.VIDEO, Feature.EXTEND, Feature.BRUSH},
            ("WanVACEPipeline",),
            Guide.MASKED,
            overlap=9,
            repeats=1,
        ),
    ),
    grid=_GRID,
    side=16,
    size=(832, 480),
    most_pixels=1280 * 720,
    frame_rate=Fraction(16),
    steps=50,
    guidance=5.0,
    exact=_EXACT,
    at_once=12,
    reads=512,
)

_WHOLE = (("base_num_frames", 1025),)  # longer films are cut into calls by us
_FORCING = ("SkyReelsV2DiffusionForcingPipeline",)
SKYREELS = Family(
    name="skyreels-v2",
    title="SkyReels V2 (Skywork)",
    hubs=(
        Hub("Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers", 29, _SKYWORK, most_pixels=960 * 544, most=97),
        Hub("Skywork/SkyReels-V2-DF-14B-540P-Diffusers", 80, _SKYWORK, most_pixels=960 * 544, most=97),
        Hub("Skywork/SkyReels-V2-DF-14B-720P-Diffusers", 80, _SKYWORK, size=(1280, 720), usual=121),
        Hub("Skywork/SkyReels-V2-T2V-14B-540P-Diffusers", 80, _SKYWORK, most_pixels=960 * 544, most=97),
        Hub("Skywork/SkyReels-V2-T2V-14B-720P-Diffusers", 80, _SKYWORK, size=(1280, 720), usual=121),
        Hub("Skywork/SkyReels-V2-I2V-1.3B-540P-Diffusers", 32, _SKYWORK, most_pixels=960 * 544, most=97),
        Hub("Skywork/SkyReels-V2-I2V-14B-540P-Diffusers", 91, _SKYWORK, most_pixels=960 * 544, most=97),
    ),
    ways=(
        Way("SkyReelsV2Pipeline", WORDS, ("SkyReelsV2Pipeline",)),
        Way("SkyReelsV2DiffusionForcingPipeline", WORDS, _FORCING, fixed=_WHOLE),
        *_from_pictures("SkyReelsV2ImageToVideoPipeline"),
        Way(
            "SkyReelsV2DiffusionForcingImageToVideoPipeline",
            WORDS - {Feature.TEXT} | {Feature.IMAGE, Feature.LAST_FRAME},
            _FORCING,
            fixed=_WHOLE,
        ),
        Way(
            "SkyReelsV2DiffusionForcingVideoToVideoPipeline",
            WORDS - {Feature.TEXT} | {Feature.EXTEND},
            _FORCING,
            Guide.HISTORY,
            overlap=17,  # one of the two numbers that its makers advise
            repeats=2,  # as they were, and as it decodes them
            fixed=(*_WHOLE, ("overlap_history", 17)),
        ),
    ),
    grid=Grid(step=4, first=1, usual=97, most=121),
    side=16,
    size=(960, 544),
    most_pixels=1280 * 720,
    frame_rate=Fraction(24),
    steps=50,
    guidance=6.0,
    exact=_EXACT,
    at_once=12,
    parts=(*PARTS, "image_*"),
    reads=512,
)

FAMILIES = (WAN, WAN_VACE, SKYREELS)
