"""A draft of what a fact-checker publishes: MediaReview and ClaimReview of schema.org, as JSON-LD. Knows their terms.

A draft, and it says so: what a video was said to show, and whether showing it so was right, people find out. Where a
verdict proves a category of media, that is filled in; a detector's word never fills one in.
"""

from __future__ import annotations

from typing import Any

from ..docket.values import Check
from ..settings import Settings
from ..verdict import MEANING, Outcome, Verdict

_CONTEXT = "https://schema.org"
_ENUMERATION = "https://schema.org/"
# For a video: changed footage, of which deepfakes are a kind; footage without any sign of being changed.
_CATEGORIES: dict[Outcome, str] = {
    "altered": "TransformedContent",
    "ai_generated": "TransformedContent",
    "credentials_intact": "OriginalMediaContent",
}
_OF_ITS_ORIGIN = {"signed", "recovered", "mark"}
_DRAFT = (
    "A draft made from a verdict, to be finished by a person: say in which context the video was published, what was "
    "claimed of it, and whether the category holds in that context."
)


def reviews_of(check: Check, options: Settings) -> dict[str, Any]:
    """Draft both reviews of one video."""
    verdict = check.verdict
    assert verdict is not None
    video = _video(check)
    shared = {
        "creativeWorkStatus": "Draft",
        "author": {"@type": "Organization", "name": options.service.operator or "the operator, who is to be named"},
        "dateModified": check.revisions[-1].at,
        "comment": {"@type": "Comment", "text": _DRAFT},
    }
    media: dict[str, Any] = {
        **{"@type": "MediaReview", "name": f"Draft: {verdict.meaning}", **shared},
        "reviewBody": " ".join(f"{reason}." for reason in verdict.reasons),
        "itemReviewed": {"@type": "MediaReviewItem", "mediaItemAppearance": [video]},
    }
    if category := category_of(verdict):
        media["mediaAuthenticityCategory"] = f"{_ENUMERATION}{category}"
    if set(verdict.basis) & _OF_ITS_ORIGIN:
        media["originalMediaContextDescription"] = "; ".join(verdict.reasons)
    claim: dict[str, Any] = {
        **{"@type": "ClaimReview", "name": f"Draft: {verdict.outcome}", **shared},
        "claimReviewed": "What was claimed of this video, which is to be filled in.",
        "itemReviewed": {"@type": "Claim", "appearance": [video]},
        "reviewRating": {
            "@type": "Rating",
            "alternateName": MEANING[verdict.outcome],
            "ratingExplanation": f"{verdict.outcome} ({verdict.sureness}); of the video, not yet of what was claimed",
        },
    }
    return {"@context": _CONTEXT, "@graph": [media, claim]}


def category_of(verdict: Verdict) -> str | None:
    """Name the category of media, where the verdict is proven and means one."""
    return _CATEGORIES.get(verdict.outcome) if verdict.sureness == "proven" else None


def _video(check: Check) -> dict[str, Any]:
    said: dict[str, Any] = {"@type": "VideoObject", "name": check.name, "sha256": check.content_hash}
    if check.url:
        said["contentUrl" if check.source == "url" else "url"] = check.url
    if check.bytes is not None:
        said["contentSize"] = str(check.bytes)
    return said
