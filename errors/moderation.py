"""What goes wrong where a platform's rules, reviews and scans are kept."""

from __future__ import annotations

from .base import CountermarkError


class PolicyInvalid(CountermarkError):
    """A policy can't be read, contradicts itself, or holds a rule that nothing can reach."""

    advice = "docs/policies.md tells what a policy may say"
    exit_code = 93

    def __init__(self, message: str, *, advice: str | None = None, faults: tuple[tuple[str, str], ...] = ()) -> None:
        """Take the message; `faults`: where each is that it is about, and what is wrong there."""
        super().__init__(message, advice=advice)
        self.faults = faults


class ModerationMissing(CountermarkError):
    """There is no such policy, decision, notice, review or bank, or not for whoever asks."""

    advice = "see that the id is right, and that it is of this tenant"
    exit_code = 94


class ModerationUnfit(CountermarkError):
    """What is asked does not go with how a decision, a review, an appeal or a bank stands."""

    advice = "look at it first: what is decided is not decided again, and what another has claimed is theirs"
    exit_code = 95


class StatementInvalid(CountermarkError):
    """A statement of reasons does not have the fields that the database of statements asks for."""

    advice = "set what it names, in the policy's rule or in the item's facts"
    exit_code = 96


class ScanUnfit(CountermarkError):
    """A scan can't be begun or gone on with so."""

    advice = "see `countermark scan --help`"
    exit_code = 97
