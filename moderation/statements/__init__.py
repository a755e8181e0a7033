"""Statements of reasons under the Digital Services Act, the notices beside them, and the report over them.

`built` makes a statement of a decision, `Statements` keeps it, `send` brings it to the transparency database; `notice`
is what both sides are told; `counted` and `write` make the transparency report; `Gathering` brings what all of them
are made of. Judges nothing: what was decided, and on what ground, comes from policies and people.

>>> from countermark.moderation import Action
>>> visibility(Action("restrict", "adults")), visibility(Action("restrict", "no comments"))
('DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED', 'DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED')
"""

from .building import built, facts, visibility
from .checking import check
from .counting import ComplaintRow, MeasureRow, NoticeRow, Report, SampleRow, counted
from .gathering import Gathering
from .laying import Statements, laid
from .notice import Notice, Redress, notice
from .sending import Database, Sent, database, send
from .template import Period, tables, write
from .values import ItemFacts, Kept, Source, State, Statement

__all__ = [
    "ComplaintRow",
    "Database",
    "Gathering",
    "ItemFacts",
    "Kept",
    "MeasureRow",
    "Notice",
    "NoticeRow",
    "Period",
    "Redress",
    "Report",
    "SampleRow",
    "Sent",
    "Source",
    "State",
    "Statement",
    "Statements",
    "built",
    "check",
    "counted",
    "database",
    "facts",
    "laid",
    "notice",
    "send",
    "tables",
    "visibility",
    "write",
]
