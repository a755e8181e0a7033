"""Who made it, signed: C2PA manifests, trust anchors, the registry of what was released, and fingerprints.

Knows no watermark and no detector: a payload is hexadecimal text here, a fingerprint a tuple of hashes.

>>> from countermark.provenance.signing import embeds
>>> embeds(".mp4"), embeds(".webm")
(True, False)
"""
