"""The only place that opens, decodes or writes video. Knows files and pictures; judges nothing, signs nothing.

>>> from countermark.media import Geometry
>>> Geometry(1920, 1080, rotation=90).display_size
(1080, 1920)
"""

from .arrays import Clip, read_clip, read_still
from .codecs import EncodeSettings, Tool, available, codec_for, container_for, suffix_for
from .decode import DecodeReport, Moment, frames, show
from .encode import Touch, Written, encode
from .facts import Colour, Geometry, Mastering, Sound, Subtitle, Video
from .look import Looked, look, looked_from_json, looked_to_json, video_from_json, video_to_json
from .metadata import Field, FileLabels, Keep, Metadata
from .overlay import Overlay
from .plan import ContainerExaminer, Examiner, Plan, Tile, View, spread
from .probe import probe
from .still import still
from .transcode import remux, transcode

__all__ = [
    "Clip",
    "Colour",
    "ContainerExaminer",
    "DecodeReport",
    "EncodeSettings",
    "Examiner",
    "Field",
    "FileLabels",
    "Geometry",
    "Keep",
    "Looked",
    "Mastering",
    "Metadata",
    "Moment",
    "Overlay",
    "Plan",
    "Sound",
    "Subtitle",
    "Tile",
    "Tool",
    "Touch",
    "Video",
    "View",
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
    "read_clip",
    "read_still",
    "remux",
    "show",
    "spread",
    "still",
    "suffix_for",
    "transcode",
    "video_from_json",
    "video_to_json",
]
