"""What making would meet, looked for without making: files that can't be used, labels, rules of consent, keys.

What can't be made is refused as making would refuse it. What whoever asks has yet to do is told: no key, a question
that was not answered, a name that is taken. Nothing stays written, no network is asked, the ledger has no line of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import CountermarkError, FeatureLacking, NoKeys, OutputFolderMissing, ProfileUnmet
from ..outputs import check_input
from ..settings import Settings
from ..stamp import Encoding, fitting, marking_key
from . import inputs, models
from .consent import foresee as asked
from .maker import Maker, Plan
from .request import Request

TO_DO = "to do first"  # what a plan calls it
_LISTENED_S = 1.0  # of a sound: that it plays at all


def foreseen(
    request: Request,
    planned: Plan,
    maker: Maker,
    target: Path | None,
    *,
    audio: Path | None,
    consent: bool,
    encoding: Encoding | None,
    force: bool,
    options: Settings,
) -> Plan:
    """Add to a model's plan what is given and drawn, and what has to be done before it can be made.

    target: where it would be written; None: that was looked at already.
    """
    if target is not None:
        fitting(target, encoding, options)
    if audio is not None:
        check_sound(audio, maker)
        _listen(audio, options)
    look(request, options)
    labels = tuple(("label", words) for words in _labels(planned, maker, options))
    ahead = [*_of_consent(request, consent, options), *_of_release(maker, options)]
    ahead += _of_target(target, force) if target is not None else []
    to_do = tuple((TO_DO, words) for words in dict.fromkeys(ahead))
    return replace(planned, how=(*planned.how, *_given(request, audio), *_laws(options), *labels, *to_do))


def look(request: Request, options: Settings) -> None:
    """Decode every picture and mask, and the first frame of every video."""
    for path in (request.image, request.last_image, *(frame.image for frame in request.keyframes)):
        if path is not None:
            inputs.picture(path, options)
    for path in (request.video, request.extend):
        if path is not None:
            inputs.clip(path, options, 1)
    if request.brush is not None and request.image is not None:
        high, wide = inputs.picture(request.image, options).shape[:2]
        inputs.mask(request.brush.mask, (wide, high), options)


def check_sound(audio: Path, maker: Maker) -> None:
    """Refuse sound that is not there, or that the model has no room for."""
    check_input(audio)
    if models.gives_files(maker):
        raise FeatureLacking(f"{maker.name} gives a finished file, with the sound that it has")


def _listen(audio: Path, options: Settings) -> None:
    """Decode the beginning of it."""
    with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
        inputs.sound(audio, Path(folder) / "heard.wav", options, _LISTENED_S)


def _given(request: Request, audio: Path | None) -> Iterator[tuple[str, str]]:
    """Name what it is made from."""
    files = {"begins with": request.image, "ends with": request.last_image}
    files |= {"made over from": request.video, "goes on from": request.extend, "your sound": audio}
    yield from ((what, path.name) for what, path in files.items() if path is not None)
    for frame in request.keyframes:
        yield f"shows at {frame.seconds:g} s", frame.image.name
    if request.brush is not None:
        yield "brush", f"what is white in {request.brush.mask.name} goes {request.brush.direction}"
    if request.camera is not None:
        yield "camera", str(request.camera)


def _laws(options: Settings) -> Iterator[tuple[str, str]]:
    from ..disclosing import profiles_of

    yield from (("profile", profile.id) for profile in profiles_of(options))


def _labels(planned: Plan, maker: Maker, options: Settings) -> list[str]:
    """Say what people will see; a service's own size is a guess, and nothing is drawn on a guess."""
    from ..disclosing import disclosed, labels_of

    if models.gives_files(maker):
        return [repr(label.text) for label in labels_of(options, options.provider)]
    shown = disclosed(options, planned.size, planned.seconds, provider=options.provider)
    return [f"{one.claim.text!r}: drawn from {one.claim.span}, {one.claim.region}" for one in shown.drawn]


def _of_consent(request: Request, consent: bool, options: Settings) -> Iterator[str]:
    why = asked(request, options)
    if why is not None and not consent:
        yield f"{why}: give --i-have-consent where you have it"


def _of_release(maker: Maker, options: Settings) -> Iterator[str]:
    """Say what hinders the file from going out, and a service from being asked."""
    from .. import keyring
    from ..disclosing import profiles_of
    from ..disclosure.duties.needs import SigningIdentity, StampCall, demand
    from .hosted import HostedMaker

    signer = None
    try:
        identity = keyring.load(options.home, options)
        signer = SigningIdentity(identity.name, identity.development)
    except NoKeys as error:
        yield _told(error)
    try:
        demand(profiles_of(options), options, signer, StampCall(options.provider, maker.name, models.version_of(maker)))
    except ProfileUnmet as error:
        yield _told(error)
    marking_key(options)
    if isinstance(maker, HostedMaker):
        yield from maker.lacking()


def _of_target(target: Path, force: bool) -> Iterator[str]:
    """Say what hinders the file from having its name."""
    if not target.parent.is_dir():
        yield _told(OutputFolderMissing(f"{target.parent}: no such folder"))
    elif target.is_dir() or target.exists() and not force:
        yield f"something stands under {target.name}: give another name" + ("" if target.is_dir() else ", or --force")


def _told(error: CountermarkError) -> str:
    return f"{error}; {error.advice}"
