"""Families that are text to video, or image to video, and little else. Knows facts, and calls nothing."""

from __future__ import annotations

from fractions import Fraction

from ..request import Feature
from .family import ALWAYS, PARTS, WORDS, Family, Grid, Hub, Names, Way

_WITH_IMAGE = WORDS - {Feature.TEXT} | {Feature.IMAGE, Feature.EXTEND}
_WITH_VIDEO = WORDS - {Feature.TEXT} | {Feature.VIDEO, Feature.STRENGTH}


def _going_on(pipeline: str, names: Names | None = None) -> Way:
    """A class that begins with a picture, and so goes on from the last one."""
    return Way(pipeline, _WITH_IMAGE, (pipeline,), overlap=1, repeats=1, names=names or Names())


COGVIDEOX = Family(
    name="cogvideox",
    title="CogVideoX (Zhipu)",
    hubs=(
        Hub("zai-org/CogVideoX-2b", 13, "Apache-2.0", most_pixels=720 * 480, most=49),
        Hub("zai-org/CogVideoX-5b", 21, "CogVideoX LICENSE", most_pixels=720 * 480, most=49),
        Hub("zai-org/CogVideoX-5b-I2V", 21, "CogVideoX LICENSE", most_pixels=720 * 480, most=49),
        Hub("zai-org/CogVideoX1.5-5B", 21, "CogVideoX LICENSE", (1360, 768), Fraction(16), usual=81),
        Hub("zai-org/CogVideoX1.5-5B-I2V", 21, "CogVideoX LICENSE", (1360, 768), Fraction(16), usual=81),
    ),
    ways=(
        Way("CogVideoXPipeline", WORDS, ("CogVideoXPipeline",)),
        Way("CogVideoXVideoToVideoPipeline", _WITH_VIDEO, ("CogVideoXPipeline",), names=Names(frames=None)),
        _going_on("CogVideoXImageToVideoPipeline"),
    ),
    grid=Grid(step=8, first=1, usual=49, most=81),
    side=16,
    size=(720, 480),
    most_pixels=1360 * 768,
    frame_rate=Fraction(8),
    steps=50,
    guidance=6.0,
    at_once=16,
    reads=226,
)

_EMBEDDED = Names(with_negative=(("true_cfg_scale", 6.0),))  # its own guidance is an input, and knows no negative
HUNYUAN = Family(
    name="hunyuanvideo",
    title="HunyuanVideo (Tencent)",
    hubs=(
        Hub("hunyuanvideo-community/HunyuanVideo", 41.9, "Tencent Hunyuan Community", listed=True),
        Hub("hunyuanvideo-community/HunyuanVideo-I2V", 43, "Tencent Hunyuan Community"),
    ),
    ways=(
        Way("HunyuanVideoPipeline", WORDS, ("HunyuanVideoPipeline",), names=_EMBEDDED),
        _going_on("HunyuanVideoImageToVideoPipeline", _EMBEDDED),
    ),
    grid=Grid(step=4, first=1, usual=129, most=129),
    side=16,
    size=(1280, 720),
    most_pixels=1280 * 720,
    frame_rate=Fraction(24),
    steps=50,
    guidance=6.0,
    parts=(*PARTS, "image_*"),
    reads=256,
)

HUNYUAN15 = Family(
    name="hunyuanvideo-1.5",
    title="HunyuanVideo 1.5 (Tencent)",
    hubs=(
        Hub("hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_t2v", 36, "Tencent Hunyuan Community"),
        Hub("hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v", 37, "Tencent Hunyuan Community"),
    ),
    ways=(
        Way("HunyuanVideo15Pipeline", WORDS, ("HunyuanVideo15Pipeline",), names=Names(guidance=None)),
        _going_on("HunyuanVideo15ImageToVideoPipeline", Names(size=False, guidance=None)),
    ),
    grid=Grid(step=4, first=1, usual=121, most=121),
    side=16,
    size=(848, 480),
    most_pixels=1280 * 720,
    frame_rate=Fraction(24),
    steps=50,
    guidance=6.0,
    parts=(*PARTS, "image_*", "feature_extractor", "guider"),
    reads=1000,
)

MOCHI = Family(
    name="mochi",
    title="Mochi 1 (Genmo)",
    hubs=(Hub("genmo/mochi-1-preview", 61, "Apache-2.0"),),
    ways=(Way("MochiPipeline", WORDS, ("MochiPipeline",)),),
    grid=Grid(step=6, first=1, usual=85, most=163),
    side=16,
    size=(848, 480),
    most_pixels=848 * 480,
    frame_rate=Fraction(30),
    steps=64,
    guidance=4.5,
    reads=256,
)

