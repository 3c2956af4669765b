"""A contact tree: which countries it serves, its levels and rules, and the teams of the field."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property
from itertools import accumulate
from operator import attrgetter
from typing import Literal

from alertnet.core.codec import replace, to_plain, value
from alertnet.core.directory.availability import Calendars, Times
from alertnet.core.directory.contact import RINGING, Contact, MethodKind
from alertnet.core.directory.countries import NO_COUNTRY, ZONE_OF_CAPITAL
from alertnet.core.directory.languages import Title
from alertnet.core.directory.on_call import Arrangement, Duty, Officer, on_duty, shift_at
from alertnet.core.directory.routine import USUAL, Routine, Terms
from alertnet.core.directory.when import EVERY_INCIDENT, When, may_be_at
from alertnet.core.errors import BadInput
from alertnet.core.incident import Affected, Scope, Severity

EVERYWHERE = "*"

Named = tuple[str, Contact]
"""A contact with the id of its tree, which comes first."""


class Then(StrEnum):
    """What a level does to its escalation once its rule is met."""

    STOP = "stop"
    NEXT = "next"


class Otherwise(StrEnum):
    """What happens when no action is reported in time after an acknowledgement."""

    NEXT = "next"
    AGAIN = "again"


Quota = Literal["any", "all", "each_organisation"] | int
"""How many contacts of a level must acknowledge; a number larger than the notified contacts means all."""


@value
class NeedsGo:
    """A coordinator must decide before this level opens, except for these severities."""

    unless_severity: frozenset[Severity] = frozenset()
    proceed_after: timedelta | None = None


@value
class Repeat:
    """The telephones ring again at start + k x every, k = 1 … times."""

    every: timedelta
    times: int


@value
class ActionDue:
    """An action must be reported within `after` of the acknowledgement."""

    after: timedelta
    otherwise: Otherwise = Otherwise.NEXT


@value
class Level:
    """A level of the tree: all in `notify` are told when it opens."""

    name: str
    notify: tuple[str, ...]
    acknowledge: Quota = "any"
    wait: timedelta = timedelta(minutes=15)
    when: When = EVERY_INCIDENT
    needs_go: NeedsGo | None = None
    repeat: Repeat | None = None
    then: Then | None = None
    """None means next where all its contacts are coordinators, else stop."""
    action_due: ActionDue | None = None
    confirm: bool = False
    """An acknowledgement counts only once a coordinator has confirmed it."""
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What its contacts are asked to do, by language: one of `ASKS` or free text. Empty: what the incident asks."""
    former: bool = False
    """It left the tree during an incident: it tells nobody, and its answers stay on record."""


@value
class Start:
    """When the tree begins, counted from the opening of the incident."""

    after: timedelta = timedelta()
    unless_acknowledged: bool = False

    def waits(self, *, alone: bool) -> timedelta:
        """How long the tree waits; where it is the only one of its incident, for no others."""
        return timedelta() if alone and self.unless_acknowledged else self.after


