"""What a file will say of itself beside mark and signature: put together from settings, profiles of laws and the input.

Knows what is disclosed and in which form; draws through `disclosure`, writes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import outputs
from .errors import LabelFieldInvalid, LabelUnfit
from .evidence import LabelClaim, Span
from .marking import Added
from .media import FileLabels, Keep, container_for
from .settings import Settings

if TYPE_CHECKING:
    from .disclosure.duties.profile import Profile
    from .disclosure.machine.keeping import Kept
    from .disclosure.visible.drawing import Drawn
    from .disclosure.visible.wanted import VisibleLabel
    from .keyring import Identity
    from .provenance import Facts

OWN = "own"  # how a label is called that has no law's form

FORMS = ("xmp", "tags", "aigc")
NONE = "none"


@dataclass(frozen=True)
class Disclosed:
    """What one video will show and say."""

    drawn: tuple[Drawn, ...]
    beside: tuple[VisibleLabel, ...]  # as captions and an icon, in files of their own
    forms: frozenset[str]
    kept: Kept
    keep: Keep
    commented: bool  # the input has a comment that stays

    def added(self, facts: Facts, manifest_id: str, suffix: str, options: Settings) -> Added:
        """What goes into the file, once the manifest's name is chosen."""
        from .disclosure.machine.composing import LabelFacts, compose

        said = LabelFacts(
            source_type=facts.source_type,
            provider=facts.provider,
            model=facts.model,
            model_version=facts.model_version,
            manifest_id=manifest_id,
            prompt_in_clear=facts.prompt if facts.prompt_in_clear else None,
            aigc_producer=options.aigc_producer,
            commented=self.commented,
            when=datetime.fromisoformat(facts.when) if facts.when else datetime.now(UTC),
        )
        labels = compose(said, self.forms, self.kept, container_for(suffix))
        return Added(tuple(one.overlay for one in self.drawn), labels, self.keep)

    def claims(self, seconds: float) -> tuple[LabelClaim, ...]:
        """What the manifest says of the labels, once the length is known."""
        return tuple(_ending(one, seconds) for one in self.drawn)

    def staged_beside(self, clip: Path, seconds: float, name: Callable[[str], Path]) -> tuple[tuple[Path, Path], ...]:
        """Write the labels that are not in the pictures into hidden files; give each with the name it is to have."""
        from .disclosure.visible.captions import caption_contents

        staged = []
        for final, content in caption_contents(clip, self.beside, seconds) if self.beside else ():
            part = name(final.suffix)
            with outputs.translated(final):
                part.write_bytes(content)
            staged.append((part, final))
        return tuple(staged)

    def told(self, labels: FileLabels, suffix: str) -> tuple[str, ...]:
        """Say what the input declared, and what of that is not in the file any more."""
        from .disclosure.machine.composing import told

        return told(self.kept, labels, container_for(suffix))

    def not_carried(self, suffix: str) -> tuple[str, ...]:
        """Say what the container has no place for."""
        from .disclosure.machine.composing import not_carried

        return not_carried(self.forms, self.kept, container_for(suffix))


def disclosed(
    options: Settings,
    size: tuple[int, int],
    seconds: float | None,
    kept: Kept | None = None,
    *,
    tags: Iterable[str] = (),
    provider: str = "",
    captions: bool = False,
) -> Disclosed:
    """Draw the labels for upright pictures of a size, and choose the forms; `seconds` None: not known yet.

    tags: names of those that the input has. captions: the labels are to lie beside the clip instead.
    """
    from .disclosure.machine.keeping import Kept
    from .disclosure.visible.drawing import draw

    if kept and kept.dropped and (laws := profiles_of(options)):
        what = f"{laws[0].id}: the input declares {kept.dropped[0]}, and nothing of it is to be kept"
        raise LabelFieldInvalid(what, advice="leave keep_metadata at `labels`: laws forbid to take labels off")
    wanted = labels_of(options, provider)
    if captions and not wanted:
        raise LabelUnfit("captions of no label", advice="name one with --label, or a law with --profile")
    drawn = draw(wanted, size, seconds) if wanted and not captions else ()
    kept, keep = kept or Kept(), options.keep_metadata
    stays = keep != "none" and "comment" not in {name.lower() for name, _ in kept.tags}
    commented = stays and any(name.lower() == "comment" for name in tags)
    return Disclosed(drawn, wanted if captions else (), forms_of(options), kept, keep, commented)


def caption_names(clip: Path) -> tuple[Path, ...]:
    """Name the files that would lie beside a clip."""
    from .disclosure.visible.captions import caption_files

    return caption_files(clip)


def profiles_of(options: Settings) -> tuple[Profile, ...]:
    """Read the profiles that the settings name."""
    from .disclosure.duties.profile import chosen

    return chosen(options.profile) if options.profile.strip() else ()


def ready(options: Settings, facts: Facts, identity: Identity, captions: bool = False) -> tuple[str, ...]:
    """Refuse what can't fulfil the profiles that are named, before any work; give what else their set-up lacks."""
    from .disclosure.duties.needs import SigningIdentity, StampCall, demand, needs

    profiles = profiles_of(options)
    signer = SigningIdentity(identity.name, identity.development)
    call = StampCall(facts.provider, facts.model, facts.model_version)
    demand(profiles, options, signer, call)
    lacking = [one for profile in profiles for one in needs(profile, options, signer, call) if not one.met]
    said = [f"{one.name.replace('_', ' ')} for {one.profile}: {one.found}; {one.advice}" for one in lacking]
    shown = [profile.id for profile in profiles if profile.maker.label and captions]
    said += [f"{name} asks for a label in the pictures: captions beside them do not meet that" for name in shown]
    return tuple(dict.fromkeys(said))


def labels_of(options: Settings, provider: str) -> tuple[VisibleLabel, ...]:
    """Which labels people are to see: those that are named, and those that profiles ask for."""
    from .disclosure.visible.wanted import MOST_LABELS, labels_for

    own = [] if options.label.strip() == NONE else options.label.split("\n")
    asked = [*own, *(profile.maker.label for profile in profiles_of(options))]
    wanted = dict.fromkeys(label for names in asked if names.strip() for label in labels_for(names, provider))
    firsts = {label.profile: label for label in reversed(wanted)}  # a law's form once, as it was first asked for
    labels = tuple(label for label in wanted if label.profile == OWN or label is firsts[label.profile])
    if len(labels) > MOST_LABELS:
        raise LabelUnfit(f"{len(labels)} labels are asked for, and {MOST_LABELS} can be drawn")
    return labels


def forms_of(options: Settings) -> frozenset[str]:
    """Which labels machines are to find in the file."""
    named = {name.strip() for name in options.machine_labels.split(",") if name.strip()}
    if unknown := named - {*FORMS, NONE}:
        known = ", ".join((*FORMS, NONE))
        raise LabelFieldInvalid(f"no such form: {', '.join(sorted(unknown))}", advice=f"machine_labels takes {known}")
    if NONE in named and len(named) > 1:
        raise LabelFieldInvalid("machine_labels names forms, and none", advice="none goes alone")
    asked = {form for profile in profiles_of(options) for form in profile.maker.machine}
    return frozenset((named | asked) - {NONE})


def _ending(one: Drawn, seconds: float) -> LabelClaim:
    span = one.claim.span
    end = seconds if one.to_end else min(span.end_s, seconds)
    return replace(one.claim, span=Span(min(span.start_s, end), end))
