"""What a plan wants looked at: by name, and by a share that grows without changing."""

from __future__ import annotations

from pathlib import Path

from countermark.scan import Plan
from countermark.scan.sources import chosen, found
from countermark.tests.scan.rooms import words


def names(*places: Path, **plan: object) -> list[str]:
    made = Plan(tuple(place.as_uri() for place in places), **plan)  # type: ignore[arg-type]
    return [one.name for _, one in found(made)]


def test_every_place_in_turn(tmp_path: Path) -> None:
    one, two = words(tmp_path / "one", 2), words(tmp_path / "two", 1)
    plan = Plan((two.as_uri(), one.as_uri()))
    assert [(url, listed.name) for url, listed in found(plan)] == [
        (two.as_uri(), "0000.txt"),
        (one.as_uri(), "0000.txt"),
        (one.as_uri(), "0001.txt"),
    ]


def test_names_as_a_shell_knows_them(tmp_path: Path) -> None:
    root = words(tmp_path / "root", 12)
    (root / "sub").mkdir()
    (root / "sub" / "x.MP4").touch()
    assert names(root, only="*1.txt") == ["0001.txt", "0011.txt"]
    assert names(root, only="*.MP4") == ["sub/x.MP4"] and names(root, only="*.mp4") == []


def test_a_larger_share_has_all_of_a_smaller_one(tmp_path: Path) -> None:
    root = words(tmp_path / "root", 400)
    tenth, half = set(names(root, share=0.1)), set(names(root, share=0.5))
    assert tenth < half < set(names(root))
    assert 15 < len(tenth) < 70 and 150 < len(half) < 250
    assert names(root, share=0.1) == names(root, share=0.1)


def test_a_name_that_is_no_text_can_be_chosen() -> None:
    assert chosen("file:///a", "\udcff", 1.0) and isinstance(chosen("file:///a", "\udcff", 0.5), bool)
