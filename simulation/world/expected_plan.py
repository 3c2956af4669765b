"""What a tree plans when nobody answers and nothing fails, worked out independently from the design (B3, A7)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from alertnet.core.directory.contact import OF_THE_STATE, RINGING, Contact, Method, MethodKind
from alertnet.core.directory.contact_tree import ContactTree, Level
from alertnet.core.directory.when import When
from alertnet.core.incident import Facts, Perpetrator, Scope, Severity
from alertnet.core.notification import Kind
from simulation.world.cast import phones_of
from simulation.world.expected_consent import why_barred

FIRST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(hours=4)


@dataclass(frozen=True)
class Planned:
    """One message: `at` is its planned moment, to the microsecond."""

    contact: str
    method: MethodKind
    kind: Kind
    at: datetime


@dataclass(frozen=True)
class Plan:
    """Everything planned before `until`."""

    messages: frozenset[Planned]
    until: datetime


def plan_of(
    trees: Mapping[str, ContactTree], tree: ContactTree, facts: Facts, start: datetime, until: datetime
) -> Plan:
    """The plan up to a moment, or up to the first level that waits for somebody's decision."""
    listed = list(trees.values())
    levels = [(level, told_by(listed, tree, level, facts)) for level in tree.levels]
    messages: list[Planned] = []
    later: dict[str, list[Planned]] = {}
    moment, round = start, 1
    while moment < until:
        ends_at = moment
        told: list[Planned] = []
        for level, contacts in levels:
            is_coordination = all(contact.is_coordinator for contact in contacts)
            if not contacts or (round > tree.rounds and not is_coordination):
                continue
            if _waits(tree, level, contacts, facts):
                return _before([*messages, *told, *chain(*later.values())], min(until, ends_at))
            told += [each for contact in contacts for each in _turn(contact, level, ends_at).messages]
            # A contact held for its opening is, in whatever round, until its level asks it anew.
            messages += [each for each in later.get(level.name, ()) if each.at < ends_at]
            later[level.name] = [each for contact in contacts for each in _at_opening(contact, level, ends_at)]
            ends_at += level.wait
        last_resort = [tree.contacts[id] for id in tree.last_resort if not _is_barred(listed, tree.contacts[id], facts)]
        told += [each for contact in last_resort for each in _turn(contact, Level("", ()), ends_at).messages]
        moment = ends_at + min(FIRST_PAUSE * 2 ** (round - 1), LONGEST_PAUSE)
        round += 1
        # What a round has not done when the next one begins is left out.
        messages += [each for each in told if each.at < moment]
    return _before([*messages, *chain(*later.values())], until)


def _before(messages: list[Planned], moment: datetime) -> Plan:
    return Plan(frozenset(each for each in messages if each.at < moment), moment)


@dataclass(frozen=True)
class _Turn:
    """What a contact is told when a level opens, the methods used, and those left out with their times."""

    messages: list[Planned]
    used: list[tuple[datetime, Method]]
    left_out: list[tuple[datetime, Method]]


def _at_opening(contact: Contact, level: Level, start: datetime) -> list[Planned]:
    """What it is told at its next opening, if the level has left out everything that rings there."""
    turn = _turn(contact, level, start)
    if not turn.left_out or any(method.kind in RINGING for _, method in turn.used):
        return []
    opening = max(at for at, _ in turn.left_out)
    while is_closed(contact, opening):
        opening = opening.replace(second=0, microsecond=0) + timedelta(minutes=1)
    left = [method for at, method in turn.used if at < opening]
    methods = tuple(method for method in contact.methods if method not in left)
    return _turn(replace(contact, methods=methods), level, opening).messages


