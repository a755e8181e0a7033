"""Who puts a name to a file beside its signer: identity assertions of the CAWG, and how far the library judges them.

They are judged in a reading of their own, so that nothing in them can change what is said of the signature: a list of
authorities for names would vouch for signers as well. An X.509 identity is `confirmed` where its chain leads to an
anchor of this machine. An aggregator's credential can be checked only with a document of its issuer that would have to
be fetched, and nothing is fetched; and whoever likes may be such an issuer. So these read as `unconfirmed`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ...evidence import IdentityDetails, Standing
from ...keyring import PURPOSES
from ..trust import TrustAnchors
from .loose import MAX_ITEMS, few, mapping, mappings, plain

if TYPE_CHECKING:
    import c2pa

LABEL = "cawg.identity"
_NAMES = "urn:countermark:names"
_CONFIRMED = {"cawg.identity.trusted", "cawg.x509.credential.trusted", "cawg.ica.credential_valid"}
_UNCONFIRMED = {  # failures that leave open whose name it is
    *("cawg.identity.untrusted", "cawg.x509.credential.untrusted", "cawg.ica.untrusted_issuer"),
    *("cawg.ica.did_unavailable", "cawg.ica.did_unsupported_method", "cawg.ica.revocation_unavailable"),
    *("cawg.ica.time_stamp.missing", "signingCredential.untrusted"),
}
_UNCHECKED = {"cawg.identity.sig_type.unknown"}


def names_someone(manifest: dict[str, Any]) -> bool:
    """Say whether a manifest has identity assertions at all."""
    return any(_is_identity(one) for one in mappings(manifest.get("assertions")))


def judging(trust: TrustAnchors) -> c2pa.Context:
    """Make a Context in which identities are judged, as closed to the network as every other of ours."""
    import c2pa

    settings = trust.settings()
    if trust.pem:
        settings["anchors"].append({"trust_anchors": trust.pem, "trust_kind": "cawg", "trust_uri": _NAMES})
    return c2pa.Context.from_dict(
        {
            "trust": {**settings, "trust_config": "\n".join(PURPOSES)},
            "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
            "core": {"allowed_network_hosts": [], "decode_identity_assertions": True},
        }
    )


def identities_of(report: str) -> tuple[IdentityDetails, ...]:
    """Read them from the library's report; raises nothing about what it says."""
    try:
        said = mapping(json.loads(report))
    except (ValueError, RecursionError):
        return ()
    manifest = mapping(mapping(said.get("manifests")).get(plain(said.get("active_manifest"))))
    results = mapping(mapping(said.get("validation_results")).get("activeManifest"))
    found = [one for one in mappings(manifest.get("assertions")) if _is_identity(one)][:MAX_ITEMS]
    return tuple(_identity(one, results, alone=len(found) == 1) for one in found)


def _is_identity(assertion: dict[str, Any]) -> bool:
    return plain(assertion.get("label")).split("__")[0] == LABEL


def _identity(assertion: dict[str, Any], results: dict[str, Any], *, alone: bool) -> IdentityDetails:
    data = mapping(assertion.get("data"))
    payload = mapping(data.get("signer_payload") or data.get("c2paAsset"))
    certificate = mapping(data.get("signature_info"))
    good = _codes(results.get("success"), assertion, alone)
    bad = _codes(results.get("failure"), assertion, alone)
    claims = [_claim(one) for one in mappings(data.get("verifiedIdentities"))]
    names = [plain(one.get("name") or one.get("username")) for one in mappings(data.get("verifiedIdentities"))]
    return IdentityDetails(
        method=plain(payload.get("sig_type")),
        standing=_standing(good, bad),
        name=plain(certificate.get("common_name")) or next((name for name in names if name), None),
        issuer=plain(certificate.get("issuer") or data.get("issuer")) or None,
        claims=few(claims),
        codes=few(bad + good),
    )


def _standing(good: list[str], bad: list[str]) -> Standing:
    if set(bad) - _UNCONFIRMED - _UNCHECKED:
        return "invalid"
    if set(bad) & _UNCHECKED or not (good or bad):
        return "unchecked"
    return "confirmed" if _CONFIRMED & set(good) and not bad else "unconfirmed"


def _codes(statuses: Any, assertion: dict[str, Any], alone: bool) -> list[str]:
    """What the validator says of this assertion; where the address does not tell which, of all of them."""
    label = plain(assertion.get("label"))
    instance = assertion.get("instance")
    named = {label, f"{label}__{instance}"} if instance else {label}
    found = []
    for status in mappings(statuses):
        code, where = plain(status.get("code")), plain(status.get("url")).rsplit("/", 1)[-1]
        of_identities = code.startswith("cawg.") or where.split("__")[0] == LABEL
        told = code not in ("assertion.hashedURI.match", "assertion.hashedURI.mismatch")
        if of_identities and told and (alone or not where.startswith(LABEL) or where in named):
            found.append(code)
    return found


def _claim(said: dict[str, Any]) -> str:
    """One verified name, as its issuer tells it."""
    provider = plain(mapping(said.get("provider")).get("name") or mapping(said.get("provider")).get("id"))
    who = plain(said.get("username") or said.get("name") or said.get("address") or said.get("uri"))
    kind = plain(said.get("type")).removeprefix("cawg.")
    return plain(
        " ".join(part for part in (f"{kind}:" if kind else "", who, f"at {provider}" if provider else "") if part)
    )
