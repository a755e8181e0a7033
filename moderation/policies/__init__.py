"""Policies: rules over what is known of a submission, with three values of truth. Pure: no database, no clock.

>>> from countermark.moderation.policies import Facts, default, ruled
>>> ruled(default("video-platform"), Facts()).effect
'review'
"""

from .facts_of import facts
from .reading import read, written
from .ruling import ruled
from .shipped import DEFAULTS, default
from .values import UNKNOWN, Facts, Ground, Members, OneOf, Policy, Rule, State

__all__ = [
    "DEFAULTS",
    "UNKNOWN",
    "Facts",
    "Ground",
    "Members",
    "OneOf",
    "Policy",
    "Rule",
    "State",
    "default",
    "facts",
    "read",
    "ruled",
    "written",
]
