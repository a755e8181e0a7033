"""Saves keys and trust lists in one encrypted file, and reads it. Knows the file's form; puts nothing into place.

A line that names the form, a line of JSON, then the content by AES-256-GCM under scrypt(passphrase): identities, those
retired and pending, mark keys, trust lists. The head is authenticated with it. It also carries a digest of the rest and
one of half of what scrypt gives, so that a damaged file and a wrong passphrase are told apart.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .. import outputs
from ..errors import BackupInvalid, InputMissing, InputUnreadable, KeyLocked, NoKeys, UnsafeKeys
from ..private_files import release_private
from . import places, use_log

log = logging.getLogger(__name__)

_MAGIC = b"countermark backup 1\n"
_COST = {"n": 1 << 17, "r": 8, "p": 1}  # 128 MiB and some .4 s a guess
_MOST_COST = {"n": 1 << 18, "r": 8, "p": 4}  # 256 MiB
_MOST_BYTES = 64 << 20
PARTS = ("keys", "trust")


@dataclass(frozen=True)
class Kept:
    """One file of a backup."""

    content: bytes = field(repr=False)
    private: bool


def collect(home: Path) -> dict[str, Kept]:
    """Read all that a backup holds: plain files under keys and trust, by their path; the log of uses stays here."""
    found = {}
    for part in PARTS:
        for folder, folders, names in os.walk(home / part):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for path in (Path(folder) / name for name in sorted(names)):
                if path != use_log.file(home):
                    found[path.relative_to(home).as_posix()] = _kept(path)
    return found


def save(home: Path, target: Path, passphrase: bytes, force: bool = False) -> int:
    """Write a backup, and give how many files it holds."""
    outputs.check_output(target, (), force)
    with places.locked(home):
        files = collect(home)
    if not any(name.startswith("keys/") for name in files):
        raise NoKeys(f"there is nothing to save in {home}")
    release_private(target, sealed(files, passphrase), force)
    log.info("backup of %d files written to %s", len(files), target)
    return len(files)


def sealed(files: dict[str, Kept], passphrase: bytes) -> bytes:
    """Write files as a backup."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(16), os.urandom(12)
    key, check = _derived(passphrase, salt, _COST)
    plain = json.dumps({name: [kept.private, _text(kept.content)] for name, kept in files.items()}).encode()
    head: dict[str, Any] = {"salt": salt.hex(), "nonce": nonce.hex(), "check": check, **_COST}
    bound = json.dumps(head, sort_keys=True).encode()
    cipher = AESGCM(key).encrypt(nonce, plain, bound)
    line = json.dumps({**head, "sha256": hashlib.sha256(bound + cipher).hexdigest()}, sort_keys=True).encode()
    return _MAGIC + line + b"\n" + cipher


def opened(file: Path, passphrase: bytes) -> dict[str, Kept]:
    """Read a backup, and check every byte and name of it."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head, cipher = _parted(_read(file), file)
    digest = head.pop("sha256", None)
    bound = json.dumps(head, sort_keys=True).encode()
    if digest != hashlib.sha256(bound + cipher).hexdigest():
        raise BackupInvalid(f"{file} was damaged or cut short")
    try:
        salt, nonce, cost = bytes.fromhex(head["salt"]), bytes.fromhex(head["nonce"]), {n: head[n] for n in _COST}
        if not all(type(cost[name]) is int for name in cost):
            raise ValueError("no cost")
        if any(not 0 < cost[name] <= most for name, most in _MOST_COST.items()):
            raise BackupInvalid(f"{file} asks for more work than an honest backup")
        key, check = _derived(passphrase, salt, cost)
        if check != head["check"]:
            raise KeyLocked(f"{file}: the passphrase does not open this backup")
        values = json.loads(AESGCM(key).decrypt(nonce, cipher, bound))
        return {_safe(name): Kept(base64.b64decode(text), bool(private)) for name, (private, text) in values.items()}
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError, RecursionError):  # their messages are dropped
        raise BackupInvalid(f"{file} is no backup that can be read") from None
    except MemoryError:
        advice = "256 MiB must be free, and some times its size"
        raise BackupInvalid(f"{file}: too little memory to open it", advice=advice) from None


def _derived(passphrase: bytes, salt: bytes, cost: dict[str, int]) -> tuple[bytes, str]:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    both = Scrypt(salt=salt, length=64, **cost).derive(passphrase)
    return both[:32], hashlib.sha256(both[32:]).hexdigest()


def _kept(path: Path) -> Kept:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise UnsafeKeys(f"{path} is no plain file", advice="move it elsewhere; a backup holds files alone")
            return Kept(file.read(), not facts.st_mode & 0o077)
    except OSError as error:
        raise UnsafeKeys(
            f"{path}: {error.strerror or error}", advice="make it a plain file of yours, or move it elsewhere"
        ) from None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputMissing(f"{file} is not there") from None
    except OSError as error:
        raise InputUnreadable(f"{file}: {error.strerror or error}") from None
    if len(content) > _MOST_BYTES:
        raise BackupInvalid(f"{file} is too large for a backup of keys")
    return content


def _parted(content: bytes, file: Path) -> tuple[dict[str, Any], bytes]:
    line, end, cipher = content.removeprefix(_MAGIC).partition(b"\n")
    try:
        if not content.startswith(_MAGIC) or not end:
            raise ValueError
        head = json.loads(line)
        if not isinstance(head, dict):
            raise ValueError
    except (ValueError, RecursionError):
        raise BackupInvalid(f"{file} is no backup of keys, or its head was damaged") from None
    return head, cipher


def _safe(name: str) -> str:
    """Take no name that leads out of the two folders."""
    parts = PurePosixPath(name).parts
    if len(parts) < 2 or parts[0] not in PARTS or ".." in parts or "\0" in name or "/".join(parts) != name:
        raise BackupInvalid("the backup names a file outside of keys and trust")
    return name


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
