"""An incident played through before it happens, as values: what people do in it, and what comes of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertnet.core.directory.contact import Contact, Method
from alertnet.core.directory.contact_tree import Network
from alertnet.core.errors import BadInput
from alertnet.core.notification import Kind
from alertnet.core.resolution.resolve import Pruned

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Key = tuple[str, str]
"""A contact by the id of its tree and its own."""


@dataclass(frozen=True)
class Script:
    """What people do in a simulation. `answers`: who acknowledges, and how long after the opening."""

    answers: Mapping[Key, timedelta] = field(default_factory=dict)
    gives_go: bool = True
    """Whether a coordinator says GO as soon as one is asked; else only the automatic time opens a level."""


def answers_of(name: str, texts: Iterable[str], network: Network) -> dict[Key, timedelta]:
    """Who acknowledges and when, of texts such as `embassy-es@12m` or `international/embassy-es@12m`.

    Raises:
        BadInput: a text of another form, or a contact that no tree has; under that name.
    """
    return dict(_answer(name, text, network) for text in texts)


def _answer(name: str, text: str, network: Network) -> tuple[Key, timedelta]:
    found = re.fullmatch(r"(?:([a-z0-9-]+)/)?([a-z0-9-]+)@([0-9]{1,6})([smhd])", text)
    if not found:
        raise BadInput(name, text, "CONTACT@AFTER or TREE/CONTACT@AFTER, such as embassy-es@12m")
    wanted, contact = found[1], found[2]
    trees = [id for id, tree in network.trees.items() if contact in tree.contacts and wanted in (None, id)]
    if not trees:
        raise BadInput(name, text, sorted({id for tree in network.trees.values() for id in tree.contacts}))
    return (trees[0], contact), timedelta(**{UNITS[found[4]]: int(found[3])})


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
    """The outcome of a simulation. `ends_at` None: by `until` it had not come to an end by itself."""

    told: tuple[Told, ...]
    noted: tuple[Noted, ...]
    pruned: tuple[Pruned, ...]
    closed: tuple[Closed, ...]
    until: datetime
    ends_at: datetime | None

    def of_tree(self, tree: str) -> "Rehearsal":
        """The part of the outcome that counts for that tree, or happens there."""
        return replace(
            self,
            told=tuple(each for each in self.told if tree in (each.tree, *each.trees)),
            noted=tuple(each for each in self.noted if each.tree == tree),
            pruned=tuple(each for each in self.pruned if each.tree == tree),
            closed=tuple(each for each in self.closed if each.tree == tree),
        )
