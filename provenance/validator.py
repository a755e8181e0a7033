"""The one way in which this product sets up the C2PA library: closed to the network, and trusting what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..keyring import PURPOSES
from .trust import TrustAnchors

if TYPE_CHECKING:
    import c2pa


def context(trust: TrustAnchors, signer: c2pa.Signer | None = None) -> c2pa.Context:
    """Make a Context; a signer given to it is used up."""
    import c2pa

    # The library ignores names that it does not know: tests hold each of these to its effect.
    anchors = {"trust_anchors": trust.pem} if trust.pem else {}
    settings: dict[str, Any] = {
        "trust": {**anchors, "trust_config": "\n".join(PURPOSES)},
        "verify": {
            "verify_after_reading": True,
            "verify_after_sign": True,
            "verify_after_sign_hash": True,
            "verify_trust": True,
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
        },
        # Identities of the CAWG are not judged here, and judging some of them would ask the network.
        "core": {"allowed_network_hosts": [], "decode_identity_assertions": False},
        "builder": {
            "thumbnail": {"enabled": False},
            "actions": {
                "auto_created_action": {"enabled": False},
                "auto_opened_action": {"enabled": False},
                "auto_placed_action": {"enabled": False},
            },
        },
    }
    return c2pa.Context.from_dict(settings, signer)
