"""What a platform does about videos: policies over verdicts, decisions, and people who overrule them.

Words: a Policy is the norm, a Rule its logic, an Action its effect. An Item is `(id, type_id)` of a tenant: what its
users see as one thing. A Submission is one upload of it, and has one check. Judges nothing of pixels; decodes nothing.

>>> from countermark.moderation import Action, Item
>>> Item("v-17", "video").key, Action("label", "Made with AI").words
('video:v-17', 'label: Made with AI')
"""

from .values import Action, ActionKind, Decision, Effect, Held, Item, Occasion, Review, Ruling, Submission, Unsure

__all__ = [
    "Action",
    "ActionKind",
    "Decision",
    "Effect",
    "Held",
    "Item",
    "Occasion",
    "Review",
    "Ruling",
    "Submission",
    "Unsure",
]
