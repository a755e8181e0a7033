"""One way to write a zip, and to read nothing but that: names and bytes in, the same file out, whenever and wherever.

Nothing is packed, no time is kept, nothing stands beside or between, and the comment at the end holds the digest of all
before it. So a file that another program wrote or touched is told at once, and what hostile archives do (bombs, two
files of one name, paths that lead away, bytes that one reader sees and another does not) has no place to stand.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Mapping

from ..errors import BundleInvalid

MOST_BYTES = 256 << 20
MOST_FILES = 4096
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?")
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _MADE_BY, _DAY = 20, 3 << 8 | 20, 0x21  # 2.0; Unix; the first day that a zip can name: 1 January 1980
_MODE = 0o100644 << 16
_COMMENT = b"countermark-bundle/1 sha256:"


def written(files: Mapping[str, bytes]) -> bytes:
    """Write files in the order in which they are given."""
    bodies, directory, at = [], [], 0
    for name, content in files.items():
        _check_name(name, ())
        encoded, check = name.encode("ascii"), zlib.crc32(content)
        sizes = (check, len(content), len(content), len(encoded))
        body = _LOCAL.pack(_LOCAL_MARK, _VERSION, 0, 0, 0, _DAY, *sizes, 0) + encoded + content
        entry = _CENTRAL.pack(_CENTRAL_MARK, _MADE_BY, _VERSION, 0, 0, 0, _DAY, *sizes, 0, 0, 0, 0, _MODE, at)
        bodies.append(body)
        directory.append(entry + encoded)
        at += len(body)
    listed = b"".join(directory)
    length = len(_COMMENT) + 2 * hashlib.sha256().digest_size
    end = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(listed), at, length)
    whole = b"".join(bodies) + listed + end + _COMMENT
    if len(files) > MOST_FILES or len(whole) > MOST_BYTES:
        raise BundleInvalid(f"{len(files)} files of {len(whole):,} bytes are more than a bundle takes")
    return whole + hashlib.sha256(whole).hexdigest().encode()


def read(content: bytes) -> dict[str, bytes]:
    """Read a zip of ours; BundleInvalid for every other, and for one in which a single byte differs."""
    if len(content) > MOST_BYTES:
        raise BundleInvalid(f"more than the {MOST_BYTES:,} bytes that a bundle has")
    if not content.startswith(_LOCAL_MARK):
        raise BundleInvalid("that is no evidence bundle")
    files: dict[str, bytes] = {}
    at = 0
    while content[at : at + 4] == _LOCAL_MARK:
        name, begin, end = _entry(content, at, files)
        files[name] = content[begin:end]
        at = end
    if written(files) != content:
        raise BundleInvalid("its bytes are not as they were written: something was changed, added, or taken away")
    return files


def _entry(content: bytes, at: int, files: Mapping[str, bytes]) -> tuple[str, int, int]:
    """Find a file's name and where its bytes lie, and say what is wrong before they are looked at."""
    if len(content) < at + _LOCAL.size:
        raise BundleInvalid("it is cut off")
    _, _, _, method, _, _, _, packed, size, name_length, extra = _LOCAL.unpack_from(content, at)
    begin = at + _LOCAL.size + name_length + extra
    name = content[at + _LOCAL.size : at + _LOCAL.size + name_length].decode("latin-1")
    if method or packed != size:
        raise BundleInvalid("a file in it is packed; nothing in a bundle is")
    if len(files) >= MOST_FILES or begin + size > len(content):
        raise BundleInvalid("it is cut off, or claims to hold more than it does")
    _check_name(name, files)
    return name, begin, begin + size


def _check_name(name: str, taken: Mapping[str, bytes] | tuple[()]) -> None:
    if not _NAME.fullmatch(name):
        raise BundleInvalid(f"a file in it is called {name[:80]!r}, which no file of a bundle is")
    if name in taken:
        raise BundleInvalid(f"two files in it are called {name}")
