"""A contact tree: who serves a country, in which levels they hear, what counts as an answer; and the field's teams."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, cached_property
from operator import attrgetter
from typing import Literal

from alertnet.core.codec import to_plain, value
from alertnet.core.directory.availability import Calendars, Times
from alertnet.core.directory.contact import RINGING, Contact, MethodKind
from alertnet.core.directory.countries import NO_COUNTRY, ZONE_OF_CAPITAL
from alertnet.core.directory.languages import title_in
from alertnet.core.directory.on_call import Arrangement, Officer, on_duty, shift_at
from alertnet.core.directory.routine import USUAL, Routine, Terms
from alertnet.core.directory.when import EVERY_INCIDENT, When, may_be_at
from alertnet.core.errors import BadInput
from alertnet.core.incident import Affected, Scope, Severity

EVERYWHERE = "*"

Named = tuple[str, Contact]
"""A contact, with the id of its tree."""


class Then(StrEnum):
    """What a satisfied level does to its escalation."""

    STOP = "stop"
    NEXT = "next"


class Otherwise(StrEnum):
    """What happens when an acknowledged level reports no action in time."""

    NEXT = "next"
    AGAIN = "again"


Quota = Literal["any", "all", "each_organisation"] | int
"""How many of a level's contacts must acknowledge; a number beyond those notified means all of them."""


@value
class NeedsGo:
    """A coordinator decides before this level opens, unless the severity is among those excepted."""

    unless_severity: frozenset[Severity] = frozenset()
    proceed_after: timedelta | None = None


@value
class Repeat:
    """The telephones ring again at start + k x every, k = 1 … times."""

    every: timedelta
    times: int


@value
class ActionDue:
    """An acknowledgement is followed by an action within `after`."""

    after: timedelta
    otherwise: Otherwise = Otherwise.NEXT