_STABILITY = "Stable Video Diffusion Community"
SVD = Family(
    name="svd",
    title="Stable Video Diffusion (Stability AI)",
    hubs=(
        Hub("stabilityai/stable-video-diffusion-img2vid-xt", 9, _STABILITY, usual=25, listed=True),
        Hub("stabilityai/stable-video-diffusion-img2vid", 9, _STABILITY),
    ),
    ways=(
        Way(
            "StableVideoDiffusionPipeline",
            ALWAYS | {Feature.IMAGE, Feature.EXTEND},
            ("StableVideoDiffusionPipeline",),
            overlap=1,
            repeats=1,
            names=Names(
                guidance="max_guidance_scale",
                negative=None,
                frame_rate="fps",
                whole=True,
                without=frozenset({"prompt"}),
            ),
            fixed=(("decode_chunk_size", 2),),
        ),
    ),
    grid=Grid(step=1, first=1, usual=14, most=25),
    side=64,
    size=(1024, 576),
    most_pixels=1024 * 576,
    frame_rate=Fraction(7),
    steps=25,
    guidance=3.0,
    dtype="float16",
    at_once=2,
    tiles=False,
    remarks=("it takes no words: the prompt is only written down",),
    parts=("scheduler", "feature_extractor", "image_encoder", "unet", "vae"),
)

_OPENRAIL = "CreativeML OpenRAIL-M"
_STILL = Hub("stable-diffusion-v1-5/stable-diffusion-v1-5", 4.3, _OPENRAIL)
ANIMATEDIFF = Family(
    name="animatediff",
    title="AnimateDiff",
    hubs=(
        Hub(
            "guoyww/animatediff-motion-adapter-v1-5-2", 6.1, f"{_OPENRAIL} of what it moves", adapter=True, base=_STILL
        ),
        Hub(
            "guoyww/animatediff-motion-adapter-v1-5",
            6,
            f"{_OPENRAIL} of what it moves",
            adapter=True,
            base=_STILL,
            most=24,
        ),
    ),
    ways=(
        Way("AnimateDiffPipeline", WORDS, ("AnimateDiffPipeline",)),
        Way("AnimateDiffSDXLPipeline", WORDS, ("AnimateDiffSDXLPipeline",)),
        Way("AnimateDiffVideoToVideoPipeline", _WITH_VIDEO, ("AnimateDiffPipeline",), names=Names(frames=None)),
    ),
    grid=Grid(step=1, first=1, usual=16, most=32),
    side=8,
    size=(512, 512),
    most_pixels=1024 * 1024,
    frame_rate=Fraction(8),
    steps=25,
    guidance=7.5,
    dtype="float16",
    at_once=16,
    parts=("scheduler", "feature_extractor", "text_encoder*", "tokenizer*", "unet", "vae"),
    reads=77,
)

ALLEGRO = Family(
    name="allegro",
    title="Allegro (Rhymes AI)",
    hubs=(Hub("rhymes-ai/Allegro", 31, "Apache-2.0"),),
    ways=(Way("AllegroPipeline", WORDS, ("AllegroPipeline",), fixed=(("clean_caption", False),)),),
    grid=Grid(step=16, first=24, usual=88, most=88),  # whole tiles, in time as in the picture: others stay black
    side=16,
    size=(1280, 720),
    most_pixels=1280 * 720,
    lattice=((320, 240), (320, 400)),
    frame_rate=Fraction(15),
    steps=100,
    guidance=7.5,
    only_tiles=True,
    reads=512,
)

LATTE = Family(
    name="latte",
    title="Latte",
    hubs=(Hub("maxin-cn/Latte-1", 24),),
    ways=(
        Way(
            "LattePipeline",
            WORDS,
            ("LattePipeline",),
            names=Names(frames="video_length"),
            fixed=(("clean_caption", False),),  # it would take words out of the prompt
        ),
    ),
    grid=Grid(step=1, first=16, usual=16, most=16),  # that many, and no others
    side=16,
    size=(512, 512),
    most_pixels=512 * 512,
    frame_rate=Fraction(8),
    steps=50,
    guidance=7.5,
    dtype="float16",
    at_once=14,
    reads=120,
)

I2VGEN_XL = Family(
    name="i2vgen-xl",
    title="I2VGen-XL (Alibaba)",
    hubs=(Hub("ali-vilab/i2vgen-xl", 10, "MIT"),),
    ways=(_going_on("I2VGenXLPipeline", Names(frame_rate="target_fps", whole=True)),),
    grid=Grid(step=1, first=1, usual=16, most=16),
    side=64,
    size=(1280, 704),
    most_pixels=1280 * 704,
    frame_rate=Fraction(16),
    steps=50,
    guidance=9.0,
    dtype="float16",
    at_once=1,
    parts=(*PARTS, "feature_extractor", "image_encoder", "unet"),
    reads=77,
)

FAMILIES = (
    COGVIDEOX,
    HUNYUAN,
    HUNYUAN15,
    MOCHI,
    SVD,
    ANIMATEDIFF,
    ALLEGRO,
    LATTE,
    I2VGEN_XL,
)
