"""A page about a scan: what came of it, where the time went, what was spared. One file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from .values import STAGES, Scan

_WIDE, _HIGH, _NAMES = 420, 26, 190
_WORDS = {
    "digest": "bytes alone",
    "container": "what the file says",
    "pictures": "marks in its pictures",
    "detector": "the detector",
}
_STYLE = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; }
svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font: 13px system-ui, sans-serif; }
svg rect { fill: #3b5bdb; } footer { margin-top: 3rem; opacity: .75; }
"""


def page(scan: Scan) -> str:
    """Write the page."""
    counts = scan.counts
    spared = _spared(scan)
    over = "" if scan.state == "done" else f"<p><strong>It is not through: {escape(scan.state)}.</strong></p>"
    parts = [
        f"<h1>Scan {escape(scan.id)}</h1>{over}",
        f"<p>{counts.objects:,} of {scan.objects:,} objects have a line, {_size(counts.bytes)}."
        f" Begun {_time(scan.made_at)}" + (f", ended {_time(scan.finished_at)}" if scan.finished_at else "") + ".</p>",
        _table("Places", {url: "" for url in scan.plan.urls}),
        _bars("What came of them", counts.outcomes, "objects"),
        _bars("The last look that was taken", {_WORDS[one]: counts.stages.get(one, 0) for one in STAGES}, "objects"),
        _bars("Where the time went", {_WORDS[one]: counts.seconds.get(one, 0.0) for one in STAGES}, "s of a worker"),
        spared,
        _bars("What the policy makes of them", counts.effects, "objects") if counts.effects else "",
        "<footer><p>A verdict that rests on fewer looks says so in its line, under <code>not_looked_at</code>. No"
        " evidence proves nothing: neither that a video is real nor that it is not.</p></footer>",
    ]
    body = "\n".join(one for one in parts if one)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport"'
        ' content="width=device-width">'
        f"<title>Scan {escape(scan.id)}</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _spared(scan: Scan) -> str:
    """Say what the order of looks has saved: what each look took, for those who did not need it."""
    said = []
    for at, stage in enumerate(STAGES[1:], 1):
        if at > STAGES.index(scan.plan.to):
            break
        taken = sum(scan.counts.stages.get(one, 0) for one in STAGES[at:])
        without = scan.counts.objects - taken
        if taken and without:
            cost = scan.counts.seconds.get(stage, 0.0) / taken
            said.append(f"<li>{_WORDS[stage]}: {without:,} objects, about {cost * without:,.0f} s of a worker</li>")
    if not said:
        return ""
    return f"<h2>What was spared</h2><p>Looks that were not needed, or could not be taken:</p><ul>{''.join(said)}</ul>"


def _bars(title: str, values: Mapping[str, float], unit: str) -> str:
    most = max(values.values(), default=0)
    if not most:
        return ""
    ordered = sorted(values.items(), key=lambda one: -one[1]) if unit == "objects" else list(values.items())
    rows = []
    for number, (name, value) in enumerate(ordered):
        y, wide = number * _HIGH, max(1.0, _WIDE * value / most)
        said = f"{value:,.0f}" if unit == "objects" else f"{value:,.1f}"
        rows.append(
            f'<text x="{_NAMES - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_NAMES}" y="{y + 4}" width="{wide:.1f}" height="{_HIGH - 8}" rx="3"></rect>'
            f'<text x="{_NAMES + wide + 8:.1f}" y="{y + 17}">{said}</text>'
        )
    told = ", ".join(f"{name} {value:,.0f}" for name, value in ordered)
    size = f"{_NAMES + _WIDE + 90} {_HIGH * len(ordered)}"
    return (
        f"<h2>{escape(title)}</h2><svg role='img' aria-label='{escape(f'{title}, in {unit}: {told}', quote=True)}'"
        f" viewBox='0 0 {size}' width='{size.split()[0]}'>{''.join(rows)}</svg><p><small>in {escape(unit)}</small></p>"
    )


def _table(title: str, rows: Mapping[str, str]) -> str:
    lines = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows.items())
    return f"<h2>{escape(title)}</h2><table>{lines}</table>"


def _time(at: str) -> str:
    return escape(at[:16].replace("T", " ")) + " UTC"


def _size(count: int) -> str:
    """Give bytes for people.

    >>> _size(1_500_000)
    '1.5 MB'
    """
    for unit, much in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= much:
            return f"{count / much:,.1f} {unit}"
    return f"{count} bytes"
