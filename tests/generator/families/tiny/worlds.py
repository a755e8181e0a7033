"""Tiny weights of SANA-Video, SANA-WM and Cosmos."""

from __future__ import annotations

from typing import Any

import numpy as np
from diffusers import (
    AutoencoderKLCosmos,
    Cosmos2VideoToWorldPipeline,
    CosmosTextToWorldPipeline,
    CosmosTransformer3DModel,
    CosmosVideoToWorldPipeline,
    DPMSolverMultistepScheduler,
    EDMEulerScheduler,
    SanaImageToVideoPipeline,
    SanaVideoPipeline,
    SanaVideoTransformer3DModel,
    SanaWMPipeline,
    SanaWMTransformer3DModel,
)
from transformers import Gemma2Config, Gemma2Model

from tests.generator.families.tiny.parts import FLOW, WIDTH, gemma, ltx2_vae, t5, tokenizer, wan_vae


class Guard:
    """Stands where Cosmos has its guard, a model of many gigabytes; lets everything but one word pass."""

    def to(self, device: str) -> None:
        """It needs no device."""

    def check_text_safety(self, prompt: str) -> bool:
        return "forbidden" not in prompt

    def check_video_safety(self, frames: np.ndarray) -> np.ndarray:
        return frames


def _sana_parts() -> dict[str, Any]:
    transformer = SanaVideoTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=2,
        num_cross_attention_heads=2,
        cross_attention_head_dim=12,
        cross_attention_dim=24,
        caption_channels=WIDTH,
        sample_size=8,
        rope_max_seq_len=32,
    )
    return {
        "tokenizer": tokenizer("$A"),
        "text_encoder": gemma(Gemma2Model, Gemma2Config),
        "vae": wan_vae(),
        "transformer": transformer,
    }


def sana_video() -> Any:
    return SanaVideoPipeline(**_sana_parts(), scheduler=DPMSolverMultistepScheduler(use_flow_sigmas=True))


def sana_image() -> Any:
    return SanaImageToVideoPipeline(**_sana_parts(), scheduler=FLOW())


def sana_wm() -> Any:
    """A picture, and a camera that is led."""
    transformer = SanaWMTransformer3DModel(
        in_channels=8,
        num_layers=2,
        hidden_size=48,
        num_attention_heads=2,
        softmax_every_n=2,
        linear_head_dim=24,
        chunk_plucker_post_attn_blocks=2,
        caption_channels=WIDTH,
        mixed_precision="no",
    )
    return SanaWMPipeline(
        tokenizer=tokenizer("$A"),
        text_encoder=gemma(Gemma2Model, Gemma2Config),
        vae=ltx2_vae(),
        transformer=transformer,
        scheduler=FLOW(),
    )


def _cosmos_parts(channels: int) -> dict[str, Any]:
    transformer = CosmosTransformer3DModel(
        in_channels=channels,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=2,
        mlp_ratio=2,
        text_embed_dim=WIDTH,
        adaln_lora_dim=4,
        max_size=(4, 32, 32),
    )
    return {"text_encoder": t5(), "tokenizer": tokenizer(), "transformer": transformer}


def _cosmos_vae() -> Any:
    return AutoencoderKLCosmos(
        latent_channels=4,
        encoder_block_out_channels=(8, 8, 8, 8),
        decode_block_out_channels=(8, 8, 8, 8),
        attention_resolutions=(8,),
        resolution=64,
        latents_mean=None,
        latents_std=None,
    )


def _cosmos_scheduler() -> Any:
    return EDMEulerScheduler(sigma_max=80, sigma_data=0.5, final_sigmas_type="sigma_min")


def cosmos() -> Any:
    return CosmosTextToWorldPipeline(
        **_cosmos_parts(4), vae=_cosmos_vae(), scheduler=_cosmos_scheduler(), safety_checker=Guard()
    )


def cosmos_video() -> Any:
    return CosmosVideoToWorldPipeline(
        **_cosmos_parts(5), vae=_cosmos_vae(), scheduler=_cosmos_scheduler(), safety_checker=Guard()
    )


def cosmos2_video() -> Any:
    transformer = CosmosTransformer3DModel(
        in_channels=17,
        out_channels=16,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=2,
        mlp_ratio=2,
        text_embed_dim=WIDTH,
        adaln_lora_dim=4,
        max_size=(4, 64, 64),
        extra_pos_embed_type=None,
    )
    return Cosmos2VideoToWorldPipeline(
        text_encoder=t5(),
        tokenizer=tokenizer(),
        transformer=transformer,
        vae=wan_vae(),
        scheduler=FLOW(use_karras_sigmas=True),
        safety_checker=Guard(),
    )
