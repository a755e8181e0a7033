"""One look at one file: probe it, decode it once, show every examiner what it asked for, gather what they saw.

Runs inside the limited child. Knows examiners by their protocols alone. An examiner that breaks is reported as such and
spoils nothing; what can't be decoded is said, and what needs no pictures still speaks. What one saw can be told before
the others are through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..errors import CountermarkError, NoFrames, NoPictures, TooSmall, UnreadableVideo
from ..evidence import ContainerDetails, Evidence, FailureDetails, Finding
from ..settings import Limits
from .boxes import structure
from .decode import DecodeReport, show
from .facts import Video
from .leash import alive, grant
from .plan import ContainerExaminer, Examiner, Plan
from .probe import check_input, digest_of, probe

if TYPE_CHECKING:
    from pydantic import TypeAdapter

CONTAINER, CONTAINER_VERSION = "container", "1"
SMALLEST = 16  # pixels of a side of the upright picture
T = TypeVar("T")
Report = Callable[[Evidence], None]


@dataclass(frozen=True)
class Looked:
    """What one look brought."""

    video: Video | None  # None where nothing could be shown: sound alone, or pictures that don't decode
    digest: str  # SHA-256 of the file, in hexadecimal
    bytes: int
    evidence: tuple[Evidence, ...]
    problems: tuple[str, ...] = ()  # what could not be looked at, in plain words


def look(
    path: Path,
    container_examiners: Sequence[ContainerExaminer],
    examiners: Sequence[Examiner],
    limits: Limits,
    report: Report | None = None,
) -> Looked:
    """Look once. Raises only where nothing says anything: no file, over the limits, neither media nor credentials.

    report: is told each finding as it comes: of the container before the first picture is decoded, of the pictures
    when they are through, and last whether the file fits together. All of them are in what is given back.
    """
    told = _Told(report)
    size = check_input(path, limits)
    shape = structure(path)
    digest = digest_of(path)
    problems: list[str] = []
    video: Video | None = None
    unread: CountermarkError | None = None
    finding: Finding = "failed"
    try:
        video = probe(path, limits, digest=digest)
        if min(video.geometry.display_size) < SMALLEST:
            wide, high = video.geometry.display_size
            raise TooSmall(f"{path.name}: {wide}x{high} pixels show nothing that could be judged")
        grant(video.geometry.width * video.geometry.height, video.duration_s)
    except (NoFrames, NoPictures, UnreadableVideo) as error:
        problems.append(str(error))
        finding = "inconclusive" if _never_moved(error, shape.family) else "failed"
        unread = None if isinstance(error, NoPictures) else error
    anomalies = video.anomalies if video else shape.anomalies
    evidence = [told(_examined(examiner, path, digest)) for examiner in container_examiners]
    if unread is not None and not _says_something(unread, shape.family, evidence):
        raise unread
    if video is not None:
        decoded = DecodeReport()
        evidence += [told(found) for found in _shown(video, examiners, limits, decoded, problems)]
        problems += decoded.problems()
        anomalies = (*anomalies, *decoded.problems())
    else:
        evidence += [told(_failed(examiner, digest, problems[0], finding)) for examiner in examiners]
    return Looked(video, digest, size, (told(_container(digest, anomalies)), *evidence), tuple(problems))


def looked_to_json(looked: Looked) -> dict[str, Any]:
    """As plain values, for JSON."""
    plain: dict[str, Any] = _shape(Looked).dump_python(looked, mode="json")
    return plain


def looked_from_json(values: object) -> Looked:
    """Check and rebuild what a limited child answered; raises ValueError on anything else."""
    looked: Looked = _shape(Looked).validate_python(values)
    return looked


def finding_to_json(found: Evidence) -> dict[str, Any]:
    """As plain values, for JSON."""
    plain: dict[str, Any] = _shape(Evidence).dump_python(found, mode="json")
    return plain


def finding_from_json(values: object) -> Evidence:
    """Check and rebuild one finding; raises ValueError on anything else."""
    found: Evidence = _shape(Evidence).validate_python(values)
    return found


def video_to_json(video: Video) -> dict[str, Any]:
    """As plain values, for JSON; rates and aspects stay exact."""
    plain: dict[str, Any] = _shape(Video).dump_python(video, mode="json")
    return plain


def video_from_json(values: object) -> Video:
    """Check and rebuild a Video; raises ValueError on anything else."""
    video: Video = _shape(Video).validate_python(values)
    return video


def warm() -> None:
    """Have ready what costs time at its first use."""
    _shape(Looked), _shape(Video), _shape(Evidence)


@lru_cache
def _shape(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


class _Told:
    """Tells a finding to whoever waits for it, and hands it on."""

    def __init__(self, report: Report | None) -> None:
        self._report = report

    def __call__(self, found: Evidence) -> Evidence:
        if self._report is not None:
            self._report(found)
        return found


class _Watcher:
    """An examiner, shielded: its first error ends its part and nobody else's."""

    def __init__(self, examiner: Examiner, video: Video) -> None:
        self._examiner, self._video, self.error = examiner, video, ""
        self.plan = self._guard(lambda: examiner.plan(video)) or Plan()

    def see(self, view: Any) -> None:
        if not self.error:
            self._guard(lambda: self._examiner.see(view))

    def stop(self, reason: str) -> None:
        """Its pictures could not be shown, so that what it would conclude means nothing."""
        self.error = self.error or reason

    def conclude(self) -> Evidence:
        found = None if self.error else self._guard(lambda: self._examiner.conclude(self._video))
        return found or _failed(self._examiner, self._video.digest, self.error)

    def _guard(self, step: Callable[[], T]) -> T | None:
        try:
            return step()
        except Exception as error:
            self.error = _said(error)
            return None


