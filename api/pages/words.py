"""The words of the pages for what examiners, signers and registries report. Tables alone."""

from __future__ import annotations

from ...accounts import SCOPE_WORDS
from ...detector.report.words import DRIVERS
from ...evidence.sources import SOURCES
from .languages import N_

EXAMINERS: dict[str, str] = {  # in the order in which a page names them
    "container": N_("The container"),
    "credentials": N_("Content Credentials"),
    "declarations": N_("Declarations"),
    "watermark": N_("Watermark"),
    "fingerprint": N_("Fingerprint"),
    "detector": N_("Detector of generated video"),
    "detector-changes": N_("Detector of manipulated parts"),
    "registry": N_("Registry"),
    "changes": N_("Comparison with the original"),
    "label": N_("Visible labels"),
    "human": N_("A person"),
}
STAGES: dict[str, str] = {
    "waiting": N_("Waiting for its turn"),
    "fetch": N_("Fetching the video"),
    "look": N_("Examiners are looking"),
    "recover": N_("Asking registries, and comparing with the original"),
    "fold": N_("Weighing what was seen"),
    "notify": N_("Telling who asked to be told"),
    "done": N_("Done"),
}
FINDINGS: dict[str, str] = {
    "present": N_("Found"),
    "absent": N_("Nothing found"),
    "invalid": N_("Does not hold"),
    "inconclusive": N_("Could not say"),
    "failed": N_("Could not look"),
}
TRUST: dict[str, str] = {
    "trusted": N_("The signature holds, and its certificate leads to someone this service trusts."),
    "unknown_signer": N_("The signature holds, but no trust anchor here knows the signer: the name proves nothing."),
    "expired": N_("The certificate has ended, and no timestamp that counts here says that it signed before."),
    "not_yet_valid": N_("The certificate is not valid yet."),
    "revoked": N_("The certificate was revoked."),
    "broken": N_("The signature does not hold, or the manifest cannot be read."),
}
TRUST_SHORT: dict[str, str] = {
    "trusted": N_("Trusted signer"),
    "unknown_signer": N_("Unknown signer"),
    "expired": N_("Expired certificate"),
    "not_yet_valid": N_("Not yet valid"),
    "revoked": N_("Revoked certificate"),
    "broken": N_("Broken"),
}
PLACES: dict[str, str] = {
    "embedded": N_("in the file"),
    "beside": N_("in a file beside it"),
    "given": N_("given with it"),
    "fetched": N_("fetched from where the file says it lies"),
    "registry": N_("recovered from a registry"),
}
ACTIONS: dict[str, str] = {
    "c2pa.created": N_("Created"),
    "c2pa.opened": N_("Opened"),
    "c2pa.placed": N_("Placed into it"),
    "c2pa.edited": N_("Edited"),
    "c2pa.converted": N_("Converted"),
    "c2pa.transcoded": N_("Encoded anew"),
    "c2pa.repackaged": N_("Repackaged"),
    "c2pa.published": N_("Published"),
    "c2pa.cropped": N_("Cropped"),
    "c2pa.resized": N_("Resized"),
    "c2pa.trimmed": N_("Trimmed"),
    "c2pa.color_adjustments": N_("Colours adjusted"),
    "c2pa.resized.proportional": N_("Resized in proportion"),
    "c2pa.adjustedColor": N_("Colours adjusted"),
    "c2pa.addedText": N_("Text added"),
    "c2pa.drawing": N_("Drawn upon"),
    "c2pa.enhanced": N_("Enhanced"),
    "c2pa.edited.metadata": N_("Metadata edited"),
    "c2pa.changedSpeed": N_("Speed changed"),
    "c2pa.orientation": N_("Turned or mirrored"),
    "c2pa.deleted": N_("A part deleted"),
    "c2pa.removed": N_("Something taken out"),
    "c2pa.dubbed": N_("Dubbed"),
    "c2pa.translated": N_("Translated"),
    "c2pa.mastered": N_("Sound mastered"),
    "c2pa.mixed": N_("Sounds mixed"),
    "c2pa.remixed": N_("Sounds mixed anew"),
    "c2pa.formatted": N_("Formatted"),
    "c2pa.copied": N_("Copied"),
    "c2pa.printed": N_("Printed"),
    "c2pa.saved": N_("Saved"),
    "c2pa.managed": N_("Taken into a collection"),
    "c2pa.produced": N_("Produced"),
    "c2pa.version_updated": N_("Brought to a newer version"),
    "c2pa.filtered": N_("Filtered"),
    "c2pa.redacted": N_("Redacted"),
    "c2pa.watermarked": N_("Watermarked"),
    "c2pa.watermarked.unbound": N_("Watermarked, not bound to this manifest"),
    "c2pa.watermarked.bound": N_("Watermarked, bound to this manifest"),
    "c2pa.unknown": N_("Something that is not said"),
}
RELATIONSHIPS: dict[str, str] = {
    "parentOf": N_("made from it"),
    "componentOf": N_("a part of it went in"),
    "inputTo": N_("given to the model"),
}
STANDINGS: dict[str, str] = {
    "confirmed": N_("confirmed"),
    "unconfirmed": N_("sound, but nobody trusted here stands behind it"),
    "invalid": N_("does not hold"),
    "unchecked": N_("of a kind that is not checked here"),
}
RECORDS: dict[str, str] = {
    "live": N_("The record stands"),
    "pending": N_("Its release was begun, and not yet confirmed"),
    "revoked": N_("The record was revoked"),
    "withdrawn": N_("The record was withdrawn"),
    "unknown": N_("No registry that was asked knows it"),
}
RECORD_STATUS: dict[str, str] = {
    "live": N_("Live"),
    "pending": N_("Pending"),
    "revoked": N_("Revoked"),
    "withdrawn": N_("Withdrawn"),
}
FITS: dict[str, str] = {
    "fits": N_("The mark belongs to this content"),
    "differs": N_("The mark was issued for other content"),
    "unclear": N_("Whether the mark belongs to this content is unclear"),
}
SAYS: dict[str, str] = {
    "synthetic": N_("made or changed by AI"),
    "possibly": N_("may be AI"),
    "captured": N_("taken by a camera"),
    "other": N_("how it was made"),
}
CHANGES: dict[str, str] = {
    "region": N_("A part of the picture"),
    "replaced": N_("Other pictures"),
    "cut": N_("A part is cut out"),
    "inserted": N_("Pictures were put in"),
    "speed": N_("It runs at another speed"),
}
PICTURE_PLACES: tuple[str, ...] = (  # as `Region` says them
    N_("at the upper left"),
    N_("at the top"),
    N_("at the upper right"),
    N_("at the left"),
    N_("in the middle"),
    N_("at the right"),
    N_("at the lower left"),
    N_("at the bottom"),
    N_("at the lower right"),
)
TARGETS: dict[str, str] = {
    "generated": N_("Was it made by a generator?"),
    "manipulated": N_("Were parts of it changed?"),
}
ALARMS: dict[str, str] = {
    "present": N_("Alarm"),
    "absent": N_("No alarm"),
    "inconclusive": N_("Undecided"),
    "failed": N_("Could not look"),
    "invalid": N_("Could not look"),
}
STATUSES: dict[str, str] = {
    "queued": N_("Waiting"),
    "running": N_("Being checked"),
    "succeeded": N_("Done"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
}
WHY: dict[str, str] = {
    "first": N_("First verdict"),
    "human": N_("A person looked"),
    "revoked": N_("A credential was revoked"),
    "model": N_("A new model looked"),
    "trust": N_("The list of trust changed"),
}
SAYS_FEEDBACK: dict[str, str] = {
    "right": N_("The result is right"),
    "wrong": N_("The result is wrong"),
    "unclear": N_("I do not understand it"),
}
ROLES: dict[str, str] = {
    "viewer": N_("Viewer"),
    "reviewer": N_("Reviewer"),
    "policy_editor": N_("Policy editor"),
    "administrator": N_("Administrator"),
}
HOLDS: dict[str, str] = {
    "review": N_("for a review"),
    "appeal": N_("for an appeal"),
    "legal_order": N_("by a legal order"),
    "enforcement": N_("for enforcement"),
}
CONCLUDED: dict[str, str] = {
    "synthetic": N_("It is synthetic"),
    "manipulated": N_("It was manipulated"),
    "genuine": N_("It is genuine"),
}
DONE: dict[str, str] = {
    "held": N_("The hold stands. Nothing of this check goes away until it is lifted."),
    "lifted": N_("The hold is lifted."),
    "judged": N_("Your finding stands in the history."),
    "published": N_("Everybody who has the link sees the result now."),
    "withdrawn": N_("The result is shown to your organisation alone again."),
    "again": N_("A worker judges it again. If that changes the verdict, the history will say so."),
    "decision_undone": N_("The decision is undone."),
    "appealed": N_("The appeal is taken in. Others look at it."),
    "revoked": N_("The record is revoked. Checks that rest on it get a new verdict soon."),
}
REVIEW_KINDS: dict[str, str] = {
    "review": N_("Review"),
    "blind": N_("Blind review"),
    "appeal": N_("Appeal"),
}
REVIEW_FINDINGS: dict[str, str] = {
    "synthetic": N_("Synthetic"),
    "manipulated": N_("Manipulated"),
    "genuine": N_("Genuine"),
    "unclear": N_("Nobody can tell"),
}
MODERATION_ACTIONS: dict[str, str] = {
    "label": N_("label"),
    "restrict": N_("restrict"),
    "demote": N_("demote"),
    "remove": N_("remove"),
    "block": N_("block"),
}
CATEGORIES: dict[str, str] = {  # schema.org's mediaAuthenticityCategory
    "OriginalMediaContent": N_("Original"),
    "DecontextualizedContent": N_("Out of context"),
    "EditedOrCroppedContent": N_("Edited or cropped"),
    "TransformedContent": N_("Transformed"),
    "StagedContent": N_("Staged"),
    "SatireOrParodyContent": N_("Satire or parody"),
}
ANSWERS: dict[str, str] = {
    "ACCEPT": N_("Accept: another decision is made"),
    "REJECT": N_("Reject: the decision stands"),
}
NOTICE_KINDS: dict[str, str] = {
    "article_16": N_("A notice"),
    "trusted_flagger": N_("A trusted flagger"),
    "own_initiative": N_("Own initiative"),
    "other": N_("Another report"),
}
ANSWER_KEYS: dict[str, str] = {"ACCEPT": "y", "REJECT": "x"}
SIDES: dict[str, str] = {"uploader": N_("The uploader says"), "reporter": N_("Who reported it says")}
REVIEW_KEYS: dict[str, str] = {
    "j, ↓": N_("the next evidence"),
    "k, ↑": N_("the evidence before"),
    "␣": N_("play or pause"),
    ", .": N_("a frame back, a frame on"),
    "1 … 4": N_("what it is"),
    "5 … 9": N_("what is done"),
    "r": N_("to the reason"),
    "b, g, m": N_("blur, grey, mute: for this view"),
    "y, x": N_("accept the appeal, reject it"),
    "e": N_("extend your time"),
    "n": N_("take the next, once this is decided"),
    "?": N_("show these keys"),
}
POLICY_STATES: dict[str, str] = {
    "DRAFT": N_("Draft"),
    "BACKGROUND": N_("Background: counted, nothing is done"),
    "LIVE": N_("Live"),
    "EXPIRED": N_("Expired"),
}
# Said by rooms below, and shown on pages: a catalogue has them too.
SOURCE_NAMES: dict[str, str] = {source.uri: source.name for source in SOURCES}
BORROWED: tuple[str, ...] = (*SOURCE_NAMES.values(), *DRIVERS.values(), *SCOPE_WORDS.values())
