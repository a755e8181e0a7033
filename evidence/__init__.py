"""What an examiner saw. Values only: no I/O, no judgement, and no knowledge of who examines.

What an examiner saw in detail is one of the frozen `...Details`; its `kind` says which, in JSON too.
"""

from .credentials import (
    ActionDetails,
    CredentialDetails,
    IdentityDetails,
    IngredientDetails,
    Standing,
    Trust,
    every_ingredient,
)
from .declarations import Declaration, DeclarationsDetails, Form, LabelClaim, LabelDetails, Says
from .found import ContainerDetails, Details, Evidence, FailureDetails, Finding, Track, evidence_from_json
from .judges import DetectorDetails, HumanDetails
from .looks import Change, ChangeKind, ChangesDetails, FingerprintDetails, Match
from .marks import MarkDetails, MarkGeometry, NoMarkDetails, OtherMark
from .places import Region, Span, in_words, seconds_in
from .records import Fit, RecordDetails

__all__ = [
    "ActionDetails",
    "Change",
    "ChangeKind",
    "ChangesDetails",
    "ContainerDetails",
    "CredentialDetails",
    "Declaration",
    "DeclarationsDetails",
    "Details",
    "DetectorDetails",
    "Evidence",
    "FailureDetails",
    "Finding",
    "FingerprintDetails",
    "Fit",
    "Form",
    "HumanDetails",
    "IdentityDetails",
    "IngredientDetails",
    "LabelClaim",
    "LabelDetails",
    "MarkDetails",
    "MarkGeometry",
    "Match",
    "NoMarkDetails",
    "OtherMark",
    "RecordDetails",
    "Region",
    "Says",
    "Span",
    "Standing",
    "Track",
    "Trust",
    "every_ingredient",
    "evidence_from_json",
    "in_words",
    "seconds_in",
]
