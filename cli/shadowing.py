"""The command that holds a detector which looks beside the live one to it, and both to what people found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import times
from .app import app
from .report_rescans import RateItem, ShadowItem, ShadowPairing
from .session import Json, Quiet, Session, Verbose, one_line

if TYPE_CHECKING:
    from ..moderation.people.values import Share
    from ..moderation.shadowing import Compared, Comparison

shadow = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Compare a detector that looks beside the live one."
)
app.add_typer(shadow, name="shadow")


@shadow.command("report")
def shadow_report(
    name: Annotated[str, typer.Argument(help="The shadow, as `service.shadow` names it; default: all.")] = "",
    tenant: Annotated[str, typer.Option(help="Checks of this tenant alone, by its name or id.")] = "",
    since: Annotated[str, typer.Option(help="Looked at from then on: 2026, 2026-11, 2026-11-21, ...")] = "",
    until: Annotated[str, typer.Option(help="Looked at till then, that day or month included.")] = "",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Say how far shadow and live detector agree, which checks one alone flags, and who people say is right.

    People: those who saw neither verdict nor score, and agreed. Shares come with their 95 % interval.
    """
    from ..accounts import Accounts
    from ..docket.desk import Desk
    from ..moderation.shadowing import Shadows
    from ..settings import settings

    session = Session("shadow report", json, quiet, verbose)
    with session.shield():
        since, until = times.asked(since, "--since"), times.till(until, "--until")
        options = settings()
        tenant = tenant and Accounts(options).tenant_called(tenant).id
        shadows = Shadows(Desk(options))
        names = (name,) if name else shadows.names()
        for one in names:
            found = shadows.compared(one, tenant, since, until)
            session.add(_item(found), "\n".join(map(one_line, _words(found))))
        if not names:
            session.remark("no shadow has looked at anything: set service.shadow, and see docs/rescan.md")
    session.end()


def _item(found: Comparison) -> ShadowItem:
    return ShadowItem(
        shadow=found.shadow,
        checks=found.checks,
        failed=found.failed,
        why=found.why,
        unjudged=found.unjudged,
        seconds=None if found.seconds is None else round(found.seconds, 3),
        pairings=tuple(map(_pairing, found.compared)),
    )


def _pairing(one: Compared) -> ShadowPairing:
    return ShadowPairing(
        target=one.pairing.target,
        live=one.pairing.live,
        shadow=one.pairing.beside,
        live_fpr=one.pairing.live_fpr,
        shadow_fpr=one.pairing.beside_fpr,
        since=one.since,
        until=one.until,
        judged=one.judged,
        both=one.both,
        live_only=one.live_only,
        shadow_only=one.beside_only,
        neither=one.neither,
        agreed=_rate(one.agreed),
        kappa=one.kappa,
        live_found=_rate(one.people.found[0]),
        shadow_found=_rate(one.people.found[1]),
        live_false=_rate(one.people.false[0]),
        shadow_false=_rate(one.people.false[1]),
        only_live=one.only_live,
        only_shadow=one.only_beside,
    )


def _rate(one: Share) -> RateItem:
    return RateItem(one.count, one.of, one.low, one.high)


def _words(found: Comparison) -> list[str]:
    said = [f"{found.shadow}: {found.checks:,} checks in all"]
    if found.seconds is not None:
        said.append(f"  {found.seconds:.2f} s a look")
    said += [f"  could not look at {count:,}: {why}" for why, count in found.why.items()]
    if found.unjudged:
        said.append(f"  could not judge {found.unjudged:,} times")
    for one in found.compared:
        said += _words_of(one)
    return said


def _words_of(one: Compared) -> list[str]:
    pairing, kappa = one.pairing, "" if one.kappa is None else f", kappa {one.kappa:.2f}"
    said = [
        f"  {pairing.target}, {one.since[:10]} to {one.until[:10]}: {pairing.beside} beside {pairing.live}",
        f"    {one.judged:,} judged by both; agreed on {_share(one.agreed)}{kappa}",
        f"    false alarms, as each states: live {_fpr(pairing.live_fpr)}, shadow {_fpr(pairing.beside_fpr)}",
        f"    both flag {one.both:,}, live alone {one.live_only:,}, shadow alone {one.beside_only:,},"
        f" neither {one.neither:,}",
    ]
    (live, beside), (live_false, beside_false) = one.people.found, one.people.false
    if live.of:
        said.append(f"    of what people say it is, live found {_share(live)}, shadow {_share(beside)}")
    if live_false.of:
        said.append(
            f"    of what people say is genuine, live flagged {_share(live_false)}, shadow {_share(beside_false)}"
        )
    said += [f"    live alone: {check_id}" for check_id in one.only_live]
    said += [f"    shadow alone: {check_id}" for check_id in one.only_beside]
    return said


def _share(one: Share) -> str:
    if not one.of:
        return "none"
    return f"{one.count:,} of {one.of:,} ({one.low:.1%} to {one.high:.1%})"


def _fpr(rate: float | None) -> str:
    return "not stated" if rate is None else f"at most {rate:.2%}"
