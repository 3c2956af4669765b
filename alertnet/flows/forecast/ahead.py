"""Simulates what comes if nobody answers: for an incident about to be raised, and for an open one."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact import MethodKind
from alertnet.core.directory.contact_tree import Network
from alertnet.core.directory.languages import Title
from alertnet.core.forecast.script import Script
from alertnet.core.forecast.simulate import go_on, rehearse
from alertnet.core.forecast.simulated_incident import SimulatedIncident
from alertnet.core.forecast.simulation import Noted, Rehearsal, Told
from alertnet.core.incident import Facts
from alertnet.core.notification import Kind
from alertnet.core.resolution.known_people import checked, unknown_codes
from alertnet.flows.escalation.escalate import OnRecord
from alertnet.flows.unit.locked_incident import LockedIncident
from alertnet.store.views.timeline_view import Entry

RAISED, OPEN = timedelta(hours=6), timedelta(hours=3)
"""How far to look ahead from raising an incident, and from now."""


@value
class WouldBeTold:
    """A level that would open: after how many minutes, in which tree, whom it tells, and whether it waits for a go."""

    minutes: int
    title: Title
    level: str
    names: tuple[str, ...]
    waits: bool


@value
class Foretold:
    """What an incident would do in its first hours if nobody answers, and how many people would be left out."""

    levels: tuple[WouldBeTold, ...]
    left_out: int
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Codes of people that the teams file does not know, if it knows any."""


def foretell(network: Network, reported: Facts, now: datetime) -> Foretold:
    """Simulate an incident about to be reported on the trees in force; every go is given at once."""
    facts = checked(reported, network)
    rehearsal = rehearse(facts, network.trees.values(), now, now + RAISED, Script())
    left_out = len({(each.tree, each.contact) for each in rehearsal.pruned})
    levels = tuple(_levels(network, rehearsal, now))
    return Foretold(levels, left_out, rehearsal.warnings, unknown_codes(facts, network))


def _levels(network: Network, rehearsal: Rehearsal, now: datetime) -> Iterator[WouldBeTold]:
    waits = {(each.tree, str(each.payload.get("level"))) for each in rehearsal.noted if each.kind == "go_asked"}
    told: dict[tuple[str, str], tuple[datetime, dict[str, None]]] = {}
    for each in rehearsal.told:
        if (each.kind is Kind.ALERT or each.method.kind is MethodKind.TASK) and each.round == 1:
            _, names = told.setdefault((each.tree, each.level), (each.at, {}))
            names[each.contact.called] = None
    for (tree, level), (at, names) in told.items():
        minutes = round((at - now) / timedelta(minutes=1))
        yield WouldBeTold(minutes, network.trees[tree].title_to_read, level, tuple(names), (tree, level) in waits)


def play_on(locked: LockedIncident) -> SimulatedIncident:
    """Simulate the next hours of the incident, if nobody answers and no coordinator decides."""
    due_at = {each.tree: each.due_at for each in locked.escalations}
    return go_on(locked.plans, locked.states, due_at, OnRecord(locked), locked.tx.now, locked.tx.now + OPEN)


def entries_ahead(locked: LockedIncident) -> list[Entry]:
    """The timeline entries of the next hours as the core will decide then; empty for a closed incident.

    Also empty where part of the incident can't be read, since nobody knows then what its other escalations will do
    (A11).
    """
    return [] if not locked.is_open or locked.broken else entries_of(play_on(locked))


def entries_of(incident: SimulatedIncident) -> list[Entry]:
    # What repeats to coordinators until they answer is listed among the decisions instead.
    told = (each for each in incident.told if each.kind.is_alert or each.method.kind is MethodKind.TASK)
    comes: list[Told | Noted] = [*incident.noted, *told]
    return [_entry(each) for each in sorted(comes, key=lambda each: each.at)]


def _entry(of: Told | Noted) -> Entry:
    if isinstance(of, Noted):
        return Entry(of.at, of.kind, {"tree": of.tree, **of.payload})
    payload = {"tree": of.tree, "contact": of.contact.id, "method": of.method.kind.value, "message": of.kind.value}
    return Entry(of.at, "attempt_sent", payload)
