"""Keys of services: from the environment alone, and from there to the service alone."""

from __future__ import annotations

import os

from ...errors import KeyMissing, NetworkRefused
from ...fetch import checked


def key(variable: str, service: str) -> str:
    """Read a key; where there is none, say which variable is looked at."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise unset((variable,), service)
    if not value.isascii() or not value.isprintable():
        raise KeyMissing(f"{service}: what {variable} holds is no key", advice=f"copy the key anew into {variable}")
    return value


def lacking(variables: tuple[str, ...]) -> tuple[str, ...]:
    """Give those of the variables that are not set."""
    return tuple(variable for variable in variables if not os.environ.get(variable, "").strip())


def unset(variables: tuple[str, ...], service: str) -> KeyMissing:
    """Say of all that have to be set at once what is not."""
    named = " and ".join(variables)
    return KeyMissing(
        f"{service} needs a key, and {named} {'is' if len(variables) == 1 else 'are'} not set",
        advice=f"set {named} in the environment to what your account with the service gives you (docs/hosted.md)",
    )


def home(address: str) -> str:
    """Check an address of a service that the user gave: a key goes there, so it is encrypted, or of this machine."""
    parts = checked(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise NetworkRefused(f"{parts.hostname} would get the key in clear", advice="give an https address")
    return address.rstrip("/")
