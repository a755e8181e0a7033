"""What stands behind a URL that somebody pasted: a file, or a post with media in it.

    for rendition in resolve("https://example.org/clip.mp4", settings()):
        bring(rendition, folder, settings())

A URL is taken for the address of a file first. Where it is a page, `service.posts` says whether yt-dlp is asked: it
runs in a limited process whose only way out is a proxy of ours. Knows no checks: several media are several renditions,
and whoever asks makes of them what they want.
"""

from __future__ import annotations

from pathlib import Path

from ..errors import FetchFailed, PostUnresolved
from ..fetch import Fetched, Guard, PublicOnly, UnsafeAllowPrivate
from ..settings import Settings
from .direct import Direct
from .values import Rendition, Resolver
from .ytdlp import YtDlp

__all__ = ["Direct", "Rendition", "Resolver", "YtDlp", "bring", "resolve"]


def resolve(url: str, options: Settings, guard: Guard | None = None) -> tuple[Rendition, ...]:
    """Find the media behind a URL; PostUnresolved where there is none, or only a page and posts are not resolved."""
    allowed = guard or _guard(options)
    try:
        return Direct(options.limits, allowed).resolve(url)
    except (PostUnresolved, FetchFailed):
        if not options.service.posts:
            raise
    return YtDlp(options.limits, allowed).resolve(url)


def bring(rendition: Rendition, folder: Path, options: Settings, guard: Guard | None = None) -> Fetched:
    """Bring one of them, by whoever found it."""
    allowed = guard or _guard(options)
    found_by: Resolver
    if rendition.found_by == "direct":
        found_by = Direct(options.limits, allowed)
    elif options.service.posts:
        found_by = YtDlp(options.limits, allowed)
    else:
        raise PostUnresolved("URLs of posts are no longer resolved here")
    return found_by.bring(rendition, folder)


def _guard(options: Settings) -> Guard:
    return UnsafeAllowPrivate() if options.service.unsafe_private_addresses else PublicOnly()
