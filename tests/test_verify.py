"""The only judge, over real files."""

import json
from fractions import Fraction
from pathlib import Path

import c2pa
import pytest

from countermark import keyring, mark_keys
from countermark import verify as judge
from countermark.detector import plugins
from countermark.errors import CountermarkError, ReaderDied
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.evidence.sources import IPTC
from countermark.media import EncodeSettings, encode, frames
from countermark.provenance import trust
from countermark.provenance.trust.validator import context
from countermark.settings import Limits, Settings
from countermark.stamp import facts, stamp
from countermark.verdict import Media, Verdict
from countermark.verify import facts_of, judged, look_at, looked_at, recovered, verify, versions
from countermark.watermark import MarkExaminer
from tests import liars, needs, recipes
from tests.detector.plugins import own


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


def test_a_verdict_says_what_video_it_is_of_where_pictures_can_be_shown(tmp_path: Path, options: Settings) -> None:
    turned = recipes.make("turned.mp4", tmp_path)
    facts, media = facts_of(turned, options), verify(turned, options=options).media
    assert media == Media(facts.duration_s, 180, 320, float(facts.frame_rate), facts.variable_rate)
    assert verify(recipes.sound_only(tmp_path / "tone.m4a"), options=options).media is None


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


def test_its_steps_one_by_one_make_the_same_verdict(tmp_path: Path, options: Settings) -> None:
    done = stamp(recipes.clip(tmp_path / "a.mp4", seed=41), tmp_path / "b.mkv", facts=facts(), options=options)
    told: list[Evidence] = []
    looked = looked_at(done.path, options, report=told.append)
    found = recovered(done.path, looked, options)
    assert [e.examiner for e in found] == ["registry"]
    assert judged(looked, found, options) == verify(done.path, options=options)
    assert sorted(told, key=repr) == sorted(looked.evidence, key=repr), "each is told once, and as it is"


def test_findings_come_before_the_look_is_over(tmp_path: Path, options: Settings) -> None:
    class Enough(Exception):
        pass

    told: list[str] = []

    def hear(found: Evidence) -> None:
        told.append(found.examiner)
        if found.examiner == "declarations":
            raise Enough

    with pytest.raises(Enough):  # what the listener raises ends the look
        looked_at(recipes.clip(tmp_path / "a.mp4"), options, report=hear)
    assert told == ["credentials", "declarations"], "the container speaks before any picture is decoded"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (liars.tells_without_end, "more findings than there are examiners"),
        (liars.tells_nonsense, "nonsense"),
        (liars.tells_much, "answered more than"),
    ],
)
def test_a_child_that_was_taken_over_is_not_heard(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch, job: object, said: str
) -> None:
    told: list[Evidence] = []
    monkeypatch.setattr(judge, "_look", job)
    with pytest.raises(ReaderDied, match=said):
        looked_at(recipes.clip(tmp_path / "a.mp4"), options, report=told.append)
    assert len(told) <= judge.MOST_TOLD and set(told) <= {liars.FINDING}


def test_what_is_told_on_the_way_is_not_yet_the_answer(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Evidence] = []
    monkeypatch.setattr(judge, "_look", liars.tells_what_it_does_not_answer)
    looked = looked_at(recipes.clip(tmp_path / "a.mp4"), options, report=told.append)
    assert told == [liars.FINDING] and [e.examiner for e in looked.evidence] == ["container"]


def test_credentials_that_lie_elsewhere_are_told_of_once(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home", remote_manifests=True)
    identity = keyring.init_development(options.home)
    source, target = recipes.clip(tmp_path / "a.mp4", size=(64, 48), seconds=0.2), tmp_path / "b.mp4"
    created = {"action": "c2pa.created", "digitalSourceType": IPTC + "digitalCapture"}
    said = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created], "allActionsIncluded": True}}]}
    info = c2pa.C2paSignerInfo(b"es256", identity.chain_pem, identity.key_pem(), None)
    with context(trust.load(options.home), c2pa.Signer.from_info(info)) as ground:
        builder = c2pa.Builder(json.dumps(said), ground)
        builder.set_no_embed()
        builder.set_remote_url("http://127.0.0.1:9/b.c2pa")
        with source.open("rb") as plain, target.open("w+b") as signed:
            builder.sign("video/mp4", plain, signed)
    told: list[Evidence] = []
    looked = looked_at(target, options, report=told.append)
    (found,) = [e for e in told if e.examiner == "credentials"]
    assert found in looked.evidence
    assert isinstance(found.details, FailureDetails) and "could not be fetched" in found.details.error


def test_what_a_result_depends_on_is_known_without_looking(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home", detector="always")
    verdict, told = verify(recipes.clip(tmp_path / "a.mp4", seconds=2), options=options), versions(options)
    assert {e.examiner: e.version for e in verdict.evidence}.items() <= told.items()
    details = next(e.details for e in verdict.evidence if isinstance(e.details, DetectorDetails))
    assert told["detector model"] == details.model and told["mark keys"] == "open"
    keyring.init_development(options.home)
    mark_keys.make(options.home, "acme")
    graph = own.graph(tmp_path / "mine.onnx")
    plugins.add(options.home, own.described(tmp_path, name="mine", kind="onnx", file=graph.name, side=32), Limits())
    later = versions(options)
    assert later["trust"] != told["trust"] and later["mark keys"] == "open, acme"
    assert later["detector:mine"].startswith("1+")
    unread = versions(options.model_copy(update={"detector_head": "nobody-kept-it"}))
    assert "nobody-kept-it" in unread["detector model"]
