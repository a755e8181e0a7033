"""The only place that opens, decodes or writes video."""

from .codecs import EncodeSettings, Tool, available, codec_for, container_for, suffix_for
from .encode import Touch, Written, encode
from .transcode import remux, transcode

__all__ = [
    "EncodeSettings",
    "Tool",
    "Touch",
    "Written",
    "available",
    "codec_for",
    "container_for",
    "encode",
    "remux",
    "suffix_for",
    "transcode",
]
