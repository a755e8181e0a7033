"""What several families are made of: readers of words and of pictures, and decoders, all tiny."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffusers import AutoencoderKL, AutoencoderKLLTX2Video, AutoencoderKLWan, FlowMatchEulerDiscreteScheduler
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    UMT5Config,
    UMT5EncoderModel,
)

TEXT = ["a red ball falls on the sea at dawn, the camera pans left", "describe the video by detailing the following"]
WIDTH = 16  # of what encoders of words give
FLOW = FlowMatchEulerDiscreteScheduler


def tokenizer(template: str = "$A </s>", more: Sequence[str] = ()) -> Any:
    """A byte-level tokenizer that knows any word, letter by letter if it must."""
    special = ["<pad>", "</s>", "<unk>", "<|startoftext|>", "<|endoftext|>", *more]
    raw = Tokenizer(models.BPE(unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        TEXT,
        trainers.BpeTrainer(vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    if template != "$A":
        raw.post_processor = processors.TemplateProcessing(
            single=template, special_tokens=[(word, raw.token_to_id(word)) for word in special]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        eos_token="<|endoftext|>" if "start" in template else "</s>",
        unk_token="<unk>",
        bos_token="<|startoftext|>",
        model_max_length=77 if "start" in template else 512,
    )


def clip_tokenizer() -> Any:
    return tokenizer("<|startoftext|> $A <|endoftext|>")


def t5() -> Any:
    config = T5Config(vocab_size=400, d_model=WIDTH, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return T5EncoderModel(config).eval()


def umt5() -> Any:
    config = UMT5Config(vocab_size=400, d_model=WIDTH, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    return UMT5EncoderModel(config).eval()


def clip_text() -> Any:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=400,
            hidden_size=WIDTH,
            intermediate_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            projection_dim=WIDTH,
            bos_token_id=3,
            eos_token_id=4,
            pad_token_id=0,
        )
    ).eval()


def clip_vision(size: int = 224, patch: int = 56, width: int = WIDTH) -> Any:
    config = CLIPVisionConfig(
        hidden_size=width,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=size,
        patch_size=patch,
        projection_dim=width,
    )
    return CLIPVisionModelWithProjection(config).eval()


def gemma(kind: Any, config: Any) -> Any:
    return kind(
        config(
            vocab_size=400,
            hidden_size=WIDTH,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
        )
    ).eval()


def wan_vae() -> Any:
    return AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )


def ltx2_vae() -> Any:
    return AutoencoderKLLTX2Video(
        latent_channels=8,
        block_out_channels=(8, 8, 16, 16),
        decoder_block_out_channels=(8, 16, 32),
        layers_per_block=(1, 1, 1, 1, 1),
        decoder_layers_per_block=(1, 1, 1, 1),
        spatial_compression_ratio=32,
        temporal_compression_ratio=8,
    )


def flat_vae() -> Any:
    return AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=2,
    )
