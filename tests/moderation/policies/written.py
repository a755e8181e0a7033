"""Policies for the tests, written as people write them."""

from __future__ import annotations

from countermark.moderation.policies import Policy, read

HEAD = """\
policy: tried
title: Tried
norm: What users read.
unknown: {queue: unsure}
rules:
"""


def of(rules: str, head: str = HEAD) -> Policy:
    return read(head + rules, "tried.yaml")


def rule(id: str, when: str, then: str = "then: [demote]", more: str = "") -> str:
    extra = f"    {more}\n" if more else ""
    done = f"    {then}\n" if then else ""
    return f"  - id: {id}\n    why: As {id} says.\n    when: {when}\n{done}{extra}"
