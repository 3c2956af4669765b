"""Who must be told of an incident: each tree's levels without those whom consent or other rules prune (B1)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from alertnet.core.codec import replace, value
from alertnet.core.directory.availability import Times
from alertnet.core.directory.contact import OF_THE_STATE, Contact
from alertnet.core.directory.contact_tree import ContactTree, Level, Named, Recipients, Then
from alertnet.core.directory.usable_methods import Reach
from alertnet.core.directory.when import EVERY_INCIDENT, When, may_be_at
from alertnet.core.incident import Facts, Perpetrator, PersonKind, Scope, Severity
from alertnet.core.resolution.exclusions import BINDING, Bars, Reason, names_of


class Waiting(StrEnum):
    """Why a level waits for a go."""

    CONFIGURED = "needs_go"
    NATIONALITY_UNKNOWN = "nationality_unknown"
    PERPETRATOR_UNKNOWN = "perpetrator_unknown"
    PUBLIC = "public"
    HELD = "held"
    """A coordinator holds it."""


@value
class Approval:
    """The go that a level waits for: why, and after how long it opens without one (None: never)."""

    reasons: tuple[Waiting, ...]
    proceed_after: timedelta | None


def _approval_of(
    facts: Facts, tree: ContactTree, level: Level, reached: Sequence[Contact], *, is_public: bool
) -> Approval | None:
    """The approval that a level telling those contacts waits for; None if it opens by itself.

    Of several reasons the longest wait counts: for ever, if one has no automatic time. `is_public`: one of the contacts
    has public scope.
    """
    configured = level.needs_go
    waits: dict[Waiting, timedelta | None] = {}
    if configured is not None and facts.severity not in configured.unless_severity:
        waits[Waiting.CONFIGURED] = configured.proceed_after
    undecidable = facts.severity is not Severity.CRITICAL and level.when.nationality and _nationality_unknown(facts)
    if undecidable and any(contact.represents and not contact.priority for contact in reached):
        proceed_after = configured.proceed_after if configured else None
        waits[Waiting.NATIONALITY_UNKNOWN] = level.wait if proceed_after is None else proceed_after
    suspect = tree.ask_if_unknown_perpetrator and facts.perpetrator is Perpetrator.UNKNOWN
    if suspect and any(contact.role in OF_THE_STATE for contact in reached):
        waits[Waiting.PERPETRATOR_UNKNOWN] = None
    if is_public:
        waits[Waiting.PUBLIC] = None
    return Approval(tuple(waits), _longest(waits.values())) if waits else None


def _longest(times: Collection[timedelta | None]) -> timedelta | None:
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) else None


def _nationality_unknown(facts: Facts) -> bool:
    """Whether nobody is named, or somebody of unknown nationality."""
    return not facts.people or any(person.nationality is None for person in facts.people)


@value
class Pruned:
    """A contact that a level, deputy or last resort names but that is not told. `level` None: last resort."""

    tree: str
    level: str | None
    contact: str
    reason: Reason


@value
class PlannedLevel:
    """A level of the tree with the remaining contacts; `index` is its place in the tree."""

    index: int
    level: Level
    contacts: tuple[str, ...]
    approval: Approval | None
    coordination: bool
    """Whether only coordinators are told; such levels run unverified, and for ever."""
    deputies: frozenset[str] = frozenset()
    """The contacts that may stand in for its contacts."""

    @property
    def then(self) -> Then:
        """What happens once its rule is met: as written, else next if all are coordinators."""
        return self.level.then or (Then.NEXT if self.coordination else Then.STOP)


@value
class Plan:
    """A tree as it applies to one incident at present."""

    tree: ContactTree
    severity: Severity
    verified: bool
    levels: tuple[PlannedLevel, ...]
    last_resort: tuple[str, ...]
    allowed: frozenset[str]
    """The ids of contacts that may be told at all; deputies are taken from these."""
    pruned: tuple[Pruned, ...]
    involved: frozenset[str] = frozenset()
    """The ids of contacts whose deputy is told instead."""
    discredited: frozenset[str] = frozenset()
    """The ids of contacts whose answers don't count: they are excluded, accused, or involved."""

    @cached_property
    def times(self) -> dict[str, Times]:
        return {id: self.tree.times(contact, self.severity) for id, contact in self.tree.contacts.items()}

    @cached_property
    def _reaches(self) -> dict[str, Reach]:
        return {}

    def reach(self, contact: str) -> Reach:
        """The methods by which the contact is reached, as long as no address is known to be bad."""
        if (known := self._reaches.get(contact)) is None:
            known = self._reaches[contact] = Reach(self.tree.contacts[contact], self.times[contact])
        return known

    @cached_property
    def reaches_nobody(self) -> bool:
        """Whether no level has any contact left; such a tree opens no escalation."""
        return not any(level.contacts for level in self.levels)

    @cached_property
    def has_others_at_last(self) -> bool:
        """Whether last resort is anybody besides the tree's coordinators, whose telephones ring already."""
        return not all(self.tree.contacts[id].is_coordinator for id in self.last_resort)


