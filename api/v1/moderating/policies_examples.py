"""The examples of policies, as /openapi.json shows them."""

from __future__ import annotations

import json
from typing import Any

from ..examples import AT, CHECK_ID, DIGEST

POLICY_ID = "our-platform"
RETROACTION_ID = "ret_k5zq3v7w2m4x6yaabcdefghij2"
EDITOR = "person:per_3q5x7w2m4k6z7y2abcdefghij4"
DOCUMENT: dict[str, Any] = {
    "policy": POLICY_ID,
    "title": "Synthetic video",
    "norm": "Videos made by AI are welcome here, and say so.",
    "unknown": {"queue": "unsure"},
    "rules": [
        {
            "id": "proven",
            "why": "A proof says that it was made by AI.",
            "when": {"outcomes": {"contains": "ai_generated"}},
            "then": [{"label": "Made with AI"}],
        }
    ],
}
CASES: dict[str, Any] = {
    "cases": [
        {
            "name": "a trusted signer says so",
            "facts": {"outcomes": ["ai_generated"]},
            "expect": {"effect": "actions", "actions": [{"label": "Made with AI"}]},
        }
    ]
}
TEST = {"document": DOCUMENT, "cases": CASES}
TESTED = {
    "passed": True,
    "cases": [
        {
            **{"name": "a trusted signer says so", "passed": True, "differences": []},
            "came": {
                **{"effect": "actions", "actions": ["label: Made with AI"], "held": ["proven"]},
                **{"unsure": [], "queue": "none", "background": []},
            },
        }
    ],
    "untried": [],
}
LOOKED = {
    **{"policy_id": POLICY_ID, "title": "Synthetic video"},
    "rules": [
        {"id": "proven", "state": "LIVE", "why": "A proof says that it was made by AI.", "effect": "actions"},
    ],
}
VERSION = {
    **{"number": 3, "digest": DIGEST, "state": "DRAFT", "share": 1.0, "former": None},
    **{"made_by": EDITOR, "made_at": AT, "note": ""},
}
BROUGHT = {**VERSION, "state": "BACKGROUND"}
WHOLE = {**VERSION, "policy_id": POLICY_ID, "document": json.dumps(DOCUMENT), "diff": None}
LISTED = {
    **{"policy_id": POLICY_ID, "by_default": True, "changes": 5},
    **{"newest": 3, "live": 2, "staged": None, "background": []},
}
SHOWN = {**LISTED, "versions": [VERSION]}
STATE = {"state": "BACKGROUND", "note": "to see how often it holds"}
PROMOTION = {"rule": "likely", "note": "held 412 times, of which people overruled 3"}
ROLL_BACK = {"note": "too many labels on film trailers"}
HISTORY = {
    "changes": [{"number": 5, "version": 3, "state": "DRAFT", "share": 1.0, "who": EDITOR, "at": AT, "note": ""}],
    "next": None,
}
BACKTEST = {"since": "2026-11-01T00:00:00Z", "limit": 500, "examples": 2}
BACKTESTED = {
    **{"policy_id": POLICY_ID, "version": 3, "since": AT, "looked": 500, "changed": 12, "overruled": 1, "whole": False},
    "rules": [{"rule": "proven", "held": 31, "unsure": 2}],
    "effects": [{"was": "none", "now": "actions", "count": 12}],
    "actions": [{"action": "label", "was": 19, "now": 31}],
    "harder": [
        {
            **{"check_id": CHECK_ID, "item": {"id": "post/4711", "type": "video"}},
            **{"was": [], "now": ["label: Made with AI"], "rules": ["proven"]},
        }
    ],
    "milder": [],
}
RETROACTION = {"since": "2026-11-01T00:00:00Z"}
RAN = {
    **{"id": RETROACTION_ID, "policy_id": POLICY_ID, "state": "waiting", "since": AT, "until": AT},
    **{"asked_by": EDITOR, "asked_at": AT, "looked": 0, "changed": 0, "ended_at": None, "why": ""},
}
