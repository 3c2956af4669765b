"""An escalation as a value: its status, the levels it has opened, how far each contact is, and what is to happen when.

The values here are what the database keeps of an escalation between two moments. `advance` alone moves them.
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.quorum import AnswerKind

LAST_RESORT = -1
"""The index of the level that the tree's `last_resort` forms at the end of each round."""


class Status(StrEnum):
    """Where an escalation stands."""

    SCHEDULED = "scheduled"
    WAITING_FOR_GO = "waiting_for_go"
    RUNNING = "running"
    ACKNOWLEDGED = "acknowledged"
    UNANSWERED = "unanswered"
    STOPPED = "stopped"


class LevelStatus(StrEnum):
    """How an opened level fares."""

    OPEN = "open"
    MET = "met"
    GAVE_WAY = "gave_way"
    """Nobody left could meet its rule: the next opened at once, later answers still count."""


@value
class MethodUse:
    """A method that was used: its index among the contact's methods, and the moment it was planned for."""

    method: int
    at: datetime


@value
class Pause:
    """Somebody listened to a call to that number and said no more: it is not rung or written to again before then."""

    address: str
    until: datetime


@value
class ContactProgress:
    """How far one contact is in an opened level: its methods count from `starts_at`."""

    contact: str
    starts_at: datetime
    told: bool
    """False when it had answered before: then it counts, but is not told again."""
    principal: bool = True
    """Whether the level itself names it, so that the rule is about it; else it only stands in."""
    stands_for: tuple[str, ...] = ()
    uses: tuple[MethodUse, ...] = ()
    failed: tuple[int, ...] = ()
    handed_over: tuple[int, ...] = ()
    """The methods whose failure has brought the next one forward."""
    repeats: int = 0
    """The highest k whose moment has passed."""
    pauses: tuple[Pause, ...] = ()
    """The numbers whose repeats wait."""
    deputised: bool = False
    closed_from: datetime | None = None
    """When the contact turned out to be closed: from then on the methods for that are used."""
    skipped: tuple[int, ...] = ()
    """The methods that reach nobody because the contact was closed at their moment."""
    skipped_at: datetime | None = None
    """When the last of them was left out: the contact is due again at its next opening from then on."""
    reopened: bool = False
    """It was closed to all that rings, and has begun again at its opening: whatever round it is meanwhile."""
    edited_at: datetime | None = None
    """When other methods took the place of the contact's own: none of them counts from before."""


@value
class LevelRun:
    """A level that was opened, at its planned moment or by an event; `ends_at` is when the next is due."""

    index: int
    round: int
    opened_at: datetime
    ends_at: datetime
    turns: tuple[ContactProgress, ...]
    status: LevelStatus = LevelStatus.OPEN
    met_at: datetime | None = None


@value
class OpenDecision:
    """A level that waits for a go; `automatic_at` None: it never proceeds by itself."""

    index: int
    asked_at: datetime
    automatic_at: datetime | None
    sent: bool = False
    """Whether any coordinator was reached with it."""