def _shown(
    video: Video, examiners: Sequence[Examiner], limits: Limits, report: DecodeReport, problems: list[str]
) -> Iterator[Evidence]:
    """Show all of them their pictures, then give what each concludes, in their order: one may lean on those before."""
    watchers = [_Watcher(examiner, video) for examiner in examiners]
    try:
        for number, view in show(video, [watcher.plan for watcher in watchers], limits=limits, report=report):
            watchers[number].see(view)
            alive()
    except UnreadableVideo as error:
        problems.append(str(error))
        for watcher in watchers:
            if watcher.plan.times_s:
                watcher.stop(str(error))
    for watcher in watchers:
        yield watcher.conclude()


def _never_moved(unread: CountermarkError, family: str | None) -> bool:
    """Whether a file was never to show moving pictures: sound, a still image, a document; nothing is broken in it."""
    return isinstance(unread, NoPictures) or (isinstance(unread, UnreadableVideo) and family in (None, "image"))


def _says_something(unread: CountermarkError, family: str | None, evidence: Sequence[Evidence]) -> bool:
    """Whether a file without pictures to show is worth a word: media of a kind, or something found in it."""
    found = {e.finding for e in evidence}
    if isinstance(unread, NoFrames):  # an init segment has its fragments elsewhere
        return bool(found & {"present", "invalid", "failed"})
    if family not in (None, "image"):
        return True
    return bool(found) and (family == "image" or bool(found & {"present", "invalid"}))


def _examined(examiner: ContainerExaminer, path: Path, digest: str) -> Evidence:
    alive()
    try:
        return examiner.examine(path, digest)
    except Exception as error:
        return _failed(examiner, digest, _said(error))


def _container(digest: str, anomalies: tuple[str, ...]) -> Evidence:
    finding: Literal["present", "absent"] = "present" if anomalies else "absent"
    details = ContainerDetails(anomalies)
    return Evidence(digest, "container", CONTAINER, CONTAINER_VERSION, finding, details=details)


def _failed(examiner: Examiner | ContainerExaminer, digest: str, why: str, finding: Finding = "failed") -> Evidence:
    details = FailureDetails(why or "it concluded nothing")
    return Evidence(digest, examiner.track, examiner.name, examiner.version, finding, details=details)


def _said(error: Exception) -> str:
    said = " ".join(str(error).split())[:500]
    return said if isinstance(error, CountermarkError) else f"{type(error).__name__}: {said}"