class Plans(dict[str, Plan]):
    """The plans of one incident by tree; not changed once made."""

    def __hash__(self) -> int:  # type: ignore[override]
        """By identity: they are kept for facts that are equal."""
        return id(self)

    @cached_property
    def recipients(self) -> Recipients:
        """The contacts of these plans, with those that are the same recipient."""
        return Recipients(plan.tree for plan in self.values())

    @cached_property
    def coordinators(self) -> tuple[Named, ...]:
        """The contacts for alarms and decisions: each recipient once, in the order of the trees, if it may be told.

        If none is left, the last resort of every tree, so that there is always somebody to ask (A2).
        """
        known = ((plan, contact) for plan in self.values() for contact in plan.tree.coordinators)
        coordinators = _each_once((plan, contact) for plan, contact in known if contact.id in plan.allowed)
        return coordinators or self.last_resort

    @cached_property
    def last_resort(self) -> tuple[Named, ...]:
        """The last resort of every tree: each recipient once, if it may be told."""
        return _each_once((plan, plan.tree.contacts[id]) for plan in self.values() for id in plan.last_resort)


def _each_once(contacts: Iterable[tuple[Plan, Contact]]) -> tuple[Named, ...]:
    """The contacts without duplicates, such that no telephone is left out: two that share only a mailbox both stay."""
    found: list[Named] = []
    seen: set[str] = set()
    for plan, contact in contacts:
        if not contact.asked_at <= seen:
            found.append((plan.tree.id, contact))
            seen |= contact.addresses
    return tuple(found)


def resolve(facts: Facts, trees: Iterable[ContactTree]) -> tuple[Plan, ...]:
    """Make a plan for each tree, in the given order; plans that reach nobody are included, with what was pruned.

    The trees are judged together, since a contact barred in one is barred by all its addresses in every other.
    """
    everywhere = tuple(trees)
    bars = Bars(facts, everywhere)
    plans = (_plan(facts, tree, bars) for tree in everywhere)
    return tuple(
        plan if plan.tree.serves(facts.country, facts.place) else _for_last_resort_alone(plan) for plan in plans
    )


def deciding(facts: Facts) -> Facts:
    """The facts without those that play no part in who is told; equal ones give equal plans."""
    people = tuple(replace(person, code="", kind=PersonKind.OTHER, name=None) for person in facts.people)
    return replace(facts, people=people, summary=None, details=None, ask=None, occurred_at=None)


