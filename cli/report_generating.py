"""What `generate --plan`, `generate --prompts` and `models` say to a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PlanItem:
    """`generate --plan`: what a model would do; nothing was made."""

    input: str  # the prompt
    model: str
    width: int
    height: int
    frames: int
    frame_rate: str  # 24, or 30000/1001
    seconds: float
    how: tuple[tuple[str, str], ...]  # what was chosen, and in words
    memory_bytes: int | None  # expected at the peak
    cost: str | None  # what a service says that it will charge
    remarks: tuple[str, ...]
    kind: Literal["plan"] = "plan"


@dataclass(frozen=True)
class ModelItem:
    """`models`: one that has a name of its own."""

    name: str
    made_of: str  # drawn by rules, embedded model, open model, hosted model
    features: tuple[str, ...]  # what it can do
    needs: str  # what has to be there before it can
    kind: Literal["model"] = "model"


@dataclass(frozen=True)
class BatchItem:
    """`generate --prompts`: what became of its lines."""

    input: str  # the file
    total: int
    made: int
    skipped: int  # an earlier run had made them
    failed: int
    cost: str | None = None  # with --plan, of all that is to be made, as far as it is known
    kind: Literal["batch"] = "batch"
