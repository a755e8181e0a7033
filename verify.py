"""The only judge: any file -> Verdict. Probe, look, recover, fold.

Knows which examiners there are; knows nothing of pixels, boxes or manifests. Every untrusted byte is read in a fresh,
limited child; what comes back is Evidence, checked again on arrival.

    from countermark.verify import verify
    verdict = verify(Path("clip.mp4"))
    print(verdict.outcome, verdict.reasons)
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .case import called
from .comparing import compare_with, original_of
from .errors import CountermarkError, ReaderDied
from .evidence import (
    CredentialDetails,
    Evidence,
    FailureDetails,
    MarkDetails,
    NoMarkDetails,
    in_words,
    seconds_in,
)
from .media import (
    ContainerExaminer,
    Examiner,
    Looked,
    Video,
    isolation,
    look,
    looked_from_json,
    looked_to_json,
    probe,
    video_from_json,
    video_to_json,
)
from .media.look import Report, finding_from_json, finding_to_json
from .recover import WHOLE, recover
from .settings import Limits, Settings, settings
from .verdict import Judgement, Media, Verdict, fold
from .watermark import OPEN_KEY, MarkKey

if TYPE_CHECKING:
    from .detector.plugins.described import Installed
    from .provenance.reading.opening import Given

Only = Literal["marks", "credentials", "container", "pictures", "detector"]
When = Literal["unproven", "always", "never"]
FRAMES = 24  # how many are looked at, spread over the video
MOST_TOLD = 64  # findings that one look may tell of on its way


def verify(
    path: Path,
    *,
    judgement: Judgement | None = None,
    options: Settings | None = None,
    given: Given | None = None,
    against: Path | None = None,
) -> Verdict:
    """Judge a file. Raises only what means 'I could not look'.

    given: its manifest store, or its fragments, where they are files of their own.
    against: an original to hold it to, region by region; else it is held to that of the record to which it leads.
    """
    options = options or settings()
    looked = looked_at(path, options, given=given)
    return judged(looked, recovered(path, looked, options, given=given, against=against), options, judgement)


def looked_at(
    path: Path,
    options: Settings,
    *,
    detector: When | None = None,
    given: Given | None = None,
    report: Report | None = None,
) -> Looked:
    """Take the first of the three steps of `verify`: what the file itself shows, by one decode in a limited child.

    detector: when to ask it; None: as the settings say.
    report: is told each finding once, as it comes; what it raises ends the look. What is given back is what counts.
    """
    from .provenance.reading import elsewhere

    def told(found: Evidence) -> None:
        if report is not None and not (options.remote_manifests and elsewhere.address((found,))):
            report(found)  # else it is told once its manifest has been fetched

    when = options.detector if detector is None else detector
    looked = look_at(path, options=options, given=given, detector=when, report=told if report else None)
    return with_remote(path, looked, options, report)


def recovered(
    path: Path, looked: Looked, options: Settings, *, given: Given | None = None, against: Path | None = None
) -> tuple[Evidence, ...]:
    """Take the second step: what marks and looks lead to, and by a second look, what was changed since."""
    found = recover(looked, options)
    originals = found.originals if against is None else (original_of(against, options),)
    shows = looked.video is not None and not (given and given.fragments)
    return (*found.evidence, *(compare_with(path, original, options) for original in originals if shows))


def judged(
    looked: Looked, recovered: tuple[Evidence, ...], options: Settings, judgement: Judgement | None = None
) -> Verdict:
    """Take the last step: what all of it adds up to."""
    evidence, (_, left_out) = (*looked.evidence, *recovered), reading_keys(options)
    missing = (*_not_looked_at(looked, evidence), *left_out)
    return replace(fold(looked.digest, evidence, judgement or Judgement(), missing), media=_media(looked.video))


def _media(video: Video | None) -> Media | None:
    if video is None:
        return None
    width, height = video.geometry.display_size
    return Media(video.duration_s, width, height, float(video.frame_rate), video.variable_rate)


def with_remote(path: Path, looked: Looked, options: Settings, report: Report | None = None) -> Looked:
    """Read the manifest that lies elsewhere, where the settings let us fetch it."""
    from .provenance.reading import elsewhere

    url = elsewhere.address(looked.evidence) if options.remote_manifests else None
    if url is None:
        return looked
    former = next(e for e in looked.evidence if e.examiner == "credentials")
    try:
        with elsewhere.fetched(url, options) as given:
            again = look_at(path, options=options, keys=(), given=given, only="credentials")
        new = next(e for e in again.evidence if e.examiner == "credentials")
    except CountermarkError as error:
        new = elsewhere.not_fetched(former, error)
    if report is not None:
        report(new)
    return replace(looked, evidence=tuple(new if e.examiner == new.examiner else e for e in looked.evidence))


def versions(options: Settings | None = None) -> dict[str, str]:
    """Say what a result depends on beside the file: this program, examiners, the detector's model, whom we believe."""
    from importlib.metadata import version

    from . import __version__
    from .disclosure.declarations.examiner import DeclarationsExaminer
    from .media.look import CONTAINER, CONTAINER_VERSION
    from .provenance import CredentialsExaminer, FingerprintExaminer
    from .provenance.changes import ChangeExaminer
    from .recover import VERSION
    from .watermark import MarkExaminer

    options = options or settings()
    asked = (MarkExaminer, CredentialsExaminer, DeclarationsExaminer, FingerprintExaminer, ChangeExaminer)
    told = {"countermark": __version__, "c2pa": version("c2pa-python"), "av": version("av")}
    told |= {CONTAINER: CONTAINER_VERSION, "registry": VERSION, **{one.name: one.version for one in asked}}
    told["mark keys"] = ", ".join(key.name for key in reading_keys(options)[0])
    return told | _of_the_detector(options) | _of_trust(options)


