"""The state of an escalation: its status, the levels it opened, the progress of each contact, and what is due.

The database stores these values between two moments. Only `advance` changes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.escalation.quorum import AnswerKind

LAST_RESORT = -1
"""The index of the level that the tree's `last_resort` forms at the end of each round."""


class Status(StrEnum):
    SCHEDULED = "scheduled"
    WAITING_FOR_GO = "waiting_for_go"
    RUNNING = "running"
    ACKNOWLEDGED = "acknowledged"
    UNANSWERED = "unanswered"
    STOPPED = "stopped"


AT_REST = (Status.ACKNOWLEDGED, Status.STOPPED)
"""The statuses in which no alert leaves (A4)."""


class LevelStatus(StrEnum):
    OPEN = "open"
    MET = "met"
    GAVE_WAY = "gave_way"
    """Nobody left could meet its rule, so the next opened at once; later answers still count."""


@value
class MethodUse:
    """A method that was used: its index among the contact's methods, and its planned moment."""

    method: int
    at: datetime


@value
class Pause:
    """Somebody listened to a call to this number and said no more: it gets no repeats before `until`."""

    address: str
    until: datetime


@value
class ContactProgress:
    """The progress of one contact in an opened level; its methods count from `starts_at`."""

    contact: str
    starts_at: datetime
    told: bool
    """False if it had answered before: it counts, but is not told again."""
    principal: bool = True
    """Whether the level itself names it, so that the rule counts it; else it only stands in."""
    stands_for: tuple[str, ...] = ()
    uses: tuple[MethodUse, ...] = ()
    failed: tuple[int, ...] = ()
    handed_over: tuple[int, ...] = ()
    """Methods whose failure brought the next one forward."""
    repeats: int = 0
    """The highest k whose repeat has passed."""
    pauses: tuple[Pause, ...] = ()
    """The numbers whose repeats wait."""
    deputised: bool = False
    closed_from: datetime | None = None
    """When the contact was found closed; from then on its `when_closed` methods are used."""
    skipped: tuple[int, ...] = ()
    """Methods left out because the contact was closed at their moment."""
    skipped_at: datetime | None = None
    """When the last of them was left out; the contact is told again at its next opening after that."""
    reopened: bool = False
    """It is told whatever the round: its telephones were closed, or a rise in severity ended its quiet hours."""
    edited_at: datetime | None = None
    """When an edit replaced its methods; none of the new ones counts from before."""


@value
class LevelRun:
    """A level that was opened, at its planned moment or by an event; the next is due at `ends_at`."""

    index: int
    round: int
    opened_at: datetime
    ends_at: datetime
    turns: tuple[ContactProgress, ...]
    status: LevelStatus = LevelStatus.OPEN
    met_at: datetime | None = None


@value
class OpenDecision:
    """A level that waits for a go; `automatic_at` None: it never opens by itself."""

    index: int
    asked_at: datetime
    automatic_at: datetime | None
    sent: bool = False
    """Whether it has reached any coordinator."""


@value
class State:
    """All that is remembered of an escalation."""

    status: Status
    start_at: datetime
    round: int = 1
    onward_from: datetime | None = None
    """No level opens before this: the beginning of the round, or a decision."""
    passed: int = -1
    """The last level whose moment has passed in this round; an earlier one that was skipped opens as soon as it may."""
    overdue: tuple[int, ...] = ()
    """Levels that an edit added after their moment in an earlier round; they open as soon as they may."""
    runs: tuple[LevelRun, ...] = ()
    """The latest run of each level, in the order of opening."""
    answers: dict[str, AnswerKind] = field(default_factory=dict)
    asked_anew: tuple[str, ...] = ()
    """Contacts that answered before the end of the tree; last resort is told again and answers anew."""
    revoked: tuple[str, ...] = ()
    """Contacts whose answer was taken back and who have not answered since; their alert says so."""
    relayed: tuple[str, ...] = ()
    """`contact:address` of what relayed, and for whom."""
    stale: tuple[str, ...] = ()
    """`method:address` of addresses that are invalid, opted out or somebody else's."""
    goes: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    """Levels that a hold keeps from opening by themselves, for good."""
    on_hold_since: datetime | None = None
    """Since when a coordinator holds whatever comes next: until a go no level opens by itself."""
    question: OpenDecision | None = None
    unverified_since: datetime | None = None
    """The planned moment of the level that waits for the incident to be verified."""
    unverified_index: int | None = None
    """That level; on verification it opens even if last resort has taken charge meanwhile."""
    in_hand: bool = False
    """A coordinator has put off, or denied, that the incident is genuine."""
    told_more_at: datetime | None = None
    """When the field told more after that; None: it has not."""
    round_due_at: datetime | None = None
    action_due_at: datetime | None = None
    acted: tuple[str, ...] = ()
    """Contacts that have reported an action."""
    met_index: int | None = None
    """The level whose rule acknowledged the escalation."""
    missed_index: int | None = None
    """The level that acknowledged but reported no action in time; it does not acknowledge again by itself."""
    confirmed: tuple[str, ...] = ()
    """Contacts whose acknowledgement a coordinator has confirmed or vouched for."""
    to_confirm: tuple[str, ...] = ()
    """Contacts whose acknowledgement the coordinators are asked to confirm."""
    stopped_from: Status | None = None
    stopped_at: datetime | None = None

    # By identity, since it holds a dict: for what is worked out once for the very same state.
    __hash__ = object.__hash__

    def holds(self, index: int | None) -> bool:
        """Whether a hold on that level, or on all that comes next, keeps it from opening by itself."""
        return self.on_hold_since is not None or (index in self.held and index not in self.goes)

    @property
    def moved_at(self) -> datetime | None:
        """When a level was last opened, met or asked about; None: nothing has happened yet."""
        met = [run.met_at for run in self.runs if run.met_at is not None]
        asked = [self.question.asked_at] if self.question is not None else []
        return max([*(run.opened_at for run in self.runs), *met, *asked], default=None)

    def relayed_by(self, contact: str) -> tuple[str, ...]:
        """The addresses that relayed for that contact; for another the same phone may still have to."""
        if not self.relayed or contact not in self.answers:
            return ()
        return tuple(address for id, _, address in (each.rpartition(":") for each in self.relayed) if id == contact)

    def relayed_without(self, contact: str) -> tuple[str, ...]:
        """`relayed` without what relayed for that contact."""
        # An address that stands alone is of the version before, for which it relayed for everybody.
        return tuple(each for each in self.relayed if each.rpartition(":")[0] not in ("", contact))