@value
class State:
    """All that an escalation remembers."""

    status: Status
    start_at: datetime
    round: int = 1
    onward_from: datetime | None = None
    """No level opens before this: when the round began, or a decision moved it on."""
    passed: int = -1
    """The last level whose moment has come in this round: one before it that was skipped opens as soon as it may."""
    overdue: tuple[int, ...] = ()
    """Levels that an edit has brought in after their moment in an earlier round: they open as soon as they may."""
    runs: tuple[LevelRun, ...] = ()
    """The latest of each level, in the order of opening."""
    answers: dict[str, AnswerKind] = field(default_factory=dict)
    asked_anew: tuple[str, ...] = ()
    """Contacts whose answer was given before the end of the tree: last resort is told again, and answers anew."""
    relayed: tuple[str, ...] = ()
    """Addresses that passed it on: they are not used again for whoever they did so for."""
    stale: tuple[str, ...] = ()
    """`method:address` of those that are invalid, opted out or somebody else's."""
    goes: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    """Levels that a hold keeps from proceeding by themselves, for good."""
    on_hold_since: datetime | None = None
    """Since when a coordinator holds whatever comes next: until a go no level proceeds by itself."""
    question: OpenDecision | None = None
    unverified_since: datetime | None = None
    """The planned moment of the level that waits for the incident to be verified."""
    unverified_index: int | None = None
    """That level: it opens then also where last resort has taken charge meanwhile."""
    in_hand: bool = False
    """A coordinator has put off, or denied, that the incident is genuine."""
    told_more_at: datetime | None = None
    """When the field told more after that."""
    round_due_at: datetime | None = None
    action_due_at: datetime | None = None
    acted: tuple[str, ...] = ()
    """Contacts that have reported an action."""
    met_index: int | None = None
    """The level whose rule acknowledged the escalation."""
    missed_index: int | None = None
    """The level that acknowledged, but reported no action in time: it does not acknowledge again by itself."""
    confirmed: tuple[str, ...] = ()
    """Contacts whose acknowledgement a coordinator has confirmed or vouched for."""
    to_confirm: tuple[str, ...] = ()
    """Contacts whose acknowledgement the coordinators are asked to confirm."""
    stopped_from: Status | None = None
    stopped_at: datetime | None = None


@value
class Answered:
    """A contact answered, or changed its answer. `address` is the number or mailbox it came from, where known."""

    contact: str
    kind: AnswerKind
    address: str | None = None


@value
class Received:
    """Somebody listens to a call to that number of the contact: no answer yet, and none if they say no more."""

    contact: str
    address: str


@value
class Confirmed:
    """A coordinator confirms that the contact has acknowledged."""

    contact: str


@value
class Withdrawn:
    """An answer was revoked, or turned out to be another person's.

    `untold`: with or without one, what the contact was sent is about something else: it is told of this from now on.
    """

    contact: str
    untold: bool = False


@value
class Failed:
    """The provider reported that this method did not reach the contact; `stale`: the kinds its address is bad for."""

    contact: str
    method: int
    stale: tuple[MethodKind, ...] = ()


@value
class LetThrough:
    """Whoever has that number lets our SMS through again."""

    number: str


@value
class Unsent:
    """The message did not leave, because between its moment and now the contact has closed, or its duty has changed."""

    contact: str
    method: int


@value
class Delayed:
    """The provider is away: the message waits, and the contact's next method goes."""

    contact: str
    method: int


@value
class Go:
    """A coordinator opens this level now; None: the one that is asked about, and what was held goes on as planned."""

    index: int | None = None


@value
class Hold:
    """A coordinator waits: this level never proceeds by itself; None: nor does any that comes later, until a go."""

    index: int | None = None


@value
class Refuse:
    """A coordinator skips this level for good."""

    index: int


@value
class Unopened:
    """What opened the level was about something else: it counts as never opened, and waits for a go like any other."""

    index: int


@value
class Undecided:
    """A hold or a refusal of the level was about something else; None: so was that of all that comes later."""

    index: int | None = None


@value
class Asked:
    """The question of this level has left for a coordinator; None: whether the incident is genuine.

    `reached` False: it has failed at every number and mailbox of every coordinator.
    """

    index: int | None
    reached: bool = True


@value
class InHand:
    """A coordinator has put off, or denied, that the incident is genuine: somebody has heard of it."""


@value
class ToldMore:
    """The field has told more, of which nobody who had put off the incident has said anything yet."""


@value
class Acted:
    """A contact reported what it did."""

    contact: str


@value
class PlanChanged:
    """The incident was verified, or its severity, consent or exclusions changed: look again."""


@value
class Replanned:
    """A coordinator has applied edited trees or wider consent: the state stands on the new plan, look again."""


Event = (
    Answered
    | Received
    | Confirmed
    | Withdrawn
    | Failed
    | LetThrough
    | Unsent
    | Delayed
    | Go
    | Hold
    | Refuse
    | Unopened
    | Undecided
    | Asked
    | InHand
    | ToldMore
    | Acted
    | PlanChanged
    | Replanned
)
