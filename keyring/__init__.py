"""Signing identities: makes, asks for, takes in, rotates, keeps, saves and describes them, and signs with them.

Knows certificates, key files, and the programs and services that sign; knows nothing of C2PA files. An identity is one
folder, `home/keys/signing`: `chain.pem` (leaf, then intermediates), `key.pem` (0600) where the key is a file, and
`root.pem` of one made here for development. `places` says how one takes over from another.
"""

from . import passphrases
from .backup import save
from .identity import Identity, IdentityFacts, describe, development_roots, disown, load
from .importing import Imported, import_chain
from .listing import listing
from .making import init_development, relock, rotate
from .places import folder
from .profile import PURPOSES
from .requests import Pending, Subject, request, request_elsewhere
from .restoring import Restored, restore
from .signers import Signer

__all__ = [
    "PURPOSES",
    "Identity",
    "IdentityFacts",
    "Imported",
    "Pending",
    "Restored",
    "Signer",
    "Subject",
    "describe",
    "development_roots",
    "disown",
    "folder",
    "import_chain",
    "init_development",
    "listing",
    "load",
    "passphrases",
    "relock",
    "request",
    "request_elsewhere",
    "restore",
    "rotate",
    "save",
]
