"""An audit as a table for a terminal, and as a page for a browser. Knows words and marks; judges nothing.

What a manifest says is a stranger's word: on a terminal it stays on its line, in a page it is escaped.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence
from html import escape
from itertools import zip_longest

from ..disclosure.duties.table import Audit, Outcome, Reference, Row
from .report import AuditItem
from .session import one_line

MARKS: dict[Outcome, str] = {"met": "met", "not met": "NOT MET", "not decidable": "not decidable"}
BASES = {"file": "by the file itself", "mark": "by the mark in its pictures", "looks": "by what it looks like"}
NO_ADVICE = "An audit says what a file shows. It is no legal advice, and a duty met here may ask for more elsewhere."
_INDENT = 17  # the mark's column


def words(item: AuditItem) -> str:
    """Say all audits of one file in plain words."""
    lines = [one_line(f"{item.input}: {item.outcome}")]
    for audit in item.audits:
        lines.append(one_line(f"{audit.title} ({audit.profile}): {_days(audit)}"))
        for row in audit.rows:
            lines += _lines(row)
        lines.append(f"  {summary(audit)}")
    return "\n".join(lines)


def summary(audit: Audit) -> str:
    """Count the duties of the day, and those of other days.

    >>> summary(Audit("a", "A", "A", "A", "2026-01-01", "2026-01-02", ()))
    '0 met, 0 NOT MET, 0 not decidable from the file'
    """
    now = (f"{audit.count(outcome)} {word}" for outcome, word in MARKS.items())
    told = f"{', '.join(now)} from the file"
    other = sum(not row.in_force for row in audit.rows)
    return f"{told}; {other} not in force on that day" if other else told


def page(items: Sequence[AuditItem]) -> str:
    """Give a page that needs nothing beside it: no script, no picture, no font, no network."""
    body = "".join(_section(item) for item in items)
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Audit of duties</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Audit of duties</h1>\n{body}"
        f"<footer>{escape(NO_ADVICE)}</footer>\n</body>\n</html>\n"
    )


def _lines(row: Row) -> list[str]:
    since = "" if row.in_force else f" (not in force: {_when(row)})"
    rests = f", {BASES[row.basis]}" if row.basis and row.outcome == "met" else ""
    told = [f"{row.duty} ({row.article}): {row.says}{since}", row.evidence + rests]
    if row.advice and row.outcome == "not met":
        told.append(f"do: {row.advice}")
    lines = [line for text in told for line in textwrap.wrap(one_line(text), _width() - _INDENT) or [""]]
    return [f"  {mark:<{_INDENT - 2}}{line}" for mark, line in zip_longest([MARKS[row.outcome]], lines, fillvalue="")]


def _width() -> int:
    return max(60, min(120, shutil.get_terminal_size((120, 24)).columns))


def _when(row: Row) -> str:
    if row.until:
        return f"{row.since} to {row.until}"
    return f"since {row.since}" if row.in_force else f"from {row.since}"


def _days(audit: Audit) -> str:
    return f"profile of {audit.version}, audited for {audit.on}"


def _name(given: str) -> str:
    """Give the name of a file alone: a page is handed on, and folders and addresses are nobody's business there.

    >>> _name("/home/someone/clip.mp4"), _name("https://cdn.example/clip.mp4?key=1")
    ('clip.mp4', 'clip.mp4')
    """
    path = given.split("?")[0].split("#")[0] if "://" in given else given
    return path.rstrip("/").rpartition("/")[2] or given


def _section(item: AuditItem) -> str:
    head = (
        f"<section>\n<h2>{escape(_name(item.input))}</h2>\n"
        f"<p>{escape(item.outcome)} · SHA-256 <code>{item.digest}</code></p>"
    )
    return head + "".join(_table(audit) for audit in item.audits) + "</section>\n"


def _table(audit: Audit) -> str:
    known = {one.id: one for one in audit.sources}
    rows = "".join(_row(row, known) for row in audit.rows)
    heads = "".join(f"<th scope=col>{name}</th>" for name in ("Outcome", "Duty", "What the file shows", "Sources"))
    return (
        f"\n<h3>{escape(audit.title)}</h3>\n"
        f"<p>{escape(audit.law)}; {escape(audit.jurisdiction)}.</p>\n"
        f"<p><code>{escape(audit.profile)}</code>: {_days(audit)}. {escape(summary(audit))}.</p>\n"
        f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )


def _row(row: Row, known: dict[str, Reference]) -> str:
    kind = row.outcome.replace(" ", "-") + ("" if row.in_force else " later")
    rests = f"<br><small>{escape(BASES[row.basis])}</small>" if row.basis and row.outcome == "met" else ""
    force = "" if row.in_force else "<br><small>not in force on that day</small>"
    advice = f"<p class=do>{_commands(row.advice)}</p>" if row.advice else ""
    sources = "<br>".join(_link(known[one]) for one in row.sources if one in known)
    return (
        f'<tr class="{kind}"><td><strong>{MARKS[row.outcome]}</strong>{rests}{force}</td>\n'
        f"<td><p>{escape(row.says)}</p><small><code>{escape(row.duty)}</code> · {escape(row.article)} · "
        f"{escape(row.who)} · <time>{_when(row)}</time></small></td>"
        f"<td><p>{escape(row.evidence)}</p>{advice}</td><td>{sources}</td></tr>\n"
    )


def _commands(advice: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(advice))


def _link(source: Reference) -> str:
    told = f"{source.kind} source, seen {source.seen}"
    return f'<a href="{escape(source.url)}" rel="noreferrer">{escape(source.title)}</a> <small>({escape(told)})</small>'


_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #faf9f6; --soft: #595c60; --line: #d5d3cc;
  --good: #12684a; --bad: #a4161a; --open: #6b5300; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceae4; --paper: #17181a; --soft: #a9abae; --line: #3a3c40;
  --good: #6fd3ab; --bad: #ff9a94; --open: #e3c565; } }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #444; --line: #999;
  --good: #0a4f37; --bad: #8a0f13; --open: #4d3c00; } tr { break-inside: avoid; } thead { display: table-header-group; }
  a::after { content: " <" attr(href) ">"; font-size: .8em; overflow-wrap: anywhere; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 80rem; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .6rem .8rem .6rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; }
th:first-child { width: 9rem; } th:nth-child(2) { width: 34%; } th:last-child { width: 20%; }
td p { margin: 0 0 .3rem; } small, footer { color: var(--soft); } code { overflow-wrap: anywhere; }
.met strong { color: var(--good); } .not-met strong { color: var(--bad); } .not-decidable strong { color: var(--open); }
.later strong { font-weight: 400; } a { color: inherit; } td:last-child { font-size: .875em; }
time { white-space: nowrap; }
@media (max-width: 46rem) { body { margin: 1rem auto; } thead { display: none; }
  table, tbody, tr, td { display: block; width: auto; } tr { border-top: 1px solid var(--line); padding: .6rem 0; }
  td { border: 0; padding: .15rem 0; } td:first-child br { display: none; }
  td:first-child small::before { content: " · "; } }
.do::before { content: "To do: "; font-weight: 600; }
.not-decidable .do::before { content: "To see to: "; }
"""
