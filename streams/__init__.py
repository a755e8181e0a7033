"""Submissions as they come from elsewhere: buckets, brokers, HTTP. Each becomes one check, however often it is told of.

A source gives arrivals in batches, and is told once all of a batch is laid down for good. So what comes, comes at least
once; each arrival has a name that it has for good, and the name and its check are written together: so it opens one.

>>> from countermark.streams import Allowed, read
>>> read(b'{"countermark": 1, "object": "s3://in/clip.mp4"}', "t-0-1", Allowed(("s3://in",)))[0].media.name
'clip.mp4'
"""

from .listening import Counts, Listener
from .messages import notified, read, unwrapped
from .roots import stored
from .sources import Wish, named, root, source
from .taking import Laid, Taking
from .values import Allowed, Arrival, Batch, Refused, Source, Stored

__all__ = [
    "Allowed",
    "Arrival",
    "Batch",
    "Counts",
    "Laid",
    "Listener",
    "Refused",
    "Source",
    "Stored",
    "Taking",
    "Wish",
    "named",
    "notified",
    "read",
    "root",
    "source",
    "stored",
    "unwrapped",
]
