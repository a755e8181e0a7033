"""What tests of moderation stand on: a docket on each kind of database, policies, and a clock that tests move."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from countermark.docket import Check, CheckError
from countermark.moderation.deciding import Deciding
from countermark.moderation.shelf import Shelf, Version
from countermark.moderation.trying import Trying
from countermark.moderation.values import Decision, Item
from countermark.tests.docket import rooms
from countermark.tests.docket.rooms import by_a_person, verdict

EDITOR, REVIEWER = "person:editor", "person:reviewer"
FAILED = CheckError("UnreadableVideo", "it can't be read", "send another")
POLICY = "house"


def document(*rules: str, undo_s: float = 300, name: str = POLICY) -> str:
    """Write a policy; by itself, of one rule that labels what a person calls synthetic."""
    head = f"policy: {name}\ntitle: House\nnorm: Say so.\nundo_s: {undo_s:g}\nunknown: {{queue: unsure}}\nrules:\n"
    return head + "".join(rules or (LABELS,))


def rule(id: str, says: str, then: str, state: str = "LIVE") -> str:
    lines = (
        f"- id: {id}",
        f"  why: People say that it is {says}.",
        f"  when: {{person.says: {{contains: {says}}}}}",
        f"  then: [{then}]",
        f"  state: {state}",
    )
    return "".join(f"  {line}\n" for line in lines)


LABELS = rule("synthetic", "synthetic", "{label: Synthetic}")
REMOVES = rule("manipulated", "manipulated", "remove")
BLOCKS = rule("synthetic", "synthetic", "block")


class Room(rooms.Room):
    """A docket with policies and decisions."""

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf(self.options, clock=self.clock)

    @cached_property
    def deciding(self) -> Deciding:
        return Deciding(self.options, clock=self.clock)

    @cached_property
    def trying(self) -> Trying:
        return Trying(self.options, clock=self.clock)

    def live(self, text: str = "", share: float = 1.0, name: str = POLICY) -> Version:
        """Bring a policy live."""
        version = self.shelf.add(self.tenant, name, text or document(name=name), by=EDITOR)
        return self.shelf.set_state(self.tenant, name, version.number, "LIVE", by=EDITOR, share=share)

    def background(self, text: str) -> Version:
        version = self.shelf.add(self.tenant, POLICY, text, by=EDITOR)
        return self.shelf.set_state(self.tenant, POLICY, version.number, "BACKGROUND", by=EDITOR)

    def submitted(self, says: str = "synthetic", item: str = "1", **more: Any) -> Check:
        """Lay a check of an item, and bring it to its end."""
        self.clock.move(seconds=1)
        return self.finished(by_a_person(says), item_id=item, item_type="video", **more)

    def failing(self, item: str = "1") -> Check:
        return self.docket.fail(self.laid(item_id=item, item_type="video"), FAILED)

    def decided(self, says: str = "synthetic", item: str = "1", **more: Any) -> Decision:
        """Submit, and give the one decision."""
        (made,) = self.deciding.decide(self.submitted(says, item, **more).id)
        return made

    def revised(self, check_id: str, says: str | None) -> None:
        """Let a person say something else; None: let nobody have said anything."""
        of = verdict() if says is None else by_a_person(says)
        self.docket.revise(check_id, of, who="person:1", why="human", note=f"{says}", versions={})

    def in_force(self, item: str = "1") -> list[str]:
        return [one.words for one in self.deciding.in_force(self.tenant, Item(item, "video"))]

    def hand_on(self) -> list[str]:
        """Hand on what is due; give the items and actions of which the platform hears."""
        told = []
        for one in self.deciding.due():
            if one.tenant_id != self.tenant:
                continue
            told.append(f"{one.submission.item.id}: {', '.join(action.words for action in one.actions) or 'nothing'}")
            self.deciding.handed_on(one.id)
        return told
