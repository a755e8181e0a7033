"""The fields of a plain form that was posted. A file is never among them: that is what `api.intake` takes in."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from ..problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS, MOST_BYTES = 64, 1 << 16


class Fields:
    """What was filled in."""

    def __init__(self, found: dict[str, list[str]]) -> None:
        """Take the values of each name."""
        self._found = found

    def one(self, name: str) -> str:
        """Give the first value of a name, without blanks around; empty where there is none."""
        return next(iter(self.all(name)), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of a name."""
        return tuple(self._found.get(name, ()))


def fields() -> Callable[["Request"], Awaitable[Fields]]:
    """Make the dependency that reads a form."""
    from fastapi import Request

    async def read(request: Request) -> Fields:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in (FORM, ""):
            raise Problem("unsupported-media", "this takes a plain form, as the page sends it")
        body = await request.body()
        if len(body) > MOST_BYTES:
            raise Problem("too-large", f"a form may have {MOST_BYTES:,} bytes")
        return parsed(body)

    return read


def parsed(body: bytes) -> Fields:
    """Read a form's body; Problem where it is none.

    >>> parsed(b"says=right&comment=a+b").one("comment")
    'a b'
    """
    try:
        return Fields(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:  # no UTF-8 either
        raise Problem("bad-request", "the form cannot be read") from None