@value
class ContactTree:
    """A complete, checked tree: every id in `levels`, `last_resort` and `deputy` is in `contacts`."""

    id: str
    title: str
    scope: Scope
    countries: frozenset[str]
    timezone: str
    language: str
    sender: str
    callback: str
    contacts: dict[str, Contact]
    levels: tuple[Level, ...]
    last_resort: tuple[str, ...]
    start: Start = Start()
    rounds: int = 3
    ask_if_unknown_perpetrator: bool = True
    titles: dict[str, str] = field(default_factory=dict)
    """The titles by language, where there are several; `title` is the one in the tree's own language."""
    places: frozenset[str] = frozenset()
    """The places that it serves within its countries, with `*` as wildcard; empty: all."""
    calendars: Calendars = field(default_factory=dict)
    """The holidays that its contacts keep, by country."""

    @property
    def title_to_read(self) -> Title:
        """The title, for readers whose language is not known yet."""
        return Title(self.title, self.titles, self.language)

    def title_in(self, language: str) -> str:
        return self.title_to_read.said_in(language)

    def level(self, name: str | None) -> Level | None:
        return next((level for level in self.levels if level.name == name), None)

    @property
    def level_starts(self) -> tuple[timedelta, ...]:
        """How long after the opening each level opens if nobody answers; after them, when last resort is told."""
        return tuple(accumulate((level.wait for level in self.levels), initial=self.start.after))

    def times(self, contact: Contact, severity: Severity) -> Times:
        holidays = tuple((country, self.calendars.get(country, {})) for country in contact.holidays)
        return Times(contact.timezone, contact.hours, contact.closed, holidays, contact.quiet.get(severity))

    def callback_for(self, contact: Contact, besides: Collection[str] = ()) -> str:
        """The number that the contact is asked to call: the tree's, its deputy's, else last resort's; never its own.

        Last resort itself is given a coordinator's. Its own is given only where nobody else has a telephone. `besides`:
        numbers of people who are in trouble themselves, or may not hear of it.
        """
        spared = contact.numbers | set(besides)
        if self.callback not in spared:
            return self.callback
        deputy = contact.deputy if self.callback in contact.numbers else None
        others = [self.contacts[id] for id in (deputy, *self.last_resort) if id is not None]
        numbers = tuple(_telephones([*others, *self.coordinators]))
        others_first = (*(number for number in numbers if number not in spared), self.callback, *numbers)
        return next((number for number in others_first if number not in besides), self.callback)

    def callback_for_field(self, first: str | None, own: str, last: Collection[str] = ()) -> str:
        """The number that a field team is asked to call: the team's (`first`), the tree's, or the next that is left.

        The next are the coordinators', then last resort's. Never the caller's `own`. `last`: numbers of those who are
        silent, or may not hear of it, which are given only where no other is left.
        """
        asked = (*self.coordinators, *(self.contacts[id] for id in self.last_resort))
        numbers = [number for number in (first, self.callback, *_telephones(asked)) if number not in (None, own)]
        return next((number for number in numbers if number not in last), numbers[-1]) if numbers else self.callback

    def serves(self, country: str, place: str | None = None) -> bool:
        """Whether an incident at that place in that country (ISO 3166-1 alpha-2) opens an escalation in this tree.

        An incident in an unknown country opens one in every tree.
        """
        is_here = country in (*self.countries, NO_COUNTRY) or EVERYWHERE in self.countries
        return is_here and may_be_at(place, self.places)

    @cached_property
    def as_text(self) -> str:
        """The tree in JSON, as it is stored; the SHA-256 of this text is its name."""
        return json.dumps(to_plain(self), sort_keys=True, ensure_ascii=False)

    def is_own(self, contact: Contact) -> bool:
        """Whether the contact is one of our own people: a coordinator, or last resort."""
        return contact.is_coordinator or contact.id in self.last_resort

    def exercises(self, contact: Contact) -> bool:
        """Whether the contact may get drills and tests: our own people, and those who agreed to it."""
        return contact.drills or self.is_own(contact)

    @cached_property
    def with_tasks(self) -> bool:
        """Whether any of its contacts is called by a coordinator instead of by the program."""
        return any(
            method.kind is MethodKind.TASK for contact in self.contacts.values() for method in contact.all_methods
        )

    @cached_property
    def with_duty(self) -> tuple[tuple[Contact, Duty], ...]:
        """The contacts with a duty rota, each with its duty."""
        return tuple((contact, contact.duty) for contact in self.contacts.values() if contact.duty is not None)

    def on_duty(
        self, at: datetime, besides: str | None = None, arranged: Mapping[str, Sequence[Arrangement]] | None = None
    ) -> dict[str, Officer]:
        """Who is on duty at that moment, by contact; contacts whose own numbers serve are left out (see `duty`)."""
        known = arranged or {}
        turns = {
            contact.id: on_duty(duty, self.timezone, known.get(contact.id, ()), at, besides)
            for contact, duty in self.with_duty
        }
        return {id: officer for id, officer in turns.items() if officer is not None}

    def duty_ends_at(self, at: datetime) -> datetime:
        """When the first of the current duty turns ends; the tree must have duty."""
        return min(shift_at(duty, self.timezone, at).ends_at for _, duty in self.with_duty)

    def staffed(self, officers: Mapping[str, Officer]) -> "ContactTree":
        """The tree while these officers are on duty, by contact."""
        staffed = {id: self.contacts[id].staffed_by(officer) for id, officer in officers.items()}
        return replace(self, contacts=self.contacts | staffed) if staffed else self

    @cached_property
    def coordinators(self) -> tuple[Contact, ...]:
        """The contacts that decide and get alarms, in the order of the file."""
        return tuple(contact for contact in self.contacts.values() if contact.is_coordinator)


def nearest(trees: Iterable[ContactTree]) -> ContactTree:
    """Of the trees that serve a team, the one that speaks to it: that with the narrowest scope."""
    return min(trees, key=lambda tree: (tree.scope.rank, tree.id))


def zone_among(trees: Iterable[ContactTree]) -> str:
    """The time zone in which what these trees share is shown: that of the nearest; UTC where there is none."""
    found = tuple(trees)
    return nearest(found).timezone if found else "UTC"


def _telephones(contacts: Iterable[Contact]) -> Iterator[str]:
    return (method.address for contact in contacts for method in contact.methods if method.kind in RINGING)


@value
class Member:
    """A member of a field team; nothing that we begin is written to a `silent` phone."""

    id: str
    name: str
    phone: str
    language: str
    silent: bool = False


@value
class Team:
    """A field team, and its standing consent, which holds where a message gives none.

    `timezone` and `callback`: the zone of times in its messages, and the number it is asked to call. None: the tree's.
    """

    id: str
    country: str
    language: str
    consent: Scope
    members: dict[str, Member]
    timezone: str | None = None
    callback: str | None = None
    terms: Terms = USUAL
    """The terms of journeys that its members announce by SMS."""
    routines: tuple[Routine, ...] = ()


OnRota = tuple[ContactTree, Contact, Duty]
"""A contact with a rota, between its tree and its duty."""


