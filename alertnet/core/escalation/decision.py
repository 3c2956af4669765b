"""What `advance` decides: the escalation's new state, and what the shell is to do about it."""

from dataclasses import dataclass
from datetime import datetime

from alertnet.core.escalation.state import State
from alertnet.core.notification import Kind


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Ask:
    """A question to the coordinators: may this level open? With a contact: does it really take charge?"""

    index: int
    contacts: int
    automatic_at: datetime | None
    contact: str | None = None


@dataclass(frozen=True)
class Note:
    """A line for the timeline: a kind in clear and a few plain values."""

    kind: str
    payload: dict[str, object]


@dataclass(frozen=True)
class Step:
    """What `advance` decided: the new state, its next due time, and what the shell has to do about it."""

    state: State
    due_at: datetime | None
    sends: tuple[Send, ...]
    asks: tuple[Ask, ...]
    notes: tuple[Note, ...]

    def noted(self, kind: str) -> tuple[Note, ...]:
        """The notes of that kind."""
        return tuple(note for note in self.notes if note.kind == kind)
