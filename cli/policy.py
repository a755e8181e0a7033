"""The commands about rules: check a policy, try it on a table of cases or on verdicts, show those that come along."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .app import app
from .report_policies import PolicyCaseItem, PolicyItem, PolicyShownItem
from .session import Json, Quiet, Session, Verbose, inputs, one_line

if TYPE_CHECKING:
    from ..moderation import Ruling
    from ..moderation.policies import Policy
    from ..verdict import Verdict

MOST_POLICY, MOST_REPORT = 256 * 1024, 256 * 1024 * 1024  # bytes

policy = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check and try the rules by which a platform acts on verdicts."
)
app.add_typer(policy, name="policy")


@policy.command()
def check(
    given: Annotated[list[str], typer.Argument(help="Policies, YAML or JSON, or patterns.", metavar="FILE...")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find what can't be meant: words that don't exist, rules that never hold, are never reached, or contradict."""
    session = Session("policy check", json, quiet, verbose)
    for name in inputs(given):
        with session.shield(name):
            item = _checked(name, _read(Path(name)))
            words = f"{name}: no fault found; {item.rules} rules, {item.live} live, {item.background} in the background"
            session.add(item, one_line(words))
    session.end()


@policy.command()
def test(
    file: Annotated[Path, typer.Argument(help="A policy.", metavar="FILE")],
    table: Annotated[
        list[Path] | None, typer.Option(help="Cases to try it on; default: FILE with .cases before its ending.")
    ] = None,
    verdicts: Annotated[
        Path | None, typer.Option(help="Instead: a report of `verify --json`, to say what would be done.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Try a policy on a table of cases; ends with 1 where something else comes of one than the table expects."""
    if table and verdicts:
        raise typer.BadParameter("a policy is tried on tables, or on verdicts: give --table or --verdicts")
    session = Session("policy test", json, quiet, verbose)
    with session.shield(str(file)):
        rules = _read(file)
        if verdicts is not None:
            _try_verdicts(session, rules, verdicts)
        else:
            _try_cases(session, rules, table or [file.with_suffix(f".cases{file.suffix}")])
    session.end()


@policy.command()
def show(
    name: Annotated[str, typer.Argument(help="video-platform, newsroom, or advertising.", metavar="NAME")],
    cases: Annotated[bool, typer.Option("--cases", help="Show the table of cases that it was tried on.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write out a policy that comes along, to be copied and changed."""
    from ..moderation.policies import shipped

    session = Session("policy show", json, quiet, verbose)
    with session.shield(name):
        text = shipped.cases(name) if cases else shipped.source(name)
        session.add(PolicyShownItem(name, text), text.rstrip("\n"))
    session.end()


def _text(path: Path, most: int) -> str:
    from ..errors import OverLimit, PolicyInvalid
    from ..outputs import check_input

    check_input(path)
    with path.open("rb") as stream:
        found = stream.read(most + 1)
    if len(found) > most:
        raise OverLimit(f"{path}: it has more than {most} bytes", advice="give a smaller file")
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyInvalid(f"{path}: no UTF-8 at byte {error.start}", advice="save it as UTF-8") from None


def _read(path: Path) -> Policy:
    from ..moderation.policies import read

    return read(_text(path, MOST_POLICY), str(path))


def _checked(name: str, found: Policy) -> PolicyItem:
    from hashlib import sha256

    from ..moderation.policies import written

    states = [rule.state for rule in found.rules]
    return PolicyItem(
        input=name,
        policy=found.name,
        title=found.title,
        rules=len(states),
        live=states.count("LIVE"),
        background=states.count("BACKGROUND"),
        sha256=sha256(written(found).encode()).hexdigest(),
    )


def _try_cases(session: Session, rules: Policy, tables: list[Path]) -> None:
    from ..moderation.policies.tables import read_cases, tried, untried

    results = [one for table in tables for one in tried(rules, read_cases(_text(table, MOST_POLICY), str(table)))]
    for one in results:
        words = [f"{'FAILS' if one.differences else 'ok   '} {one.case.name}", *(f"    {d}" for d in one.differences)]
        session.add(_item(one.case.name, one.ruling, one.differences), "\n".join(map(one_line, words)))
    failed = sum(bool(one.differences) for one in results)
    session.remark(f"{len(results)} cases, {failed} of them fail")
    if left := untried(rules, results):
        session.remark(f"no case has these hold: {', '.join(left)}")
    if failed:
        session.exit_code = 1


def _try_verdicts(session: Session, rules: Policy, report: Path) -> None:
    from ..moderation import Item, Submission
    from ..moderation.policies import facts, ruled

    for name, verdict, failed in _verdicts(_text(report, MOST_REPORT), str(report)):
        item = Submission(id="", tenant_id="", item=Item(name, "video"), check_id="", at="", content_hash=None)
        ruling = ruled(rules, facts(verdict, item, failed=failed))
        found = _item(name, ruling)
        lines = [f"{name}: {found.effect}{f', in {found.queue}' if ruling.review else ''}"]
        lines += [f"    {action}" for action in found.actions]
        lines += [f"    {one.rule} holds: {one.why}" for one in ruling.held]
        lines += [f"    {one.rule} is unsure: {', '.join(one.missing)}" for one in ruling.unsure]
        session.add(found, "\n".join(map(one_line, lines)))


def _verdicts(text: str, name: str) -> list[tuple[str, Verdict | None, str | None]]:
    """Read the verdicts and the failures of a report."""
    import json

    from pydantic import TypeAdapter, ValidationError

    from ..errors import PolicyInvalid
    from ..verdict import Verdict

    advice = "give what `countermark verify --json` wrote"
    try:
        report: Any = json.loads(text)
        kept = TypeAdapter(Verdict)
        found = [(str(one["input"]), kept.validate_python(one["verdict"]), None) for one in report["results"]]
        return [*found, *((str(one["input"]), None, str(one["error"])) for one in report["failures"])]
    except (ValueError, KeyError, TypeError, RecursionError, ValidationError) as error:
        raise PolicyInvalid(f"{name}: no report of verdicts ({type(error).__name__})", advice=advice) from None


def _item(name: str, ruling: Ruling, differences: tuple[str, ...] = ()) -> PolicyCaseItem:
    return PolicyCaseItem(
        name=name,
        effect=ruling.effect,
        actions=tuple(one.words for one in ruling.actions),
        held=tuple(one.rule for one in ruling.held),
        unsure=tuple(one.rule for one in ruling.unsure),
        missing=tuple(sorted({fact for one in ruling.unsure for fact in one.missing})),
        queue=ruling.review.queue if ruling.review else "none",
        differences=differences,
    )
