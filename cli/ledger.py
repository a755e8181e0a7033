"""The commands about the ledger, in which everything of weight has its line: whether it is whole, and what it says."""

from __future__ import annotations

import json as plain
from typing import Annotated

import typer

from . import times
from .app import app
from .records import Expect, ledger_item, noted_head
from .report_records import LedgerLineItem
from .session import Json, Quiet, Session, Verbose

ledger = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Hold the ledger to itself, and read in it.")
app.add_typer(ledger, name="ledger")


@ledger.command("verify")
def ledger_verify(expect: Expect = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """Walk the ledger's hash chain: nothing was changed or removed since it was written.

    Records, decisions and policies are held to it on the way. Note the head that it prints, or publish it: --expect
    then notices a ledger whose end was cut off.
    """
    from ..moderation.auditing import audit
    from ..provenance import Registry
    from ..settings import settings

    session = Session("ledger verify", json, quiet, verbose)
    with session.shield():
        url, noted = settings().database_url, noted_head(expect)
        settled = Registry(url).settle()
        found = audit(url, noted)
        session.add(*ledger_item(found.checked, found.decisions, found.policy_versions))
        for one in settled:
            session.remark(f"{one.manifest_id}, interrupted at {one.reserved_at}, is {one.status}")
    session.end()


@ledger.command("list")
def ledger_list(
    kind: Annotated[
        str, typer.Option(help="Of kinds that begin so alone: moderation, moderation.policy, key, ...")
    ] = "",
    about: Annotated[str, typer.Option(help="Naming this alone: the id of a decision, a check, a person, ...")] = "",
    since: Annotated[str, typer.Option(help="Written from then on: 2026, 2026-11, 2026-11-21, ...")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the last first.")] = 50,
    before: Annotated[int | None, typer.Option(help="The next page: the line at which the last one ended.")] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List lines of the ledger: what happened, when, about which ids."""
    from ..moderation.auditing import lines
    from ..settings import settings

    since = times.asked(since, "--since")
    session = Session("ledger list", json, quiet, verbose)
    with session.shield():
        url = settings().database_url
        listed = lines(url, kind=kind, about=about, since=since, before=before, limit=limit)
        for one in listed:
            item = LedgerLineItem(one.seq, one.at, one.kind, plain.loads(one.body))
            said = " ".join(f"{name}={value}" for name, value in item.body.items() if value is not None)
            session.add(item, f"{one.seq}  {one.at}  {one.kind}  {said}")
        if len(listed) == limit:
            session.remark(f"there may be more: --before {listed[-1].seq}")
    session.end()
