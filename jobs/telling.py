"""What logs may say of a thing: enough to find it, too little to open it. Whoever has the id of a check can see it."""

from __future__ import annotations

import re

# Of checks, uploads, stamps, callbacks, holds, feedback, deliveries, submissions, decisions, retroactions; also as a
# part of a key, a path or a file's name.
_ID = re.compile(r"((?:chk|upl|stp|cbk|hld|fbk|dlv|sub|dec|ret)_[a-z2-7]{6})[a-z2-7]{20}")


def short(text: object) -> str:
    """Cut the ids in a text.

    >>> short("job chk_abcdefghijklmnopqrstuvwxyz ended")
    'job chk_abcdef… ended'
    >>> short("/tmp/countermark-1/upl_abcdefghijklmnopqrstuvwxyz.mp4")
    '/tmp/countermark-1/upl_abcdef….mp4'
    """
    return _ID.sub(r"\1…", str(text))
