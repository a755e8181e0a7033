"""People: what they report, how they look, what they decide, how others object. Every change is one transaction.

notices take reports in, queues and claiming say whose turn it is, reviewing makes decisions of opinions, appeals let
others look again, samples ask blind people for what may teach the detector; telling keeps what is owed to whom.

>>> from countermark.moderation.people import Queue
>>> Queue.closed("bank", frozenset({"person:1"})).blur
True
"""

from .values import (
    Agreement,
    Appeal,
    AppealRequest,
    Contact,
    Label,
    Notice,
    Opinion,
    Overruled,
    Place,
    Queue,
    Received,
    Report,
    ReviewJob,
    Said,
    Seen,
    Told,
    Waiting,
)

__all__ = [
    "Agreement",
    "Appeal",
    "AppealRequest",
    "Contact",
    "Label",
    "Notice",
    "Opinion",
    "Overruled",
    "Place",
    "Queue",
    "Received",
    "Report",
    "ReviewJob",
    "Said",
    "Seen",
    "Told",
    "Waiting",
]
