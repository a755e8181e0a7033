"""Keeps bundles in the store of media, beside the pictures of their check: what says the same is signed once.

They live as long as the record: whoever erases that erases all below `bundles/` and the check's id.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from pathlib import Path

from .. import keyring
from ..docket.values import Check
from ..errors import NoKeys
from ..keyring import places
from ..objects import Objects
from ..settings import Settings
from .contents import words_of
from .making import make


def may_sign(options: Settings) -> bool:
    """Say whether there is an identity here that signs bundles."""
    try:
        return places.occupied(places.active(options.home))
    except NoKeys:
        return False


def place_of(check: Check, options: Settings) -> str:
    """Say under which key the bundle of a check is kept, once it was made.

    A digest of all that it says stands in the name, and of who signs and who vouches for the time: each revision, each
    view of what is personal, and each signer has a bundle of its own.
    """
    words = words_of(check, options)
    said = hashlib.sha256(f"{keyring.load(options.home, options).fingerprint} {options.tsa}".encode())
    for name, content in words.items():
        said.update(f"\n{name} {hashlib.sha256(content).hexdigest()}".encode())
    return f"bundles/{check.id}/{said.hexdigest()}.zip"


def keep(check: Check, objects: Objects, options: Settings) -> str:
    """Make the bundle of a check, keep it, and say under which key.

    One without the time that an authority was to give is kept beside its place, under a name of its own,
    since others may still read the last: whoever asks next has the authority asked again.
    """
    key = place_of(check, options)
    if objects.size(key) is not None:
        return key
    with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
        made = make(check, objects, options, Path(folder) / "bundle.zip")
        if options.tsa is not None and not made.timed:
            key = f"{key.removesuffix('.zip')}-untimed-{secrets.token_hex(8)}.zip"
        objects.put_file(key, made.path, "application/zip", take=True)
    return key