@value
class Level:
    """A step of the tree: everybody in `notify` is told when it opens."""

    name: str
    notify: tuple[str, ...]
    acknowledge: Quota = "any"
    wait: timedelta = timedelta(minutes=15)
    when: When = EVERY_INCIDENT
    needs_go: NeedsGo | None = None
    repeat: Repeat | None = None
    then: Then | None = None
    """None = next where all of its contacts are coordinators, else stop."""
    action_due: ActionDue | None = None
    confirm: bool = False
    """An acknowledgement counts once a coordinator has confirmed it."""
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What its contacts are asked to do, by language: one of `ASKS` or the network's words; none: the incident's."""
    former: bool = False
    """It left the tree while an incident ran on it: it tells nobody, what was answered in it stays on record."""


@value
class Start:
    """When the tree begins, counted from the opening of the incident."""

    after: timedelta = timedelta()
    unless_acknowledged: bool = False


@value
class ContactTree:
    """One tree, checked and whole: every id in `levels`, `last_resort` and `deputy` is in `contacts`."""

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
    """The title by language, where it has several; `title` is the one for its own language."""
    places: frozenset[str] = frozenset()
    """The places that it serves within its countries, in which `*` stands for any signs; none: all of them."""
    calendars: Calendars = field(default_factory=dict)
    """The holidays that its contacts keep, by country."""

    def title_in(self, language: str) -> str:
        """Who calls, as somebody of that language is told."""
        return title_in(language, self.title, self.titles, self.language)

    def level(self, name: str | None) -> Level | None:
        """The level of that name."""
        return next((level for level in self.levels if level.name == name), None)

    def times(self, contact: Contact, severity: Severity) -> Times:
        """When that contact is there for incidents of the severity."""
        holidays = tuple((country, self.calendars.get(country, {})) for country in contact.holidays)
        return Times(contact.timezone, contact.hours, contact.closed, holidays, contact.quiet.get(severity))

    def callback_for(self, contact: Contact, besides: Collection[str] = ()) -> str:
        """The number that a message asks the contact to call: never its own, but its deputy's, else head office's.

        A coordinator's where it is head office itself; its own only where nobody else has a telephone. `besides`:
        numbers of those who are in trouble themselves.
        """
        spared = contact.numbers | set(besides)
        if self.callback not in spared:
            return self.callback
        others = [self.contacts[id] for id in (contact.deputy, *self.last_resort) if id is not None]
        numbers = _telephones([*others, *self.coordinators])
        return next((number for number in numbers if number not in spared), self.callback)

    def callback_for_field(self, first: str | None, own: str, silent: Collection[str] = ()) -> str:
        """The number that whoever reports is asked to call: the team's (`first`), the tree's, or the next that is left.

        Those are a coordinator's, then head office's. Never its `own`; one that was `silent` only if all were.
        """
        asked = (*self.coordinators, *(self.contacts[id] for id in self.last_resort))
        numbers = [number for number in (first, self.callback, *_telephones(asked)) if number not in (None, own)]
        return next((number for number in numbers if number not in silent), numbers[-1]) if numbers else self.callback

    def serves(self, country: str, place: str | None = None) -> bool:
        """Whether an incident in that country (ISO 3166-1 alpha-2), at that place, opens an escalation here.

        One in a country that nobody knows does so everywhere.
        """
        is_here = country in (*self.countries, NO_COUNTRY) or EVERYWHERE in self.countries
        return is_here and may_be_at(place, self.places)

    @cached_property
    def as_text(self) -> str:
        """The tree in JSON, as it is kept: the SHA-256 of that is its name."""
        return json.dumps(to_plain(self), sort_keys=True, ensure_ascii=False)

    def exercises(self, contact: Contact) -> bool:
        """Whether the contact may be told of a drill, or sent a test: our own people, and who has agreed to it."""
        return contact.drills or contact.is_coordinator or contact.id in self.last_resort

    @cached_property
    def with_tasks(self) -> bool:
        """Whether any of its contacts is called by a coordinator in a machine's place."""
        return any(
            method.kind is MethodKind.TASK for contact in self.contacts.values() for method in contact.all_methods
        )

    @cached_property
    def with_duty(self) -> tuple[Contact, ...]:
        """The contacts whose telephones a rota hands on."""
        return tuple(contact for contact in self.contacts.values() if contact.duty is not None)

    def on_duty(
        self, at: datetime, besides: str | None = None, arranged: Mapping[str, Sequence[Arrangement]] | None = None
    ) -> dict[str, Officer]:
        """Whoever is on duty at that moment, by contact; none where the contact's own numbers serve (see `duty`)."""
        known = arranged or {}
        turns = {
            contact.id: on_duty(contact.duty, self.timezone, known.get(contact.id, ()), at, besides)
            for contact in self.with_duty
            if contact.duty is not None
        }
        return {id: officer for id, officer in turns.items() if officer is not None}

    def duty_ends_at(self, at: datetime) -> datetime:
        """When the first of the turns ends that are taken at that moment, of a tree with duty."""
        duties = (contact.duty for contact in self.with_duty)
        return min(shift_at(duty, self.timezone, at).ends_at for duty in duties if duty is not None)

    def staffed(self, officers: Mapping[str, Officer]) -> "ContactTree":
        """The tree while those are on duty, by contact."""
        staffed = {id: self.contacts[id].staffed_by(officer) for id, officer in officers.items()}
        return replace(self, contacts=self.contacts | staffed) if staffed else self

    @cached_property
    def coordinators(self) -> tuple[Contact, ...]:
        """The contacts that decide and are alarmed, in the order of the file."""
        return tuple(contact for contact in self.contacts.values() if contact.is_coordinator)


def _telephones(contacts: Iterable[Contact]) -> Iterator[str]:
    return (method.address for contact in contacts for method in contact.methods if method.kind in RINGING)


@value
class Member:
    """One of a field team; `silent` phones are never written to on our own account."""

    id: str
    name: str
    phone: str
    language: str
    silent: bool = False


