"""The only place that opens, decodes or writes video."""

from .codecs import EncodeSettings, Tool, available, codec_for, container_for, suffix_for
from .decode import DecodeReport, Moment, frames, show
from .encode import Touch, Written, encode
from .look import Looked, look, looked_from_json, looked_to_json, video_from_json, video_to_json
from .probe import probe
from .transcode import remux, transcode

__all__ = [
    "DecodeReport",
    "EncodeSettings",
    "Looked",
    "Moment",
    "Tool",
    "Touch",
    "Written",
    "available",
    "codec_for",
    "container_for",
    "encode",
    "frames",
    "look",
    "looked_from_json",
    "looked_to_json",
    "probe",
    "remux",
    "show",
    "suffix_for",
    "transcode",
    "video_from_json",
    "video_to_json",
]
