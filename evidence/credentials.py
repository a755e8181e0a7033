"""What a C2PA manifest store says, as its validator sees it, and what its reader should know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .declarations import LabelClaim

# How a signature stands: `trusted` leads to an anchor of ours, `unknown_signer` is sound but leads to none.
Trust = Literal["trusted", "unknown_signer", "expired", "not_yet_valid", "revoked", "broken"]


@dataclass(frozen=True)
class ActionDetails:
    """One thing that a manifest says was done."""

    action: str
    source_type: str | None = None  # IPTC digital source type, as a full URI
    agent: str | None = None
    when: str | None = None


@dataclass(frozen=True)
class IngredientDetails:
    """One file that a manifest says went into this one."""

    title: str | None
    relationship: str
    manifest_id: str | None = None  # None: it brought no credentials
    signer: str | None = None
    failures: tuple[str, ...] = ()  # what was wrong with it when it was taken up, as the signer wrote down
    ingredients: tuple[IngredientDetails, ...] = ()  # what went into that one, by its own manifest in the same store


def every_ingredient(ingredients: tuple[IngredientDetails, ...]) -> Iterator[IngredientDetails]:
    """Give these, and what went into each of them, level by level down to the last."""
    while ingredients:
        yield from ingredients
        ingredients = tuple(deeper for one in ingredients for deeper in one.ingredients)


# signature holds, or could not be followed, and nobody who is believed here stands behind the name; `invalid`: it
# does not hold; `unchecked`: of a kind that can't be judged here.
Standing = Literal["confirmed", "unconfirmed", "invalid", "unchecked"]


@dataclass(frozen=True)
class IdentityDetails:
    """One identity assertion of the CAWG: whoever it names says that the file is theirs."""

    method: str  # cawg.x509.cose, cawg.identity_claims_aggregation ...
    standing: Standing
    name: str | None = None
    issuer: str | None = None
    claims: tuple[str, ...] = ()  # verified names elsewhere, as the issuer tells them
    codes: tuple[str, ...] = ()  # what the validator says of it


@dataclass(frozen=True)
class CredentialDetails:
    """A C2PA manifest store, as its validator sees it."""

    manifest_id: str
    trust: Trust
    content_matches: bool | None  # the hard binding fits these bytes; None for a store that came back without its file
    signer: str | None = None
    claim_generator: str | None = None
    title: str | None = None
    signed_at: str | None = None  # from a timestamp authority; None where there is none
    source_types: tuple[str, ...] = ()  # IPTC digital source types, as full URIs, of the active manifest
    says_synthetic: bool = False  # one of them says: made or changed by an algorithm
    says_captured: bool = False  # one of them says: taken by a camera
    development: bool = False  # the signer stands under a root made on this machine for development
    failures: tuple[str, ...] = ()
    ingredient_failures: tuple[str, ...] = ()
    state: str | None = None  # the validator's own word: Trusted, Valid, Invalid
    place: Literal["embedded", "beside", "given", "fetched", "registry"] = "embedded"  # where the store was found
    manifests: int = 1  # how many there are in the store
    fragments: int = 0  # segments that were held to the signature together with the file
    pieces: int = 0  # segments, or parts of the file, that the signature covers one by one; 0: it covers all at once
    actions: tuple[ActionDetails, ...] = ()
    ingredients: tuple[IngredientDetails, ...] = ()  # of its active manifest; each has those of its own
    identities: tuple[IdentityDetails, ...] = ()
    ai_facts: tuple[str, ...] = ()  # what it says of models and of training, as "name: value"
    earlier: tuple[str, ...] = ()  # marks and declarations that its input brought along, as the signer wrote down
    labels: tuple[LabelClaim, ...] = ()  # that it says were drawn for people to see
    remarks: tuple[str, ...] = ()  # what a reader should know, and what is no failure
    kind: Literal["credentials"] = "credentials"
