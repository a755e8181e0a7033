"""The harnesses of `fuzz/` for what strangers send, each for a moment and with the same changes in every run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from countermark.fuzz import service

SIX = some.integers(0, 6)
EXAMPLES = settings(
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("name", service.TARGETS)
def test_any_bytes_are_an_answer(name: str, tmp_path: Path) -> None:
    target = service.TARGETS[name](tmp_path)
    for seed in service.SEEDS[name]:
        target(seed)

    @EXAMPLES
    @given(
        seed=some.sampled_from(service.SEEDS[name]),
        changes=some.lists(
            some.tuples(some.integers(0, 400), some.binary(max_size=6), some.integers(0, 6)), max_size=4
        ),
    )
    def changed(seed: bytes, changes: list[tuple[int, bytes, int]]) -> None:
        for at, new, gone in changes:
            seed = seed[:at] + new + seed[at + gone :]
        target(seed)

    changed()

    @EXAMPLES
    @given(content=some.binary(max_size=300))
    def made_up(content: bytes) -> None:
        target(content)

    made_up()
