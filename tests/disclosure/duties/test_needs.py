"""What a set-up lacks for a law: each need alone, and what keeps a stamp from beginning."""

from dataclasses import replace

import pytest

from countermark.disclosure.duties.needs import Need, SigningIdentity, StampCall, demand, needs, unmet
from countermark.disclosure.duties.profile import Maker, Profile, chosen, names, parse, read
from countermark.disclosure.visible.fonts import faces
from countermark.errors import FontMissing, ProfileUnmet
from countermark.settings import Settings
from tests.needs import lacking

FULL = Settings(
    provider="Acme Video",
    tsa="http://time.example/tsa",
    contact="labels@acme.example",
    public_record="https://acme.example/records/{id}",
    aigc_producer="001191110102MAD55U9H0F10002",
)
SIGNER = SigningIdentity("Acme Video", development=False)
CALL = StampCall(model="acme-video", model_version="3.1")
EVERY = ("provider", "certificate", "timestamps", "contact", "public_record", "aigc_producer", "model", "model_version")
HARMLESS = ("contact", "public_record", "certificate", "timestamps")


@pytest.fixture(scope="module")
def everything() -> Profile:
    """A profile that needs all there is, but fonts."""
    law = read("eu-ai-act-50")
    return replace(law, maker=Maker(label="eu", machine=("xmp", "tags", "aigc"), needs=EVERY))


def test_a_full_set_up_lacks_nothing(everything: Profile) -> None:
    found = needs(everything, FULL, SIGNER, CALL)
    assert [need.name for need in found] == list(EVERY)
    assert [need for need in found if not need.met or need.advice] == []
    assert unmet((everything,), FULL, SIGNER, CALL) == ()
    demand((everything,), FULL, SIGNER, CALL)


def test_an_empty_set_up_lacks_everything(everything: Profile) -> None:
    found = needs(everything, Settings(), None, StampCall())
    assert [need.name for need in found if not need.met] == list(EVERY)
    assert all(need.found and need.advice for need in found)
    blocking = [need.name for need in unmet((everything,), Settings(), None, StampCall())]
    assert blocking == [name for name in EVERY if name not in HARMLESS]


@pytest.mark.parametrize(
    "setting, value, falls, says",
    [
        ("provider", "Countermark development", "provider", "stands for nobody"),
        ("provider", "  ", "provider", "empty"),
        ("tsa", None, "timestamps", "no timestamp authority"),
        ("contact", None, "contact", "none is set"),
        ("contact", "the front desk", "contact", "neither"),
        ("contact", "ftp://acme.example", "contact", "neither"),
        ("public_record", None, "public_record", "none is set"),
        ("public_record", "http://acme.example/{id}", "public_record", "https"),
        ("public_record", "https://acme.example/records", "public_record", "same for every record"),
        ("public_record", "https:///{id}", "public_record", "https"),
        ("public_record", "https://[acme/{id}", "public_record", "https"),
        ("aigc_producer", None, "aigc_producer", "none is set"),
        ("aigc_producer", "a code with spaces", "aigc_producer", "ContentProducer"),
    ],
)
def test_one_setting_makes_one_need_fall(
    everything: Profile, setting: str, value: str | None, falls: str, says: str
) -> None:
    found = needs(everything, FULL.model_copy(update={setting: value}), SIGNER, CALL)
    (need,) = _lacking(found)
    assert need.name == falls and says in need.found and need.advice
    assert need.blocks == (falls not in HARMLESS)


@pytest.mark.parametrize(
    "signer, says",
    [
        (None, "no signing identity"),
        (SigningIdentity("Dev", development=True), "development identity"),
        (SigningIdentity("Acme", development=False, problem="it expired on 2026-01-01"), "it expired"),
    ],
)
def test_the_signer_has_to_be_one_whom_others_trust(
    everything: Profile, signer: SigningIdentity | None, says: str
) -> None:
    (need,) = _lacking(needs(everything, FULL, signer, CALL))
    assert need.name == "certificate" and says in need.found


