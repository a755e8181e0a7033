"""Labels for what a pipeline of the user's own makes: frames go in, and one file comes out, marked, signed, registered.

    with countermark.label("clip.mp4", model="my-model", fps=16) as out:
        out.write(pipe("a red ball falls").frames)

Frames are kept without loss, encrypted, in a hidden folder beside the target until the block ends: any number of them
takes no more memory than a few, and marking may read them twice. A block that ends in an error leaves no file; what a
process that was killed has left goes when the same file is labelled again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ..errors import EncodeFailed, NoPictures, PromptInvalid
from ..outputs import check_input, staged
from ..settings import Settings, settings
from ..stamp import Encoding, Stamped, check_able, facts, stamp_frames
from . import footage, inputs
from .given import pictures
from .maker import Origin
from .sealed import SUFFIX, SealedWriter, read_sealed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..provenance import Facts
    from .maker import Sound

Samples = tuple[Any, int]  # what a model gives as sound, (channels, samples) of -1 to 1, and its rate
_FASTEST = 240
_FRAMES = "frames"  # what is kept meanwhile, in a folder that is one block's own
_SAID = (
    "prompt", "prompt_in_clear", "title", "model_version", "provider", "software_agent", "source_type", "sound",
)  # fmt: skip


class About(TypedDict, total=False):
    """What else may be said of a video, and how it is written."""

    prompt: str  # only a salted hash of it is written
    prompt_in_clear: bool
    title: str
    model_version: str
    provider: str
    software_agent: str
    source_type: str
    ingredients: Iterable[Path]  # pictures and videos that it was made from
    audio: str | Path | Samples
    sound: Sound  # what the sound is: synthetic, recorded, unsaid
    encoding: Encoding
    force: bool
    progress: Callable[[float], None]  # is told the seconds written
    options: Settings


class Labelling:
    """Takes frames; what became of them is in `stamped`, once the block has ended."""

    def __init__(self, part: Path, home: Path) -> None:
        """Take where frames are kept meanwhile, and who alone may read them there."""
        self._part, self._home, self._stack = part, home, ExitStack()
        self._writer: SealedWriter | None = None
        self.size: tuple[int, int] | None = None  # width, height
        self.frames = 0
        self.stamped: Stamped | None = None

    def write(self, frames: Any) -> None:
        """Take frames in their order: arrays, tensors, PIL images, or lists of these; may be called again for more."""
        for picture in pictures(frames):
            self._keep(picture)

    def _keep(self, picture: NDArray[np.uint8]) -> None:
        from ..media import Geometry
        from ..watermark import check_room

        size = (picture.shape[1], picture.shape[0])
        if self._writer is None:
            check_room(Geometry(*size))
            self.size = size
            self._writer = self._stack.enter_context(SealedWriter(self._part, self._home, _FRAMES))
        if size != self.size:
            first = "{}x{}".format(*(self.size or ()))
            raise EncodeFailed(
                f"frame {self.frames} is {size[0]}x{size[1]}, and the first {first}", advice="give all one size"
            )
        self._writer.write(picture)
        self.frames += 1


@contextmanager
def label(
    path: str | Path = "generated.mp4", *, model: str, fps: float | str | Fraction = 24, **about: Unpack[About]
) -> Iterator[Labelling]:
    """Label what is written in the block, which appears at `path` when it ends well, and not at all when it does not.

    What could not be released in the end is refused before the block begins: no key, a name that is taken.
    """
    from ..media import Geometry
    from ..watermark import check_room

    if unknown := sorted(about.keys() - About.__annotations__.keys()):
        raise TypeError(f"label() takes no {', '.join(unknown)}; there are {', '.join(About.__annotations__)}")
    target, rate = Path(path), _rate(fps)
    options, force = about.get("options") or settings(), about.get("force", False)
    audio = about.get("audio")
    described = _described(model, about, options)
    sound = (Path(audio),) if isinstance(audio, str | Path) else ()
    for file in sound:
        check_input(file)
    encoding = about.get("encoding")
    check_able(target, described, size=None, frames=None, force=force, options=options, encoding=encoding, beside=sound)
    with staged(target) as name:
        heard = _audio(audio, name(".wav"), options)
        out = Labelling(name(SUFFIX), options.home)
        with out._stack:
            yield out
        if out.size is None:
            raise NoPictures(f"{target.name}: no frame was written", advice="call write(frames) within the block")
        check_room(Geometry(*out.size), out.frames)
        out.stamped = stamp_frames(
            lambda: read_sealed(out._part, options.home, _FRAMES),
            target,
            size=out.size,
            frame_rate=rate,
            facts=described,
            encoding=encoding,
            audio=heard,
            beside=sound,
            force=force,
            progress=about.get("progress"),
            options=options,
        )


def release(
    frames: Any, fps: float | str | Fraction, path: str | Path, *, model: str, **about: Unpack[About]
) -> Stamped:
    """Label frames that are all there, or come one by one: `label` in one call.

    countermark.release(pipe(prompt).frames, 16, "clip.mp4", model="my-model", prompt=prompt)
    """
    with label(path, model=model, fps=fps, **about) as out:
        out.write(frames)
    assert out.stamped is not None
    return out.stamped


def _described(model: str, about: About, options: Settings) -> Facts:
    """Say it for the manifest; samples that came with the frames were made with them, a file is a part put in."""
    from ..provenance import IngredientFacts

    if not model.strip():
        raise PromptInvalid("a model without a name", advice="say by which model it was made")
    said: dict[str, Any] = {name: value for name, value in about.items() if name in _SAID}
    if isinstance(about.get("audio"), tuple):
        said.setdefault("sound", "synthetic")
    said.setdefault("provider", options.provider)
    given = [Path(one) for one in about.get("ingredients", ())]
    if "source_type" not in said:
        said["source_type"] = footage.source_type(Origin(model).source_type, given, options)
    made = facts(model=model, ingredients=given, **said)
    audio = about.get("audio")
    parts = (IngredientFacts(Path(audio), "componentOf"),) if isinstance(audio, str | Path) else ()
    return replace(made, ingredients=(*made.ingredients, *parts))


def _audio(given: str | Path | Samples | None, place: Path, options: Settings) -> Path | None:
    """Write the sound as a file of our own, whether samples came or a file; what is broken is found out here."""
    if given is None or isinstance(given, str | Path):
        return None if given is None else inputs.sound(Path(given), place, options)
    import numpy as np

    from .families.sound import write_wave

    samples, rate = given
    if hasattr(samples, "detach"):
        samples = samples.detach().cpu().float().numpy()
    array = np.squeeze(np.asarray(samples, np.float32))
    if array.ndim not in (1, 2) or not array.size or not 1000 <= rate <= 384_000:
        shape = "x".join(map(str, array.shape))
        raise EncodeFailed(f"sound of {shape} at {rate} a second", advice="give (channels, samples), and their rate")
    write_wave(place, array, int(rate))
    return place


def _rate(fps: float | str | Fraction) -> Fraction:
    try:
        rate = Fraction(fps).limit_denominator(1001)
    except (ValueError, OverflowError, ZeroDivisionError):
        rate = Fraction(0)
    if not 0 < rate <= _FASTEST:
        raise PromptInvalid(f"{fps} frames per second cannot be written", advice=f"give more than 0, up to {_FASTEST}")
    return rate
