"""Banks of known content: what is in them, and what is like it. A match says that two things look alike, no more.

>>> from countermark.moderation.banks import BankMatch, bank_facts
>>> match = BankMatch("bnk_1", "KNOWN", False, "bcn_1", 1, "POSITIVE_CLASS", "", "pdq", 12, 1.0, 1.0, "content:bcn_1")
>>> bank_facts([match])["bank.KNOWN.distance"]
12
"""

from .desk import Banks
from .elsewhere import Elsewhere, MatchElsewhere
from .exchange import Posted, banked, hashed, looked_up, posted, signals
from .shelves import Shelves
from .values import (
    Algorithm,
    Bank,
    BankContent,
    BankMatch,
    Frame,
    Imported,
    Opinion,
    Signals,
    SignalUnfit,
    bank_facts,
)

__all__ = [
    "Algorithm",
    "Bank",
    "BankContent",
    "BankMatch",
    "Banks",
    "Elsewhere",
    "Frame",
    "Imported",
    "MatchElsewhere",
    "Opinion",
    "Posted",
    "Shelves",
    "SignalUnfit",
    "Signals",
    "bank_facts",
    "banked",
    "hashed",
    "looked_up",
    "posted",
    "signals",
]
