"""The docket: what was asked to be checked, how far each check is, what came of it, and how long it is kept.

Knows tables, media in the store of objects, and clocks; runs nothing, looks into no video, and speaks to nobody.

>>> from countermark.docket import Request
>>> Request(tenant_id="public", made_by="anonymous", source="upload", name="clip.mp4").lane
'live'
"""

from .arriving import Arrivals, Arrived, Became
from .callbacks import Callbacks, Owed
from .docket import Docket
from .idempotency import Claim, Idempotency, KeyTaken, Standing
from .stamping import Stamp, StampPage, Stamps
from .uploads import Upload, Uploads
from .values import (
    PUBLIC,
    Change,
    Check,
    CheckError,
    CheckEvent,
    CheckPicture,
    Feedback,
    Hold,
    HoldReason,
    Kept,
    Lane,
    Opened,
    Page,
    Request,
    Revision,
    Source,
    Stage,
    Status,
    Swept,
    Why,
)

__all__ = [
    "Arrivals",
    "Arrived",
    "Became",
    "Callbacks",
    "Change",
    "Check",
    "CheckError",
    "CheckEvent",
    "CheckPicture",
    "Claim",
    "Docket",
    "Feedback",
    "Hold",
    "HoldReason",
    "Idempotency",
    "Kept",
    "KeyTaken",
    "Lane",
    "Opened",
    "Owed",
    "PUBLIC",
    "Page",
    "Request",
    "Revision",
    "Source",
    "Stage",
    "Stamp",
    "StampPage",
    "Stamps",
    "Standing",
    "Status",
    "Swept",
    "Upload",
    "Uploads",
    "Why",
]
