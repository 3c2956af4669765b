"""Incidents, trees and people at random, made of plain values: what the two readings are compared on."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from alertnet.core.directory.availability import Hours, Span
from alertnet.core.directory.contact import Contact, Method, MethodKind, Role
from alertnet.core.directory.contact_tree import ContactTree, Level, NeedsGo, Repeat, Start, Then
from alertnet.core.directory.when import When
from alertnet.core.incident import Affected, Facts, Perpetrator, PersonKind, Scope, Severity
from tests.two_readings.night import Opens, Says, World

OPENED_AT = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
NAMES = ("ana", "bob", "eva", "luis", "mia", "zoe")
KINDS = (MethodKind.SMS, MethodKind.CALL, MethodKind.EMAIL)
ROLES = (Role.COORDINATOR, Role.COORDINATOR, Role.NGO, Role.OMBUDS, Role.AUTHORITY, Role.EMBASSY, Role.UN)
DAY = 24 * 60
OF_ALL = "+5799"
"""A phone at which somebody passes on what is for any of several contacts."""


@dataclass(frozen=True)
class Case:
    """An incident on some trees, and what people and telephones do."""

    facts: Facts
    trees: tuple[ContactTree, ...]
    world: World


def a_case(seed: int, *, gives_go: bool) -> Case:
    """The case of that number."""
    dice = Random(seed)
    trees = tuple(_tree(dice, id) for id in ("coast", "hills", "valley")[: dice.choice([1, 1, 2, 3])])
    known = [(tree.id, id) for tree in trees for id in tree.contacts]
    says = {
        _number(who[1], who[0]): Says(
            timedelta(seconds=dice.randint(1, 100) * 60 + dice.choice([0, 17])), *who, dice.random() < 0.6
        )
        for who in dice.sample(known, dice.choice([0, 0, 1, 2, 3]))
    }
    failing = dice.sample([(*who, kind) for who in known for kind in KINDS], dice.choice([0, 0, 1, 3]))
    facts = _facts(dice)
    world = World(tuple(says.values()), _opened_by_hand(dice, trees), _everywhere(trees, failing), gives_go)
    return Case(facts, trees, world)


def _opened_by_hand(dice: Random, trees: tuple[ContactTree, ...]) -> tuple[Opens, ...]:
    """Some levels, before their turn, after it, or again."""
    levels = [(tree.id, each.name) for tree in trees for each in tree.levels]
    chosen = [dice.choice(levels) for _ in range(dice.choice([0, 0, 1, 2, 3]))]
    return tuple(Opens(timedelta(seconds=dice.randint(1, 100) * 60 + dice.choice([0, 23])), *each) for each in chosen)


def _everywhere(
    trees: tuple[ContactTree, ...], failing: list[tuple[str, str, MethodKind]]
) -> frozenset[tuple[str, str, MethodKind]]:
    """A telephone that is off is so for every tree."""
    off = {
        (kind, address)
        for tree in trees
        for its, id, kind in failing
        if its == tree.id
        for address in tree.contacts[id].addresses
    }
    return frozenset(
        (tree.id, contact.id, method.kind)
        for tree in trees
        for contact in tree.contacts.values()
        for method in contact.all_methods
        if (method.kind, method.address) in off
    )


def _facts(dice: Random) -> Facts:
    scopes = (Scope.INTERNATIONAL, Scope.INTERNATIONAL, Scope.PUBLIC, Scope.NATIONAL, Scope.INTERNAL)
    people = tuple(
        Affected(
            f"P{number}",
            PersonKind.ACCOMPANIER,
            nationality=dice.choice(["ES", "DE", "CO", None]),
            contact=dice.choice([None, None, None, dice.choice(NAMES)]),
            consent=dice.choice([None, None, dice.choice(scopes)]),
            exclude=dice.choice([(), (), (), (dice.choice(NAMES),)]),
            organisation=dice.choice([None, "O3", "O4"]),
        )
        for number in range(dice.choice([0, 1, 1, 2]))
    )
    return Facts(
        dice.choice(["arrest", "threat"]),
        dice.choice([Severity.CRITICAL, Severity.SERIOUS, Severity.MODERATE]),
        "CO",
        consent=dice.choice(scopes),
        people=people,
        perpetrator=dice.choice([Perpetrator.NONE, Perpetrator.UNKNOWN, Perpetrator.ARMY]),
        exclude=dice.choice([(), (), (), (dice.choice(NAMES),), ("ombuds",), ("A",)]),
        place=dice.choice([None, "L12", "L20", "by the river"]),
        raised_from=dice.choice([None, None, _number(dice.choice(NAMES), "coast")]),
        drill=dice.random() < 0.05,
    )


def _tree(dice: Random, id: str) -> ContactTree:
    names = dice.sample(NAMES, dice.randint(3, len(NAMES)))
    last_resort = tuple(dice.sample(names, dice.choice([0, 1, 1, 2])))
    spared = {*last_resort}
    contacts = {name: _contact(dice, name, id, names) for name in names}
    for _ in names:
        spared |= {contacts[each].deputy or each for each in spared}
    for name in names:
        if name not in spared and dice.random() < 0.15:
            contacts[name] = _narrowed(dice, contacts[name])
    return ContactTree(
        id=id,
        title=id,
        scope=Scope.NATIONAL,
        countries=frozenset({"CO"}),
        timezone="America/Bogota",
        language="es",
        sender="PBI",
        callback="+1000",
        contacts=contacts,
        levels=tuple(_level(dice, number, names) for number in range(dice.randint(1, 4))),
        last_resort=last_resort,
        start=dice.choice([Start(), Start(), Start(timedelta(minutes=4)), Start(timedelta(minutes=15), True)]),
        rounds=dice.randint(1, 3),
        ask_if_unknown_perpetrator=dice.random() < 0.7,
    )


def _number(name: str, tree: str) -> str:
    return f"+57{NAMES.index(name)}" if NAMES.index(name) < 4 else f"+57{NAMES.index(name)}{tree}"


def _contact(dice: Random, name: str, tree: str, names: list[str]) -> Contact:
    """The first four of the names have the same telephone and mail in every tree."""
    number = _number(name, tree)

    def methods(count: int, to: str, *, relays: bool = False) -> tuple[Method, ...]:
        kinds = dice.sample(KINDS, count)
        ats = [f"{to}@n.example" if kind is MethodKind.EMAIL else to for kind in kinds]
        afters = [timedelta(minutes=dice.randint(0, 5)) for _ in kinds]
        return tuple(Method(*each, relays=relays) for each in zip(kinds, ats, afters, strict=True))

    opens = dice.randrange(0, DAY - 60, 15)
    zone = dice.choice(["America/Bogota", "Europe/Madrid"])
    hours = dice.choice([None, Hours("", (((opens, dice.randrange(opens + 30, DAY + 1, 15)),),) * 7)])
    return Contact(
        id=name,
        role=dice.choice(ROLES),
        organisation=dice.choice(["A", "B"]),
        methods=methods(dice.randint(1, 3), number),
        scope=dice.choice([Scope.INTERNAL, Scope.NATIONAL, Scope.INTERNATIONAL, Scope.PUBLIC]),
        language="es",
        timezone=zone,
        represents=dice.choice([None, None, "ES", "DE"]),
        belongs_to=dice.choice([None, None, None, "army"]),
        deputy=dice.choice([None, *(each for each in names if each != name)]),
        priority=dice.random() < 0.1,
        drills=dice.random() < 0.2,
        hours=hours,
        when_closed=dice.choice(
            [
                (),
                methods(dice.randint(0, 2), f"{number}9"),
                methods(dice.randint(1, 2), OF_ALL, relays=True),
            ]
        )
        if hours
        else (),
        hold=dice.random() < 0.8,
        quiet=_quiet(dice, zone),
    )


def _quiet(dice: Random, zone: str) -> dict[Severity, Span]:
    """Of every other, whatever the severity: hours that begin or end about the time of the incident."""
    opened = OPENED_AT.astimezone(ZoneInfo(zone))
    ends = opened.hour * 60 + dice.randrange(-15, 200, 5)
    span = (ends - dice.choice([15, 25, 60, 600])) % DAY, ends
    return dict.fromkeys(Severity, span) if dice.random() < 0.5 else {}


def _narrowed(dice: Random, contact: Contact) -> Contact:
    return replace(contact, when=dice.choice([When(place=frozenset({"L1*"})), When(organisation=frozenset({"O3"}))]))


def _level(dice: Random, number: int, names: list[str]) -> Level:
    whens = [When(), When(), When(), When(nationality=True), When(frozenset({Severity.CRITICAL, Severity.SERIOUS}))]
    whens += [When(type=frozenset({"arrest"})), When(place=frozenset({"L1*"})), When(organisation=frozenset({"O3"}))]
    asks = [None, None, None, NeedsGo(), NeedsGo(proceed_after=timedelta(minutes=6))]
    asks += [NeedsGo(frozenset({Severity.CRITICAL}), timedelta(minutes=2))]
    return Level(
        f"Level {number}",
        tuple(dice.sample(names, dice.randint(1, min(3, len(names))))),
        dice.choice(["any", "any", "all", "each_organisation", 2]),
        timedelta(minutes=dice.choice([5, 8, 12, 20])),
        dice.choice(whens),
        dice.choice(asks),
        dice.choice([None, None, Repeat(timedelta(minutes=4), 2), Repeat(timedelta(seconds=150), 3)]),
        dice.choice([None, None, Then.STOP, Then.NEXT]),
    )
