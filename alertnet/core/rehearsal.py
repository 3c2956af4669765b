"""An incident played through before it happens, as values: what people do in it, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertnet.core.contact import Contact, Method
from alertnet.core.notification import Kind
from alertnet.core.resolution import Pruned

AGAIN = timedelta(minutes=10)
"""After this a question or an alarm that nobody answers rings again (B3)."""

Key = tuple[str, str]
"""A contact by the id of its tree and its own."""


@dataclass(frozen=True)
class Script:
    """What people do. `answers`: who acknowledges, and how long after the incident was opened."""

    answers: Mapping[Key, timedelta] = field(default_factory=dict)
    gives_go: bool = True
    """Whether a coordinator says GO as soon as one is asked; else only the automatic time opens a level."""


@dataclass(frozen=True)
class Told:
    """One message by one method. `trees`: the escalations that it counts for."""

    at: datetime
    tree: str
    level: str
    round: int
    contact: Contact
    method: Method
    kind: Kind
    trees: tuple[str, ...]


@dataclass(frozen=True)
class Noted:
    """A line of the history: a level that opens, waits or gives way, a round, the end of a tree."""

    at: datetime
    tree: str
    kind: str
    payload: Mapping[str, object]


@dataclass(frozen=True)
class Closed:
    """A contact that is not there when its level opens. `by`: its hours, or which holiday of which country."""

    at: datetime
    tree: str
    level: str
    contact: str
    by: str


@dataclass(frozen=True)
class Rehearsal:
    """What came of it. `ends_at` None: by `until` it had not come to an end by itself."""

    told: tuple[Told, ...]
    noted: tuple[Noted, ...]
    pruned: tuple[Pruned, ...]
    closed: tuple[Closed, ...]
    until: datetime
    ends_at: datetime | None
