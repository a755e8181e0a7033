"""The only judge, over real files."""

from fractions import Fraction
from pathlib import Path

import pytest

from countermark import keyring, mark_keys
from countermark.errors import CountermarkError
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.media import EncodeSettings, encode, frames
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from countermark.verdict import Verdict
from countermark.verify import facts_of, look_at, verify
from countermark.watermark import MarkExaminer
from tests import needs, recipes


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


def test_nothing_found_proves_nothing_and_makes_nothing(tmp_path: Path) -> None:
    source = recipes.clip(tmp_path / "a.mp4", audio=True)
    home = tmp_path / "home"
    verdict = verify(source, options=Settings(home=home))
    assert (verdict.outcome, verdict.sureness, verdict.basis) == ("no_evidence", "unknown", ())
    asked = {"container", "credentials", "declarations", "watermark", "fingerprint"}
    assert {e.examiner for e in verdict.evidence} == asked
    said = " ".join(verdict.not_looked_at)
    assert "sound" in said and "the detector was not asked" in said
    assert not home.exists(), "looking must leave nothing behind"


def test_a_mark_that_no_registry_here_knows(tmp_path: Path, options: Settings) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4"), tmp_path / "b.mkv", facts=facts(), options=options)
    elsewhere = verify(done.path, options=Settings(home=tmp_path / "other"))
    assert elsewhere.outcome == "declared_ai"
    assert "no registry" in " ".join(elsewhere.reasons)
    assert "C2PA has no place" in " ".join(elsewhere.not_looked_at)


def test_marked_videos_joined_to_each_other_and_to_others(tmp_path: Path, options: Settings) -> None:
    """Two marked ones: each speaks for its seconds. One and something longer: its seconds do not carry the rest."""
    size, rate = (480, 360), Fraction(25)
    first, second = (
        stamp(recipes.clip(tmp_path / f"{n}.mp4", size=size, seconds=3, seed=n), facts=facts(), options=options)
        for n in (1, 2)
    )
    other = recipes.clip(tmp_path / "other.mp4", size=size, seconds=6, seed=3)

    def joined(name: str, *parts: Path) -> Verdict:
        shown = (
            moment.frame.to_ndarray(format="rgb24") for part in parts for moment in frames(part, limits=options.limits)
        )
        encode(shown, tmp_path / name, size=size, frame_rate=rate, settings=EncodeSettings(crf=20))
        return verify(tmp_path / name, options=options)

    verdict = joined("both.mp4", first.path, second.path)
    said = " ".join(verdict.reasons)
    assert verdict.outcome == "ai_generated", verdict.reasons
    assert all(f"it carries the mark {done.payload} from " in said for done in (first, second))
    assert "no mark speaks for the whole" in said and "for this content" not in said

    verdict = joined("part.mp4", first.path, other)
    assert (verdict.outcome, verdict.also) == ("declared_ai", ()), verdict.reasons
    assert f"{first.payload} from 0.0 to " in " ".join(verdict.reasons)
    assert "no mark covers it" in " ".join(verdict.not_looked_at)


def test_a_mark_key_that_cannot_be_read_is_named_and_spoils_nothing(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home")
    keyring.init_development(options.home)
    mark_keys.make(options.home, "acme")
    done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=options)
    (mark_keys.folder(options.home) / "acme.json").chmod(0o644)
    verdict = verify(done.path, options=options)
    assert (verdict.outcome, verdict.basis) == ("ai_generated", ("signed", "mark"))
    assert "marks of the key acme" in " ".join(verdict.not_looked_at)


def test_an_unknown_signer_is_not_tampering(tmp_path: Path, options: Settings) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=options)
    elsewhere = verify(done.path, options=Settings(home=tmp_path / "other"))
    assert elsewhere.outcome == "declared_ai", "signed by someone whom that machine does not know"
    assert "no trust anchor" in " ".join(elsewhere.reasons)


def test_revoked_means_not_proven(tmp_path: Path, options: Settings) -> None:
    from countermark.provenance import Registry

    done = stamp(recipes.clip(tmp_path / "a.mp4", seed=31), tmp_path / "b.mkv", facts=facts(), options=options)
    Registry(options.database_url).revoke(done.manifest_id, "made by mistake")
    verdict = verify(done.path, options=options)
    assert verdict.outcome == "declared_ai"
    assert "made by mistake" in " ".join(verdict.reasons)


