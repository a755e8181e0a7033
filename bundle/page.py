"""The page of a bundle, for people: what was found and why, pictures, history. No script, nothing from elsewhere.

It is built as a tree, which writes every word of a stranger as text: no file's title can become part of the page.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from html import escape
from xml.etree.ElementTree import Element, SubElement

from ..docket.values import Check, CheckPicture, Revision
from ..evidence import Evidence, in_words
from ..settings import Settings
from ..verdict import Verdict

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff; --line: #d1d9e0; --band: #f3f5f8 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #9aa5b1; --paper: #14181d; --line: #343d48; --band: #1e242b }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .2rem 0 } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem }
header { background: var(--band); border: 1px solid var(--line); border-left: .5rem solid #4068c9; border-radius: .5rem;
  padding: 1rem 1.25rem }
.proven { border-left-color: #b3541e } .claimed { border-left-color: #8a6d1a } .unknown { border-left-color: #7a8591 }
.soft, figcaption, dt { color: var(--soft) } p { margin: .5rem 0 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .6rem 0 0 } dd { margin: 0 }
dd, td, code { overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line) }
figure { margin: 0 } img { max-width: 100%; border-radius: .3rem; display: block }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem }
pre { background: var(--band); padding: .75rem; overflow-x: auto; font-size: .85rem }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr } dt { margin-top: .4rem } }
"""
_EMPTY = {"meta", "img"}
_MOST_TOLD = 300  # characters of what one field of an examiner's details says
_CHECKS = """countermark bundle verify BUNDLE.zip

sha256sum THE-VIDEO        the digest that stands above
openssl cms -verify -binary -inform DER -in MANIFEST.json.p7s -content MANIFEST.json -CAfile ROOT.pem -purpose any
openssl ts -verify -data MANIFEST.json.p7s -in MANIFEST.json.p7s.tst -token_in -CAfile TSA-ROOT.pem"""


def page_of(check: Check, options: Settings) -> str:
    """Write the page."""
    verdict = check.verdict
    assert verdict is not None
    html = Element("html", {"lang": "en"})
    _head(SubElement(html, "head"), check)
    body = SubElement(html, "body")
    main = SubElement(body, "main")
    _band(main, verdict)
    _file(main, check)
    _pictures(main, check.pictures)
    _examiners(main, verdict)
    _history(main, check.revisions)
    _how_to_check(main)
    _imprint(SubElement(body, "footer", {"class": "soft"}), options)
    return "<!doctype html>\n" + _written(html) + "\n"


def _written(element: Element) -> str:
    attributes = "".join(f' {name}="{_shown(value)}"' for name, value in element.items())
    if element.tag in _EMPTY:
        return f"<{element.tag}{attributes}>"
    text = element.text or ""
    inside = text if element.tag == "style" else _shown(text)  # what is in a style is ours, and no text
    return f"<{element.tag}{attributes}>{inside}{''.join(map(_written, element))}</{element.tag}>"


def _shown(text: str) -> str:
    """Write text as text; what steers a terminal or turns the direction of letters is shown as a gap."""
    return escape("".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text))


def _head(head: Element, check: Check) -> None:
    SubElement(head, "meta", {"charset": "utf-8"})
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src 'self' file:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "meta", {"name": "referrer", "content": "no-referrer"})
    _add(head, "title", f"Evidence on {check.name}")
    _add(head, "style", _STYLE)


def _band(main: Element, verdict: Verdict) -> None:
    band = SubElement(main, "header", {"class": verdict.sureness})
    by = f", by {verdict.by}" if verdict.basis else ""
    _add(band, "p", f"{verdict.outcome} ({verdict.sureness}{by})", {"class": "soft"})
    _add(band, "h1", verdict.meaning)
    reasons = SubElement(band, "ul")
    for reason in verdict.reasons:
        _add(reasons, "li", reason)
    if verdict.also:
        _add(band, "p", f"Also: {', '.join(verdict.also)}")
    if verdict.not_looked_at:
        _add(band, "p", f"Not looked at: {'; '.join(verdict.not_looked_at)}")


