"""What to do about an error, for those who ask a service: its commands are its operator's, and no help to them."""

from __future__ import annotations

from collections.abc import Mapping

from .base import CountermarkError

_COMMAND = "`countermark "
_TO_THE_OPERATOR = "ask whoever runs this service, who can find out more"
_INSTEAD: Mapping[str, str] = {
    "UnknownRecord": "see that the link or the id is right, and whole",
    "OverLimit": "send a shorter or smaller file; whoever runs this service sets the limits",
    "HeadUnfit": "see which adapters there are: /v1/adapters; one of another version is made anew",
    "PolicyInvalid": "mend what is named; POST /v1/policies/check looks a document over, and keeps nothing",
    "CertificateUnfit": "ask whoever issued it, or whoever runs this service",
}


def advice_to_askers(kind: type[CountermarkError], advice: str) -> str:
    """Give advice that needs no command or document of this program.

    >>> from . import UnknownRecord
    >>> advice_to_askers(UnknownRecord, UnknownRecord.advice)
    'see that the link or the id is right, and whole'
    """
    if _COMMAND in advice:
        return _INSTEAD.get(kind.__name__, _TO_THE_OPERATOR)
    return _INSTEAD.get(kind.__name__, advice) if advice == kind.advice else advice
