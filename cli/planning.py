"""`generate --plan`: how one request, or each line of a file, would be made, and what it would cost. Makes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .report_generating import BatchItem, PlanItem
from .session import Session, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from ..generator import Plan
    from ..generator.batch import Common, Item

_MIB = 1 << 20


def show_plan(session: Session, prompt: str, model: str, plan: Plan, output: str = "") -> None:
    """Say how it would be made; `output` is the name that it would have, where several are planned."""
    wide, high = plan.size
    item = PlanItem(
        prompt, model, wide, high, plan.frames, str(plan.frame_rate), plan.seconds,
        plan.how, plan.memory_bytes, plan.cost, plan.remarks,
    )  # fmt: skip
    session.add(item, _words(f"{output}: {model}" if output else model, plan))


def show_batch(session: Session, prompts: Path, items: Iterable[Item], common: Common) -> None:
    """Say how each line would be made that is not finished, and at the end what all of them cost."""
    from ..generator import door

    every = tuple(items)
    ahead = [item for item in every if not item.finished]
    for item in ahead:
        where = f"line {item.line}, {item.output.name}"
        with session.shield(where):
            plan = door.foresee(
                item.request, None, model=item.model, running=common.running, audio=item.audio,
                consent=common.consent, options=common.options,
            )  # fmt: skip
            show_plan(session, item.request.prompt, item.model, plan, where)
    done = len(every) - len(ahead)
    lines = [f"{prompts}: {len(ahead)} to be made, {done} made before; nothing was made"]
    costs = Counter(item.plan.cost for item in ahead if item.plan.cost is not None)
    lines += [f"  cost, {count} time{'s' * (count > 1)}: {cost}" for cost, count in costs.items()]
    whole = _whole_cost([item.plan for item in ahead if item.plan.cost is not None])
    lines += [f"  cost of all: {whole}"] if whole else []
    session.add(BatchItem(str(prompts), len(every), 0, done, 0, whole), "\n".join(map(one_line, lines)))


def _whole_cost(plans: list[Plan]) -> str | None:
    """Add up what is known, and say of how many nothing is."""
    known = [plan.dollars for plan in plans if plan.dollars is not None]
    if not plans:
        return None
    if not known:
        return "not known here"
    rest = len(plans) - len(known)
    return f"about ${sum(known):.2f}" + (f", and what {rest} more cost, which is not known here" if rest else "")


def _words(name: str, plan: Plan) -> str:
    wide, high = plan.size
    rate = f"{float(plan.frame_rate):.5g} frames a second"
    lines = [f"{name}: {wide}x{high}, {plan.frames} frames, {rate}, {plan.seconds:.4g} s; nothing was made"]
    lines += [f"  {what}: {chosen}" for what, chosen in plan.how]
    lines += (
        [f"  memory: about {plan.memory_bytes // _MIB} MiB, beside what labelling takes"]
        if plan.memory_bytes is not None
        else []
    )
    lines += [f"  cost: {plan.cost}"] if plan.cost is not None else []
    return "\n".join(map(one_line, [*lines, *(f"  {remark}" for remark in plan.remarks)]))
