"""Several editions of one content in the registry: what a file is unchanged outweighs what it only looks like."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark import keyring
from countermark.api.pages.cards import cards
from countermark.case import comparison_of
from countermark.evidence import ChangesDetails, RecordDetails, Span
from countermark.generator.procedural import Shot, render
from countermark.media import EncodeSettings, encode
from countermark.provenance import Registry
from countermark.rejudging import recovered_again
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from countermark.verdict import Judgement, Verdict, fold
from countermark.verify import judged, looked_at, recovered, verify
from tests.test_verdict import AI, CHANGED, CROPPED, FACE, KNOWN, LEAST, PHOTO, Row, seen

SIZE, RATE = (480, 270), Fraction(12)
Picture = NDArray[np.uint8]
EDITION = "another edition of it"
PLAIN = replace(KNOWN, found_by="fingerprint")
LABELLED = replace(PLAIN, payload="00000000000000cc", manifest_id="urn:c2pa:2")
CHANGED_SINCE = replace(CHANGED, against=LABELLED.manifest_id)
EDITED = seen(CHANGED_SINCE)
EARLY, LATE = "2026-11-20T10:00:00.000+00:00", "2026-11-21T10:00:00+02:00"
BEAS = replace(PLAIN, issuer="Bea", credentials=replace(AI, signer="Bea", content_matches=None), recorded_at=LATE)

ROWS = [
    Row(
        "the source of one edition, which another one with a label differs from",
        (seen(PLAIN), seen(LABELLED), seen(LEAST, "absent"), EDITED),
        "ai_generated",
        (),
        ("recovered",),
        says="Ann signed another edition of it too, which differs: a part of the picture",
    ),
    Row(
        "the same, where the edition that it is says nothing of AI",
        (seen(PHOTO), seen(LABELLED), seen(LEAST, "absent"), EDITED),
        "credentials_recovered",
        (),
        ("recovered",),
        says="no change seen",
    ),
    Row(
        "changed since either edition",
        (seen(PLAIN), seen(LABELLED), seen(CHANGED), EDITED),
        "altered",
        ("ai_generated",),
        ("recovered",),
        says="it differs from what Ann signed",
    ),
    Row(
        "changed since the edition that stands; the one that it is was taken back",
        (seen(replace(PLAIN, status="revoked")), seen(LABELLED), seen(LEAST, "absent"), EDITED),
        "altered",
        ("ai_generated", "declared_ai"),
        ("recovered",),
    ),
    Row(
        "changed since what someone trusted signed; what it is was signed by someone unknown here",
        (
            seen(replace(PLAIN, credentials=replace(AI, trust="unknown_signer", content_matches=None))),
            seen(LABELLED),
            seen(LEAST, "absent"),
            EDITED,
        ),
        "altered",
        ("ai_generated",),
        ("recovered",),
    ),
    *(
        Row(
            f"changed since one edition; held to the other one, it was {why}",
            (seen(PLAIN), seen(LABELLED), seen(replace(LEAST, **least), "absent"), EDITED),
            "altered",
            ("ai_generated",),
            ("recovered",),
            says="it differs from what Ann signed",
        )
        for why, least in {
            "too coarsely for a part so small": {"smallest_share": 0.6, "smallest_levels": 10.0},
            "too coarsely for so few levels": {"smallest_levels": 59.0},
            "not in those seconds": {"compared": (Span(3, 5),), "smallest_s": 0.5},
        }.items()
    ),
    Row(
        "coarsely held to the edition that it is, but closely enough for the plainest change",
        (
            seen(PLAIN),
            seen(LABELLED),
            seen(replace(LEAST, smallest_levels=17.0), "absent"),
            seen(replace(CHANGED_SINCE, changes=(FACE, replace(FACE, strength=1.1)))),
        ),
        "altered",
        ("ai_generated",),
        ("recovered",),
    ),
    Row(
        "changed, and the changed copy registered later by somebody else",
        (seen(BEAS), seen(replace(LABELLED, recorded_at=EARLY)), seen(LEAST, "absent"), EDITED),
        "altered",
        ("ai_generated",),
        ("recovered",),
        says="it differs from what Ann signed",
    ),
    Row(
        "the same, and it is that copy byte for byte",
        (seen(replace(BEAS, same_bytes=True)), seen(replace(LABELLED, recorded_at=EARLY)), EDITED),
        "altered",
        ("ai_generated",),
        ("recovered",),
    ),
    Row(
        "registered by somebody else, nobody knows when",
        (seen(replace(BEAS, recorded_at=None)), seen(LABELLED), seen(LEAST, "absent"), EDITED),
        "altered",
        ("ai_generated",),
        ("recovered",),
    ),
    Row(
        "what somebody registered, before somebody else put a label on it",
        (
            seen(replace(BEAS, recorded_at=EARLY)),
            seen(replace(LABELLED, recorded_at=LATE)),
            seen(LEAST, "absent"),
            EDITED,
        ),
        "ai_generated",
        (),
        ("recovered",),
        says=EDITION,
    ),
    Row(
        "changed since what its mark leads to, whatever it looks like",
        (seen(CROPPED), seen(replace(LABELLED, found_by="mark")), seen(PLAIN), seen(LEAST, "absent"), EDITED),
        "altered",
        ("ai_generated",),
        ("recovered",),
    ),
]


def written(path: Path, change: Callable[[Picture], Picture] = lambda rgb: rgb) -> Path:
    pictures = render(Shot("a red balloon over green hills", seconds=2, size=SIZE, frame_rate=RATE, seed=3))
    encode((change(rgb) for rgb in pictures), path, size=SIZE, frame_rate=RATE, settings=EncodeSettings())
    return path


def with_a_face(rgb: Picture) -> Picture:
    changed = rgb.copy()
    changed[40:130, 40:140] = 250
    changed[60:110, 60:120] = (200, 0, 0)
    return changed


@dataclass(frozen=True)
class Case:
    """A clip that nobody stamped, and a copy of it that was changed."""

    folder: Path
    clip: Path
    changed: Path


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("editions")
    return Case(folder, written(folder / "clip.mp4"), written(folder / "changed.mp4", with_a_face))


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    keyring.init_development(tmp_path)
    return Settings(home=tmp_path)


def stamped(case: Case, options: Settings, editions: Iterable[str]) -> dict[str, str]:
    """Stamp the clip again and again, as it is or with a label burnt in; give the id of each edition's manifest."""
    ids = {}
    for edition in editions:
        label = options.model_copy(update={"label": "Made by AI" if edition == "labelled" else ""})
        ids[edition] = stamp(case.clip, options.home / "out.mp4", facts=facts(), options=label, force=True).manifest_id
    return ids


