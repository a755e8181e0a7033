"""A page for a browser: what was found, where, when, how sure. Knows words and marks; judges nothing.

It needs nothing beside it: no script, no font, no network; pictures lie in it. Whatever came from a file is escaped,
and what steers a terminal or turns the direction of text is taken out.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

from ...evidence import DetectorDetails, Evidence
from ...evidence.text import plain
from ..looking import Detected
from ..outcome import Outcome, Threshold
from ..pictures import HeatMap
from .words import MEANING, TARGETS, driven, family, hard, other, standing

WORDS: dict[Outcome, str] = {
    "likely_ai": "Likely AI",
    "likely_manipulated": "Likely manipulated",
    "no_evidence": "No evidence",
    "inconclusive": "Inconclusive",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_ABOUT = (
    "A detector's score is no proof. It was measured on some hundred real videos, several of them from one source, and"
    " on twice as many synthetic ones; generators that came later may leave other traces or none. How many real videos"
    " score as high is bounded for each of the two findings apart: to be alarmed by either is more frequent, at most by"
    " the sum of both. What the file says of itself is no part of it."
)

_READ = (
    "The frames that show most of what was looked for. Over each lie the squares of the stretch of time around it: pale"
    " where they show it, dark blue where they do not, hatched where none was looked at."
)


def page(name: str, detected: Detected, threshold: Threshold, maps: Sequence[HeatMap] = ()) -> str:
    """Give the page of one file."""
    outcome = detected.outcome(threshold)
    details = detected.shown(threshold)
    body = [
        f'<p class="{outcome}"><strong>{WORDS[outcome]}</strong> <code>{outcome}</code></p>\n',
        f"<p>{MEANING[outcome]}</p>\n",
        _findings(detected, threshold),
        _details(details) if details else "",
        _timeline(details) if details else "",
        _pictures(maps),
        _list("Not looked at", detected.not_looked_at),
        f"<p><small>{_safe(detected.model)} · SHA-256 <code>{_safe(detected.digest)}</code></small></p>\n",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>What the detector found</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_safe(name)}</h1>\n{''.join(body)}<footer>{_ABOUT}</footer>\n</body>\n</html>\n"
    )


def _safe(text: str) -> str:
    """Make part of a page what may have come from a file, its name above all."""
    return escape(plain(text))


def _findings(detected: Detected, threshold: Threshold) -> str:
    def row(evidence: Evidence, target: str) -> str:
        told = _safe(standing(evidence, threshold))
        return f"<tr><th scope=row>{TARGETS[target]}</th><td>{_bar(evidence.score)}{told}</td></tr>\n"

    rows = row(detected.generated, "generated") + row(detected.manipulated, "manipulated")
    rows += "".join(
        f"<tr><th scope=row>{_safe(one.examiner)}</th><td>{_bar(one.score)}{_safe(other(one))}</td></tr>\n"
        for one in detected.others
    )
    return f"<h2>How it was judged</h2>\n<table>\n{rows}</table>\n"


def _details(details: DetectorDetails) -> str:
    parts = "".join(f"<li>{weight:+.1f} {_safe(what)}</li>" for weight, what in driven(details))
    guess = f"<tr><th scope=row>generator</th><td>{_safe(family(details))}</td></tr>\n" if details.family else ""
    moved = (
        "<tr><th scope=row>what moved the score</th><td><ul>"
        f"{parts}</ul><small>in log-odds; above 0: towards an alarm</small></td></tr>\n"
    )
    return (
        f"<h2>Why</h2>\n<table>\n{moved}"
        f"<tr><th scope=row>pictures</th><td>{_safe(hard(details))}</td></tr>\n{guess}</table>\n"
    )


def _timeline(details: DetectorDetails) -> str:
    rows = "".join(
        f"<tr><th scope=row><time>{one.start_s:.1f} to {one.end_s:.1f} s</time></th>"
        f"<td>{_bar(one.score)}{one.score:.2f}</td></tr>\n"
        for one in details.timeline
    )
    return (
        f"<h2>When</h2>\n<table>\n{rows}</table>\n<p><small>How much the squares of each stretch of time show what was"
        " looked for, between 0 and 1. It is not the score: that weighs more than this.</small></p>\n"
    )


def _pictures(maps: Sequence[HeatMap]) -> str:
    if not maps:
        return ""
    shown = "".join(
        f'<figure><img alt="The frame at {one.seconds:.2f} s with heat where squares speak for it"'
        f' src="data:image/png;base64,{base64.b64encode(one.png).decode()}">'
        f"<figcaption>at {one.seconds:.2f} s; this frame alone: {one.score:.2f}</figcaption></figure>\n"
        for one in maps
    )
    return f"<h2>Where</h2>\n<p><small>{_READ}</small></p>\n<div class=pictures>\n{shown}</div>\n"


def _list(title: str, lines: Sequence[str]) -> str:
    inside = "".join(f"<li>{_safe(line)}</li>" for line in lines)
    return f"<h2>{title}</h2>\n<ul>{inside}</ul>\n" if lines else ""


def _bar(score: float | None) -> str:
    if score is None:
        return ""
    return f'<span class=bar><span style="width:{100 * score:.0f}%"></span></span> '


_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #faf9f6; --soft: #595c60; --line: #d5d3cc;
  --bad: #a4161a; --open: #6b5300; --bar: #35589c; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceae4; --paper: #17181a; --soft: #a9abae; --line: #3a3c40;
  --bad: #ff9a94; --open: #e3c565; --bar: #8fb0ee; } }
@media print { :root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #444; --line: #999;
  --bad: #8a0f13; --open: #4d3c00; --bar: #35589c; } figure, tr { break-inside: avoid; }
  .bar span { print-color-adjust: exact; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 62rem; padding: 0 1rem; }
h1, h2 { line-height: 1.2; overflow-wrap: anywhere; } h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-top: 1px solid var(--line);
  overflow-wrap: anywhere; font-weight: 400; }
th { width: 12rem; color: var(--soft); } td ul { margin: 0; padding-left: 1.2rem; }
p > strong { font-size: 1.4rem; } small, footer, figcaption, p > code { color: var(--soft); }
.likely_ai strong, .likely_manipulated strong { color: var(--bad); } .inconclusive strong { color: var(--open); }
.bar { display: inline-block; width: 9rem; height: .7rem; border: 1px solid var(--line); margin-right: .4rem; }
.bar span { display: block; height: 100%; background: var(--bar); }
.pictures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }
figure { margin: 0; } img { max-width: 100%; height: auto; display: block; } time { white-space: nowrap; }
@media (max-width: 40rem) { body { margin: 1rem auto; } table, tbody, tr, th, td { display: block; width: auto; }
  td { border: 0; padding-top: 0; } th { padding-bottom: 0; } }
"""
