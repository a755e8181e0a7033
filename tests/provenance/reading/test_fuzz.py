"""Signed files with bytes changed at random: Evidence or a clear error, and no change of what is shown is believed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import c2pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

from countermark import keyring
from countermark.errors import CountermarkError
from countermark.evidence import CredentialDetails, evidence_from_json
from countermark.media.boxes import structure
from countermark.provenance import CredentialsExaminer, TrustAnchors, crjson_of, read_store, trust
from countermark.provenance.trust.validator import context
from countermark.settings import Settings
from countermark.tests.provenance.boxes import boxes, shown
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip
from countermark.verify import verify

# Seeded: the same changes in every run. `fuzz/` looks further than a test has time for.
EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FEW = settings(EXAMPLES, max_examples=8)
Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("fuzz")
    source = clip(folder / "source.mp4", size=(64, 48), seconds=0.2)
    identity = keyring.init_development(folder / "home")
    return Studio(folder, source, identity, trust.load(folder / "home"))


@pytest.fixture(scope="module")
def film(studio: Studio) -> bytes:
    parent, _ = studio.sign("parent.mp4")
    return studio.sign("child.mp4", parent=parent)[0].read_bytes()


@pytest.fixture(scope="module")
def store(studio: Studio) -> bytes:
    return studio.sign("store.mp4")[1].store


@pytest.fixture(scope="module")
def still(studio: Studio) -> bytes:
    content, output = io.BytesIO(), io.BytesIO()
    Image.effect_noise((64, 48), 60).save(content, "JPEG")
    info = c2pa.C2paSignerInfo(b"es256", studio.identity.chain_pem, studio.identity.key_pem(), None)
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": "http://x"}]}
    said = {"title": "A title", "assertions": [{"label": "c2pa.actions.v2", "data": actions}]}
    with context(studio.anchors, c2pa.Signer.from_info(info)) as ground:
        builder = c2pa.Builder(json.dumps(said), ground)
        builder.sign("image/jpeg", io.BytesIO(content.getvalue()), output)
    return output.getvalue()


@some.composite
def changes(draw: some.DrawFn) -> Change:
    """One to three changes of bytes: a flip, a cut, a copy, an insertion, a number that lies."""
    steps = draw(
        some.lists(
            some.tuples(
                some.sampled_from(["flip", "cut", "copy", "insert", "number", "zero", "end"]),
                some.floats(0, 1, exclude_max=True),
                some.floats(0, 1, exclude_max=True),
                some.binary(min_size=1, max_size=8),
            ),
            min_size=1,
            max_size=3,
        )
    )

    def change(content: bytes) -> bytes:
        for kind, where, other, said in steps:
            at, to = int(where * len(content)), int(other * len(content))
            content = _changed(content, kind, at, to, said)
        return content

    return change


def _changed(content: bytes, kind: str, at: int, to: int, said: bytes) -> bytes:
    if kind == "flip":
        return content[:at] + bytes([content[at] ^ said[0]]) + content[at + 1 :] if content else content
    if kind == "cut":
        return content[: min(at, to)] + content[max(at, to) :]
    if kind == "copy":
        return content[:at] + content[to : to + 64] + content[at:]
    if kind == "insert":
        return content[:at] + said + content[at:]
    if kind == "zero":
        return content[:at] + bytes(len(content[at : at + 16])) + content[at + 16 :]
    if kind == "end":
        return content + said
    starts = [start for _, start, _ in boxes(content)] or [0]  # the size that a box claims
    start = starts[at % len(starts)]
    return content[:start] + said[:4].rjust(4, b"\0") + content[start + 4 :]


def _looked(path: Path, content: bytes, anchors: TrustAnchors) -> CredentialDetails | None:
    """Examine, and hold the answer to its form; give the credentials where they are believed whole."""
    path.write_bytes(content)
    structure(path)
    found = CredentialsExaminer(anchors).examine(path, "ab")
    assert evidence_from_json(json.loads(json.dumps([found.to_json()]))) == (found,)
    details = found.details
    whole = isinstance(details, CredentialDetails) and found.finding == "present" and details.content_matches
    return details if whole and isinstance(details, CredentialDetails) else None


@EXAMPLES
@given(change=changes())
def test_a_changed_film_is_never_believed(studio: Studio, film: bytes, change: Change) -> None:
    content = change(film)
    if _looked(studio.folder / "fuzzed.mp4", content, studio.anchors):
        assert shown(content) == shown(film)


@EXAMPLES
@given(change=changes(), share=some.floats(0, 1, exclude_max=True))
def test_a_changed_manifest_says_what_was_signed_or_nothing(
    studio: Studio, film: bytes, change: Change, share: float
) -> None:
    start, size = next((at, size) for kind, at, size in boxes(film) if kind == b"uuid")
    at = start + 24 + int(share * (size - 24))
    content = film[:at] + change(film[at : at + 64])[:64].ljust(64, b"\0") + film[at + 64 :]
    details = _looked(studio.folder / "fuzzed.mp4", content, studio.anchors)
    if details is not None and details.trust == "trusted":
        assert (details.title, details.says_synthetic, details.says_captured) == ("A title", True, False)


@EXAMPLES
@given(change=changes())
def test_a_changed_picture_is_never_believed(studio: Studio, still: bytes, change: Change) -> None:
    assert _looked(studio.folder / "still.jpg", still, studio.anchors)
    content = change(still)
    details = _looked(studio.folder / "fuzzed.jpg", content, studio.anchors)
    if details is not None and details.trust == "trusted":
        assert _pixels(content) == _pixels(still)


@EXAMPLES
@given(change=changes())
def test_a_changed_store_is_read_or_broken(studio: Studio, store: bytes, change: Change) -> None:
    details = read_store(change(store), studio.anchors)
    assert details.content_matches is not True
    if details.trust == "trusted":
        assert details.title == "A title"


@FEW
@given(change=changes())
def test_the_real_verify_answers_whatever_comes(studio: Studio, film: bytes, change: Change) -> None:
    path, options = studio.folder / "whole.mp4", Settings(home=studio.folder / "home")
    content = change(film)
    path.write_bytes(content)
    try:
        verdict = verify(path, options=options)
        assert shown(content) == shown(film) or verdict.outcome not in ("ai_generated", "credentials_intact")
        crjson_of(path, options)
    except CountermarkError as error:
        assert str(error) and error.advice


def _pixels(content: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.convert("RGB").tobytes()
    except (OSError, SyntaxError, ValueError):
        return b"unreadable"
