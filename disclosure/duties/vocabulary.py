"""All checks by name, with what can be asked of each: the words in which a profile says what a duty needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict

from . import c2pa_checks, content_checks, manifest_checks
from .subject import Answer, Subject


@dataclass(frozen=True)
class Nothing:
    """Of a check that takes no more than its name."""

    __pydantic_config__ = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Term:
    """One check; `asks` is the class of what it can be given, of which a profile gives the fields."""

    answers: Callable[..., Answer]
    asks: type[Any] = Nothing

    def __call__(self, subject: Subject, asked: Any) -> Answer:
        """Ask it of a subject."""
        return self.answers(subject) if self.asks is Nothing else self.answers(subject, asked)


VOCABULARY: dict[str, Term] = {
    "manifest.present": Term(manifest_checks.present),
    "manifest.trusted": Term(manifest_checks.trusted),
    "manifest.timestamped": Term(manifest_checks.timestamped),
    "manifest.says_synthetic": Term(manifest_checks.says_synthetic),
    "manifest.provider": Term(manifest_checks.provider),
    "manifest.system": Term(manifest_checks.system),
    "manifest.system_version": Term(manifest_checks.system_version),
    "manifest.time": Term(manifest_checks.time),
    "manifest.id": Term(manifest_checks.identifier),
    "manifest.ingredients_kept": Term(manifest_checks.ingredients_kept),
    "mark.readable": Term(content_checks.mark_readable),
    "mark.registered": Term(content_checks.mark_registered),
    "fingerprint.registered": Term(content_checks.fingerprint_registered),
    "declared.aigc": Term(content_checks.declared_aigc, content_checks.Aigc),
    "declared.iptc": Term(content_checks.declared_iptc),
    "declared.any": Term(content_checks.declared_any),
    "label.visible": Term(content_checks.label_visible, content_checks.Visible),
    "sound.marked": Term(content_checks.sound_marked),
    "record.public": Term(content_checks.record_public),
    "operator": Term(content_checks.operator),
    "c2pa.first_action": Term(c2pa_checks.first_action),
    "c2pa.created_source_type": Term(c2pa_checks.created_source_type),
    "c2pa.changed_source_type": Term(c2pa_checks.changed_source_type),
    "c2pa.opened_source_type": Term(c2pa_checks.opened_source_type),
    "c2pa.known_actions": Term(c2pa_checks.known_actions),
    "c2pa.custom_actions": Term(c2pa_checks.custom_actions),
    "c2pa.manifest_urn": Term(c2pa_checks.manifest_urn),
    "c2pa.binding": Term(c2pa_checks.binding),
    "c2pa.well_formed": Term(c2pa_checks.well_formed),
    "c2pa.valid": Term(c2pa_checks.valid),
    "c2pa.trusted": Term(c2pa_checks.trusted_signature),
    "c2pa.no_failures": Term(c2pa_checks.no_failures),
    "c2pa.claim_generator": Term(c2pa_checks.claim_generator),
    "c2pa.timestamped": Term(c2pa_checks.timestamped),
    "c2pa.ai_disclosure": Term(c2pa_checks.ai_disclosure),
    "c2pa.watermarked": Term(c2pa_checks.watermarked),
    "c2pa.ingredients": Term(c2pa_checks.ingredients),
    "c2pa.relationships": Term(c2pa_checks.relationships),
}
