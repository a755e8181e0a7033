"""What tests of people's part stand on: submissions that are checked, queues, and people who look."""

from __future__ import annotations

import subprocess
import sys
from functools import cached_property
from typing import Any

from countermark.docket.desk import Desk
from countermark.moderation.banking import Banking
from countermark.moderation.banks import Banks, Signals
from countermark.moderation.people import (
    Contact,
    Opinion,
    Place,
    Queue,
    Received,
    Report,
    ReviewJob,
    Said,
    claiming,
    notices,
    queues,
    reviewing,
)
from countermark.moderation.values import Action, Item, Submission
from countermark.store import review_rows
from countermark.tests import databases
from countermark.tests.docket.rooms import DIGEST, Clock
from countermark.tests.moderation import rooms

ADA, BEN, CEM, DIA = "person:ada", "person:ben", "person:cem", "person:dia"
CHIEF = "person:chief"
LABEL, REMOVE = Action("label", "Made with AI"), Action("remove")
FINE = Said("genuine", (), "the shadows are right")
FAKE = Said("synthetic", (LABEL,), "the hands melt")


def mail(name: str) -> Contact:
    return Contact(name, f"{name.lower()}@example.org")


def said(name: str = "Zoe", **more: Any) -> Report:
    """A full notice of article 16."""
    values = {"kind": "article_16", "category": "deepfake", "explanation": "this is not me", "good_faith": True, **more}
    return Report(**{"place": Place(("https://example.org/v/1",), ((1.0, 2.5),)), "by": mail(name), **values})


class Room(rooms.Room):
    """A docket with policies, decisions and people."""

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.options, self.objects, self.clock)

    def item(self, id: str = "1", says: str = "synthetic", **more: Any) -> Submission:
        """Let an item be submitted and checked."""
        found = self.deciding.of_check(self.submitted(says, id, **more).id)
        assert found is not None and found.content_hash == DIGEST
        return found

    def queue(self, name: str = notices.QUEUE, **more: Any) -> Queue:
        return queues.put(self.desk, self.tenant, Queue(name, **more), by=CHIEF)

    def report(self, item: str = "1", report: Report | None = None) -> Received:
        return notices.receive(self.desk, self.tenant, Item(item, "video"), report or said())

    def next(self, who: str, queue: str | None = None) -> ReviewJob | None:
        return claiming.take_next(self.desk, self.tenant, who, queue)

    def taken(self, who: str, queue: str | None = None) -> str:
        job = self.next(who, queue)
        assert job is not None
        return job.id

    def give(self, review_id: str, who: str, what: Said = FAKE) -> ReviewJob:
        return reviewing.give(self.desk, self.tenant, review_id, who, what)

    def looked(self, who: str, what: Said = FAKE, queue: str | None = None) -> ReviewJob:
        """Let somebody take what is next, and say what they think."""
        return self.give(self.taken(who, queue), who, what)

    def reviews(self, item: str = "1") -> tuple[ReviewJob, ...]:
        """Give all reviews of an item with all opinions, oldest first."""
        with self.desk.reading() as connection:
            assert connection is not None
            rows = review_rows.of_item(connection, self.tenant, "video", item)
            return tuple(claiming.shown(connection, row, None) for row in rows)

    def events(self) -> list[tuple[str, str]]:
        """Give the events that wait to be told, and since when each is due."""
        rows = databases.ask(
            self.url, f"SELECT kind, at FROM hook_events WHERE tenant_id = '{self.tenant}' ORDER BY at, kind"
        )
        return [(str(kind), str(at)) for kind, at in rows]

    def opinions(self, review_id: str) -> tuple[Opinion, ...]:
        return reviewing.get(self.desk, self.tenant, review_id).opinions

    def closes(self, of: Submission) -> None:
        """Close the media of a submission, by a restricted bank that knows its digest."""
        banks = Banks(self.options, clock=self.clock)
        banks.create(self.tenant, "KNOWN", CHIEF, restricted=True)
        banks.add(self.tenant, "KNOWN", Signals(sha256=of.content_hash), CHIEF)
        Banking(self.options, clock=self.clock).by_digest(self.docket.get(of.check_id))

    def over(self) -> None:
        """Let the time for undoing pass."""
        self.clock.move(seconds=301)

    def ledger(self, kind: str) -> list[str]:
        rows = databases.ask(self.url, f"SELECT body FROM ledger WHERE kind = '{kind}' ORDER BY seq")
        return [str(body) for (body,) in rows if self.tenant in str(body)]


def begin(room: Room, code: str, *words: str) -> subprocess.Popen[str]:
    """Start a process with a room of its own, that waits for a line before it runs the code."""
    first = (
        "import sys; from pathlib import Path\n"
        "from countermark.tests.docket.rooms import options\n"
        "from countermark.tests.moderation.people.rooms import *\n"
        f"room = Room(options({room.url!r}, Path({str(room.options.home)!r})), {room.tenant!r})\n"
        f"room.clock.move(seconds={(room.clock() - Clock()()).total_seconds()!r}); words = sys.argv[1:]\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", first + code, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
