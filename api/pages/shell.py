"""How a page is made: its language, its theme, its headers, and what stands on every one of them. Knows no route.

return page(request, options, "home.html", caller=caller)
"""

from __future__ import annotations

import gettext
import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import quote, urlsplit

from ... import __version__
from ...evidence import Region
from ...evidence.text import MAX_TEXT, moment, plain
from ...settings import Settings
from ...verdict import MEANING
from ..personal import WITHHELD
from ..who import counted, csrf_token, known
from . import explained, words
from .assets import address
from .languages import LANGUAGES, OWN_NAMES, Language, catalogue, language_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from starlette.requests import Request
    from starlette.responses import Response

    from ...accounts import Caller
    from ..service import Service

LANGUAGE_COOKIE, THEME_COOKIE = "countermark_language", "countermark_theme"
THEMES = ("auto", "light", "dark")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # a link to a result is all that guards it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}
TEMPLATES = Path(__file__).parent / "templates"


def page(
    request: Request,
    options: Settings,
    template: str,
    *,
    caller: Caller | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """Answer with a page."""
    from starlette.responses import HTMLResponse

    language = chosen_language(request)
    shown = (
        _environment(language)
        .get_template(template)
        .render(
            request_path=request.url.path,
            back=_here(request),
            language=language,
            theme=chosen_theme(request),
            caller=caller if caller is not None and caller.role is not None else None,
            service=options.service,
            options=options,
            csrf=csrf_token(request, options),
            **values,
        )
    )
    return HTMLResponse(shown, status, {**HEADERS, "Content-Language": language, **(headers or {})})


def anybody(request: Request, service: Service) -> Caller | None:
    """Give who asks for what is open to everybody; None where the service knows only those who are signed in."""
    if not service.options.service.anonymous and known(request, service) is None:
        return None
    return counted(request, service)


def chosen_language(request: Request) -> Language:
    """Give the language of whoever asks."""
    return language_of(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", ""))


def chosen_theme(request: Request) -> str:
    """Give the theme that was chosen; `auto`: the browser's."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def back_to(text: str) -> str:
    """Give the path on this site that a form says it came from; the start for anything else.

    >>> back_to("/c/chk_1?a=b"), back_to("//evil.example/x"), back_to("https://evil.example")
    ('/c/chk_1?a=b', '/', '/')
    """
    if not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return "/"
    parts = urlsplit(text)  # what it can't parse, such as //[x, is turned away before
    return text if not parts.scheme and not parts.netloc else "/"


def _here(request: Request) -> str:
    """Give where a switch of language or theme leads back to; a form that was posted has no page to come back to."""
    if request.method != "GET":
        return "/"
    return quote(request.url.path, safe="/:@") + (f"?{request.url.query}" if request.url.query else "")


@lru_cache(maxsize=len(get_args(Language)))
def _environment(language: Language) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        asset=address,
        MEANING=MEANING,
        NAMES=explained.NAMES,
        explained=explained,
        words=words,
        languages=LANGUAGES,
        own_names=OWN_NAMES,
        themes=THEMES,
        version=__version__,
        math=math,
    )
    made.filters.update(
        plain=lambda text, most=MAX_TEXT: _plain(text, most, catalogue(language)),
        whole=lambda number: _number(number, 0, language),
        decimal=lambda number, digits=1: _number(number, digits, language),
        percent=lambda share, digits=1: f"{_number(100 * share, digits, language)} %",
        size=lambda count: _size(count, language),
        lasting=lambda seconds: _lasting(seconds, catalogue(language)),
        moment=moment,
        place=lambda region: str(region).split(",")[0],
        area=lambda region: region.width * region.height if isinstance(region, Region) else 0.0,
        web=_web,
    )
    return made


def _plain(text: object, most: int, say: gettext.NullTranslations) -> str:
    """Make a stranger's words harmless; what was taken out of them is said in the page's language."""
    return say.gettext("not shown here") if text == WITHHELD else plain(text, most)


def _number(number: float, digits: int, language: Language) -> str:
    text = f"{number:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def _size(count: int | None, language: Language) -> str:
    """Give a number of bytes, in units of 1000."""
    if count is None:
        return "?"
    at = min(4, int(math.log(count, 1000))) if count >= 1000 else 0
    return f"{_number(count / 1000**at, 1 if at else 0, language)} {('B', 'kB', 'MB', 'GB', 'TB')[at]}"


def _lasting(seconds: float, say: gettext.NullTranslations) -> str:
    """Give a length of time in its largest whole unit."""
    for unit, words_of in ((86400, _days), (3600, _hours), (60, _minutes)):
        if seconds >= unit and seconds % unit == 0:
            return words_of(int(seconds // unit), say)
    return _minutes(math.ceil(seconds / 60), say)


def _days(count: int, say: gettext.NullTranslations) -> str:
    return say.ngettext("%(num)s day", "%(num)s days", count) % {"num": count}


def _hours(count: int, say: gettext.NullTranslations) -> str:
    return say.ngettext("%(num)s hour", "%(num)s hours", count) % {"num": count}


def _minutes(count: int, say: gettext.NullTranslations) -> str:
    return say.ngettext("%(num)s minute", "%(num)s minutes", count) % {"num": count}


def _web(text: str | None) -> str:
    """Give a text that may become a link: an address of the web; nothing for any other."""
    return text if text and text.lower().startswith(("http://", "https://")) else ""
