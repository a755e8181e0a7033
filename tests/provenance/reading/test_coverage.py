"""What ranges of bytes leave out: the manifest has to be among them, and what else is, is counted."""

from __future__ import annotations

import base64
import io

from hypothesis import given
from hypothesis import strategies as st

from countermark.provenance.reading.coverage import left_out

STORE = (9000).to_bytes(4, "big") + b"jumb" + b"\0\0\0\x1ejumdc2pa" + bytes(9000 - 20)


def _left(content: bytes, *ranges: tuple[int, int]) -> tuple[int, int, bool]:
    found = left_out(io.BytesIO(content), ranges)
    return found.bytes, found.of, found.most


def test_a_manifest_may_be_most_of_a_file() -> None:
    for store in (STORE, b"C2PA\0\0" + STORE, base64.b64encode(STORE)):
        content = b"a" * 5000 + store + b"b" * 5000
        assert _left(content, (5000, len(store))) == (0, 10_000, False)
        assert _left(content, (0, 4000), (5000, 1 << 60))[2], "but nearly nothing else is signed then"


def test_more_than_the_manifest_is_counted_once() -> None:
    content = b"a" * 100_000 + STORE + b"b" * 100_000
    assert _left(content, (100_000, len(STORE)), (0, 60_000), (30_000, 40_000)) == (70_000, 200_000, False)
    assert _left(content, (100_000, len(STORE)), (0, 60_000), (150_000, 1 << 40))[2]
    assert _left(content, (5, 199_000))[2], "it begins where no manifest does"
    assert _left(content) == (0, len(content), False)


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(), st.integers()), max_size=9))
def test_no_ranges_and_no_bytes_raise(content: bytes, ranges: list[tuple[int, int]]) -> None:
    found, of, _ = _left(content + STORE[:50], *ranges)
    assert 0 <= found <= of <= len(content) + 50
