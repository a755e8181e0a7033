"""Puts what marks and what takes note between decoder and encoder: a file, or frames as they are made, becomes marked.

Knows codecs' settings and the two wings that touch brightness planes; knows nothing of manifests and registries, nor
where keys lie.
A file is decoded and encoded in a limited child, so that untrusted pictures never meet the process that signs.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .evidence import FingerprintDetails
from .media import FileLabels, Keep, isolation
from .settings import Limits, Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .media import EncodeSettings, Geometry, Overlay, Written
    from .media.codecs import CodecName, WantedCodec
    from .watermark import Embedder, MarkKey

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Encoding:
    """How the released file is encoded; None: by the settings, then by the codec."""

    codec: WantedCodec | None = None
    crf: float | None = None
    bitrate: int | None = None
    preset: str | None = None
    bit_depth: Literal[8, 10] | None = None

    def __post_init__(self) -> None:
        """Refuse what no encoder can do."""
        if self.codec not in (None, "auto", "h264", "hevc", "av1", "vp9"):
            raise ValueError(f"no such codec: {self.codec}; there are auto, h264, hevc, av1, vp9")
        if self.crf is not None and (self.bitrate is not None or not 0 <= self.crf <= 63):
            raise ValueError("a CRF is between 0 and 63, and excludes a bitrate")
        if self.bitrate is not None and self.bitrate < 1000:
            raise ValueError("a bitrate is given in bits per second, 1000 at least")
        if self.bit_depth not in (None, 8, 10):
            raise ValueError("a bit depth is 8 or 10")

    def completed(self, options: Settings) -> Encoding:
        """Fill in what the settings say."""
        crf = self.crf if self.crf is not None or self.bitrate is not None else options.crf
        return replace(self, codec=self.codec or options.codec, crf=crf, preset=self.preset or options.preset)


@dataclass(frozen=True)
class Added:
    """What goes into a file beside its mark: pictures over its pictures, labels for machines; and what stays of it."""

    overlays: tuple[Overlay, ...] = ()
    labels: FileLabels = FileLabels()
    keep: Keep = "labels"

    def to_wire(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        xmp = b64encode(self.labels.xmp).decode()
        painted = [one.to_wire() for one in self.overlays]
        return {"overlays": painted, "tags": list(self.labels.tags), "xmp": xmp, "keep": self.keep}

    @staticmethod
    def from_wire(values: dict[str, Any]) -> Added:
        """Rebuild what `to_wire` gave."""
        from .media import Overlay

        tags = tuple((str(name), str(value)) for name, value in values["tags"])
        overlays = tuple(Overlay.from_wire(one) for one in values["overlays"])
        return Added(overlays, FileLabels(tags, b64decode(values["xmp"])), values["keep"])


@dataclass(frozen=True)
class Marked:
    """A marked file that nobody may see yet."""

    path: Path
    payload: str
    frames: int
    seconds: float
    codec: str
    labels: tuple[str, ...]  # names of those for machines that are in it
    not_carried: tuple[str, ...]
    fingerprint: FingerprintDetails
    margin_db: float  # by how much the mark stood out above what reading needs, where frames were tried at CRF 30
    changes: bytes  # what copies are held to, region by region
    thumbnail: bytes  # a JPEG; empty where none could be made


def mark_file(
    source: Path,
    part: Path,
    payload: str,
    key: MarkKey,
    strength: float,
    *,
    encoding: Encoding,
    added: Added,
    options: Settings,
    progress: Progress | None = None,
) -> Marked:
    """Write `part`, the video of `source` marked with `payload` under `key`; `progress` is told the share done."""
    request = {
        "part": str(part),
        "payload": payload,
        "key": key.to_wire(),
        "strength": strength,
        "encoding": vars(encoding.completed(options)),
        "added": added.to_wire(),
        "limits": options.limits.model_dump(),
    }
    room = min(options.limits.max_bytes, 64 * source.stat().st_size + (1 << 30))  # high quality grows, but has an end
    answer = isolation.run(
        _mark, source, request, limits=options.limits, on_progress=_share(progress), writes=room, writes_in=part.parent
    )
    return isolation.checked(source, lambda plain: _marked(part, payload, plain), answer)


def mark_frames(
    pictures: Iterable[NDArray[np.uint8]],
    part: Path,
    payload: str,
    key: MarkKey,
    strength: float,
    *,
    size: tuple[int, int],
    frame_rate: Fraction,
    encoding: Encoding,
    added: Added,
    options: Settings,
    audio: Path | None = None,
    progress: Progress | None = None,
) -> Marked:
    """Write `part`, RGB pictures (H, W, 3) of `size` (W, H) marked; `progress` is told the seconds written."""
    from .media import Geometry, encode

    wanted = encoding.completed(options)
    codec: CodecName = "h264" if wanted.codec is None or wanted.codec == "auto" else wanted.codec
    touch = MarkAndNote(payload, key, strength, Geometry(*size))
    written = encode(
        pictures,
        part,
        size=size,
        frame_rate=frame_rate,
        settings=_encode_settings(wanted, codec),
        overlays=added.overlays,
        touch=touch,
        audio=audio,
        labels=added.labels,
        progress=progress,
    )
    return _marked(part, payload, touch.answer(written, options.limits))


def _mark(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """Decode, mark and encode: the untrusted input never meets the process that holds the key."""
    from .media import codec_for, probe, transcode
    from .watermark import MarkKey, check_room

    video = probe(path, Limits.model_validate(request["limits"]))
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    check_room(video.geometry, video.frames)
    wanted, part = Encoding(**request["encoding"]), Path(request["part"])
    codec = codec_for(video, wanted.codec or "auto", suffix=part.suffix)
    key = MarkKey.from_wire(request["key"])
    touch = MarkAndNote(request["payload"], key, request["strength"], video.geometry)
    added = Added.from_wire(request["added"])
    written = transcode(
        video,
        part,
        _encode_settings(wanted, codec),
        overlays=added.overlays,
        touch=touch,
        keep=added.keep,
        labels=added.labels,
        progress=report,
    )
    return touch.answer(written, Limits.model_validate(request["limits"]))


class MarkAndNote:
    """Marks each brightness plane, and takes note of what it became: its fingerprint, and what copies are held to."""

    def __init__(self, payload: str, key: MarkKey, strength: float, geometry: Geometry) -> None:
        """Take the order; `geometry` says how the planes are shown."""
        self._payload, self._key, self._strength, self._geometry = payload, key, strength, geometry
        self._embed: Embedder | None = None
        self._fingerprint: Any = None
        self._changes: Any = None

    def __call__(self, luma: NDArray[Any], seconds: float) -> None:
        """Change one plane in place."""
        if self._embed is None:  # the encoder decides size and depth of the planes; the first one shows them
            from .provenance import Fingerprinter
            from .provenance.changes import ChangeRecorder
            from .watermark import Embedder

            shape = replace(self._geometry, width=luma.shape[1], height=luma.shape[0])
            depth = 8 if luma.dtype.itemsize == 1 else 10
            self._embed = Embedder(self._payload, self._key, shape, depth, self._strength)
            self._fingerprint = Fingerprinter(shape, depth)
            self._changes = ChangeRecorder(shape, depth)
        self._embed(luma, seconds)
        self._fingerprint(luma, seconds)
        self._changes(luma, seconds)

    def answer(self, written: Written, limits: Limits) -> dict[str, Any]:
        """Give what the parent needs to know, as plain values; refuse what was too short for a mark after all."""
        from .media import probe, still
        from .watermark import check_room

        check_room(written.geometry, written.frames)
        finished = probe(written.path, limits, digest="not needed")
        return {
            "frames": written.frames,
            "seconds": written.seconds,
            "codec": f"{written.codec}, {written.settings}",
            "labels": list(written.labels),
            "not_carried": list(written.not_carried),
            "fingerprint": vars(self._fingerprint.details()),
            "margin_db": self._embed.margin_db if self._embed else 0.0,
            "changes": b64encode(self._changes.record()).decode(),
            "thumbnail": b64encode(still(finished, limits)).decode(),
        }


def _share(progress: Progress | None) -> Callable[[Any], None] | None:
    """Pass on what a child reports, where it is a number."""
    return progress and (lambda said: progress(float(said)) if isinstance(said, int | float) else None)


def _marked(part: Path, payload: str, answer: dict[str, Any]) -> Marked:
    from pydantic import TypeAdapter

    read = {name: b64decode(answer[name]) for name in ("changes", "thumbnail")}
    return TypeAdapter(Marked).validate_python({**answer, **read, "path": part, "payload": payload})


def _encode_settings(wanted: Encoding, codec: CodecName) -> EncodeSettings:
    from .media import EncodeSettings

    return EncodeSettings(
        codec=codec,
        crf=wanted.crf,
        bitrate=wanted.bitrate,
        preset=wanted.preset,
        bit_depth=wanted.bit_depth,
    )