def _of_the_detector(options: Settings) -> dict[str, str]:
    from .detector.asking import Asked
    from .detector.examiner import GeneratedExaminer, ManipulatedExaminer
    from .detector.model import load

    told = {one.name: one.version for one in (GeneratedExaminer, ManipulatedExaminer)}
    told["detector asked"] = options.detector
    try:
        asked = Asked.by(options)
        told["detector model"] = load(asked.model).title
    except CountermarkError as error:  # as in a look: it is said, and the rest is judged
        return told | {"detector model": f"not readable: {error}"}
    if asked.head is not None:
        told["detector head"] = f"{asked.head.name}, made {asked.head.made}"
    return told | {f"detector:{one.name}": _of_a_users_own(one) for one in asked.others}


def _of_a_users_own(one: Installed) -> str:
    """Say what of its version is known before it is opened: of a class, nothing but where it lies."""
    described = one.description
    if described is None:
        return f"not readable: {one.problem}"
    return described.python if described.kind == "python" else f"{described.version}+{described.sha256[:12]}"


def _of_trust(options: Settings) -> dict[str, str]:
    """Give a digest of all anchors, and when the newest list came."""
    import hashlib
    import json

    from .provenance import trust

    content = json.dumps(trust.load(options.home).to_json(), sort_keys=True).encode()
    told = {"trust": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    brought = [kept.brought for kept in trust.lists(options.home) if kept.brought]
    return told | ({"trust brought": max(brought)} if brought else {})


def reading_keys(options: Settings) -> tuple[tuple[MarkKey, ...], tuple[str, ...]]:
    """Give the keys that marks are read with here, the open one first; and in words whose marks are left out."""
    from . import mark_keys

    private = mark_keys.readable(options.home)
    return (OPEN_KEY, *(MarkKey(key.name, key.secret) for key in private.keys)), private.left_out


def look_at(
    path: Path,
    *,
    options: Settings,
    frames: int = FRAMES,
    only: Only | None = None,
    keys: tuple[MarkKey, ...] | None = None,
    given: Given | None = None,
    detector: When = "never",
    report: Report | None = None,
) -> Looked:
    """Run the examiners, or `only` one kind, on one look, in a limited child, and bring back what they saw.

    keys: to read marks with; None: those of `reading_keys`. given: files that belong to this one.
    detector: when to ask it too. report: is told each finding as it comes.
    """
    from .provenance import trust
    from .provenance.reading import fragments
    from .provenance.reading.opening import Given

    anchors, given = trust.load(options.home), given or Given()
    request = {
        "anchors": anchors.to_json(),
        "limits": options.limits.model_dump(),
        "frames": frames,
        "only": only,
        "keys": [key.to_wire() for key in (reading_keys(options)[0] if keys is None else keys)],
        "given": given.to_wire(),
        "detector": _asked(detector, options),
        "told": report is not None,
    }
    if detector != "never":
        isolation.warm_for_the_detector()
    if not given.fragments:
        return _looked(path, path, request, options, report)
    fragments.check(path, given.fragments)
    with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
        joined = fragments.join(path, given.fragments, Path(folder), options.limits)
        request["given"] = replace(given, init=path).to_wire()
        return _looked(path, joined, request, options, report)


def _looked(path: Path, shown: Path, request: dict[str, Any], options: Settings, report: Report | None) -> Looked:
    """Look in a limited child, at the file `path` or what it was joined to; its findings are checked on their way."""
    heard = 0

    def arrived(plain: object) -> None:
        nonlocal heard
        heard += 1
        if report is None or heard > MOST_TOLD:
            raise ReaderDied(f"{path.name}: the reader told of more findings than there are examiners")
        report(isolation.checked(path, finding_from_json, plain))

    answer = isolation.run(_look, shown, request, limits=options.limits, on_progress=arrived)
    return isolation.checked(path, looked_from_json, answer)


def _look(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: the examiners are made here, and one decode serves them all."""
    from .disclosure.declarations.examiner import DeclarationsExaminer
    from .provenance import CredentialsExaminer, FingerprintExaminer, trust
    from .provenance.reading.opening import Given
    from .watermark import MarkExaminer

    limits, frames = Limits.model_validate(request["limits"]), int(request["frames"])
    keys = tuple(MarkKey.from_wire(key) for key in request["keys"])
    anchors = trust.TrustAnchors.from_json(request["anchors"])
    told = (lambda found: report(finding_to_json(found))) if request["told"] else None
    credentials = _Remembered(CredentialsExaminer(anchors, Given.from_wire(request["given"])))
    marks = MarkExaminer(keys, max_frames=frames)
    if request["only"] == "marks":
        return looked_to_json(look(path, (), (marks,), limits, told))
    if request["only"] == "credentials":
        return looked_to_json(look(path, (credentials,), (), limits, told))
    if request["only"] == "container":
        return looked_to_json(look(path, (credentials, DeclarationsExaminer()), (), limits, told))
    if request["only"] == "detector":
        return looked_to_json(look(path, (), _detector(request["detector"], credentials), limits, told))
    pictures: tuple[Examiner, ...] = (marks, FingerprintExaminer(max_frames=frames))
    if request["only"] == "pictures":
        return looked_to_json(look(path, (), pictures, limits, told))
    pictures = (*pictures, *_detector(request["detector"], credentials))
    return looked_to_json(look(path, (credentials, DeclarationsExaminer()), pictures, limits, told))


def _asked(when: When, options: Settings) -> dict[str, Any] | None:
    """Say what the detector is to be asked with, or why it can't be: marks and credentials are judged all the same."""
    if when == "never":
        return None
    from .detector.asking import Asked

    try:
        return {"when": when, "asked": Asked.by(options).to_wire()}
    except CountermarkError as error:  # a head that nobody kept, say
        return {"why_not": f"{error}; {error.advice}"}


def _detector(asked: dict[str, Any] | None, credentials: _Remembered) -> tuple[Examiner, ...]:
    """Give the detector's examiners, in the order in which they conclude."""
    from .detector.asking import Asked, UnavailableExaminer, panel

    if asked is None:
        return ()
    if "why_not" in asked:
        return (UnavailableExaminer(asked["why_not"]),)
    needless = credentials.prove_synthetic if asked["when"] == "unproven" else None
    try:
        return panel(Asked.from_wire(asked["asked"]), needless).examiners
    except CountermarkError as error:  # a head for another version
        return (UnavailableExaminer(f"{error}; {error.advice}"),)


class _Remembered:
    """An examiner of the container whose finding others may ask for, before they plan to look at pictures."""

    def __init__(self, examiner: ContainerExaminer) -> None:
        self._examiner = examiner
        self._found: Evidence | None = None
        self.name, self.version, self.track = examiner.name, examiner.version, examiner.track

    def examine(self, path: Path, digest: str) -> Evidence:
        self._found = found = self._examiner.examine(path, digest)
        return found

    def prove_synthetic(self) -> str:
        """Say why a statistical detector has nothing to add; nothing where it has."""
        found = self._found
        if found is None or found.finding != "present" or not isinstance(found.details, CredentialDetails):
            return ""
        proven = found.details.says_synthetic and found.details.trust == "trusted"
        return "a trusted signature says that it is synthetic" if proven else ""


def facts_of(path: Path, options: Settings) -> Video:
    """Probe a file in a limited child; raises what says why it is no video."""
    answer = isolation.run(_probed, path, options.limits.model_dump(), limits=options.limits)
    return isolation.checked(path, video_from_json, answer)


def _probed(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    return video_to_json(probe(path, Limits.model_validate(request)))


def mark_of(evidence: tuple[Evidence, ...]) -> MarkDetails | None:
    """The mark among the Evidence, if one was read."""
    marks = (e.details for e in evidence if e.finding == "present")
    return next((details for details in marks if isinstance(details, MarkDetails)), None)


def _not_looked_at(looked: Looked, evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """In plain words, what a reader must not think was judged."""
    missing = list(looked.problems)
    missing += unfinished(evidence)
    video = looked.video
    if video is None:
        return tuple([*missing, "the pictures: none could be shown"])
    if video.sounds:
        missing.append("the sound: no examiner listens to it")
    if video.subtitles:
        missing.append("the subtitles")
    seen = [e.details.frames for e in looked.evidence if isinstance(e.details, MarkDetails | NoMarkDetails)]
    if seen and video.frames and seen[0] < video.frames:
        missing.append(f"all but {seen[0]} of {video.frames} frames")
    for one in looked.evidence:
        if isinstance(one.details, MarkDetails) and one.finding == "present":
            missing += _uncovered(one, one.details, video.duration_s)
    if not any(one.examiner == "detector" for one in evidence):
        missing.append("the pixels of what carries no mark: the detector was not asked")
    return tuple(missing)


def unfinished(evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    """In plain words, which examiners came to no end, and why."""
    unasked = [(e.examiner, e.details) for e in evidence if e.finding == "inconclusive"]
    return tuple(f"{called(name)}: {why.error}" for name, why in unasked if isinstance(why, FailureDetails))


def _uncovered(evidence: Evidence, mark: MarkDetails, length: float) -> list[str]:
    """Say which seconds marks speak for, where they are not all."""
    spans = (*evidence.spans, *(span for other in mark.also for span in other.spans))
    if not spans or seconds_in(spans) >= WHOLE * length:
        return []
    return [f"all but {in_words(tuple(sorted(spans, key=lambda s: s.start_s)))} of {length:.1f} s: no mark covers it"]
