"""The script of a simulation: what people and telephones do, as values and as typed (`colombia/coordinator@4m`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network, Recipients
from alertnet.core.directory.durations import read_duration
from alertnet.core.errors import BadInput
from alertnet.core.incident import Facts

Key = tuple[str, str]
"""A contact as (tree id, contact id), or a level as (tree id, level name)."""


class Calls(StrEnum):
    """What happens to every call to somebody who is expected to answer."""

    RING_OUT = "ring-out"
    """Nobody picks up."""
    ANSWERED = "answered"
    """Somebody presses the code, and hangs up before saying more."""
    VOICEMAIL = "voicemail"


SILENT, ANSWERED_AT = "silent", "answered@"
"""What coordinators do with an alarm, as typed: nothing, or answer it that long after it was raised."""


class Does(StrEnum):
    """What somebody does; the first three are done by a contact, the others by a coordinator to a level."""

    ANSWERS = "answers"
    DECLINES = "declines"
    REPORTS = "reports"
    GO = "go"
    HOLD = "hold"


@dataclass(frozen=True, order=True)
class Deed:
    """Something that somebody does, that long after the opening.

    `about`: the contact who does it, or a level's name.
    """

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
    """Whether a coordinator gives a go as soon as asked; else only the automatic time opens a level."""
    alarms: timedelta | None = None
    """How long after an alarm was raised a coordinator answers it; None: nobody does."""

    def decides_on(self, tree: str, level: str) -> bool:
        """Whether the script sets a time at which somebody decides about that level."""
        return any((each.tree, each.about) == (tree, level) for each in self.deeds if each.does in (Does.GO, Does.HOLD))


class ScriptReader:
    """Reads what was typed, using the names of the trees that serve the case; if none does, of all trees."""

    def __init__(self, network: Network, facts: Facts) -> None:
        self._trees = network.serving_or_all(facts.country, facts.place)
        self._recipients = Recipients(self._trees)

    def deeds(self, option: str, does: Does, texts: Iterable[str]) -> tuple[Deed, ...]:
        """Read what is done and when, from texts such as `embassy-es@12m` or `colombia/Embassies@5m`.

        Refuses a name that no tree has, or several, under that option.
        """
        return tuple(self._deed(option, does, text) for text in texts)

    def fails(self, option: str, texts: Iterable[str]) -> frozenset[tuple[str, str, MethodKind]]:
        """Read what never arrives, from texts such as `embassy-es/sms`; it applies to that recipient in all trees."""
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


def read_alarms(text: str) -> timedelta | None:
    """Read how long after it was raised an alarm is answered, such as `answered@5m`; None for `silent`."""
    if text == SILENT:
        return None
    after = read_duration(text.removeprefix(ANSWERED_AT)) if text.startswith(ANSWERED_AT) else None
    if after is None:
        raise BadInput("--alarms", text, [SILENT, f"{ANSWERED_AT}5m"])
    return after


def _only(option: str, text: str, name: str, found: list[Key]) -> Key:
    if len(found) > 1:
        rest = text.removeprefix(name)
        raise BadInput(option, text, [f"{tree}/{each}{rest}" for tree, each in found])
    return found[0]
