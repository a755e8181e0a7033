"""Who made it, signed: C2PA manifests, trust anchors, the registry of what was released, and fingerprints.

Knows no watermark and no detector: a payload is hexadecimal text here, a fingerprint a tuple of hashes.

>>> from countermark.provenance import embeds
>>> embeds(".mp4"), embeds(".webm")
(True, False)
"""

from . import lookup, trust
from .audit import Checked, Head
from .bindings import soft_bindings
from .credentials import CredentialsExaminer, read_store
from .crjson import crjson_of
from .fingerprint import Fingerprinter, FingerprintExaminer
from .ingredients import carries_manifest, check_size
from .manifest import IPTC, MARK_ALGORITHM, Facts, IngredientFacts, describe, new_manifest_id
from .matching import Comparison, compare
from .reading import Given
from .record import Former, Listed, Record
from .registry import Registry, Settled, Stats
from .signing import Signed, embeds, sign
from .trust import TrustAnchors

__all__ = [
    "IPTC",
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
