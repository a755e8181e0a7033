"""Tiny weights of transformers over space and time: CogVideoX, HunyuanVideo, Mochi, Allegro."""

from __future__ import annotations

from typing import Any

from diffusers import (
    AllegroPipeline,
    AllegroTransformer3DModel,
    AutoencoderKLAllegro,
    AutoencoderKLCogVideoX,
    AutoencoderKLHunyuanVideo,
    AutoencoderKLHunyuanVideo15,
    AutoencoderKLMochi,
    ClassifierFreeGuidance,
    CogVideoXDDIMScheduler,
    CogVideoXImageToVideoPipeline,
    CogVideoXPipeline,
    CogVideoXTransformer3DModel,
    DDIMScheduler,
    HunyuanVideo15ImageToVideoPipeline,
    HunyuanVideo15Pipeline,
    HunyuanVideo15Transformer3DModel,
    HunyuanVideoImageToVideoPipeline,
    HunyuanVideoPipeline,
    HunyuanVideoTransformer3DModel,
    MochiPipeline,
    MochiTransformer3DModel,
)
from transformers import (
    CLIPImageProcessor,
    LlamaConfig,
    LlamaModel,
    LlavaConfig,
    LlavaForConditionalGeneration,
    Qwen2_5_VLTextModel,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)
from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLTextConfig

from tests.generator.families.tiny.parts import FLOW, WIDTH, clip_text, clip_tokenizer, t5, tokenizer


def _cogvideox_parts(channels: int) -> dict[str, Any]:
    vae = AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=2
    )
    transformer = CogVideoXTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=channels,
        out_channels=4,
        time_embed_dim=8,
        text_embed_dim=WIDTH,
        num_layers=1,
        sample_width=8,
        sample_height=8,
        sample_frames=9,
        max_text_seq_length=226,
        use_rotary_positional_embeddings=True,
    )
    return {
        "tokenizer": tokenizer(),
        "text_encoder": t5(),
        "vae": vae,
        "transformer": transformer,
        "scheduler": CogVideoXDDIMScheduler(),
    }


def cogvideox() -> Any:
    return CogVideoXPipeline(**_cogvideox_parts(4))


def cogvideox_image() -> Any:
    return CogVideoXImageToVideoPipeline(**_cogvideox_parts(8))


def _hunyuan_parts(channels: int, **more: Any) -> dict[str, Any]:
    transformer = HunyuanVideoTransformer3DModel(
        in_channels=channels,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=1,
        num_single_layers=1,
        num_refiner_layers=1,
        text_embed_dim=WIDTH,
        pooled_projection_dim=WIDTH,
        rope_axes_dim=(2, 4, 6),
        **more,
    )
    vae = AutoencoderKLHunyuanVideo(
        latent_channels=4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        norm_num_groups=2,
        mid_block_add_attention=False,
    )
    return {
        "tokenizer": tokenizer("$A"),
        "transformer": transformer,
        "vae": vae,
        "scheduler": FLOW(shift=7.0),
        "text_encoder_2": clip_text(),
        "tokenizer_2": clip_tokenizer(),
    }


def hunyuan() -> Any:
    llama = LlamaModel(
        LlamaConfig(vocab_size=400, hidden_size=WIDTH, intermediate_size=16, num_hidden_layers=4, num_attention_heads=2)
    )
    return HunyuanVideoPipeline(**_hunyuan_parts(4, guidance_embeds=True), text_encoder=llama.eval())


def mochi() -> Any:
    vae = AutoencoderKLMochi(
        latent_channels=12,
        encoder_block_out_channels=(32, 32, 32, 32),
        decoder_block_out_channels=(32, 32, 32, 32),
        layers_per_block=(1, 1, 1, 1, 1),
        add_attention_block=(False, False, False, False, False),
    )
    transformer = MochiTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=2,
        pooled_projection_dim=16,
        in_channels=12,
        text_embed_dim=WIDTH,
        time_embed_dim=4,
        activation_fn="swiglu",
    )
    return MochiPipeline(scheduler=FLOW(), vae=vae, text_encoder=t5(), tokenizer=tokenizer(), transformer=transformer)


def allegro() -> Any:
    transformer = AllegroTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        num_layers=1,
        cross_attention_dim=24,
        sample_width=8,
        sample_height=8,
        sample_frames=2,
        caption_channels=WIDTH,
    )
    vae = AutoencoderKLAllegro(block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=2)
    return AllegroPipeline(
        tokenizer=tokenizer(), text_encoder=t5(), vae=vae, transformer=transformer, scheduler=DDIMScheduler()
    )


def hunyuan_image() -> Any:
    """It reads the picture and the words in one model of both."""
    words = tokenizer("$A", more=["<image>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    config = LlavaConfig(
        vision_config={
            "model_type": "clip_vision_model",
            "hidden_size": WIDTH,
            "intermediate_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 336,
            "patch_size": 14,
            "projection_dim": WIDTH,
        },
        text_config=LlamaConfig(
            vocab_size=400, hidden_size=WIDTH, intermediate_size=16, num_hidden_layers=4, num_attention_heads=2
        ).to_dict(),
        image_token_index=words.convert_tokens_to_ids("<image>"),
        pad_token_id=0,
    )
    parts = _hunyuan_parts(9, image_condition_type="latent_concat")
    return HunyuanVideoImageToVideoPipeline(
        **parts | {"tokenizer": words},
        text_encoder=LlavaForConditionalGeneration(config).eval(),
        image_processor=CLIPImageProcessor(crop_size=336, size=336),
    )


def _hunyuan15_parts() -> dict[str, Any]:
    words = tokenizer("$A")
    words.chat_template = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
    transformer = HunyuanVideo15Transformer3DModel(
        in_channels=9,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=1,
        num_refiner_layers=1,
        mlp_ratio=2,
        text_embed_dim=WIDTH,
        text_embed_2_dim=WIDTH,
        image_embed_dim=WIDTH,
        rope_axes_dim=(4, 6, 6),
        target_size=128,
    )
    reader = Qwen2_5_VLTextConfig(
        vocab_size=400,
        hidden_size=WIDTH,
        intermediate_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        rope_scaling={"type": "mrope", "mrope_section": [1, 1, 2]},
    )
    return {
        "text_encoder": Qwen2_5_VLTextModel(reader).eval(),
        "tokenizer": words,
        "transformer": transformer,
        "vae": AutoencoderKLHunyuanVideo15(latent_channels=4, block_out_channels=(8, 8, 8, 16, 16), layers_per_block=1),
        "scheduler": FLOW(shift=5.0),
        "text_encoder_2": t5(),
        "tokenizer_2": tokenizer(),
        "guider": ClassifierFreeGuidance(guidance_scale=6.0),
    }


def hunyuan15() -> Any:
    return HunyuanVideo15Pipeline(**_hunyuan15_parts())


def hunyuan15_image() -> Any:
    seen = SiglipVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
    )
    return HunyuanVideo15ImageToVideoPipeline(
        **_hunyuan15_parts(),
        image_encoder=SiglipVisionModel(seen).eval(),
        feature_extractor=SiglipImageProcessor(size={"height": 56, "width": 56}),
    )
