"""The tree of what went into a file, in a real browser: a list in a list, on a wide screen and a narrow one."""

from dataclasses import replace
from pathlib import Path

import pytest

from countermark.evidence import CredentialDetails, IngredientDetails
from countermark.verdict import Verdict
from tests.api.served import serving, told
from tests.e2e.browser import PHONE, WIDE, Chromium
from tests.e2e.conftest import EMAIL, PASSWORD

DEEPEST = 8


def deep() -> Verdict:
    """A verdict on a file made from a file made from a file, and so on, each with a long name."""
    within: tuple[IngredientDetails, ...] = ()
    for level in range(DEEPEST, 0, -1):
        named = f"a_long_name_of_a_file_of_level_{level}_without_any_blank.mp4"
        wrong = ("claimSignature.mismatch",) if level == 3 else ()
        within = (IngredientDetails(named, "parentOf", f"urn:c2pa:{level}", "Example Studio", wrong, within),)
    within += (IngredientDetails("still.png", "inputTo"),)
    verdict = told()
    first = verdict.evidence[0]
    assert isinstance(first.details, CredentialDetails)
    details = replace(first.details, ingredients=within)
    return replace(verdict, evidence=(replace(first, details=details), *verdict.evidence[1:]))


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_deep_tree_is_lists_in_lists_and_fits(browser: Chromium, tmp_path: Path, size: tuple[int, int]) -> None:
    with serving(tmp_path / "home") as place, browser.visit(place.base, size=size, bypass=True) as visit:
        place.accounts.add_person(EMAIL, "administrator", PASSWORD, name="Ann")
        check = place.finished(verdict=deep())
        visit.sign_in(EMAIL, PASSWORD).open(f"/c/{check.id}")
        assert visit.page.locator(".tree li").count() == DEEPEST + 2
        assert visit.page.locator(" ".join(["li > ul >"] * DEEPEST) + " li").count() == 1
        assert visit.text(".tree").count("without_any_blank") == DEEPEST
        assert visit.page.get_by_text("it did not check out").count() == 1
        assert visit.grave() == [] and visit.overflow() == 0
        visit.is_sound()