@value
class Network:
    """All trees in force, the field teams and staff, and the codes of accompanied people."""

    trees: dict[str, ContactTree] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    people: dict[str, Affected] = field(default_factory=dict)
    staff: dict[str, Member] = field(default_factory=dict)
    """People who take turns of duty and are in no team."""

    @cached_property
    def in_order(self) -> tuple[ContactTree, ...]:
        """The trees in the order of their ids."""
        return tuple(sorted(self.trees.values(), key=attrgetter("id")))

    @property
    def all_contacts(self) -> Iterator[tuple[ContactTree, Contact]]:
        return ((tree, contact) for tree in self.trees.values() for contact in tree.contacts.values())

    @property
    def with_duty(self) -> list[OnRota]:
        """Every contact with a rota, between its tree and its duty, in the order of the trees."""
        return [(tree, contact, duty) for tree in self.in_order for contact, duty in tree.with_duty]

    def contact_named(self, name: str) -> tuple[ContactTree, Contact]:
        """Find a contact by `id` or `tree/id`; gives its tree and the contact.

        Refuses a name that none has, or several.
        """
        id = name.rpartition("/")[2]
        having = [tree for tree in self.in_order if id in tree.contacts and name in (id, f"{tree.id}/{id}")]
        if len(having) != 1:
            known = [f"{tree.id}/{each}" for tree in self.in_order for each in tree.contacts]
            raise BadInput("CONTACT", name, [f"{tree.id}/{id}" for tree in having] or known)
        return having[0], having[0].contacts[id]

    @cached_property
    def mailboxes(self) -> dict[str, list[tuple[ContactTree, Contact, str]]]:
        """By its address in small letters, each contact with that mailbox, and the address as its tree writes it."""
        found: dict[str, list[tuple[ContactTree, Contact, str]]] = {}
        for tree in self.in_order:
            for contact in tree.contacts.values():
                for address in sorted(contact.addresses - contact.numbers):
                    found.setdefault(address.lower(), []).append((tree, contact, address))
        return found

    @cached_property
    def contact_ids(self) -> frozenset[str]:
        return frozenset(id for tree in self.trees.values() for id in tree.contacts)

    @property
    def methods(self) -> frozenset[MethodKind]:
        """The methods by which any contact is reached."""
        return frozenset(method.kind for _, contact in self.all_contacts for method in contact.all_methods)

    def zone_of(self, country: str) -> str:
        """The time zone for a country: that of a field team there which names one, else that of the capital."""
        teams = (team.timezone for team in self.teams.values() if team.country == country and team.timezone)
        return next(teams, ZONE_OF_CAPITAL.get(country, "UTC"))

    def serving(self, country: str, place: str | None = None) -> tuple[ContactTree, ...]:
        """The trees that serve a country, and the place in it if given, in the order of their ids."""
        return tuple(tree for tree in self._serving(country) if may_be_at(place, tree.places))

    def serving_or_all(self, country: str, place: str | None = None) -> tuple[ContactTree, ...]:
        """The trees that serve the country and place, or all where none does, so that there is somebody to tell."""
        return self.serving(country, place) or self.in_order

    @cached_property
    def _serving(self) -> Callable[[str], tuple[ContactTree, ...]]:
        """Gives the trees that serve a country or places in it; cached, since every incident asks."""
        return cache(lambda country: tuple(tree for tree in self.in_order if tree.serves(country)))


class Recipients:
    """The contacts of several trees, each with the others that are the same recipient."""

    def __init__(self, trees: Iterable[ContactTree]) -> None:
        self._all: list[Named] = []
        self._sharing: dict[Hashable, list[int]] = defaultdict(list)
        """The positions of the contacts that have an identity, by that identity."""
        self._place: dict[tuple[str, str], int] = {}
        self._found: dict[int, tuple[Named, ...]] = {}
        for tree in trees:
            for contact in tree.contacts.values():
                self._add(tree.id, contact)

    def same_as(self, tree: str, contact: str) -> tuple[Named, ...]:
        """The same recipient in all trees: this contact first, the others in the order of the trees."""
        place = self._place[tree, contact]
        found = self._found.get(place)
        if found is None:
            own = self._all[place]
            others = {each for identity in own[1].identities for each in self._sharing[identity]} - {place}
            known = (self._all[each] for each in sorted(others))
            found = self._found[place] = (own, *(each for each in known if _are_one(own, each)))
        return found

    def _add(self, tree: str, contact: Contact) -> None:
        place = len(self._all)
        self._all.append((tree, contact))
        self._place[tree, contact.id] = place
        for identity in contact.identities:
            self._sharing[identity].append(place)


def _are_one(own: Named, other: Named) -> bool:
    """Whether two contacts that share an identity are one. In the same tree not if each has a telephone of its own.

    A deputy may share the mailbox of its principal, and must be told when the principal declines.
    """
    (tree, contact), (other_tree, another) = own, other
    in_one_tree, ours, theirs = tree == other_tree, contact.asked_at, another.asked_at
    return not in_one_tree or ours <= theirs or theirs <= ours
