from collections.abc import Iterator
from http.server import ThreadingHTTPServer

import pytest

from countermark.tests.fetch.web import serving


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with serving() as running:
        yield running