def _turn(contact: Contact, level: Level, start: datetime) -> _Turn:
    """Each method at its time; then repeats by the phone methods used strictly before. Mail has no hours.

    From the first moment at which it was found closed, its methods for that are used as well.
    """
    again = (
        [(start + k * level.repeat.every, 1, None) for k in range(1, level.repeat.times + 1)] if level.repeat else []
    )
    waiting: list[tuple[datetime, int, Method | None]] = [*((start + each.after, 0, each) for each in contact.methods)]
    waiting += again
    turn = _Turn([], [], [])
    was_closed = False
    if is_closed(contact, start):
        was_closed = True
        waiting += [(start + each.after, 0, each) for each in contact.when_closed]
    while waiting:
        first = min(waiting, key=lambda each: each[:2])
        waiting.remove(first)
        at, _, method = first
        rings = [method] if method else [each for when, each in turn.used if each.kind in RINGING and when < at]
        for each in rings:
            if each in contact.methods and each.kind is not MethodKind.EMAIL and is_closed(contact, at):
                turn.left_out.extend([(at, each)] if method else [])
                if not was_closed:
                    was_closed = True
                    waiting += [(max(start + other.after, at), 0, other) for other in contact.when_closed]
            # A task is sent to nobody: the coordinators are alarmed.
            elif each.kind is not MethodKind.TASK:
                turn.used.extend([(at, each)] if method else [])
                turn.messages.append(Planned(contact.id, each.kind, Kind.ALERT if method else Kind.REMINDER, at))
    return turn


def is_closed(contact: Contact, at: datetime) -> bool:
    """Whether its office is closed then, by its local clock."""
    if contact.hours is None:
        return False
    local = at.astimezone(ZoneInfo(contact.timezone))
    minute = local.hour * 60 + local.minute
    return not any(begins <= minute < ends for begins, ends in contact.hours.week[local.weekday()])


def told_by(trees: list[ContactTree], tree: ContactTree, level: Level, facts: Facts) -> list[Contact]:
    """Whom the level tells of such an incident."""
    if not serves(tree, facts) or (level.when.severity and facts.severity not in level.when.severity):
        return []
    contacts = [tree.contacts[id] for id in level.notify]
    if level.when.nationality and not _nationality_unknown(facts):
        nations = {person.nationality for person in facts.people}
        contacts = [each for each in contacts if each.represents is None or each.represents in nations]
    contacts = [each for each in contacts if concerns(level.when, facts) and concerns(each.when, facts)]
    return [each for each in contacts if not _is_barred(trees, each, facts)]


def serves(tree: ContactTree, facts: Facts) -> bool:
    """Whether the tree is for that country and place."""
    return not {"*", facts.country}.isdisjoint(tree.countries) and _may_be_at(facts.place, tree.places)


def tells_any(trees: list[ContactTree], tree: ContactTree, facts: Facts) -> bool:
    """Whether any level of the tree has somebody to tell."""
    return any(told_by(trees, tree, level, facts) for level in tree.levels)


def concerns(when: When, facts: Facts) -> bool:
    """Whether the place and organisation match the condition."""
    if when.organisation and not any(person.organisation in when.organisation for person in facts.people):
        return False
    return _may_be_at(facts.place, when.place)


def _may_be_at(place: str | None, codes: frozenset[str]) -> bool:
    """Whether the place is one of these, where there are any; one in words, or none, may be."""
    if not codes or place is None or " " in place:
        return True
    return any(place.startswith(code[:-1]) if code.endswith("*") else place == code for code in codes)


def _is_barred(trees: list[ContactTree], contact: Contact, facts: Facts) -> bool:
    """Whether a phone or mailbox in use may not be told; where people take turns, those are theirs."""
    unused = contact.numbers if contact.duty is not None else frozenset()
    return any(why_barred(facts, trees, address) for address in phones_of(contact) - unused)


def _waits(tree: ContactTree, level: Level, contacts: list[Contact], facts: Facts) -> bool:
    if any(contact.scope is Scope.PUBLIC for contact in contacts):
        return True
    if level.needs_go is not None and facts.severity not in level.needs_go.unless_severity:
        return True
    is_national = level.when.nationality and any(contact.represents for contact in contacts)
    if is_national and _nationality_unknown(facts) and facts.severity is not Severity.CRITICAL:
        return True
    is_suspect = tree.ask_if_unknown_perpetrator and facts.perpetrator is Perpetrator.UNKNOWN
    return is_suspect and any(contact.role in OF_THE_STATE for contact in contacts)


def _nationality_unknown(facts: Facts) -> bool:
    return not facts.people or any(person.nationality is None for person in facts.people)
