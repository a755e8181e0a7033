"""A statement of reasons as a value, and what it is made of. No I/O, no checks."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from .fields import EU

Source = Literal["article_16", "trusted_flagger", "other_notification", "voluntary"]
State = Literal["waiting", "sent", "refused", "lacking"]  # lacking: it can't be made


@dataclass(frozen=True)
class ItemFacts:
    """What a statement says of an item beside the decision about it."""

    source: Source = "voluntary"  # how the platform came to look at it
    found: tuple[str, ...] = ()  # what the check found, in plain words
    content_date: str | None = None  # when it was uploaded; None: when it was handed in
    content_language: str = ""  # two letters, of the content
    territories: tuple[str, ...] = EU  # where the decision holds
    account_type: Literal["", "business", "private"] = ""
    ends: str = ""  # the day on which the restriction ends; empty: it has no end
    ground_url: str = ""  # of the law or the terms that its ground refers to
    synthetic: bool = True  # whether it is held to be synthetic media


@dataclass(frozen=True)
class Statement:
    """One statement of reasons, in the fields of the transparency database; empty ones are not sent."""

    puid: str
    decision_ground: str
    content_type: tuple[str, ...]
    category: str
    territorial_scope: tuple[str, ...]
    content_date: str
    application_date: str
    decision_facts: str
    source_type: str
    automated_detection: str
    automated_decision: str
    decision_visibility: tuple[str, ...] = ()
    decision_visibility_other: str = ""
    decision_monetary: str = ""
    decision_monetary_other: str = ""
    decision_provision: str = ""
    decision_account: str = ""
    account_type: str = ""
    decision_ground_reference_url: str = ""
    illegal_content_legal_ground: str = ""
    illegal_content_explanation: str = ""
    incompatible_content_ground: str = ""
    incompatible_content_explanation: str = ""
    incompatible_content_illegal: str = ""
    content_type_other: str = ""
    category_addition: tuple[str, ...] = ()
    category_specification: tuple[str, ...] = ()
    category_specification_other: str = ""
    content_language: str = ""
    end_date_visibility_restriction: str = ""
    end_date_monetary_restriction: str = ""
    end_date_service_restriction: str = ""
    end_date_account_restriction: str = ""
    source_identity: str = ""

    def body(self) -> dict[str, Any]:
        """Give what is sent."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items() if value}


@dataclass(frozen=True)
class Kept:
    """A statement that was laid down, and how far it is."""

    decision_id: str
    tenant_id: str
    puid: str
    digest: str  # of its body
    body: str  # JSON, as it is sent
    state: State
    made_at: str
    attempts: int = 0
    due_at: str | None = None  # when it is to be sent next; None: it is sent, or was refused
    sent_at: str | None = None
    answer: str | None = None  # JSON: the database's own id, or its reasons
    failure: str | None = None  # why the last attempt came to nothing
