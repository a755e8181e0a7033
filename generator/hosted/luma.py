"""Luma Dream Machine, through its official client `lumaai`: text to video with Ray 2, and moves of the camera.

Its pictures must lie at public addresses, and its API takes no upload: a picture of this machine is nothing it can
begin from. What it takes is what the client's own types say (1.21); the camera's words are those of its changelog.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import ServiceFailed
from ...settings import Settings
from ..request import Camera, Feature
from .keys import home, key
from .offer import Offer, Shape, Task
from .service import Failed, Made, Wish, Working
from .transport import client, lacking, own_errors

if TYPE_CHECKING:
    from lumaai import LumaAI

KEY, ADDRESS = "LUMAAI_API_KEY", "LUMAAI_BASE_URL"  # the client's own variables
CAMERA = {
    Camera.STILL: "static",
    Camera.PAN_LEFT: "pan_left",
    Camera.PAN_RIGHT: "pan_right",
    Camera.TILT_UP: "tilt_up",
    Camera.TILT_DOWN: "tilt_down",
    Camera.ZOOM_IN: "zoom_in",
    Camera.ZOOM_OUT: "zoom_out",
    Camera.ORBIT_LEFT: "orbit_left",
    Camera.ORBIT_RIGHT: "orbit_right",
}
_WIDE = (
    Shape(1280, 720, "16:9", "720p"),
    Shape(960, 540, "16:9", "540p"),
    Shape(1920, 1080, "16:9", "1080p"),
    Shape(3840, 2160, "16:9", "4k"),
)
_TALL = tuple(Shape(shape.height, shape.width, "9:16", shape.word) for shape in _WIDE)
_RAY = Task("text", "ray-2", frozenset({Feature.TEXT, Feature.CAMERA}), shapes=(*_WIDE, *_TALL), seconds=(5.0, 9.0))
OFFER = Offer(
    name="luma",
    provider="Luma AI",
    agent="lumaai (Python client)",
    tasks=(_RAY,),
    prices="https://lumalabs.ai/api/pricing",
    keys=((KEY,),),
    client=("lumaai", "lumaai"),
)
FLASH = replace(OFFER, name="luma:ray-flash-2", tasks=(replace(_RAY, model="ray-flash-2"),))


@dataclass(frozen=True)
class Luma:
    """Luma, with its key in hand."""

    client: LumaAI
    home: str | None
    secrets: tuple[str, ...]

    def begin(self, wish: Wish) -> str:
        """Order; the generation's id comes back."""
        from lumaai import APIError

        said: dict[str, Any] = {
            "model": wish.task.model,
            "prompt": wish.request.prompt,
            "aspect_ratio": wish.shape.aspect,
            "resolution": wish.shape.word,
            "duration": f"{wish.seconds:g}s",
        }
        if wish.request.camera is not None:
            said["concepts"] = [{"key": CAMERA[wish.request.camera]}]
        with own_errors(APIError):
            name: Any = self.client.generations.create(**said).id
        if not isinstance(name, str) or not name:
            raise ServiceFailed("it took the order, and gave the job no name")
        return name

    def look(self, job: str, task: Task) -> Working | Made | Failed:
        """Ask for the generation."""
        from lumaai import APIError

        with own_errors(APIError):
            seen = self.client.generations.get(job)
            if seen.state == "completed":
                url = seen.assets.video if seen.assets else None
                return Made(url=url) if url else Failed("it is done, and has no video")
            return Failed(seen.failure_reason or "") if seen.state == "failed" else Working()

    def stop(self, job: str, task: Task) -> bool:
        """Take it out of the list."""
        from lumaai import APIError

        with own_errors(APIError):
            self.client.generations.delete(job)
        return True


def connect(options: Settings, seconds: float) -> Luma:
    """Make the client."""
    secret, address = key(KEY, "luma"), os.environ.get(ADDRESS)
    own = home(address) if address else None
    try:
        from lumaai import LumaAI
    except ImportError:
        raise lacking("lumaai") from None
    return Luma(
        LumaAI(auth_token=secret, base_url=own, max_retries=0, http_client=client(own, seconds)), own, (secret,)
    )
