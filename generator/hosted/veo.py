"""Veo, through Google's official client `google-genai`: text, or first and last pictures, to video; a clip goes on.

Google ended Veo in the Gemini API on 22 October 2026; its client (3.4) makes videos on the Agent Platform alone, and
that is what is asked: with an API key, or as a service account. The video comes inside the answer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import KeyMissing, ServiceFailed
from ...settings import Settings
from ..request import Feature
from .keys import home, key
from .offer import Offer, Price, Shape, Task
from .sending import film, still
from .service import Failed, Made, Wish, Working
from .transport import client, lacking, own_errors

if TYPE_CHECKING:
    from google.genai import Client

KEY, ADDRESS = "GOOGLE_API_KEY", "GOOGLE_VERTEX_BASE_URL"  # the client's own variables
ACCOUNT, PROJECT, LOCATION = "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"
MOST_BYTES = 20_000_000
SEEDS = 1 << 32
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_PRICE = Price("what resellers say", "2026-10", per_second=0.20, per_second_sound=0.40)
_SHAPES = (
    Shape(1280, 720, "16:9", "720p"),
    Shape(720, 1280, "9:16", "720p"),
    Shape(1920, 1080, "16:9", "1080p"),
    Shape(1080, 1920, "9:16", "1080p"),
)
_ALWAYS = frozenset({Feature.NEGATIVE, Feature.SOUND})
_TEXT = Task(
    "text", "veo-3.1-generate-001", _ALWAYS | {Feature.TEXT}, shapes=_SHAPES, seconds=(8.0, 4.0, 6.0), price=_PRICE
)
_TASKS = (
    _TEXT,
    replace(
        _TEXT,
        name="image",
        features=_ALWAYS | {Feature.IMAGE, Feature.LAST_FRAME},
        requires=frozenset({Feature.IMAGE}),
    ),
    replace(
        _TEXT,
        name="extend",
        features=_ALWAYS | {Feature.EXTEND},
        requires=frozenset({Feature.EXTEND}),
        shapes=(),
        seconds=(7.0,),
    ),
)
OFFER = Offer(
    name="veo",
    provider="Google",
    agent="google-genai (Python client)",
    tasks=_TASKS,
    prices="https://cloud.google.com/vertex-ai/generative-ai/pricing",
    seeds=True,
    keys=((KEY,), (ACCOUNT, PROJECT)),
    client=("google.genai", "google-genai"),
)
FAST = replace(
    OFFER,
    name="veo:fast",
    tasks=tuple(replace(task, model="veo-3.1-fast-generate-001", price=None) for task in _TASKS),
)


@dataclass(frozen=True)
class Veo:
    """Veo, with its key in hand."""

    client: Client
    options: Settings
    home: str | None
    secrets: tuple[str, ...]

    def begin(self, wish: Wish) -> str:
        """Order; the operation's name comes back."""
        from google.genai import errors, types

        request = wish.request
        config: dict[str, Any] = {
            "number_of_videos": 1,
            "duration_seconds": int(wish.seconds),
            "generate_audio": request.sound,
            "negative_prompt": request.negative,
            "seed": request.seed % SEEDS,
        }
        if wish.task.shapes:
            config |= {"aspect_ratio": wish.shape.aspect, "resolution": wish.shape.word}
        source = types.GenerateVideosSource(prompt=request.prompt)
        if request.image is not None:
            first = still(request.image, self.options, MOST_BYTES)
            source.image = types.Image(image_bytes=first.content, mime_type=first.kind)
        if request.last_image is not None:
            last = still(request.last_image, self.options, MOST_BYTES)
            config["last_frame"] = types.Image(image_bytes=last.content, mime_type=last.kind)
        if request.extend is not None:
            clip = film(request.extend, self.options, MOST_BYTES)
            source.video = types.Video(video_bytes=clip.content, mime_type=clip.kind)
        with own_errors(errors.APIError):
            ordered = self.client.models.generate_videos(
                model=wish.task.model, source=source, config=types.GenerateVideosConfig(**config)
            )
        if not ordered.name:
            raise ServiceFailed("it took the order, and gave the job no name")
        return ordered.name

    def look(self, job: str, task: Task) -> Working | Made | Failed:
        """Ask for the operation; the video is in its answer."""
        from google.genai import errors, types

        with own_errors(errors.APIError):
            seen = self.client.operations.get(types.GenerateVideosOperation.model_validate({"name": job}))
        if not seen.done:
            return Working()
        if seen.error:
            return Failed(str(seen.error.get("message", "")))
        response = seen.response
        made = (response.generated_videos or []) if response else []
        if not made:
            return Failed("; ".join((response.rai_media_filtered_reasons if response else None) or []))
        video = made[0].video
        if video is None or not video.video_bytes:
            return Failed("it put the video where only its own storage reaches")
        return Made(content=video.video_bytes)

    def stop(self, job: str, task: Task) -> bool:
        """Say that it has no way to stop."""
        return False


def connect(options: Settings, seconds: float) -> Veo:
    """Make the client, with an API key or as a service account."""
    address = os.environ.get(ADDRESS)
    own = home(address) if address else None
    try:
        from google import genai
        from google.genai import types
    except ImportError:
        raise lacking("google-genai") from None
    most_bytes = 2 * options.limits.fetch_bytes  # base64, and the rest of the answer
    asked = types.HttpOptions(base_url=own, httpx_client=client(own, seconds, most_bytes))
    account, project = os.environ.get(ACCOUNT), os.environ.get(PROJECT)
    if not os.environ.get(KEY) and account and project:
        where = os.environ.get(LOCATION) or "us-central1"
        made = genai.Client(
            vertexai=True, project=project, location=where, credentials=_account(account), http_options=asked
        )
        return Veo(made, options, own, ())
    if not os.environ.get(KEY) and os.environ.get("GEMINI_API_KEY"):
        raise KeyMissing(
            f"veo left the Gemini API on 22 October 2026, and GEMINI_API_KEY with it; {KEY} is not set",
            advice=f"set {KEY} to a key of the Agent Platform, or {ACCOUNT} and {PROJECT}",
        )
    secret = key(KEY, "veo")
    return Veo(genai.Client(vertexai=True, api_key=secret, http_options=asked), options, own, (secret,))


def _account(path: str) -> Any:
    """Read a service account, which signs its own tokens: nobody is asked for one."""
    from google.oauth2.service_account import Credentials

    try:
        found: Any = Credentials.from_service_account_file(path, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        raise KeyMissing(f"veo: {ACCOUNT} names no file of a service account") from None
    return found.with_always_use_jwt_access(True)