def taken_back(options: Settings, manifest_id: str, count: int) -> None:
    """Register the same content so many times more, and revoke each."""
    registry = Registry(options.database_url)
    record = registry.by_manifest(manifest_id)
    assert record is not None
    for number in range(count):
        again = replace(record, payload=f"{number + 1:016x}", manifest_id=f"urn:c2pa:again-{number}")
        registry.add(replace(again, content_digest=f"{number:064x}"))
        registry.revoke(again.manifest_id, "a mistake")


def statuses(verdict: Verdict) -> list[str]:
    return [e.details.status for e in verdict.evidence if isinstance(e.details, RecordDetails)]


def holds(verdict: Verdict) -> None:
    """The clip is the edition without a label, whatever else there is."""
    said = " ".join(verdict.reasons)
    assert (verdict.outcome, verdict.sureness, verdict.basis) == ("ai_generated", "likely", ("recovered",)), said
    assert "altered" not in verdict.also
    assert "no change seen" in said and "it differs from what" not in said and EDITION in said
    assert sorted(e.finding for e in verdict.evidence if isinstance(e.details, ChangesDetails)) == ["absent", "present"]
    assert cards(verdict, ()).changes.finding == "absent"


@pytest.mark.parametrize("editions", [("plain", "labelled"), ("labelled", "plain")], ids="-".join)
def test_the_source_of_an_edition_is_no_change_of_another(
    case: Case, options: Settings, editions: tuple[str, str]
) -> None:
    ids = stamped(case, options, editions)
    looked = looked_at(case.clip, options)
    verdict = judged(looked, recovered(case.clip, looked, options), options)
    holds(verdict)
    assert recovered_again(looked, verdict, options) == verdict
    if editions[0] == "plain":
        Registry(options.database_url).revoke(ids["plain"], "a mistake")
        later = recovered_again(looked, verdict, options)
        assert (later.outcome, statuses(later)) == ("altered", ["live", "revoked"]), later.reasons
    else:
        altered = verify(case.changed, options=options)
        assert (altered.outcome, altered.sureness) == ("altered", "likely"), altered.reasons
        assert EDITION not in " ".join(altered.reasons) and cards(altered, ()).changes.finding == "present"


def test_records_that_were_taken_back_hide_none_that_stands(case: Case, options: Settings) -> None:
    ids = stamped(case, options, ("plain",))
    taken_back(options, ids["plain"], 20)
    stamped(case, options, ("labelled",))
    verdict = verify(case.clip, options=options)
    holds(verdict)
    assert statuses(verdict) == ["live", "live", "revoked", "revoked"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_it_is_unchanged_outweighs_what_it_looks_like(row: Row) -> None:
    for evidence in permutations(row.evidence):
        verdict = fold("ab", evidence, Judgement())
        assert (verdict.outcome, verdict.also, verdict.basis) == (row.outcome, row.also, row.basis), verdict.reasons
        assert row.says in " ".join(verdict.reasons)


def test_what_is_shown_of_changes_is_what_the_verdict_rests_on() -> None:
    changed = replace(EDITED, examiner="changes")
    same = seen(LEAST, "absent", "changes")
    for unsound in (replace(LABELLED, status="revoked"), replace(LABELLED, fit="differs")):
        assert comparison_of((seen(PLAIN), seen(unsound), changed, same)) == same
        assert comparison_of((seen(unsound), changed)) is None
        assert "it differs" not in " ".join(fold("ab", (seen(unsound), changed), Judgement()).reasons)
    assert comparison_of((seen(BEAS), seen(LABELLED), changed, same)) == changed
    named = seen(replace(CHANGED, against=None), "present", "changes")
    assert comparison_of((same, named)) == named
