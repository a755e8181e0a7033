"""A script of one's own around a pipeline of diffusers, whose video leaves labelled.

python diffusers_script.py FOLDER "a red ball falls on a beach" ball.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import countermark

FPS, FRAMES = 16, 49  # as the model makes them: no pipeline says so itself


def load(folder: str) -> Any:
    """Load the pipeline from a folder on this machine."""
    from diffusers import DiffusionPipeline

    return DiffusionPipeline.from_pretrained(folder, local_files_only=True)


def main(folder: str, prompt: str, target: str, **asked: Any) -> None:
    """Make a video, and let it leave through the label alone."""
    pipe = load(folder)
    frames = pipe(prompt, **{"num_frames": FRAMES, **asked}).frames
    done = countermark.release(frames, FPS, target, model=Path(folder).name, prompt=prompt, software_agent="diffusers")
    print(f"{done.path}: {done.manifest_id}")


if __name__ == "__main__":
    main(*sys.argv[1:4])
