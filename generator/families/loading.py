"""Weights into a pipeline that is ready to be called, as a choice says. Imports torch and diffusers when it is asked.

Only local files are read, safetensors unless a pickle was asked for by name, and no code that comes with weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from inspect import signature
from typing import Any

from ...errors import ModelUnfit, PackageMissing
from .folder import Checkpoint
from .looking import packages_missing, torch_module
from .machine import Choice

_GROUP = 4  # layers that lie on the device together


def diffusers_module() -> Any:
    """Import diffusers, quiet; or say how it comes here."""
    torch_module()
    try:
        import diffusers
        import transformers
    except ImportError as fault:
        raise packages_missing() from fault
    for module in (diffusers, transformers):
        module.utils.logging.disable_progress_bar()
        module.utils.logging.set_verbosity_error()
    return diffusers


@contextmanager
def offline() -> Iterator[None]:
    """Let what is opened or run meanwhile ask no hub, whatever it is told; the rest of the process is as it was."""
    from huggingface_hub import constants

    kept = constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_OFFLINE = constants.HF_HUB_DISABLE_TELEMETRY = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = kept


def loaded(checkpoint: Checkpoint, pipeline: str, choice: Choice) -> Any:
    """Read the weights, and put them where the choice says."""
    diffusers, torch = diffusers_module(), torch_module()
    kind = _class(diffusers, pipeline)
    dtype = getattr(torch, choice.dtype)
    dtypes = {part: torch.float32 for part in checkpoint.family.exact} | {"default": dtype}
    with _explained(checkpoint), offline():
        pipe = kind.from_pretrained(
            checkpoint.folder,
            dtype=dtypes if checkpoint.family.exact else dtype,
            local_files_only=True,
            use_safetensors=True,
            variant=checkpoint.variant,
            quantization_config=quantised(diffusers, checkpoint, choice, dtype),
            **_from_pickle(diffusers, checkpoint, dtypes),
            **_moving(diffusers, checkpoint, dtype),
        )
    return _placed(pipe, choice, torch)


def token_count(prompt: str, checkpoint: Checkpoint) -> int | None:
    """Count what a prompt is to the tokenizer of these weights; None where it can't be opened."""
    try:
        from transformers import AutoTokenizer

        with offline():
            tokenizer = AutoTokenizer.from_pretrained(
                checkpoint.folder / "tokenizer", local_files_only=True, trust_remote_code=False
            )
        return len(tokenizer(prompt, truncation=False, verbose=False).input_ids)
    except Exception:  # of code that is not ours, which raises what it likes
        return None


def switched(pipe: Any, pipeline: str, checkpoint: Checkpoint, choice: Choice) -> Any:
    """Give the same weights to another class of their family."""
    diffusers, torch = diffusers_module(), torch_module()
    kind = _class(diffusers, pipeline)
    there = dict(pipe.config) | pipe.components
    if choice.offload != "group":  # whose hooks belong to the layers, and stay
        pipe.remove_all_hooks()
    with _explained(checkpoint):
        other = kind(**{name: there[name] for name in signature(kind.__init__).parameters if name in there})
    other.set_progress_bar_config(disable=True)
    return other if choice.offload == "group" else _placed(other, choice, torch)


def _from_pickle(diffusers: Any, checkpoint: Checkpoint, dtypes: Mapping[str, Any]) -> dict[str, Any]:
    """Read the parts that may be read from pickle, each by itself: what lies beside other parts stays unread."""
    import transformers

    found = {}
    for one in checkpoint.pickled:
        library = transformers if one.library == "transformers" else diffusers
        found[one.part] = getattr(library, one.kind).from_pretrained(
            checkpoint.folder / one.part,
            local_files_only=True,
            use_safetensors=False,
            variant=one.variant,
            dtype=dtypes.get(one.part, dtypes["default"]),
        )
    return found


def _moving(diffusers: Any, checkpoint: Checkpoint, dtype: Any) -> dict[str, Any]:
    """Read a motion adapter, and the noise schedule that its makers trained it with."""
    if checkpoint.adapter is None:
        return {}
    adapter = diffusers.MotionAdapter.from_pretrained(
        checkpoint.adapter.folder,
        local_files_only=True,
        use_safetensors=True,
        variant=checkpoint.adapter.variant,
        dtype=dtype,
    )
    scheduler = diffusers.DDIMScheduler.from_pretrained(
        checkpoint.folder / "scheduler",
        local_files_only=True,
        beta_schedule="linear",
        timestep_spacing="linspace",
        clip_sample=False,
        steps_offset=1,
    )
    return {"motion_adapter": adapter, "scheduler": scheduler}


def _class(diffusers: Any, name: str) -> Any:
    found = getattr(diffusers, name, None)
    if found is None:
        raise PackageMissing(
            f"this diffusers ({diffusers.__version__}) has no {name}", advice="install a newer diffusers"
        )
    return found


@contextmanager
def _explained(checkpoint: Checkpoint) -> Iterator[None]:
    """Say in one line why weights could not be read."""
    try:
        yield
    except ImportError as fault:
        package = checkpoint.family.needs_package
        advice = f"install {package}, and try again" if package else "install what the message names, and try again"
        raise PackageMissing(f"{checkpoint.name} can't be opened: {fault}", advice=advice) from fault
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ModelUnfit(f"{checkpoint.name} can't be opened: {fault}") from fault


def _placed(pipe: Any, choice: Choice, torch: Any) -> Any:
    pipe.set_progress_bar_config(disable=True)
    words = getattr(pipe, "text_encoder", None)
    if type(words).__name__ == "CLIPTextModel" and not hasattr(words, "text_model"):
        # I2VGen-XL looks there for the last layer, which transformers 5 moved; not as a layer, as it would be a loop.
        object.__setattr__(words, "text_model", words)
    vae = getattr(pipe, "vae", None)
    for ability in ("enable_slicing", *(["enable_tiling"] if choice.tiles else [])):
        if callable(getattr(vae, ability, None)):
            with suppress(NotImplementedError):  # some inherit what they can't do
                getattr(vae, ability)()
    if choice.offload == "model":
        pipe.enable_model_cpu_offload(device=choice.device)
    elif choice.offload == "sequential":
        pipe.enable_sequential_cpu_offload(device=choice.device)
    elif choice.offload == "group":
        pipe.enable_group_offload(
            onload_device=torch.device(choice.device), offload_type="block_level", num_blocks_per_group=_GROUP
        )
    else:
        pipe.to(choice.device)
    return pipe


def quantised(diffusers: Any, checkpoint: Checkpoint, choice: Choice, dtype: Any) -> Any:
    """Give what diffusers wants to know of it; bitsandbytes is what both libraries configure alike."""
    if choice.quantise is None:
        return None
    parts = [name for name, _ in checkpoint.parameters if name.startswith(("transformer", "text_encoder", "unet"))]
    backend, arguments = {
        "bitsandbytes:8": ("bitsandbytes_8bit", {"load_in_8bit": True}),
        "bitsandbytes:4": ("bitsandbytes_4bit", {"load_in_4bit": True, "bnb_4bit_compute_dtype": dtype}),
    }[choice.quantise]
    return diffusers.PipelineQuantizationConfig(
        quant_backend=backend, quant_kwargs=arguments, components_to_quantize=parts
    )
