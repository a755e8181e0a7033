"""What a tenant shows of a check to everybody: the result, and nothing of where it came from; and taking that back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.docket import PUBLIC
from countermark.moderation.banks import Signals
from tests import databases
from tests.api.served import DIGEST, PERSON, Place, serving, told
from tests.api.v1.test_findings import FINDING, alarmed

SECRETS = {
    **{"name": "jane-at-home.mp4", "url": "https://media.example/private/a.mp4", "external_id": "story-4711"},
    **{"item_id": "post/4711", "item_type": "clip", "metadata": {"desk": "foreign-desk"}, "source": "url"},
}


@pytest.fixture(params=databases.KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with serving(tmp_path / "home", databases.new(request.param, tmp_path)) as place:
        yield place


def path(check_id: str) -> str:
    return f"/v1/checks/{check_id}/publication"


def ledger(place: Place) -> list[str]:
    rows = databases.ask(place.options.database_url, "SELECT kind FROM ledger WHERE kind LIKE 'check.%' ORDER BY seq")
    return [str(kind) for (kind,) in rows]


def test_the_result_is_shown_and_nothing_of_where_it_came_from(either: Place) -> None:
    place, versions = either, {"countermark": "1", "detector head": "acme-v-smith", "detector:own": "/srv/acme/x.py"}
    check = place.finished("main", told(), versions, **SECRETS)
    key, page = place.key("findings:write"), f"/c/{check.id}"
    assert place.ask("GET", page).status_code == 404
    before = place.ask("GET", path(check.id), headers=key).json()
    assert before["since"] is None
    first, again = (place.ask("PUT", path(check.id), headers=key) for _ in range(2))
    assert first.status_code == 200 and first.json() == again.json() and first.json()["since"]
    assert first.json()["address"].endswith(page)
    assert place.ask("POST", f"/v1/checks/{check.id}/findings", headers=key, json=FINDING).status_code == 201
    for headers in ({}, place.key("checks:read", "findings:write", tenant=place.accounts.add_tenant("other").id)):
        said = place.ask("GET", page, headers=headers)
        assert said.status_code == 200 and "Example Studio" in said.text and said.text.count('<li class="tone-') == 2
        assert "Those whose check it is show its result to everybody." in said.text
        for secret in (
            PERSON,
            FINDING["why"],
            "jane-at-home",
            "private/a.mp4",
            "4711",
            "foreign-desk",
            "key-1.jpg",
            "acme",
        ):
            assert secret not in said.text, secret
        for address in ("/feedback", "/delete", "/holds", "/findings", "/again", "/bundle", "/v1/checks/"):
            assert f"{check.id}{address}" not in said.text and f"{address}{check.id}" not in said.text, address
        for closed in (
            f"/v1/checks/{check.id}",
            f"{page}/bundle",
            f"/v1/checks/{check.id}/revisions/1",
            path(check.id),
        ):
            assert place.ask("GET", closed, headers=headers).status_code in (401, 403, 404), closed
    assert place.ask("DELETE", path(check.id), headers=key).json()["since"] is None
    assert place.ask("DELETE", path(check.id), headers=key).status_code == 200
    assert place.ask("GET", page).status_code == 404
    assert ledger(place) == ["check.published", "check.withdrawn"], "each once"


def test_it_goes_with_the_check(place: Place) -> None:
    check_id, key = alarmed(place), place.key("findings:write", "checks:write")
    assert place.ask("PUT", path(check_id), headers=key).status_code == 200
    assert place.ask("GET", f"/c/{check_id}").status_code == 200
    assert place.ask("DELETE", f"/v1/checks/{check_id}", headers=key).status_code == 204
    assert place.ask("GET", f"/c/{check_id}").status_code == 404
    assert place.service.docket.published(check_id) is None
    assert place.ask("PUT", path(check_id), headers=key).status_code == 410


def test_what_has_no_verdict_or_is_open_by_its_link_or_closed_by_a_bank(place: Place) -> None:
    key = place.key("findings:write")
    for check_id, word in ((place.laid().id, "no verdict"), (alarmed(place, PUBLIC), "without a key")):
        said = place.ask("PUT", path(check_id), headers=key)
        assert said.status_code == 409 and word in said.json()["detail"], said.text
    shown, closed = place.finished(), place.finished()
    assert place.ask("PUT", path(shown.id), headers=key).status_code == 200
    place.service.banks.create("main", "KNOWN", "test", restricted=True)
    place.service.banks.add("main", "KNOWN", Signals(DIGEST), "test")
    for check in (shown, closed):
        place.service.banks.keep(check, place.service.banks.matches("main", None, DIGEST))
    assert place.ask("GET", f"/c/{shown.id}").status_code == 404
    said = place.ask("PUT", path(closed.id), headers=key)
    assert said.status_code == 409 and "closed by a bank" in said.json()["detail"]
    assert place.service.docket.published(closed.id) is None


def test_a_service_for_members_alone_shows_it_to_nobody_else(tmp_path: Path) -> None:
    with serving(tmp_path / "home", anonymous=False) as place:
        check_id = alarmed(place)
        assert place.ask("PUT", path(check_id), headers=place.key("findings:write")).status_code == 200
        assert place.ask("GET", f"/c/{check_id}").status_code == 401
