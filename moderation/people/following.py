"""What a decision of the service asks of people: a review where it says so, and a blind one by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...docket.desk import Desk
from ..values import Decision
from . import opening, samples

if TYPE_CHECKING:
    from sqlalchemy import Connection


def follow(desk: Desk, connection: Connection, made: Decision, sample_share: float) -> None:
    """Lay what is asked, within the transaction of the decision; what runs in the background asks nothing."""
    if made.background or not made.automated:
        return
    if made.ruling.review is not None:
        opening.want_within(desk, connection, made.submission, made.ruling.review, made.policy_id)
    samples.consider_within(desk, connection, made.submission, sample_share)