def action_due(states: Iterable[State]) -> datetime | None:
    """By when an action is expected in any of these escalations."""
    acknowledged = (state for state in states if state.status is Status.ACKNOWLEDGED)
    return min((each.action_due_at for each in acknowledged if each.action_due_at is not None), default=None)


@value
class Answered:
    """A contact answered, or changed its answer. `address`: the number or mailbox it came from, if known."""

    contact: str
    kind: AnswerKind
    address: str | None = None


@value
class Received:
    """Somebody is listening to a call to that number of the contact; unless they say more, it is not an answer."""

    contact: str
    address: str


@value
class Confirmed:
    """A coordinator confirms that the contact has acknowledged."""

    contact: str


@value
class Withdrawn:
    """An answer was revoked, or turned out to be another person's.

    `untold`: what the contact was sent was about something else, answered or not, so it is told of this from now on.
    """

    contact: str
    untold: bool = False


@value
class Failed:
    """The provider reported that this method did not reach the contact. `stale`: the kinds its address is bad for."""

    contact: str
    method_index: int
    stale: tuple[MethodKind, ...] = ()


@value
class LetThrough:
    """The owner of that number takes our SMS again."""

    number: str


@value
class Unsent:
    """The message did not leave, because the contact has closed or the duty has changed since its moment."""

    contact: str
    method_index: int


@value
class CalledOff:
    """The first message by that method to a contact of a level was called off before it left."""

    contact: str
    method_index: int
    level_index: int


@value
class Delayed:
    """The provider is away: the message waits, and the contact's next method goes."""

    contact: str
    method_index: int


@value
class Go:
    """A coordinator opens this level now; None: the one asked about, and what was held goes on as planned."""

    index: int | None = None


@value
class Hold:
    """A coordinator holds this level, so that it never opens by itself; None: all that come later, until a go."""

    index: int | None = None


@value
class Refuse:
    """A coordinator skips this level for good."""

    index: int


@value
class Unopened:
    """What opened the level was about something else: it counts as never opened, and waits for a go like any other.

    `but_for`: for these, for whoever has answered, and for whom a deputy has taken charge, it stays open.
    """

    index: int
    but_for: tuple[str, ...] | None = None


@value
class Undecided:
    """A hold or refusal of the level was about something else and is undone; None: the hold on all that comes later."""

    index: int | None = None


@value
class Asked:
    """The question about this level has left for a coordinator; None: the one whether the incident is genuine.

    `reached` False: it failed at every number and mailbox of every coordinator.
    """

    index: int | None
    reached: bool = True


@value
class InHand:
    """A coordinator has put off, or denied, that the incident is genuine; so somebody knows of it."""


@value
class ToldMore:
    """The field has told more since a coordinator put the incident off, and no coordinator has answered to it."""


@value
class Acted:
    """A contact reported what it did."""

    contact: str


@value
class PlanChanged:
    """The incident was verified, or its severity, consent or exclusions changed: decide again."""


@value
class Replanned:
    """A coordinator has applied edited trees or wider consent; the state is on the new plan: decide again."""


Event = (
    Answered
    | Received
    | Confirmed
    | Withdrawn
    | Failed
    | LetThrough
    | Unsent
    | CalledOff
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

ContactEvent = Answered | Received | Confirmed | Withdrawn | Acted
"""Events of a contact, which may stand in other trees under other names."""

Events = Mapping[str, Sequence[Event]]
"""What happened in the escalations of an incident, by tree; without any, `()`, only time has passed."""
