from itertools import permutations

import pytest

from countermark.disclosure.visible.colours import LEAST_CONTRAST, contrast, opacity
from countermark.disclosure.visible.wanted import FORMS, VisibleLabel, labels_for
from countermark.errors import LabelUnfit


def test_forms_and_texts() -> None:
    assert [one.profile for one in labels_for("eu,cn,in,kr,ca")] == list(FORMS)
    assert labels_for("EU, cn") == labels_for(["eu", "cn"]) == labels_for("eu,cn,eu")
    (own,) = labels_for("Made by a machine, for eu,  and cn")
    assert own == VisibleLabel("own", "Made by a machine, for eu, and cn")
    assert labels_for("ca", "Acme Video")[0].text == "AI-generated · Acme Video"
    assert labels_for("ca", " ")[0].text == "AI-generated"


def test_changes_stand_between_brackets() -> None:
    (own,) = labels_for("Synthetic [upper-middle 6% 4s from:1s fade:0.5s #ffff00/#101010 icon]")
    assert own == VisibleLabel(
        "own", "Synthetic", True, "upper-middle", 0.06, 1.0, 4.0, 0.5, colour="#ffff00", background="#101010"
    )
    eu, cn = labels_for("eu [lower-left],cn [8% whole]")
    assert (eu.place, cn.height_share, cn.seconds, cn.fade_s) == ("lower-left", 0.08, None, 0.0)
    with pytest.raises(LabelUnfit, match="'large' is nothing"):
        labels_for("Synthetic [large]")


def test_a_text_in_a_list_of_forms_is_a_mistake() -> None:
    for mixed in ("eu,xx", "Made by a machine, cn [8%]", "eu [whole], xx [4s]", "eu,", "ca,a\u202eb\n"):
        with pytest.raises(LabelUnfit, match="is no law's form") as error:
            labels_for(mixed)
        assert str(error.value).isprintable() and "eu, cn, in, kr, ca" in error.value.advice
    assert len(labels_for(["eu", "xx"])) == 2
    assert labels_for("Europe, china [6%]")[0].text == "Europe, china"


@pytest.mark.parametrize(
    "changes",
    ["upper-left lower-left", "middle middle", "whole 2s", "4s whole", "2s 3s", "6% 8%", "from:1s from:2s", "icon icon",
     "fade:1s 4s fade:0.5s", "white/black black/white"],
)  # fmt: skip
def test_nothing_is_said_twice_between_brackets(changes: str) -> None:
    with pytest.raises(LabelUnfit, match="speak of the same thing"):
        labels_for(f"Synthetic [{changes}]")


def test_a_label_that_never_fades_is_not_asked_to() -> None:
    for changes in ("fade:0.5s", "whole fade:0.5s", "fade:1s from:0s"):
        with pytest.raises(LabelUnfit, match="never fades"):
            labels_for(f"Synthetic [{changes}]")
    with pytest.raises(LabelUnfit, match="never fades"):
        labels_for("cn [whole fade:0.4s]")
    assert labels_for("cn [whole fade:0s]")[0].fade_s == 0


def test_changes_mean_the_same_in_any_order() -> None:
    for words in (["whole", "from:1s", "fade:0.5s"], ["4s", "fade:2s", "6%"], ["2.4s", "middle", "fade:0.3s"]):
        assert len({labels_for(f"Synthetic [{' '.join(order)}]") for order in permutations(words)}) == 1
    assert labels_for("Synthetic [fade:0.5s whole from:1s]")[0].fade_s == 0.5
    for order in ("fade:3s 4s", "4s fade:3s"):
        with pytest.raises(LabelUnfit, match="at most half"):
            labels_for(f"Synthetic [{order}]")


def test_what_each_law_is_known_to_ask() -> None:
    cn = FORMS["cn"].label
    assert cn.height_share >= 0.05 and cn.start_s == 0 and cn.seconds is not None and cn.seconds - cn.fade_s >= 2
    assert "AI" in cn.text and "生成" in cn.text
    assert FORMS["in"].label.seconds is None and FORMS["eu"].label.icon
    assert all(form.label.start_s == 0 for form in FORMS.values())


@pytest.mark.parametrize("weakened", ["cn [4%]", "cn [2.2s]", "cn [from:1s]", "in [5s]", "eu [from:0.5s]"])
def test_a_form_keeps_what_its_law_asks(weakened: str) -> None:
    with pytest.raises(LabelUnfit):
        labels_for(weakened)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "two\nlines", "tab\there", "a\u202egnp.exe", "a\u2066b\u2069", "a\u200eb", "\ud800", "\ue000", "x" * 201,
     "a\u2028b", "soft\u00adhyphen", "\u200b"],
)  # fmt: skip
def test_texts_that_can_not_be_seen_or_turn(text: str) -> None:
    with pytest.raises(LabelUnfit):
        labels_for(text)


@pytest.mark.parametrize("colours", ["white/white", "#808080/#7f7f7f", "red/black", "#fff/black", "black/"])
def test_colours_that_can_not_be_read(colours: str) -> None:
    with pytest.raises(LabelUnfit):
        labels_for(f"Synthetic [{colours}]")


def test_a_plate_is_as_opaque_as_its_colours_need() -> None:
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)  # the table of WCAG 2
    white, black, blue = (255, 255, 255), (0, 0, 0), (0, 64, 160)
    assert opacity(white, black) < opacity(white, blue) <= 1
    assert contrast(white, blue) > LEAST_CONTRAST


def test_a_flood_of_spaces_is_refused_at_once() -> None:
    with pytest.raises(LabelUnfit, match="far more"):
        labels_for("a" + " " * 10_000_000 + "b")


def test_no_more_labels_than_can_be_drawn() -> None:
    with pytest.raises(LabelUnfit, match="9 labels"):
        labels_for([f"number {one}" for one in range(9)])
