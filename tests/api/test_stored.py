"""What a record's manifest says of the system: read in a child, once."""

from dataclasses import replace

import pytest

from countermark import provenance
from countermark.api import stored
from countermark.stamp import facts, stamp
from tests.api.release import Releases
from tests.recipes import clip


def test_it_is_read_in_a_child_and_once(
    releases: Releases, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(stored, "_kept", {})
    folder = tmp_path_factory.mktemp("clip")
    made = stamp(
        clip(folder / "a.mp4", seconds=0.5, seed=9),
        facts=facts(model="wan", model_version="2.2"),
        options=releases.options,
    )
    record = releases.registry.by_manifest(made.manifest_id)
    assert record is not None

    def here(*_: object) -> None:
        raise AssertionError("a manifest store is read by what answers requests")

    monkeypatch.setattr(provenance, "read_store", here)
    assert stored.version_of(record, releases.options) == "2.2"
    monkeypatch.setattr(stored.isolation, "run", here)
    assert stored.version_of(record, releases.options) == "2.2", "a manifest never changes"


def test_only_so_many_are_kept_and_nonsense_says_nothing(releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_kept", {})
    monkeypatch.setattr(stored, "MOST_KEPT", 1)
    record = releases.registry.by_manifest(releases.live.manifest_id)
    assert record is not None
    for number in range(2):
        odd = replace(record, manifest_id=f"urn:c2pa:{number}", manifest_store=b"nonsense")
        assert stored.version_of(odd, releases.options) is None
    assert list(stored._kept) == ["urn:c2pa:1"]