def opening(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """The plans that open an escalation, by tree: those that reach somebody, else those with a last resort (A2)."""
    known = sorted(plans, key=lambda plan: plan.tree.id)
    reaching = tuple(plan for plan in known if not plan.reaches_nobody)
    return reaching or tuple(plan for plan in known if plan.last_resort)


def nobody_serves(country: str) -> str:
    """The warning about a country whose trees reach nobody, so that the plans of all trees stand in."""
    return f"nobody in the trees that serve {country} may be told: the last resort of every tree is alerted"


def left_out(plan: Plan, refused: Collection[int]) -> tuple[Pruned, ...]:
    """Who is not told, and why: those whom the plan prunes, and those of levels that a coordinator refused."""
    levels = [planned for planned in plan.levels if planned.index in refused]
    return plan.pruned + tuple(
        Pruned(plan.tree.id, planned.level.name, id, Reason.REFUSED) for planned in levels for id in planned.contacts
    )


def may_be_told(
    facts: Facts, trees: Iterable[ContactTree], address: str, of: tuple[str | None, str] = (None, "")
) -> Reason | None:
    """The reason why nothing may go to that address now, or None; checked again at the moment of sending (A3).

    `of`: the (tree, contact) that is written to there, for a phone that no contact has as its own: somebody's on duty.
    """
    bars = Bars(facts, tuple(trees))
    if any(address in contact.addresses for tree in bars.trees for contact in tree.contacts.values()):
        return bars.addresses.get(address)
    return bars.contacts.get(of)


def unmatched_exclusions(names: Iterable[str], trees: Iterable[ContactTree]) -> tuple[str, ...]:
    """The names to exclude that match no contact's id, organisation or role: a typo would tell the one to be spared."""
    known = {name for tree in trees for contact in tree.contacts.values() for name in names_of(contact)}
    return tuple(name for name in names if name not in known)


def deputies_of(tree: ContactTree, id: str) -> Iterator[str]:
    """The chain of deputies of a contact, each at most once."""
    seen = {id}
    deputy = tree.contacts[id].deputy
    while deputy is not None and deputy not in seen:
        yield deputy
        seen.add(deputy)
        deputy = tree.contacts[deputy].deputy


@value
class _Sifted:
    """The contacts that a level or last resort names: who is told, who may stand in, and who is pruned."""

    contacts: tuple[str, ...]
    deputies: frozenset[str]
    pruned: tuple[Pruned, ...]


def _plan(facts: Facts, tree: ContactTree, bars: Bars) -> Plan:
    reasons = {
        contact.id: bars.of(tree, contact) or (Reason.DRILL if facts.drill and not tree.exercises(contact) else None)
        for contact in tree.contacts.values()
    }
    levels: list[PlannedLevel] = []
    pruned: list[Pruned] = []
    for index, level in enumerate(tree.levels):
        if level.former:
            levels.append(PlannedLevel(index, level, (), None, coordination=False))
            continue
        sifted = _sift(facts, tree, level.notify, level.when, level.name, reasons)
        reached = [tree.contacts[id] for id in (*sifted.contacts, *sifted.deputies)]
        is_public = any(bars.scope_of(tree, each) is Scope.PUBLIC for each in reached)
        coordination = all(tree.contacts[id].is_coordinator for id in sifted.contacts or level.notify)
        approval = _approval_of(facts, tree, level, reached, is_public=is_public)
        levels.append(PlannedLevel(index, level, sifted.contacts, approval, coordination, sifted.deputies))
        pruned += sifted.pruned
    last = _sift(facts, tree, tree.last_resort, EVERY_INCIDENT, None, reasons)
    return Plan(
        tree=tree,
        severity=facts.severity,
        verified=facts.verified,
        levels=tuple(levels),
        last_resort=last.contacts,
        allowed=frozenset(id for id, reason in reasons.items() if reason is None and not tree.contacts[id].former),
        pruned=(*pruned, *last.pruned),
        involved=frozenset(id for id, reason in reasons.items() if reason is Reason.INVOLVED),
        discredited=frozenset(id for id in reasons if bars.discredit(tree, tree.contacts[id])),
    )


def _for_last_resort_alone(plan: Plan) -> Plan:
    """The plan of a tree for another country or place: its last resort only, where nobody else may be told (A2)."""
    nobody = (replace(level, contacts=(), approval=None, deputies=frozenset()) for level in plan.levels)
    return replace(plan, levels=tuple(nobody), pruned=())


def _sift(
    facts: Facts,
    tree: ContactTree,
    notify: tuple[str, ...],
    when: When,
    level: str | None,
    reasons: dict[str, Reason | None],
) -> _Sifted:
    deputies = {id: tuple(deputies_of(tree, id)) for id in notify}
    everybody = dict.fromkeys((*notify, *(deputy for chain in deputies.values() for deputy in chain)))
    why = {id: _reason(facts, tree.contacts[id], when, reasons[id]) for id in everybody}
    told: list[str] = []
    for id in notify:
        if why[id] is None:
            told.append(id)
        elif why[id] is Reason.INVOLVED:
            told += [deputy for deputy in deputies[id] if why[deputy] is None][:1]
    return _Sifted(
        contacts=tuple(dict.fromkeys(told)),
        deputies=frozenset(deputy for chain in deputies.values() for deputy in chain if why[deputy] is None),
        pruned=tuple(Pruned(tree.id, level, id, reason) for id, reason in why.items() if reason is not None),
    )


def _reason(facts: Facts, contact: Contact, when: When, bar: Reason | None) -> Reason | None:
    if bar in BINDING:
        return bar
    if not all(may_be_at(facts.place, each.place) for each in (when, contact.when)):
        return Reason.PLACE
    affected = {person.organisation for person in facts.people}
    if any(each.organisation and affected.isdisjoint(each.organisation) for each in (when, contact.when)):
        return Reason.ORGANISATION
    if when.nationality and _is_of_another_nation(facts, contact):
        return Reason.NATIONALITY
    if when.severity and facts.severity not in when.severity:
        return Reason.SEVERITY
    if when.type and facts.type not in when.type:
        return Reason.TYPE
    return bar


def _is_of_another_nation(facts: Facts, contact: Contact) -> bool:
    if contact.represents is None or contact.priority or _nationality_unknown(facts):
        return False
    return contact.represents not in {person.nationality for person in facts.people}
