"""A client of the verification service, for programs: waiting (`Client`) or in an event loop (`AsyncClient`).

    with Client("https://check.example", key="cmk_…") as client:
        opened = client.check_file(Path("clip.mp4"), on_progress=print)
        print(client.wait(opened.id).verdict)

What it gives are values, and the verdict is the very `Verdict` that `countermark.verify` gives. `ServerRefused` carries
the service's own words and advice, `ServerUnreachable` says that nothing came of it. Needs the extra `client`.
"""

from .clients import AsyncClient, Client
from .values import (
    Check,
    Event,
    Feedback,
    Listed,
    Opened,
    Operator,
    Page,
    Picture,
    Result,
    Retention,
    Revision,
    Stamp,
    Stamps,
    StampWishes,
    Told,
    Wishes,
)

__all__ = [
    "AsyncClient",
    "Check",
    "Client",
    "Event",
    "Feedback",
    "Listed",
    "Opened",
    "Operator",
    "Page",
    "Picture",
    "Result",
    "Retention",
    "Revision",
    "Stamp",
    "StampWishes",
    "Stamps",
    "Told",
    "Wishes",
]
