"""Cosmos, SANA-Video and SANA-WM (NVIDIA): films, and worlds with a camera in them. Knows facts, and calls nothing."""

from __future__ import annotations

from fractions import Fraction

from ..request import Feature
from .family import ALWAYS, WORDS, Family, Grid, Guide, Hub, Names, Way

_NVIDIA = "NVIDIA Open Model License"
_GUARD = "its own guard (cosmos_guardrail) reads prompts and frames, as its licence asks"
_PACED = Names(frame_rate="fps", whole=True)
_GOES_ON = WORDS - {Feature.TEXT} | {Feature.IMAGE, Feature.EXTEND}

COSMOS = Family(
    name="cosmos",
    title="Cosmos 1 (NVIDIA)",
    hubs=(
        Hub("nvidia/Cosmos-1.0-Diffusion-7B-Text2World", 24, _NVIDIA),
        Hub("nvidia/Cosmos-1.0-Diffusion-14B-Text2World", 38, _NVIDIA),
        Hub("nvidia/Cosmos-1.0-Diffusion-7B-Video2World", 24, _NVIDIA),
        Hub("nvidia/Cosmos-1.0-Diffusion-14B-Video2World", 38, _NVIDIA),
    ),
    ways=(
        Way("CosmosTextToWorldPipeline", WORDS, ("CosmosTextToWorldPipeline",), names=_PACED),
        Way(
            "CosmosVideoToWorldPipeline",
            _GOES_ON,
            ("CosmosVideoToWorldPipeline",),
            Guide.HISTORY,
            overlap=9,
            repeats=1,
            names=_PACED,
        ),
    ),
    grid=Grid(step=8, first=1, usual=121, most=121),
    side=16,
    size=(1280, 704),
    most_pixels=1280 * 704,
    frame_rate=Fraction(30),
    steps=36,
    guidance=7.0,
    needs_package="cosmos_guardrail",
    remarks=(_GUARD,),
    reads=512,
)

COSMOS2 = Family(
    name="cosmos-2",
    title="Cosmos Predict 2 (NVIDIA)",
    hubs=(
        Hub("nvidia/Cosmos-Predict2-2B-Video2World", 14, _NVIDIA),
        Hub("nvidia/Cosmos-Predict2-14B-Video2World", 39, _NVIDIA),
    ),
    ways=(
        Way(
            "Cosmos2VideoToWorldPipeline",
            _GOES_ON,
            ("Cosmos2VideoToWorldPipeline",),
            Guide.HISTORY,
            overlap=5,
            repeats=1,
            names=_PACED,
        ),
    ),
    grid=Grid(step=4, first=1, usual=93, most=93),
    side=16,
    size=(1280, 704),
    most_pixels=1280 * 704,
    frame_rate=Fraction(16),
    steps=35,
    guidance=7.0,
    at_once=12,
    needs_package="cosmos_guardrail",
    remarks=(_GUARD,),
    reads=512,
)

SANA_VIDEO = Family(
    name="sana-video",
    title="SANA-Video (NVIDIA)",
    hubs=(Hub("Efficient-Large-Model/SANA-Video_2B_480p_diffusers", 10),),
    ways=(
        Way(
            "SanaVideoPipeline",
            WORDS,
            ("SanaVideoPipeline",),
            names=Names(frames="frames"),
            fixed=(("use_resolution_binning", False),),  # the size is chosen by us
        ),
        Way(
            "SanaImageToVideoPipeline",
            WORDS - {Feature.TEXT} | {Feature.IMAGE, Feature.EXTEND},
            ("SanaVideoPipeline", "SanaImageToVideoPipeline"),
            overlap=1,
            repeats=1,
            names=Names(frames="frames"),
            fixed=(("use_resolution_binning", False),),
        ),
    ),
    grid=Grid(step=8, first=1, usual=81, most=161),  # with either of the decoders that it comes with
    side=32,
    size=(832, 480),
    most_pixels=1280 * 720,
    frame_rate=Fraction(16),
    steps=50,
    guidance=6.0,
    at_once=12,
    reads=300,
)

SANA_WM = Family(
    name="sana-wm",
    title="SANA-WM (NVIDIA), with a camera that is led",
    hubs=(Hub("Efficient-Large-Model/SANA-WM_bidirectional-diffusers", 13),),
    ways=(
        Way(
            "SanaWMPipeline",
            ALWAYS | {Feature.IMAGE, Feature.NEGATIVE, Feature.CAMERA, Feature.EXTEND},
            ("SanaWMPipeline",),
            Guide.CAMERA_PATH,
            overlap=1,
            repeats=1,
            names=Names(frame_rate="fps", whole=True),
        ),
    ),
    grid=Grid(step=8, first=1, usual=161, most=321),
    side=32,
    size=(1280, 704),
    most_pixels=1280 * 704,
    frame_rate=Fraction(16),
    steps=60,
    guidance=5.0,
    reads=300,
)

FAMILIES = (COSMOS, COSMOS2, SANA_VIDEO, SANA_WM)
