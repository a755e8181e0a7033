"""Reads marks from a file as verify's examiner does, in this process. Knows what a reading says; makes no copy."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...evidence import FailureDetails, MarkDetails, NoMarkDetails
from ...media import look
from ...settings import Limits
from ...watermark import OPEN_KEY, MarkExaminer, MarkKey


@dataclass(frozen=True)
class Seen:
    """What an examiner said of one file."""

    marks: tuple[tuple[str, float], ...]  # payloads, each with its bit accuracy
    direct: bool  # found without a search
    trials: int
    cpu_s: float
    problem: str | None = None

    def accuracy(self, payload: str | None) -> float | None:
        """Give the bit accuracy of a payload, or of whatever was read; None where that was not read."""
        return next((accuracy for read, accuracy in self.marks if payload in (None, read)), None)


def wrong_key(number: int) -> MarkKey:
    """Give a key that marked nothing."""
    return MarkKey(f"wrong {number}", hashlib.sha256(f"a wrong key of the bench, {number}".encode()).digest())


SECOND_KEY = MarkKey("second", hashlib.sha256(b"the second key of the bench").digest())


def read(path: Path, keys: Sequence[MarkKey] = (OPEN_KEY,)) -> Seen:
    """Look once, with all keys; the time is the examiner's and the decoder's."""
    begun = time.process_time()
    looked = look(path, (), [MarkExaminer(tuple(keys))], Limits())
    spent = time.process_time() - begun
    details = next(evidence.details for evidence in looked.evidence if evidence.examiner == MarkExaminer.name)
    if isinstance(details, MarkDetails):
        marks = ((details.payload, details.bit_accuracy), *((o.payload, o.bit_accuracy) for o in details.also))
        return Seen(marks, not details.geometry.searched, details.trials, spent)
    trials = details.trials if isinstance(details, NoMarkDetails) else 0
    problem = details.error if isinstance(details, FailureDetails) else None
    return Seen((), False, trials, spent, problem)
