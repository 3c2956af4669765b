"""What follows from a decision about one escalation (`advance`) or about a whole incident (`advance_incident`)."""

from collections.abc import Mapping
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import State
from alertnet.core.notification import Kind, PromptAnswer, PromptKind


@value
class Send:
    """A message to send now by the contact's method, planned for `at`.

    `expires_at`: until then the provider keeps trying.
    """

    kind: Kind
    index: int
    round: int
    contact: str
    method_index: int
    at: datetime
    expires_at: datetime


@value
class AlertOnRecord:
    """An alert or task that was sent before, and the trees whose escalations it counts for."""

    id: str
    trees: frozenset[str]
    failed: bool = False
    just_now: bool = False
    """It was recorded at this very moment; it may be a reminder."""
    contact: tuple[str, str] | None = None
    """(tree, contact) whom it told; None: whoever has the address."""
    prompt: str | None = None
    """For a task: the prompt that asks the coordinators to do it."""
    refused: bool = False
    """It failed because the number refused our SMS; if the number takes them again, it has not been told."""


@value
class OpenPrompt:
    """A stored prompt of a tree that no coordinator has answered."""

    id: str
    kind: str
    subject: str
    tree: str
    index: int | None
    about: str | None


@value
class TimelineNote:
    """A line for the incident's timeline: a kind in clear and a few plain values."""

    tree: str
    kind: str
    payload: Mapping[str, object]


@value
class NewAlert:
    """Send an alert or reminder, or give the coordinators a task. `level`: the name of its level."""

    tree: str
    send: Send
    level: str


@value
class SharedAlert:
    """Let another tree's message count for this tree too, instead of a message of its own."""

    tree: str
    send: Send
    alert: NewAlert | AlertOnRecord


@value
class TaskAgain:
    """Ring for the contact's open task again and let it count for this send, instead of another task."""

    tree: str
    send: Send
    task: AlertOnRecord


@value
class PromptRaised:
    """Ask the coordinators for a decision, or alarm them; `contacts`: how many the level tells."""

    tree: str
    kind: PromptKind
    subject: Subject
    about: str
    index: int | None = None
    contacts: int | None = None
    automatic_at: datetime | None = None


@value
class PromptOver:
    """End a prompt that nobody needs to answer any more."""

    tree: str
    id: str
    answer: PromptAnswer


@value
class ActionMissing:
    """No action of a level was reported in time: tell the coordinators, and ask `contacts` what they did."""

    tree: str
    level: str
    contacts: tuple[str, ...]


@value
class Step:
    """The result of `advance`: the new state, its next due time, and what is to be done."""

    state: State
    due_at: datetime | None
    sends: tuple[Send, ...]
    asks: tuple[PromptRaised, ...]
    notes: tuple[TimelineNote, ...]

    def noted(self, kind: str) -> tuple[TimelineNote, ...]:
        return tuple([note for note in self.notes if note.kind == kind])


Effect = TimelineNote | NewAlert | SharedAlert | TaskAgain | PromptRaised | PromptOver | ActionMissing


@value
class IncidentStep:
    """The decision about an incident: new states and due times by tree, and the effects in their order."""

    states: dict[str, State]
    due_at: dict[str, datetime | None]
    effects: tuple[Effect, ...]