def test_a_registry_that_cannot_be_read_spoils_nothing(tmp_path: Path, options: Settings) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=options)
    (tmp_path / "junk.sqlite").write_text("no database, whatever it is called\n" * 100)
    broken = options.model_copy(update={"database": f"sqlite:///{tmp_path / 'junk.sqlite'}"})
    verdict = verify(done.path, options=broken)
    assert (verdict.outcome, verdict.basis) == ("ai_generated", ("signed",))
    assert "inconclusive" in verdict.also and "no database" in " ".join(verdict.reasons)


def test_an_examiner_that_breaks_spoils_nothing(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look runs in this process here, so that its examiner can be broken."""
    from countermark import verify as module

    def breaks(self: MarkExaminer, view: object) -> None:
        raise ZeroDivisionError("broken on purpose")

    def here(job: object, path: Path, request: object, **rest: object) -> object:
        return job(path, request, lambda said: None)  # type: ignore[operator]

    done = stamp(recipes.clip(tmp_path / "a.mp4"), facts=facts(), options=options)
    monkeypatch.setattr(MarkExaminer, "see", breaks)
    monkeypatch.setattr(module.isolation, "run", here)
    verdict = verify(done.path, options=options)
    assert verdict.outcome == "ai_generated" and verdict.basis == ("signed",)
    assert "inconclusive" in verdict.also
    failed = [e for e in verdict.evidence if e.finding == "failed"]
    assert [e.examiner for e in failed] == ["watermark"]
    assert isinstance(failed[0].details, FailureDetails) and "on purpose" in failed[0].details.error


def test_a_truncated_file_says_what_it_still_can(tmp_path: Path, options: Settings) -> None:
    whole = recipes.clip(tmp_path / "a.mp4", seconds=2, container={"movflags": "+faststart"})
    done = stamp(whole, facts=facts(), options=options)
    verdict = verify(recipes.cut(done.path, tmp_path / "cut.mp4", 0.6), options=options)
    assert verdict.outcome in ("altered", "inconclusive")
    assert verdict.not_looked_at
    assert any("watermark" == e.examiner for e in verdict.evidence)


def test_marks_alone(tmp_path: Path, options: Settings) -> None:
    looked = look_at(recipes.clip(tmp_path / "a.mp4"), options=options, only="marks")
    assert [e.examiner for e in looked.evidence] == ["container", "watermark"]


def test_facts_come_from_the_child(tmp_path: Path, options: Settings) -> None:
    assert facts_of(recipes.make("turned.mp4", tmp_path), options).geometry.display_size == (180, 320)


def signed_files() -> list[Path]:
    folder = needs.DATA / "c2pa"
    suffixes = {".mp4", ".mov", ".m4v", ".avi", ".webm", ".mkv"}
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes) if folder.exists() else []


def test_files_signed_and_broken_by_others_never_break_the_judge(options: Settings) -> None:
    needs.data("c2pa")
    judged: dict[str, int] = {}
    for path in signed_files():
        try:
            verdict = verify(path, options=options)
        except CountermarkError as error:
            judged[type(error).__name__] = judged.get(type(error).__name__, 0) + 1
            continue
        assert all(isinstance(e, Evidence) for e in verdict.evidence)
        assert verdict.outcome not in ("ai_generated", "credentials_intact"), "nobody in the data is trusted here"
        judged[verdict.outcome] = judged.get(verdict.outcome, 0) + 1
    assert sum(judged.values()) >= 5, judged


def test_the_detector_is_asked_in_the_same_look(tmp_path: Path) -> None:
    source = recipes.clip(tmp_path / "a.mp4", seconds=3)
    verdict = verify(source, options=Settings(home=tmp_path / "home", detector="unproven"))
    found = {e.examiner: e for e in verdict.evidence}
    assert {"detector", "detector-changes"} <= set(found)
    assert found["detector"].score is not None and isinstance(found["detector"].details, DetectorDetails)
    assert "detector was not asked" not in " ".join(verdict.not_looked_at)
    assert verdict.outcome in ("likely_ai", "likely_manipulated", "inconclusive", "no_evidence")


def test_the_detector_need_not_look_at_what_is_signed_as_synthetic(tmp_path: Path, options: Settings) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4"), tmp_path / "b.mp4", facts=facts(), options=options)
    asked = {
        when: verify(done.path, options=options.model_copy(update={"detector": when}))
        for when in ("unproven", "always")
    }
    assert "trusted signature" in " ".join(asked["unproven"].not_looked_at)
    scores = {when: [e.score for e in v.evidence if e.examiner == "detector"] for when, v in asked.items()}
    assert scores["unproven"] == [None] and scores["always"] != [None]
    assert {v.outcome for v in asked.values()} == {"ai_generated"}
