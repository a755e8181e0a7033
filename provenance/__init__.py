"""Who made it, signed: C2PA manifests, trust anchors, the registry of what was released, and fingerprints.

Knows no watermark and no detector: a payload is hexadecimal text here, a fingerprint a tuple of hashes.

>>> from countermark.provenance import embeds
>>> embeds(".mp4"), embeds(".webm")
(True, False)
"""

from . import trust
from .fingerprint import lookup
from .fingerprint.examiner import Fingerprinter, FingerprintExaminer
from .fingerprint.matching import Comparison, compare
from .reading.bindings import soft_bindings
from .reading.credentials import CredentialsExaminer, read_store
from .reading.crjson import crjson_of
from .reading.opening import Given
from .registry.audit import Checked, Head
from .registry.record import Former, Listed, Record
from .registry.registry import Registry, Settled, Stats
from .signing.ingredients import carries_manifest, check_size
from .signing.manifest import (
    MARK_ALGORITHM,
    Facts,
    IngredientFacts,
    describe,
    new_manifest_id,
)
from .signing.writing import Signed, embeds, sign
from .trust import TrustAnchors

__all__ = [
    "MARK_ALGORITHM",
    "Checked",
    "Comparison",
    "CredentialsExaminer",
    "Facts",
    "FingerprintExaminer",
    "Fingerprinter",
    "Given",
    "Former",
    "Head",
    "IngredientFacts",
    "Listed",
    "Record",
    "Registry",
    "Settled",
    "Signed",
    "Stats",
    "TrustAnchors",
    "carries_manifest",
    "check_size",
    "compare",
    "crjson_of",
    "describe",
    "embeds",
    "lookup",
    "new_manifest_id",
    "read_store",
    "sign",
    "soft_bindings",
    "trust",
]
