"""How much of a prompt a model reads: its own tokenizer counts, before anything is made. Imports no torch.

Pipelines cut what is too long at its end, and say so to nobody.
"""

from __future__ import annotations

from .folder import Checkpoint
from .loading import token_count

_MARKS = 3  # tokens that stand for no letter: beginning, end, and a space before the first word


def unread(prompt: str, checkpoint: Checkpoint, reads: int) -> str | None:
    """Say that a prompt's end is not read, where a model reads so many tokens, or that this can't be told."""
    if len(prompt.encode()) + _MARKS <= reads:  # no token is less than a byte
        return None
    tokens = token_count(prompt, checkpoint)
    if tokens is None:
        return f"this model reads {reads} tokens; how many the prompt has, its tokenizer could not tell"
    if tokens <= reads:
        return None
    return f"the prompt has {tokens} tokens, and this model reads {reads}: its end is not read"
