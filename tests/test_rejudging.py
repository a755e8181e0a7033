"""What becomes of a verdict once more is known: no media is opened, and what was seen stays."""

from dataclasses import replace
from pathlib import Path

import pytest

from countermark import keyring
from countermark.errors import RegistryUnavailable
from countermark.evidence import ChangesDetails, Evidence, FailureDetails, HumanDetails, RecordDetails
from countermark.media import EncodeSettings, Looked, looked_from_json, looked_to_json, probe, transcode
from countermark.provenance import Registry
from countermark.rejudging import judged_again, recovered_again
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from countermark.verdict import Judgement, Verdict
from countermark.verify import judged, looked_at, recovered
from tests import recipes


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, options: Settings) -> Path:
    """A platform's copy of what was stamped: no manifest, another size."""
    folder = tmp_path_factory.mktemp("copy")
    source = recipes.clip(folder / "a.mp4", size=(640, 480), seconds=3, seed=51)
    done = stamp(source, folder / "b.mp4", facts=facts(), options=options)
    transcode(probe(done.path, options.limits), folder / "copy.mp4", EncodeSettings(scale=0.75, crf=26), keep="none")
    return folder / "copy.mp4"


Kept = tuple[Looked, Verdict]


@pytest.fixture(scope="module")
def kept(copy: Path, options: Settings) -> Kept:
    """What is in the docket once the media is gone."""
    looked = looked_at(copy, options)
    verdict = judged(looked, recovered(copy, looked, options), options)
    assert verdict.outcome == "ai_generated"
    assert any(isinstance(e.details, ChangesDetails) for e in verdict.evidence)
    return looked_from_json(looked_to_json(looked)), verdict


def said(verdict: Verdict, says: str, who: str = "Bo", why: str = "looked") -> Evidence:
    return Evidence(verdict.subject, "video", "person", "1", "present", details=HumanDetails(says, who, why))  # type: ignore[arg-type]


def record(verdict: Verdict) -> RecordDetails:
    return next(d for e in verdict.evidence if isinstance(d := e.details, RecordDetails))


def test_nothing_new_changes_nothing(kept: Kept, options: Settings) -> None:
    looked, verdict = kept
    assert judged_again(verdict) == verdict
    assert recovered_again(looked, verdict, options) == verdict


def test_what_a_person_found_counts_and_can_be_taken_back(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home")
    clip = recipes.clip(tmp_path / "a.mp4")
    looked = looked_at(clip, options)
    verdict = judged(looked, recovered(clip, looked, options), options)
    assert verdict.outcome == "no_evidence"
    found = judged_again(verdict, said(verdict, "synthetic"))
    assert (found.outcome, found.basis) == ("likely_ai", ("human",))
    assert found.evidence[:-1] == verdict.evidence and found.not_looked_at == verdict.not_looked_at
    both = judged_again(found, said(verdict, "manipulated", "Ada"))
    assert (both.outcome, both.also) == ("likely_manipulated", ("likely_ai",))
    mended = judged_again(both, said(verdict, "genuine", "Bo", "was there"))
    assert (mended.outcome, mended.also) == ("likely_manipulated", ())
    kept_on = recovered_again(looked, mended, options)
    assert kept_on == mended, "a registry that is looked up again takes nothing back of what people said"


def test_a_finding_on_another_file_is_refused(kept: Kept) -> None:
    with pytest.raises(ValueError, match="says nothing of"):
        judged_again(kept[1], replace(said(kept[1], "genuine"), subject="0" * 64))


def test_a_finding_of_an_examiner_takes_the_place_of_its_former_one(kept: Kept) -> None:
    _, verdict = kept
    former = next(e for e in verdict.evidence if e.examiner == "watermark")
    why = FailureDetails("not asked")
    found = judged_again(verdict, replace(former, finding="inconclusive", score=None, spans=(), details=why))
    assert [e.examiner for e in found.evidence].count("watermark") == 1
    assert "watermark: not asked" in found.not_looked_at
    assert "watermark: not asked" not in judged_again(found, former).not_looked_at


def test_another_judgement_asks_for_more(kept: Kept) -> None:
    strict = judged_again(kept[1], judgement=Judgement(mark_bound=1e-300))
    assert "mark" in kept[1].basis and "mark" not in strict.basis


def test_a_record_of_another_maker_is_believed_once_its_signer_is(
    kept: Kept, copy: Path, options: Settings, tmp_path: Path
) -> None:
    """The same registry, on a machine that does not know who signed yet."""
    looked, verdict = kept
    stranger = Settings(home=tmp_path / "home", database=options.database_url)
    before = recovered_again(looked, verdict, stranger)
    credentials = record(before).credentials
    assert credentials is not None and credentials.trust == "unknown_signer" and "recovered" not in before.basis
    assert recovered_again(looked, before, options) == verdict
    assert not (tmp_path / "home").exists()


def test_a_registry_that_cannot_be_read_changes_no_verdict(kept: Kept, options: Settings, tmp_path: Path) -> None:
    (tmp_path / "junk.sqlite").write_text("no database, whatever it is called\n" * 100)
    broken = options.model_copy(update={"database": f"sqlite:///{tmp_path / 'junk.sqlite'}"})
    with pytest.raises(RegistryUnavailable):
        recovered_again(*kept, broken)


def test_a_resolver_that_is_silent_is_taken_at_its_former_word(kept: Kept, tmp_path: Path) -> None:
    looked, verdict = kept
    options = Settings(home=tmp_path / "home", resolvers="http://127.0.0.1:9")  # where this program asks nobody
    alone = recovered_again(looked, verdict, options)
    assert record(alone).status == "unknown" and alone.outcome == "declared_ai"
    abroad = replace(record(verdict), resolver="http://127.0.0.1:9")
    told = Evidence(verdict.subject, "container", "resolver", "1", "present", details=abroad)
    former = judged_again(alone, told)
    assert former.outcome == "ai_generated"
    again = recovered_again(looked, former, options)
    assert told in again.evidence and again.outcome == "ai_generated"


def test_an_original_that_came_to_light_later_was_not_held_to(kept: Kept, options: Settings) -> None:
    looked, verdict = kept
    unheld = replace(verdict, evidence=tuple(e for e in verdict.evidence if not isinstance(e.details, ChangesDetails)))
    found = recovered_again(looked, unheld, options)
    assert f"what it changed of {record(verdict).manifest_id}" in found.not_looked_at


def test_a_revoked_record_proves_nothing_any_more(kept: Kept, copy: Path, options: Settings) -> None:
    """The last of these: the record stays revoked."""
    looked, verdict = kept
    manifest = record(verdict).manifest_id
    assert manifest is not None
    finding = judged_again(verdict, said(verdict, "genuine"))
    Registry(options.database_url).revoke(manifest, "made by mistake")
    found = recovered_again(looked, finding, options)
    assert found.outcome == "declared_ai" and "made by mistake" in " ".join(found.reasons)
    seen_afresh = judged(looked, recovered(copy, looked, options), options)
    assert (found.outcome, record(found)) == (seen_afresh.outcome, record(seen_afresh))
    for kind in (ChangesDetails, HumanDetails):
        assert [e for e in found.evidence if isinstance(e.details, kind)] == [
            e for e in finding.evidence if isinstance(e.details, kind)
        ]
