"""Tiny weights of Wan, Wan VACE and SkyReels V2."""

from __future__ import annotations

from typing import Any

from diffusers import (
    SkyReelsV2DiffusionForcingPipeline,
    SkyReelsV2ImageToVideoPipeline,
    SkyReelsV2Pipeline,
    SkyReelsV2Transformer3DModel,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import CLIPImageProcessor

from tests.generator.families.tiny.parts import FLOW, WIDTH, clip_vision, tokenizer, umt5, wan_vae


def _wan_transformer(channels: int = 16, kind: Any = WanTransformer3DModel, **more: Any) -> Any:
    return kind(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=16,
        text_dim=WIDTH,
        freq_dim=32,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=64,
        **more,
    )


def _wan_words() -> dict[str, Any]:
    return {"tokenizer": tokenizer(), "text_encoder": umt5(), "vae": wan_vae()}


def wan() -> Any:
    return WanPipeline(**_wan_words(), transformer=_wan_transformer(), scheduler=FLOW(shift=3.0))


def wan_experts() -> Any:
    return WanPipeline(
        **_wan_words(),
        transformer=_wan_transformer(),
        transformer_2=_wan_transformer(),
        boundary_ratio=0.875,
        scheduler=FLOW(shift=3.0),
    )


def wan_image(**more: Any) -> Any:
    return WanImageToVideoPipeline(
        **_wan_words(),
        transformer=_wan_transformer(36, image_dim=WIDTH, added_kv_proj_dim=24, **more),
        scheduler=FLOW(shift=3.0),
        image_encoder=clip_vision(),
        image_processor=CLIPImageProcessor(crop_size=224, size=224),
    )


def wan_ends() -> Any:
    """It looks at the first picture and the last."""
    return wan_image(pos_embed_seq_len=2 * 17)


def wan_blind() -> Any:
    """It looks at no picture, and so takes a last one or none, as Wan 2.2 has it."""
    transformer = _wan_transformer(36)
    return WanImageToVideoPipeline(**_wan_words(), transformer=transformer, scheduler=FLOW(shift=3.0))


def wan_both() -> Any:
    """One model for words and for pictures, as Wan 2.2 has it."""
    return WanPipeline(
        **_wan_words(), transformer=_wan_transformer(), expand_timesteps=True, scheduler=UniPCMultistepScheduler()
    )


def wan_vace() -> Any:
    transformer = _wan_transformer(kind=WanVACETransformer3DModel, vace_layers=[0], vace_in_channels=96)
    return WanVACEPipeline(**_wan_words(), transformer=transformer, scheduler=FLOW(shift=3.0))


def _skyreels_scheduler() -> Any:
    return UniPCMultistepScheduler(flow_shift=8.0, use_flow_sigmas=True, prediction_type="flow_prediction")


def skyreels() -> Any:
    return SkyReelsV2Pipeline(
        **_wan_words(),
        transformer=_wan_transformer(kind=SkyReelsV2Transformer3DModel),
        scheduler=_skyreels_scheduler(),
    )


def skyreels_forcing() -> Any:
    return SkyReelsV2DiffusionForcingPipeline(
        **_wan_words(),
        transformer=_wan_transformer(kind=SkyReelsV2Transformer3DModel),
        scheduler=_skyreels_scheduler(),
    )


def skyreels_image() -> Any:
    return SkyReelsV2ImageToVideoPipeline(
        **_wan_words(),
        transformer=_wan_transformer(36, SkyReelsV2Transformer3DModel, image_dim=WIDTH, added_kv_proj_dim=24),
        scheduler=_skyreels_scheduler(),
        image_encoder=clip_vision(),
        image_processor=CLIPImageProcessor(crop_size=224, size=224),
    )