@value
class Team:
    """A field team and its standing consent, which holds where a message carries none.

    `timezone` and `callback`: the zone of the times that it is told, and whom it is asked to call; None: the tree's.
    """

    id: str
    country: str
    language: str
    consent: Scope
    members: dict[str, Member]
    timezone: str | None = None
    callback: str | None = None
    terms: Terms = USUAL
    """Of the journeys that its members announce by SMS."""
    routines: tuple[Routine, ...] = ()


@value
class Network:
    """All trees in force, the teams of the field and the staff, and the codes of those accompanied."""

    trees: dict[str, ContactTree]
    teams: dict[str, Team]
    people: dict[str, Affected]
    staff: dict[str, Member] = field(default_factory=dict)
    """Those who take turns of duty and are in no team."""

    @cached_property
    def in_order(self) -> tuple[ContactTree, ...]:
        """The trees in the order of their ids."""
        return tuple(sorted(self.trees.values(), key=attrgetter("id")))

    def contact_named(self, name: str) -> tuple[ContactTree, Contact]:
        """The contact of that name, `id` or `tree/id`, behind its tree.

        Raises:
            BadInput: there is none, or there are several.
        """
        id = name.rpartition("/")[2]
        having = [tree for tree in self.in_order if id in tree.contacts and name in (id, f"{tree.id}/{id}")]
        if len(having) != 1:
            known = [f"{tree.id}/{each}" for tree in self.in_order for each in tree.contacts]
            raise BadInput("CONTACT", name, [f"{tree.id}/{id}" for tree in having] or known)
        return having[0], having[0].contacts[id]

    @cached_property
    def contact_ids(self) -> frozenset[str]:
        """The ids of the contacts of all trees."""
        return frozenset(id for tree in self.trees.values() for id in tree.contacts)

    @property
    def methods(self) -> frozenset[MethodKind]:
        """The methods that any contact is reached by."""
        contacts = [contact for tree in self.trees.values() for contact in tree.contacts.values()]
        return frozenset(method.kind for contact in contacts for method in contact.all_methods)

    def zone_of(self, country: str) -> str:
        """The zone of the clocks in a country: of a field team there that names one, else of the capital."""
        teams = (team.timezone for team in self.teams.values() if team.country == country and team.timezone)
        return next(teams, ZONE_OF_CAPITAL.get(country, "UTC"))

    def serving(self, country: str, place: str | None = None) -> tuple[ContactTree, ...]:
        """The trees that serve a country, and the place in it if one is named, in the order of their ids."""
        return tuple(tree for tree in self._serving(country) if may_be_at(place, tree.places))

    @cached_property
    def _serving(self) -> Callable[[str], tuple[ContactTree, ...]]:
        """Gives the trees that serve a country, or places in it: it is asked of each incident."""
        return cache(lambda country: tuple(tree for tree in self.in_order if tree.serves(country)))


class Recipients:
    """The contacts of several trees, each with those that are the same recipient."""

    def __init__(self, trees: Iterable[ContactTree]) -> None:
        self._all: list[Named] = []
        self._sharing: dict[Hashable, list[int]] = defaultdict(list)
        """By what makes a recipient known, the places of those who have it."""
        self._place: dict[tuple[str, str], int] = {}
        self._found: dict[int, tuple[Named, ...]] = {}
        for tree in trees:
            for contact in tree.contacts.values():
                self._add(tree.id, contact)

    def same_as(self, tree: str, contact: str) -> tuple[Named, ...]:
        """The same recipient in every tree: this contact first, the others in the order of the trees."""
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
    """Whether two who have something in common are one: in a tree not where each has a telephone of its own.

    A deputy may have the mailbox of whom it stands in for, and must be told when that one declines.
    """
    (tree, contact), (other_tree, another) = own, other
    in_one_tree, ours, theirs = tree == other_tree, contact.asked_at, another.asked_at
    return not in_one_tree or ours <= theirs or theirs <= ours
