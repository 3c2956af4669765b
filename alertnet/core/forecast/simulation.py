"""The results of a simulation, as values."""

from collections.abc import Mapping
from datetime import datetime

from alertnet.core.codec import replace, value
from alertnet.core.directory.contact import Contact, Method
from alertnet.core.forecast.script import Deed
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Pruned


@value
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
    arrives: bool = True
    """False: the script lets it fail."""


@value
class Shared:
    """A message of another tree that counts for this level, so that the contact is not told again."""

    at: datetime
    tree: str
    level: str
    round: int
    contact: str
    told: Told


@value
class Noted:
    """A line of the history: a level that opens, waits or gives way, an answer, a round, the end of a tree."""

    at: datetime
    tree: str
    kind: str
    payload: Mapping[str, object]


@value
class Ignored:
    """A part of the script that has no effect, and why."""

    deed: Deed
    why: str


@value
class ClosedContact:
    """A contact that is closed when its level opens. `by`: its hours, or which holiday of which country."""

    at: datetime
    tree: str
    level: str
    contact: str
    by: str


@value
class Rehearsal:
    """The outcome of a simulation. `ends_at` None: it had not ended by itself at `until`."""

    told: tuple[Told, ...]
    shared: tuple[Shared, ...]
    noted: tuple[Noted, ...]
    ignored: tuple[Ignored, ...]
    pruned: tuple[Pruned, ...]
    closed: tuple[ClosedContact, ...]
    until: datetime
    ends_at: datetime | None
    warnings: tuple[str, ...] = ()
    """What an incident would warn of when it opens."""

    def of_tree(self, tree: str) -> "Rehearsal":
        """The part of the outcome that counts for that tree, or happens there."""
        return replace(
            self,
            told=tuple(each for each in self.told if tree in (each.tree, *each.trees)),
            shared=tuple(each for each in self.shared if each.tree == tree),
            noted=tuple(each for each in self.noted if each.tree == tree),
            ignored=tuple(each for each in self.ignored if each.deed.tree == tree),
            pruned=tuple(each for each in self.pruned if each.tree == tree),
            closed=tuple(each for each in self.closed if each.tree == tree),
        )