def _file(main: Element, check: Check) -> None:
    told = {
        "Name": check.name,
        "SHA-256": check.content_hash or "",
        "Bytes": f"{check.bytes:,}" if check.bytes is not None else "",
        "Came by": {"upload": "an upload", "url": "its URL", "post": "the URL of a post"}[check.source],
        "URL": check.url or "",
        "Rendition": ", ".join(f"{name}: {value}" for name, value in (check.rendition or {}).items()),
        "Check": check.id,
        "Asked": check.created_at,
        "Judged": check.revisions[-1].at,
    }
    _terms(_section(main, "The file"), told)


def _pictures(main: Element, pictures: tuple[CheckPicture, ...]) -> None:
    if not pictures:
        return
    grid = SubElement(_section(main, "What was seen"), "div", {"class": "pictures"})
    for one in pictures:
        figure = SubElement(grid, "figure")
        SubElement(figure, "img", {"src": f"pictures/{one.name}", "alt": one.words, "loading": "lazy"})
        _add(figure, "figcaption", f"{one.seconds:.1f} s: {one.words}")


def _examiners(main: Element, verdict: Verdict) -> None:
    rows = _table(_section(main, "Who looked, and what they saw"), ("Examiner", "Finding", "What"))
    for one in verdict.evidence:
        row = SubElement(rows, "tr")
        _add(row, "td", f"{one.examiner} {one.version}")
        _add(row, "td", one.finding + (f" ({one.score:.3f})" if one.score is not None else ""))
        _add(row, "td", "; ".join(_seen(one)))


def _seen(one: Evidence) -> Iterator[str]:
    """Tell what an examiner saw; what is long stands in verdict.json."""
    if one.spans:
        yield in_words(one.spans)
    for name, value in asdict(one.details).items() if one.details else ():
        if name != "kind" and value not in (None, (), [], ""):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{name.replace('_', ' ')}: {text}" if len(text) <= _MOST_TOLD else f"{name}: see verdict.json"


def _history(main: Element, revisions: tuple[Revision, ...]) -> None:
    section = _section(main, "How the verdict came about")
    rows = _table(section, ("Revision", "When", "By", "Why", "Verdict"))
    for one in revisions:
        row = SubElement(rows, "tr")
        why = one.why + (f": {one.note}" if one.note else "")
        for words in (str(one.number), one.at, one.who, why, one.verdict.outcome):
            _add(row, "td", words)
    _terms(section, dict(revisions[-1].versions))


def _how_to_check(main: Element) -> None:
    section = _section(main, "How to check this bundle")
    _add(
        section,
        "p",
        "MANIFEST.json lists every file here with its digest; MANIFEST.json.p7s is a signature over it, with the "
        "certificates that lead up from whoever signed; MANIFEST.json.p7s.tst, where it is there, is a timestamp over "
        "that signature. Nothing of this needs a network. This page alone proves nothing: check before you believe it.",
    )
    _add(section, "pre", _CHECKS)
    _add(section, "p", "reviews.jsonld is a draft of a MediaReview and a ClaimReview, for a person to finish.")


def _imprint(footer: Element, options: Settings) -> None:
    service = options.service
    named = [part for part in (service.operator, service.operator_contact, service.public_url) if part]
    _add(footer, "p", "Made by " + ", ".join(named))


def _section(main: Element, title: str) -> Element:
    section = SubElement(main, "section")
    _add(section, "h2", title)
    return section


def _terms(section: Element, told: dict[str, str]) -> None:
    terms = SubElement(section, "dl")
    for name, value in told.items():
        if value:
            _add(terms, "dt", name)
            _add(terms, "dd", value)


def _table(section: Element, titles: tuple[str, ...]) -> Element:
    table = SubElement(section, "table")
    row = SubElement(SubElement(table, "thead"), "tr")
    for title in titles:
        _add(row, "th", title, {"scope": "col"})
    return SubElement(table, "tbody")


def _add(parent: Element, tag: str, text: str, attributes: dict[str, str] | None = None) -> None:
    SubElement(parent, tag, attributes or {}).text = text
