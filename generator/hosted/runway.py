"""Runway, through its official client `runwayml`: text or a picture to video by Gen-4.5, video to video by Aleph 2.

What it takes is what the client's own types say (5.24); a file goes inside the request, up to 5 MB in base64.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import PromptInvalid, ServiceFailed
from ...settings import Settings
from ..request import Feature
from .keys import home, key
from .offer import Offer, Price, Shape, Task
from .sending import film, still
from .service import Failed, Made, Wish, Working
from .transport import client, lacking, own_errors

if TYPE_CHECKING:
    from runwayml import RunwayML

KEY, ADDRESS = "RUNWAYML_API_SECRET", "RUNWAYML_BASE_URL"  # the client's own variables
MOST_BYTES = 3_700_000  # 5 MB in base64, with the words before it
PROMPT_UNITS = 1000  # of UTF-16
SEEDS = 1 << 32
_PRICE = Price("Runway's guide: 12 credits a second, at $0.01 a credit", "2026-05", per_second=0.12)
_TEXT = (Shape(1280, 720, "16:9", "1280:720"), Shape(720, 1280, "9:16", "720:1280"))
_IMAGE = (
    *_TEXT,
    Shape(1104, 832, "4:3", "1104:832"),
    Shape(960, 960, "1:1", "960:960"),
    Shape(832, 1104, "3:4", "832:1104"),
    Shape(1584, 672, "21:9", "1584:672"),
)
_SECONDS = (5.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0)
_GEN = Task("text", "gen4.5", frozenset({Feature.TEXT}), shapes=_TEXT, seconds=_SECONDS, price=_PRICE)
_PICTURE, _CLIP = frozenset({Feature.IMAGE}), frozenset({Feature.VIDEO})

OFFER = Offer(
    name="runway",
    provider="Runway",
    agent="runwayml (Python client)",
    tasks=(
        _GEN,
        replace(_GEN, name="image", features=_PICTURE, requires=_PICTURE, shapes=_IMAGE),
        Task("video", "aleph2", _CLIP, _CLIP),
    ),
    prices="https://docs.dev.runwayml.com/guides/pricing",
    seeds=True,
    keys=((KEY,),),
    client=("runwayml", "runwayml"),
)


@dataclass(frozen=True)
class Runway:
    """Runway, with its key in hand."""

    client: RunwayML
    options: Settings
    home: str | None
    secrets: tuple[str, ...]

    def begin(self, wish: Wish) -> str:
        """Order; the task's id comes back."""
        request, shape = wish.request, wish.shape
        if len(request.prompt.encode("utf-16-le")) // 2 > PROMPT_UNITS:
            raise PromptInvalid(f"runway takes prompts of up to {PROMPT_UNITS} letters")
        said: dict[str, Any] = {"model": wish.task.model, "prompt_text": request.prompt, "seed": request.seed % SEEDS}
        if request.video is not None:
            said |= {"video_uri": film(request.video, self.options, MOST_BYTES).uri}
            return self._order(self.client.video_to_video.create, said)
        said |= {"duration": int(wish.seconds), "ratio": shape.word}
        if request.image is None:
            return self._order(self.client.text_to_video.create, said)
        said |= {"prompt_image": still(request.image, self.options, MOST_BYTES).uri}
        return self._order(self.client.image_to_video.create, said)

    def look(self, job: str, task: Task) -> Working | Made | Failed:
        """Ask for the task; its URLs hold for a day or two, and are fresh each time."""
        from runwayml import APIError

        with own_errors(APIError):
            seen: Any = self.client.tasks.retrieve(job)
            if seen.status == "SUCCEEDED":
                return Made(url=seen.output[0])
            if seen.status == "FAILED":
                return Failed(f"{seen.failure} ({seen.failure_code})" if seen.failure_code else seen.failure)
            if seen.status == "CANCELLED":
                return Failed("it was cancelled")
            return Working(seen.progress if seen.status == "RUNNING" else None)

    def stop(self, job: str, task: Task) -> bool:
        """Cancel it; what runs already may be charged all the same."""
        from runwayml import APIError

        with own_errors(APIError):
            self.client.tasks.delete(job)
        return True

    def _order(self, create: Any, said: dict[str, Any]) -> str:
        from runwayml import APIError

        with own_errors(APIError):
            name: Any = create(**said).id
        if not isinstance(name, str) or not name:
            raise ServiceFailed("it took the order, and gave the job no name")
        return name


def connect(options: Settings, seconds: float) -> Runway:
    """Make the client."""
    secret, address = key(KEY, "runway"), os.environ.get(ADDRESS)
    own = home(address) if address else None
    try:
        from runwayml import RunwayML
    except ImportError:
        raise lacking("runwayml") from None
    made = RunwayML(api_key=secret, base_url=own, max_retries=0, http_client=client(own, seconds))
    return Runway(made, options, own, (secret,))
