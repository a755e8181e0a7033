"""One manifest out of a store, from stores that were signed, cut and made up."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.provenance import read_store
from countermark.provenance.reading.stores import MANIFEST_BOX, inside, one_alone, padding_used
from countermark.tests.provenance.signed import Studio


def test_one_manifest_is_as_sound_alone_as_it_was(studio: Studio) -> None:
    _, first = studio.sign("first.mp4")
    _, second = studio.sign("second.mp4", parent=studio.folder / "first.mp4")
    assert one_alone(first.store, first.manifest_id) == first.store, "there is nothing else in it"
    parent = one_alone(second.store, first.manifest_id)
    assert len(parent) < len(second.store)
    details = read_store(parent, studio.anchors)
    assert (details.manifest_id, details.trust) == (first.manifest_id, "trusted")
    child = read_store(one_alone(second.store, second.manifest_id), studio.anchors)
    assert child.manifest_id == second.manifest_id
    for store, missing in ((first.store, second.manifest_id), (second.store, ""), (second.store[:-9], "")):
        with pytest.raises(ValueError):
            one_alone(store, missing)


def _box(kind: bytes, content: bytes, long: bool = False) -> bytes:
    if long:
        return b"\0\0\0\1" + kind + (len(content) + 16).to_bytes(8, "big") + content
    return (len(content) + 8).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize("long", [False, True])
def test_sizes_in_either_form(long: bool) -> None:
    def superbox(label: bytes, *inside: bytes) -> bytes:
        return _box(b"jumb", _box(b"jumd", b"t" * 16 + b"\3" + label + b"\0") + b"".join(inside), long)

    one, two = superbox(b"one", b"\0\0\0\0abcdends where it lies"), superbox(b"two")
    alone = one_alone(superbox(b"c2pa", two, one), "one")
    assert b"ends where it lies" in alone and b"two" not in alone
    assert one_alone(alone, "one") == alone


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda inner: _box(b"jumb", _box(b"jumd", b"") + inner)))
def test_what_is_no_store_is_said(content: bytes) -> None:
    try:
        one_alone(content, "x")
    except ValueError:
        return
    raise AssertionError("made-up bytes hold no manifest of that name")


@given(st.binary(max_size=300))
def test_padding_is_counted_in_signatures_alone_and_nothing_raises(content: bytes) -> None:
    padded = b"\x63pad\x59\x01\x00" + bytes(250) + b"\1" * 6
    signature = b"c2pa.signature\0" + _box(b"cbor", padded)
    assert padding_used(padded + content.replace(b"c2pa.signature\0", b"")) == 0
    assert padding_used(content.replace(b"c", b"d") + signature) == 6
    assert padding_used(signature[:-3] + b"c2pa.signature\0" + content[:3]) <= 6
    assert inside(io.BytesIO(b"\0\0\0\x08ftyp" + content), 1 << 20) == b"", "no box of C2PA's"
    assert (
        inside(io.BytesIO(b"\0\0\0\x08ftyp" + _box(b"uuid", MANIFEST_BOX + content, long=True)), 1 << 20)[16:]
        == content
    )
    assert inside(io.BytesIO(b"\0\0\0\x08ftyp" + _box(b"uuid", MANIFEST_BOX + content)), 9) == b"", "too many bytes"
