from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from countermark.accounts import Accounts
from countermark.settings import Settings
from tests.api.pages.clips import Clips, made
from tests.e2e.browser import Chromium, chromium
from tests.e2e.running import running

EMAIL, PASSWORD = "ann@example.org", "correct horse battery"


@dataclass(frozen=True)
class Site:
    """A service that runs, and the clips whose first one its registry knows."""

    base: str
    clips: Clips


@pytest.fixture(scope="module")  # while it is open, its thread has an event loop, which other tests would stumble over
def browser(pytestconfig: pytest.Config) -> Iterator[Chromium]:
    with chromium(pytestconfig) as found:
        yield found


@pytest.fixture(scope="module")
def site(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    clips = made(tmp_path_factory.mktemp("site"))
    Accounts(Settings(home=clips.home)).add_person(EMAIL, "administrator", PASSWORD, name="Ann Example")
    with running(clips.home) as base:
        yield Site(base, clips)
