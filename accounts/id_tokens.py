"""What an issuer of OpenID Connect says of somebody: an id token, verified by joserfc, and read. Asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from ..errors import SignInFailed
from . import given
from .values import ROLES, Identity, Role

# What only the issuer can sign with; `none`, and what is signed with the client's own secret, are not among them.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
LEEWAY_S = 60  # by which clocks may differ
_LETTERS = 255


class UnknownKey(SignInFailed):
    """It was signed with a key that the issuer did not publish so far."""


@dataclass(frozen=True)
class Expected:
    """Whose word it must be, to whom, and in answer to what."""

    issuer: str
    client: str
    nonce: str
    algorithms: tuple[str, ...]


def verified(token: str, keys: Mapping[str, Any], expected: Expected, now: datetime) -> dict[str, Any]:
    """Give the claims of an id token, all of what makes them hold checked; SignInFailed otherwise."""
    from joserfc import jwk, jwt
    from joserfc.errors import InvalidKeyIdError, JoseError

    allowed = [name for name in ALGORITHMS if name in expected.algorithms]
    if not allowed:
        raise SignInFailed("the issuer signs in no way that is believed here")
    rules = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        public = jwk.KeySet.import_key_set(cast(Any, keys))
        claims = jwt.decode(token, public, algorithms=allowed).claims
        rules.validate(claims)
    except InvalidKeyIdError:
        raise UnknownKey("the issuer's word is signed with a key that it does not publish") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SignInFailed(
            f"the issuer's word does not hold ({type(error).__name__})", advice="sign in again"
        ) from None
    party = claims.get("azp", expected.client if isinstance(claims["aud"], str) or len(claims["aud"]) == 1 else None)
    if claims["nonce"] != expected.nonce or party != expected.client or len(claims["sub"]) > _LETTERS:
        raise SignInFailed("the issuer's word is meant for another", advice="sign in again")
    return claims


def identity(claims: Mapping[str, Any], role_claim: str) -> Identity:
    """Read who it is; an address that the issuer itself doubts is none."""
    said = claims.get("email")
    email = said.strip().casefold() if isinstance(said, str) else ""
    if not given.is_address(email) or claims.get("email_verified") is False:
        email = ""
    name = next((claims[one] for one in ("name", "preferred_username") if isinstance(claims.get(one), str)), "")
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        email=email or None,
        name=name.strip() or email or claims["sub"],
        role=role_in(claims.get(role_claim)),
    )


def role_in(said: object) -> Role | None:
    """Give the role that a claim names, of several the one that may do most; None where it names none.

    >>> role_in(["staff", "viewer", "reviewer"]), role_in("root")
    ('reviewer', None)
    """
    named = said if isinstance(said, list) else [said]
    return next((role for role in reversed(ROLES) if role in named), None)
