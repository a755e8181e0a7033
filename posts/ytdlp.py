"""Posts whose site yt-dlp knows: what media they have, and which file of each is brought. Runs it `confined`."""

from __future__ import annotations

import re
import secrets
from math import isfinite
from pathlib import Path
from typing import Any

from ..errors import InputEmpty, OverLimit, PostUnresolved
from ..evidence.text import plain
from ..fetch import Fetched, Guard, checked
from ..outputs import release, staged, translated
from ..settings import Limits
from .child import MOST_MEDIA, NAME
from .confined import Ran, ran
from .values import Rendition

# One file as it lies there; else pieces that can be put in a row. Nothing that another program would have to join.
_BEST = "bv*[protocol~='^https?$']/bv*[protocol=m3u8_native]/bv*[protocol=http_dash_segments]"
_TEXT = 120  # characters of what a site calls something
_WITHOUT_END = "a broadcast under way can't be judged; give the recording of it"


class YtDlp:
    """Finds and brings by yt-dlp."""

    def __init__(self, limits: Limits, guard: Guard) -> None:
        """Take limits, and which addresses may be asked."""
        self._limits, self._guard = limits, guard

    def resolve(self, url: str) -> tuple[Rendition, ...]:
        """Ask the site what the post has; nothing is brought."""
        checked(url)
        order = {"url": url, "download": False, "best": _BEST, "wanted": None, "items": f"1:{MOST_MEDIA}"}
        with ran(order, self._limits, self._guard) as done:
            media = [one for one in _media(done) if one.get("format_id") is not None]
        if not media:
            raise PostUnresolved(f"{url[:200]}: no media was found there")
        return tuple(self._rendition(url, place, len(media), one) for place, one in enumerate(media, 1))

    def bring(self, rendition: Rendition, folder: Path) -> Fetched:
        """Have it asked for once more, and bring the file that was chosen."""
        order = {"url": rendition.url, "download": True, "best": _BEST, "wanted": rendition.format_id}
        with ran({**order, "items": str(rendition.number)}, self._limits, self._guard, folder) as done:
            source = done.folder / NAME
            if source.is_symlink() or not source.is_file():
                raise PostUnresolved(f"{rendition.url[:200]}: nothing was brought")
            size = source.stat().st_size
            if not size:
                raise InputEmpty(f"{rendition.url[:200]}: the file that was brought is empty")
            if size > self._limits.fetch_bytes:
                raise OverLimit(f"the post's file has more than {self._limits.fetch_bytes:,} bytes")
            return _kept(source, folder, rendition, size)

    def _rendition(self, url: str, number: int, count: int, told: dict[str, Any]) -> Rendition:
        if told.get("is_live") or told.get("live_status") in ("is_live", "is_upcoming", "post_live"):
            raise PostUnresolved(f"{url[:200]} is a broadcast under way", advice=_WITHOUT_END)
        duration = _amount(told.get("duration"))
        if duration is not None and duration > self._limits.max_duration_s:
            raise OverLimit(f"the post's video takes {duration:.0f} s, more than {self._limits.max_duration_s:g}")
        size = _amount(told.get("filesize")) or _amount(told.get("filesize_approx"))
        if size is not None and size > self._limits.fetch_bytes:
            raise OverLimit(f"the post's file has some {size:,.0f} bytes, more than {self._limits.fetch_bytes:,}")
        words = {name: plain(told.get(key), _TEXT) for name, key in _WORDS.items()}
        known = {
            **{"url": url, "found_by": "yt-dlp", "number": number, "count": count, "duration_s": duration},
            **{"width": _whole(told.get("width")), "height": _whole(told.get("height"))},
            **{"frame_rate": _amount(told.get("fps")), "bytes": int(size) if size else None},
        }
        return Rendition.from_json({**words, **known})


_WORDS = {
    **{"version": "version", "extractor": "extractor", "media_id": "id", "title": "title", "format_id": "format_id"},
    **{"container": "ext", "protocol": "protocol", "video_codec": "vcodec", "audio_codec": "acodec"},
}


def _media(done: Ran) -> list[dict[str, Any]]:
    found = done.answer.get("media")
    media = found[:MOST_MEDIA] if isinstance(found, list) else []
    return [{**one, "version": done.answer.get("version")} for one in media if isinstance(one, dict)]


def _kept(source: Path, folder: Path, rendition: Rendition, size: int) -> Fetched:
    suffix = f".{rendition.container}" if re.fullmatch(r"[a-z0-9]{1,8}", rendition.container) else ""
    target = folder / (secrets.token_hex(16) + suffix)
    with staged(target) as name, translated(target):
        part = name(suffix)
        with source.open("rb") as given, part.open("xb") as taken:
            part.chmod(0o600)
            while piece := given.read(1 << 20):
                taken.write(piece)
        release(part, target, force=False)
    return Fetched(target, rendition.url, None, size, ())


def _amount(value: object) -> float | None:
    """Take a number for one; sites say all sorts of things."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and 0 < value < 1e15 else None


def _whole(value: object) -> int | None:
    found = _amount(value)
    return int(found) if found is not None and found < 1e6 else None
