"""Tiny weights of what decodes picture by picture: Stable Video Diffusion, AnimateDiff, Latte, I2VGen-XL."""

from __future__ import annotations

from typing import Any

from diffusers import (
    AnimateDiffPipeline,
    AutoencoderKLTemporalDecoder,
    DDIMScheduler,
    EulerDiscreteScheduler,
    I2VGenXLPipeline,
    LattePipeline,
    LatteTransformer3DModel,
    MotionAdapter,
    PNDMScheduler,
    StableDiffusionPipeline,
    StableVideoDiffusionPipeline,
    UNet2DConditionModel,
    UNetSpatioTemporalConditionModel,
)
from diffusers.models.unets.unet_i2vgen_xl import I2VGenXLUNet
from transformers import CLIPImageProcessor

from tests.generator.families.tiny.parts import WIDTH, clip_text, clip_tokenizer, clip_vision, flat_vae, t5, tokenizer


def svd() -> Any:
    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=32,
        num_attention_heads=8,
        projection_class_embeddings_input_dim=96,
        addition_time_embed_dim=32,
    )
    vae = AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32, 32, 32), down_block_types=("DownEncoderBlock2D",) * 4, latent_channels=4
    )
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        interpolation_type="linear",
        prediction_type="v_prediction",
        steps_offset=1,
        timestep_spacing="leading",
        timestep_type="continuous",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
    )
    return StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=clip_vision(width=32),
        unet=unet,
        scheduler=scheduler,
        feature_extractor=CLIPImageProcessor(crop_size=224, size=224),
    )


def _still_unet() -> Any:
    return UNet2DConditionModel(
        block_out_channels=(8, 8),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        norm_num_groups=2,
        attention_head_dim=4,
    )


def motion_adapter() -> Any:
    return MotionAdapter(
        block_out_channels=(8, 8), motion_layers_per_block=1, motion_norm_num_groups=2, motion_num_attention_heads=2
    )


def animatediff() -> Any:
    return AnimateDiffPipeline(
        vae=flat_vae(),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        unet=_still_unet(),
        motion_adapter=motion_adapter(),
        scheduler=DDIMScheduler(beta_schedule="linear", clip_sample=False),
    )


def still() -> Any:
    """What draws pictures only, and an adapter moves."""
    return StableDiffusionPipeline(
        vae=flat_vae(),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        unet=_still_unet(),
        scheduler=PNDMScheduler(beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1),
        safety_checker=None,
        feature_extractor=CLIPImageProcessor(crop_size=224, size=224),
        requires_safety_checker=False,
    )


def latte() -> Any:
    transformer = LatteTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=8,
        num_layers=1,
        cross_attention_dim=24,
        attention_bias=True,
        sample_size=8,
        patch_size=2,
        activation_fn="gelu-approximate",
        num_embeds_ada_norm=1000,
        norm_type="ada_norm_single",
        norm_elementwise_affine=False,
        caption_channels=WIDTH,
    )
    return LattePipeline(
        tokenizer=tokenizer(), text_encoder=t5(), vae=flat_vae(), transformer=transformer, scheduler=DDIMScheduler()
    )


def i2vgen_xl() -> Any:
    unet = I2VGenXLUNet(
        block_out_channels=(4, 8),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock3D", "DownBlock3D"),
        up_block_types=("UpBlock3D", "CrossAttnUpBlock3D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=2,
    )
    return I2VGenXLPipeline(
        vae=flat_vae(),
        text_encoder=clip_text(),
        tokenizer=clip_tokenizer(),
        image_encoder=clip_vision(),
        feature_extractor=CLIPImageProcessor(crop_size=224, size=224),
        unet=unet,
        scheduler=DDIMScheduler(clip_sample=False),
    )
