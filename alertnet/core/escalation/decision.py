"""What is decided: of one escalation by `advance`, of a whole incident by `advance_incident`."""

from collections.abc import Mapping
from datetime import datetime

from alertnet.core.codec import value
from alertnet.core.disclosure import Subject
from alertnet.core.escalation.state import State
from alertnet.core.notification import Kind, PromptAnswer, PromptKind


@value
class Send:
    """A message that is to leave now: the contact's method, planned for `at`.

    `expires_at`: until then the provider is to go on trying.
    """

    kind: Kind
    index: int
    round: int
    contact: str
    method: int
    at: datetime
    expires_at: datetime


@value
class Ask:
    """A question to the coordinators: may this level open? With a contact: does it really take charge?"""

    index: int
    contacts: int
    automatic_at: datetime | None
    contact: str | None = None


@value
class Note:
    """A line for the timeline: a kind in clear and a few plain values."""

    kind: str
    payload: dict[str, object]


@value
class Step:
    """What `advance` decided: the new state, its next due time, and what the shell has to do about it."""

    state: State
    due_at: datetime | None
    sends: tuple[Send, ...]
    asks: tuple[Ask, ...]
    notes: tuple[Note, ...]

    def noted(self, kind: str) -> tuple[Note, ...]:
        """The notes of that kind."""
        return tuple([note for note in self.notes if note.kind == kind])


@value
class AlertOnRecord:
    """An alert or task that was sent before, and the trees whose escalations it counts for."""

    id: str
    trees: frozenset[str]
    failed: bool = False
    just_now: bool = False
    """Put on the record at this very moment, be it a reminder."""
    contact: tuple[str, str] | None = None
    """(tree, contact) whom it told; None: whoever has the address."""
    prompt: str | None = None
    """Of a task: what asks the coordinators for it."""
    refused: bool = False
    """It failed since its number had refused our SMS; whoever lets them through again has not been told by it."""


@value
class OpenPrompt:
    """A prompt of a tree that no coordinator has answered, as it is stored; `level` counts from 1."""

    id: str
    kind: str
    subject: str
    tree: str
    level: int | None
    about: str | None


@value
class TimelineNote:
    """A line for the timeline of the incident."""

    tree: str
    kind: str
    payload: Mapping[str, object]


@value
class NewAlert:
    """An alert or reminder leaves; a task is asked of the coordinators. `level`: the name of its level."""

    tree: str
    send: Send
    level: str


@value
class SharedAlert:
    """In place of a message of its own, that of another tree counts for this one too."""

    tree: str
    send: Send
    alert: NewAlert | AlertOnRecord


@value
class TaskAgain:
    """In place of another task for the contact, the one that nobody has done rings again, and counts for this send."""

    tree: str
    send: Send
    task: AlertOnRecord


@value
class NewPrompt:
    """The coordinators are asked for a decision, or alarmed; `level` counts from 1, `contacts` is how many it tells."""

    tree: str
    kind: PromptKind
    subject: Subject
    about: str
    level: int | None = None
    contacts: int | None = None
    automatic_at: datetime | None = None


@value
class PromptOver:
    """Nobody needs to answer that prompt any more."""

    tree: str
    id: str
    answer: PromptAnswer


@value
class ActionMissing:
    """No action was reported of a level in time: the coordinators hear it, `contacts` are asked what they did."""

    tree: str
    level: str
    contacts: tuple[str, ...]


Effect = TimelineNote | NewAlert | SharedAlert | TaskAgain | NewPrompt | PromptOver | ActionMissing


@value
class IncidentStep:
    """What was decided of an incident: the new states and due times by tree, and what is to be done, in this order."""

    states: dict[str, State]
    due_at: dict[str, datetime | None]
    effects: tuple[Effect, ...]