@pytest.mark.parametrize("contact", ["a@b.example", "mailto:a@b.example", "https://acme.example/contact"])
def test_contacts(everything: Profile, contact: str) -> None:
    assert _lacking(needs(everything, FULL.model_copy(update={"contact": contact}), SIGNER, CALL)) == []


def test_an_odd_code_is_doubted_and_taken(everything: Profile) -> None:
    found = needs(everything, FULL.model_copy(update={"aigc_producer": "acme"}), SIGNER, CALL)
    assert _lacking(found) == []
    assert "credit code" in next(need.found for need in found if need.name == "aigc_producer")


def test_what_is_said_with_a_stamp_is_asked_of_the_call(everything: Profile) -> None:
    assert _lacking(needs(everything, FULL, SIGNER)) == [], "the set-up alone can't lack it"
    (need,) = _lacking(needs(everything, FULL, SIGNER, replace(CALL, model_version=None)))
    assert need.name == "model_version" and "--model-version" in need.advice
    nameless = FULL.model_copy(update={"provider": "Countermark development"})
    assert _lacking(needs(everything, nameless, SIGNER, replace(CALL, provider="Acme"))) == []


def test_a_refusal_names_everything_once() -> None:
    laws = chosen("eu-ai-act-50,ca-sb-942")
    with pytest.raises(ProfileUnmet) as caught:
        demand(laws, Settings(), None, StampCall())
    told = str(caught.value)
    assert caught.value.exit_code == 65 and "\n" not in told
    assert told.count("provider's name") == 1 and told.count("model's version") == 1
    assert "contact" not in told and "certificate" not in told
    assert "COUNTERMARK_PROVIDER" in caught.value.advice


@pytest.mark.parametrize("name", names())
def test_every_profile_can_be_fulfilled(name: str) -> None:
    law = read(name)
    if law.maker.label in ("cn", "kr"):
        _fonts("AI生成생성물", "fonts-noto-cjk")
    if law.maker.label == "in":
        _fonts("एआई-जनित", "fonts-noto-core")
    assert _lacking(needs(law, FULL, SIGNER, CALL)) == []


def test_a_letter_that_no_font_has_is_a_need() -> None:
    maker = Maker(label="Made by \U00010570", needs=("fonts",))  # Vithkuqi
    (need,) = needs(replace(read("eu-ai-act-50"), maker=maker), FULL, SIGNER, CALL)
    if need.met:
        pytest.skip("this machine has a font for everything")
    assert need.blocks and "apt install" in need.advice


def test_a_profile_without_a_label_needs_no_fonts() -> None:
    (need,) = needs(replace(read("ca-sb-942"), maker=Maker(needs=("fonts",))), FULL, SIGNER, CALL)
    assert need.met


def test_a_profile_of_ones_own_has_needs_too() -> None:
    law = parse(
        """
        [profile]
        id = "house"
        title = "House rules"
        law = "ours"
        jurisdiction = "here"
        version = 2026-01-01
        in_force = 2026-01-01
        [[source]]
        id = "us"
        title = "we"
        url = "https://acme.example"
        seen = 2026-01-01
        kind = "primary"
        [maker]
        needs = ["contact"]
        [[duty]]
        id = "one"
        article = "1"
        who = "provider"
        says = "Be marked."
        since = 2026-01-01
        sources = ["us"]
        check = "mark.readable"
        advice = "stamp it"
        """,
        "house.toml",
    )
    (need,) = needs(law, Settings(), None)
    assert (need.profile, need.name, need.met) == ("house", "contact", False)


def _lacking(found: tuple[Need, ...]) -> list[Need]:
    return [need for need in found if not need.met]


def _fonts(text: str, package: str) -> None:
    try:
        faces(text)
    except FontMissing as error:
        lacking(f"a font for {text}: {error}", f"apt install {package}")
