"""What people and telephones do in a simulation, as values and as it is typed: `colombia/coordinator@4m`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Network, Recipients
from alertnet.core.directory.durations import read_duration
from alertnet.core.errors import BadInput
from alertnet.core.incident import Facts

Key = tuple[str, str]
"""A contact by the id of its tree and its own; a level by that of its tree and its name."""


class Calls(StrEnum):
    """What becomes of every call to somebody who is to answer."""

    RING_OUT = "ring-out"
    """Nobody picks up."""
    ANSWERED = "answered"
    """Somebody keys the code, and hangs up before saying more."""
    VOICEMAIL = "voicemail"


SILENT, ANSWERED_AT = "silent", "answered@"
"""What coordinators do with an alarm, as it is typed: nothing, or answer it so long after it was raised."""


class Does(StrEnum):
    """What somebody does: a contact the first three, a coordinator the others to a level."""

    ANSWERS = "answers"
    DECLINES = "declines"
    REPORTS = "reports"
    GO = "go"
    HOLD = "hold"


@dataclass(frozen=True, order=True)
class Deed:
    """Something that somebody does, so long after the opening. `about`: the contact who does it, or a level's name."""

    after: timedelta
    does: Does
    tree: str
    about: str


@value
class Script:
    """All that people and telephones do. `fails`: what never arrives, by tree, contact and kind of method."""

    deeds: tuple[Deed, ...] = ()
    fails: frozenset[tuple[str, str, MethodKind]] = frozenset()
    calls: Calls = Calls.RING_OUT
    gives_go: bool = True
    """Whether a coordinator says GO as soon as one is asked; else only the automatic time opens a level."""
    alarms: timedelta | None = None
    """How long after it was raised a coordinator answers an alarm; None: nobody does."""

    def decides_on(self, tree: str, level: str) -> bool:
        """Whether somebody says at a moment of its own what becomes of that level."""
        return any((each.tree, each.about) == (tree, level) for each in self.deeds if each.does in (Does.GO, Does.HOLD))


class ScriptReader:
    """Reads what was typed, by the names of the trees that serve the case; where none does, by those of all."""

    def __init__(self, network: Network, facts: Facts) -> None:
        serving = network.serving(facts.country, facts.place)
        self._trees: tuple[ContactTree, ...] = serving or tuple(network.trees.values())
        self._recipients = Recipients(self._trees)

    def deeds(self, option: str, does: Does, texts: Iterable[str]) -> tuple[Deed, ...]:
        """What is done and when, of texts such as `embassy-es@12m` or `colombia/Embassies@5m`.

        Raises:
            BadInput: a text of another form, a name that no tree has, or one that several have; under that option.
        """
        return tuple(self._deed(option, does, text) for text in texts)

    def fails(self, option: str, texts: Iterable[str]) -> frozenset[tuple[str, str, MethodKind]]:
        """What never arrives, of texts such as `embassy-es/sms`: at whoever has that number in whichever tree.

        Raises:
            BadInput: as for deeds, or a method that the contact has not.
        """
        return frozenset(each for text in texts for each in self._failing(option, text))

    def _deed(self, option: str, does: Does, text: str) -> Deed:
        name, _, span = text.rpartition("@")
        length = read_duration(span)
        of_levels = does in (Does.GO, Does.HOLD)
        if not name or length is None:
            what, such = ("LEVEL", "Embassies@5m") if of_levels else ("CONTACT", "embassy-es@12m")
            raise BadInput(option, text, f"{what}@AFTER or TREE/{what}@AFTER, such as {such}")
        tree, about = self._level(option, text, name) if of_levels else self._contact(option, text, name)
        return Deed(length, does, tree, about)

    def _failing(self, option: str, text: str) -> Iterable[tuple[str, str, MethodKind]]:
        name, _, kind = text.rpartition("/")
        if not name:
            raise BadInput(option, text, "CONTACT/METHOD or TREE/CONTACT/METHOD, such as embassy-es/sms")
        key = self._contact(option, text, name)
        same = self._recipients.same_as(*key)
        own = [method.kind for method in same[0][1].all_methods]
        if kind not in own:
            raise BadInput(option, text, [f"{name}/{each}" for each in dict.fromkeys(own)])
        return [(tree, contact.id, MethodKind(kind)) for tree, contact in same]

    def _contact(self, option: str, text: str, name: str) -> Key:
        found = self._named(option, text, name, {tree.id: list(tree.contacts) for tree in self._trees})
        same = {(tree, contact.id) for tree, contact in self._recipients.same_as(*found[0])}
        return _only(option, text, name, [found[0], *(each for each in found if each not in same)])

    def _level(self, option: str, text: str, name: str) -> Key:
        levels = {tree.id: [level.name for level in tree.levels] for tree in self._trees}
        return _only(option, text, name, self._named(option, text, name, levels))

    def _named(self, option: str, text: str, name: str, known: dict[str, list[str]]) -> list[Key]:
        found = [(tree, its) for tree, names in known.items() for its in names if name in (its, f"{tree}/{its}")]
        if not found:
            raise BadInput(option, text, sorted({each for names in known.values() for each in names}))
        return found


def read_alarms(option: str, text: str) -> timedelta | None:
    """How long after it was raised an alarm is answered, of a text such as `answered@5m`; None for `silent`.

    Raises:
        BadInput: a text of another form.
    """
    if text == SILENT:
        return None
    after = read_duration(text.removeprefix(ANSWERED_AT)) if text.startswith(ANSWERED_AT) else None
    if after is None:
        raise BadInput(option, text, [SILENT, f"{ANSWERED_AT}5m"])
    return after


def _only(option: str, text: str, name: str, found: list[Key]) -> Key:
    if len(found) > 1:
        rest = text.removeprefix(name)
        raise BadInput(option, text, [f"{tree}/{each}{rest}" for tree, each in found])
    return found[0]
