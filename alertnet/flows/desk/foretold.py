"""Who would be told of an incident that somebody is about to raise, and when: played through, nothing is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertnet.core.directory.contact_tree import Network
from alertnet.core.forecast.script import Script
from alertnet.core.forecast.simulate import rehearse
from alertnet.core.forecast.simulation import Rehearsal
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.resolution.known_people import check_names, with_records

AHEAD = timedelta(hours=6)


@dataclass(frozen=True)
class WouldBeTold:
    """A level that would open: after how many minutes, whom it tells, and whether it waits for a go before."""

    minutes: int
    tree: str
    level: str
    names: tuple[str, ...]
    waits: bool


@dataclass(frozen=True)
class Foretold:
    """What an incident would do in its first hours if nobody answers, and how many would be left out."""

    levels: tuple[WouldBeTold, ...]
    left_out: int


def foretell(network: Network, reported: Facts, now: datetime) -> Foretold:
    """Play what is about to be reported, on the trees in force; whoever is asked for a go gives it at once.

    Raises:
        BadInput: somebody is to be spared whom no tree knows, or a person's `contact` is none.
    """
    facts, _ = with_records(reported, network)
    check_names(facts, network)
    rehearsal = rehearse(facts, network.trees.values(), now, now + AHEAD, Script())
    left_out = len({(each.tree, each.contact) for each in rehearsal.pruned})
    return Foretold(tuple(_levels(network, rehearsal, now)), left_out)


def _levels(network: Network, rehearsal: Rehearsal, now: datetime) -> Iterator[WouldBeTold]:
    waits = {(each.tree, str(each.payload.get("level"))) for each in rehearsal.noted if each.kind == "go_asked"}
    told: dict[tuple[str, str], tuple[datetime, dict[str, None]]] = {}
    for each in rehearsal.told:
        if each.kind is Kind.ALERT and each.round == 1:
            _, names = told.setdefault((each.trees[0], each.level), (each.at, {}))
            names[each.contact.called] = None
    for (tree, level), (at, names) in told.items():
        minutes = round((at - now) / timedelta(minutes=1))
        yield WouldBeTold(minutes, network.trees[tree].title, level, tuple(names), (tree, level) in waits)
