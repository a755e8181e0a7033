"""`generate --prompts`: many requests of one file, each with its own line here, and one summary at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import OutputFolderMissing
from ..outputs import translated
from .planning import show_batch
from .report_generating import BatchItem
from .session import Session, one_line, progress
from .stamping import disclosed_words, stamped_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..generator.batch import Common, Item, Standing
    from ..stamp import Stamped
    from .asking import Asked


def make_batch(
    session: Session,
    prompts: Path,
    folder: Path,
    asked: Asked,
    workers: int | None,
    how: dict[str, Any],
    *,
    plan: bool,
) -> None:
    """Make what the file asks for into a folder; one that fails spoils no other. `plan`: say how, and make nothing."""
    from ..generator.batch import Common, LinesWrong, read

    if not folder.is_dir() and (folder.exists() or not folder.parent.is_dir()):
        where = folder if folder.exists() else folder.parent
        raise OutputFolderMissing(f"{where}: no such folder")
    common = Common(folder, **how)
    try:
        items = read(prompts, common, asked.defaults())
    except LinesWrong as error:
        raise typer.BadParameter(str(error)) from None
    if plan:
        show_batch(session, prompts, items, common)
        return
    with translated(folder):
        folder.mkdir(exist_ok=True)
    _make(session, items, common, prompts, workers)


def _make(session: Session, items: Sequence[Item], common: Common, prompts: Path, workers: int | None) -> None:
    from ..disclosing import profiles_of
    from ..generator.batch import run
    from .auditing import hold

    counts, failed = {"made": 0, "skipped": 0, "failed": 0}, list[str]()
    profiles = profiles_of(common.options)
    with progress(f"making {len(items)}", session) as bar:

        def told(standing: Standing) -> None:
            bar(standing.share)

        for outcome in run(items, common, prompts, workers=workers, progress=told):
            counts[outcome.kind] += 1
            name = str(outcome.item.output)
            with session.shield(name):
                if (error := outcome.error) is not None:
                    where = f"line {outcome.item.line}, {outcome.item.output.name}: {error}"
                    failed.append(f"  failed: {where}")
                    raise type(error)(where, advice=error.advice)
            if outcome.stamped is not None:
                _tell(session, outcome.item.request.prompt, outcome.stamped)
            if outcome.error is None and profiles:  # of what an earlier run made, too: laws and tools change
                hold(session, name, profiles)
    item = BatchItem(str(prompts), len(items), counts["made"], counts["skipped"], counts["failed"])
    counted = f"{prompts}: {item.made} made, {item.skipped} made before, {item.failed} failed"
    session.add(item, "\n".join(map(one_line, [counted, *failed])))


def _tell(session: Session, prompt: str, done: Stamped) -> None:
    words = [f"{done.path}: made, marked, signed and registered as {done.manifest_id}"]
    words += [*disclosed_words(done), *(f"  {remark}" for remark in done.remarks)]
    session.add(stamped_item(prompt, done), "\n".join(map(one_line, words)))
