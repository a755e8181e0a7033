"""What people report, review, decide and appeal, as values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ..values import Action, Item, Submission

NoticeKind = Literal["article_16", "trusted_flagger", "own_initiative", "other"]
ReviewKind = Literal["review", "blind", "appeal"]
Finding = Literal["synthetic", "manipulated", "genuine", "unclear"]
Answer = Literal["ACCEPT", "REJECT"]  # Coop's words for what comes of an appeal
Side = Literal["uploader", "reporter"]
ToldKind = Literal["notice.received", "decision.made", "appeal.received", "appeal.answered"]
# schema.org's mediaAuthenticityCategory
Authenticity = Literal[
    "OriginalMediaContent",
    "DecontextualizedContent",
    "EditedOrCroppedContent",
    "TransformedContent",
    "StagedContent",
    "SatireOrParodyContent",
]

NOTICE_KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
FINDINGS: tuple[Finding, ...] = get_args(Finding)
CATEGORIES: tuple[Authenticity, ...] = get_args(Authenticity)


@dataclass(frozen=True)
class Contact:
    """Who reports or appeals. It is kept apart, and can be erased without breaking anything."""

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    account: str = field(default="", repr=False)  # as the platform names it

    @property
    def known(self) -> bool:
        """Whether anything is said by which they could be known again."""
        return bool(self.email.strip() or self.account.strip())


@dataclass(frozen=True)
class Place:
    """Where exactly what is reported is to be found."""

    urls: tuple[str, ...] = ()
    seconds: tuple[tuple[float, float], ...] = ()  # spans within the video

    @property
    def exact(self) -> bool:
        """Whether it leads anywhere."""
        return bool(self.urls or self.seconds)


@dataclass(frozen=True)
class Report:
    """What somebody says of an item. `kind` is for who takes it in to say: nobody flags in trust by their own word."""

    kind: NoticeKind
    category: str  # what it is said to be: deepfake, fraud, ...
    explanation: str  # why
    place: Place = Place()
    good_faith: bool = False  # they state that what they say is right and whole
    by: Contact = Contact()


@dataclass(frozen=True)
class Notice:
    """A report as it is kept."""

    id: str
    tenant_id: str
    review_id: str
    item: Item
    kind: NoticeKind
    category: str
    explanation: str
    place: Place
    good_faith: bool
    missing: tuple[str, ...]  # for a full notice of article 16, in words
    made_at: str

    @property
    def full(self) -> bool:
        """Whether it has all that article 16 asks of a notice."""
        return not self.missing


@dataclass(frozen=True)
class Received:
    """A notice that came in; `again`: this reporter had sent it before."""

    notice: Notice
    again: bool = False


@dataclass(frozen=True)
class Told:
    """What one side is to be told. The sending is done elsewhere."""

    id: str
    tenant_id: str
    side: Side
    of: str | None  # the notice or appeal whose contact it is for; None: the item's uploader
    about: str  # id of notice, decision or appeal
    item: Item
    kind: ToldKind
    words: str
    redress: str  # what they can do about it
    made_at: str
    due_at: str | None  # not before; None: sent, or taken back with the decision
    sent_at: str | None = None


@dataclass(frozen=True)
class Queue:
    """Where reviews wait. A restricted one is for named people alone, and shows little until it is asked to."""

    name: str
    restricted: bool = False
    blur: bool = False
    greyscale: bool = False
    mute: bool = False
    claim_s: float = 900.0
    people: frozenset[str] = frozenset()  # who may work it; none named: everybody, unless it is restricted

    @classmethod
    def closed(cls, name: str, people: frozenset[str], claim_s: float = 900.0) -> Queue:
        """Give a restricted queue with all covers on."""
        return cls(name, True, True, True, True, claim_s, people)

    def open_to(self, who: str) -> bool:
        """Whether somebody may work it.

        >>> Queue("all").open_to("person:1"), Queue.closed("few", frozenset()).open_to("person:1")
        (True, False)
        """
        return who in self.people or not (self.restricted or self.people)


@dataclass(frozen=True)
class Waiting:
    """How much waits in a queue."""

    queue: str
    waiting: int
    claimed: int
    oldest_s: float  # for how long the oldest waits
    differ: int = 0  # wait for one more, since those who were asked say different things
    stuck: int = 0  # too few who may work the queue are left who could say anything; at least so many


@dataclass(frozen=True)
class Seen:
    """What the detector says when a review is opened. Blind reviewers are not shown it."""

    outcome: str | None = None
    manipulations: tuple[str, ...] = ()  # kinds of change


@dataclass(frozen=True)
class Opinion:
    """What one person says of a video."""

    id: str
    round: int
    number: int
    who: str
    at: str
    finding: Finding
    category: Authenticity | None
    actions: tuple[Action, ...]
    reason: str
    answer: Answer | None = None


@dataclass(frozen=True)
class Said:
    """An opinion as it is given."""

    finding: Finding
    actions: tuple[Action, ...]
    reason: str
    category: Authenticity | None = None
    answer: Answer | None = None  # to an appeal

    @property
    def choice(self) -> tuple[str, tuple[tuple[str, str], ...], str | None]:
        """What must be the same where two agree: reason and category need not be."""
        return self.finding, tuple(sorted((one.kind, one.value) for one in self.actions)), self.answer


@dataclass(frozen=True)
class ReviewJob:
    """A review as somebody may see it: of a blind one, nothing that the detector says."""

    id: str
    tenant_id: str
    queue: str
    kind: ReviewKind
    submission: Submission
    priority: int
    people: int
    round: int
    made_at: str
    seen: Seen | None  # None: it is blind and not settled, or whoever asks has not claimed it
    opinions: tuple[Opinion, ...]  # until it is settled, one's own alone
    notices: tuple[Notice, ...] = ()  # of an appeal, those that led to what it is against
    appeal: Appeal | None = None  # that it is to answer
    claimed_by: str | None = None
    claimed_until: str | None = None
    settled_at: str | None = None
    finding: Finding | None = None
    decision_id: str | None = None
    effective_at: str | None = None

    @property
    def blind(self) -> bool:
        """Whether verdict and scores stay hidden from who works on it."""
        return self.kind == "blind"


@dataclass(frozen=True)
class AppealRequest:
    """What somebody says against a decision."""

    side: Side
    reason: str
    by: Contact = Contact()
    notice_id: str | None = None  # of a reporter
    policies: tuple[str, ...] = ()  # that they say were not broken, or were


@dataclass(frozen=True)
class Appeal:
    """An appeal as it is kept. In Coop's words: appealId, appealedAt, actionedItem, actionsTaken, appealReason, ..."""

    id: str
    tenant_id: str
    decision_id: str
    side: Side
    notice_id: str | None
    review_id: str
    item: Item
    actions: tuple[Action, ...]
    reason: str
    policies: tuple[str, ...]
    at: str
    answer: Answer | None = None
    answered_at: str | None = None
    answer_reason: str | None = None


@dataclass(frozen=True)
class Label:
    """What blind reviewers agreed on, for adapting the detector."""

    check_id: str
    content_hash: str
    label: Finding


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval (Wilson)."""

    count: int
    of: int
    low: float
    high: float


@dataclass(frozen=True)
class Overruled:
    """How often people found otherwise than the detector, where it said one thing."""

    by: Literal["outcome", "manipulation"]
    name: str
    blind: bool  # who had seen the verdict is led by it, and what they see is chosen: never add the two up
    overruled: Share
    unclear: int  # people could not say; not counted above


@dataclass(frozen=True)
class Agreement:
    """How far reviewers agree beyond chance. None: too little was seen to say."""

    items: int  # with at least two opinions
    fleiss: float | None
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Pair:
    """Cohen's kappa of two reviewers."""

    first: str
    second: str
    items: int
    kappa: float | None
