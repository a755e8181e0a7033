"""A node for ComfyUI: pictures, and sound where there is some, become a video that is marked, signed and registered.

Put this file into ComfyUI's `custom_nodes`, and install `countermark` into its environment (`countermark keys init`
once). Where labelling fails, the node fails, and no file is left.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import countermark

MODEL = "a model run in ComfyUI"  # what the manifest says until somebody says more
SUFFIXES = ("mp4", "mov", "mkv", "webm")


class CountermarkSaveVideo:
    """Takes the place of the node that saves a video."""

    CATEGORY = "video"
    DESCRIPTION = "Saves a video that says of itself that it is synthetic: marked, signed and registered."
    RETURN_TYPES = ("STRING", "STRING")
    RETURN_NAMES = ("path", "manifest_id")
    FUNCTION = "save"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, dict[str, Any]]:
        """Say what it takes, in ComfyUI's words."""
        return {
            "required": {
                "images": ("IMAGE",),
                "model": ("STRING", {"default": MODEL, "tooltip": "Which model made it; it stands in the manifest."}),
                "fps": ("FLOAT", {"default": 24.0, "min": 1.0, "max": 240.0, "step": 0.01}),
                "filename_prefix": ("STRING", {"default": "video/countermark"}),
                "container": (list(SUFFIXES), {"default": "mp4"}),
            },
            "optional": {
                "audio": ("AUDIO",),
                "prompt": ("STRING", {"default": "", "multiline": True, "tooltip": "A salted hash of it is written."}),
                "audio_is": (["synthetic", "recorded", "unsaid"], {"default": "synthetic"}),
            },
        }

    def save(
        self,
        images: Any,
        model: str,
        fps: float,
        filename_prefix: str,
        container: str = "mp4",
        audio: dict[str, Any] | None = None,
        prompt: str = "",
        audio_is: str = "synthetic",
    ) -> dict[str, Any]:
        """Label the pictures (B, H, W, C), and tell ComfyUI where the file is."""
        target, subfolder = _place(filename_prefix, container, width=images.shape[2], height=images.shape[1])
        about: dict[str, Any] = {"software_agent": "ComfyUI"}
        if prompt.strip():
            about["prompt"] = prompt
        if audio is not None:
            about |= {"audio": (audio["waveform"], audio["sample_rate"]), "sound": audio_is}
        done = countermark.release(images, fps, target, model=model, **about)
        shown = {"filename": target.name, "subfolder": subfolder, "type": "output"}
        return {"ui": {"images": [shown], "animated": (True,)}, "result": (str(target), done.manifest_id)}


def _place(prefix: str, container: str, *, width: int, height: int) -> tuple[Path, str]:
    """Ask ComfyUI for the next free name in its folder of outputs."""
    paths = import_module("folder_paths")  # ComfyUI's own; there is none elsewhere
    folder, name, number, subfolder, _ = paths.get_save_image_path(prefix, paths.get_output_directory(), width, height)
    return Path(folder) / f"{name}_{number:05}_.{container}", subfolder


NODE_CLASS_MAPPINGS = {"CountermarkSaveVideo": CountermarkSaveVideo}
NODE_DISPLAY_NAME_MAPPINGS = {"CountermarkSaveVideo": "Save Video, labelled (Countermark)"}
