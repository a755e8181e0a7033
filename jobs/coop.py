"""Reports and appeals, sent to the Coop of the settings. An event holds ids; what they name is read when it is sent.

Of who reported or objects nothing goes there: the id of what they sent stands for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..docket.desk import Desk
from ..errors import SettingsInvalid
from ..moderation import Item
from ..moderation.hooks import Delivery
from ..moderation.hooks.coop import Form, appeal, report_of_notice
from ..moderation.people import appeals, notices
from ..private_files import read_private
from ..settings import Settings
from .sending import Sent, posted

_ADVICE = "docs/webhooks.md says what stands in `service.coop_file`"


@dataclass(frozen=True)
class Coop:
    """How the team's Coop calls things; `repr` does not show the key."""

    key: str = field(repr=False)
    reporter_type: str  # of users, as a type of items there
    actions: Mapping[str, str] = field(default_factory=dict)  # our kind to its id; without one, ours
    policies: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)  # its fields of an item: `item`, or `url`


def send(options: Settings, delivery: Delivery, seconds: float) -> Sent:
    """Send one event that tells of a report or an appeal."""
    url = options.service.coop
    if not url or options.service.coop_file is None:
        raise SettingsInvalid("no Coop is named", advice="set `service.coop` and `service.coop_file`")
    known = _known(options.service.coop_file)
    path, form = form_of(Desk(options), delivery, known)
    body = json.dumps(form, separators=(",", ":")).encode("utf-8")
    return posted(f"{url.rstrip('/')}{path}", {"X-API-KEY": known.key}, body, seconds, home=url)


def form_of(desk: Desk, delivery: Delivery, known: Coop) -> tuple[str, Form]:
    """Give an event's route there and its body."""
    of: Mapping[str, Any] = json.loads(delivery.body)["data"]
    if delivery.kind == "report.received":
        notice = notices.get(desk, delivery.tenant_id, of["notice"])
        urls = notice.place.urls
        csam = notice.category in notices.WITHOUT_NAME
        reporter = Item(notice.id, known.reporter_type)
        data = _data(known, notice.item, urls[0] if urls else "")
        return "/api/v1/report", report_of_notice(notice, data, reporter=reporter, csam=csam)
    made = appeals.get(desk, delivery.tenant_id, of["appeal"])
    return "/api/v1/report/appeal", appeal(
        made,
        _data(known, made.item, ""),
        by=Item(made.id, known.reporter_type),
        action_ids=[known.actions.get(one.kind, one.kind) for one in made.actions],
        policy_ids=[known.policies.get(one, one) for one in made.policies],
    )


def _data(known: Coop, item: Item, url: str) -> dict[str, str]:
    says = {"item": item.id, "url": url}
    return {name: says[of] for name, of in known.data.items() if says[of]}


@lru_cache(maxsize=4)
def _known(file: Path) -> Coop:
    try:
        known = Coop(**json.loads(read_private(file)))
        texts = [known.key, known.reporter_type]
        maps = [known.actions, known.policies, known.data]
        plain = all(isinstance(one, dict) and all(isinstance(to, str) for to in one.values()) for one in maps)
    except (ValueError, TypeError, RecursionError):
        raise SettingsInvalid(f"{file} can't be read", advice=_ADVICE) from None
    named = all(isinstance(one, str) and one for one in texts)
    if not named or not plain or set(known.data.values()) - {"item", "url"}:
        raise SettingsInvalid(f"{file} does not say what it is to", advice=_ADVICE)
    return known
