"""One incident in a flow's hands: its locked row, its plans, its escalations, and what is to be written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from alertnet.core.codec import to_plain, value
from alertnet.core.directory.contact import Contact, MethodKind
from alertnet.core.directory.contact_tree import ContactTree
from alertnet.core.directory.usable_methods import of_strangers
from alertnet.core.errors import WrongState
from alertnet.core.escalation.advance import stop
from alertnet.core.escalation.effects import NewAlert
from alertnet.core.escalation.state import State
from alertnet.core.incident import Facts, Incident, IncidentStatus
from alertnet.core.notification import CLASSES, URGENT, Kind, send_rank
from alertnet.core.resolution.resolve import Plan, Plans, left_out
from alertnet.flows.unit.prefetch import Prefetch
from alertnet.flows.unit.unit_of_work import UnitOfWork
from alertnet.store.db.tx import Tx
from alertnet.store.queues import incident_attempts
from alertnet.store.records import answers, editions, timeline
from alertnet.store.records import escalations as escalation_store
from alertnet.store.records import incidents as incident_store
from alertnet.store.records.answers import CurrentAnswer, ReportedAction
from alertnet.store.records.credentials.codes import Code
from alertnet.store.records.escalations import Escalation, ReadEscalations, UnreadableEscalation

T = TypeVar("T")


@dataclass
class LockedIncident:
    """An incident in a flow's hands. Whatever is changed through it is written by `finish`."""

    tx: Tx
    incident: Incident
    plans: Plans
    escalations: list[Escalation]
    work: UnitOfWork
    prefetch: Prefetch
    known_codes: dict[tuple[str, str], Code] | None = None
    """By (tree, contact); None until they are loaded, empty for an incident that is just being opened."""
    known_links: dict[tuple[str, str, str, str, str], tuple[str, str]] | None = None
    posted: dict[NewAlert, str] = field(default_factory=dict)
    """The notifications of the alerts that this flow itself sends."""
    counts_for: dict[str, set[str]] = field(default_factory=dict)
    """The trees for which this flow itself lets a notification count."""
    fresh: bool = False
    """Whether it is being opened in this flow, so that nothing of it can be under way yet."""
    broken: list[UnreadableEscalation] = field(default_factory=list)
    """Its escalations that can't be read: nothing is decided on them, and they stay as they are (A11)."""

    @property
    def facts(self) -> Facts:
        return self.incident.facts

    @property
    def is_open(self) -> bool:
        return self.incident.status is IncidentStatus.OPEN

    def must_be_open(self) -> None:
        """Refuse what can't be done to a closed incident."""
        if not self.is_open:
            raise WrongState(f"incident {self.incident.ref}", "closed", "reopen it first")

    def must_be_no_text(self) -> None:
        """Refuse what can't be done to a text that no coordinator has made an incident of."""
        if self.facts.lone_text:
            raise WrongState(f"incident {self.incident.ref}", "a text", "make an incident of it first")

    def tree(self, id: str) -> ContactTree:
        """The pinned tree of that id."""
        return self.plans[id].tree

    def contact(self, tree: str, id: str) -> Contact:
        """A contact of a pinned tree."""
        return self.plans[tree].tree.contacts[id]

    def record(self, kind: str, **payload: object) -> None:
        """Add a line to the incident's timeline."""
        self.work.record(self.incident.id, kind, payload)

    def history(self, kind: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Its own entries of that kind, oldest first: when, and what they say, which is nothing of those purged."""
        return [(at, payload or {}) for at, payload in timeline.of_kind(self.tx.session, self.incident.id, kind)]

    def rank(self, kind: Kind, *, again: bool = False) -> int:
        """The order in which a message of this incident is sent."""
        return send_rank(self.facts.rank, kind, again=again, behind=self.facts.behind)

    def recipient(self, tree: str, contact: str) -> "Recipient":
        """That contact of a pinned tree, as a recipient of this incident."""
        return Recipient(self, tree, self.contact(tree, contact))

    def known_recipient(self, tree: str, contact: str) -> "Recipient | None":
        """The same; None where no pinned tree has such a contact."""
        is_known = tree in self.plans and contact in self.tree(tree).contacts
        return self.recipient(tree, contact) if is_known else None

    @property
    def coordinators(self) -> "list[Recipient]":
        """Who gets alarms and decisions; if no coordinator is left, the last resort of every tree."""
        return [Recipient(self, *each) for each in self.plans.coordinators]

    def may_coordinate(self, tree: str, contact: str) -> bool:
        """Whether that contact, if there is one, gets what coordinators of the incident are asked."""
        known = self.known_recipient(tree, contact)
        names = known.names if known else set()
        return any(each.name in names for each in self.coordinators)

    @property
    def not_to_be_called(self) -> set[str]:
        """The number that raised the incident, and those of contacts who may not answer it.

        They are among its people, excluded or accused. A number that a coordinator may be asked at is none of these.
        """
        barred = (self.contact(tree, id) for tree, plan in self.plans.items() for id in plan.discredited)
        numbers = {method.address for each in barred for method in each.own_methods}
        if numbers:
            numbers.difference_update(*(each.contact.numbers for each in self.coordinators if each.is_coordinator))
        return {self.facts.raised_from or "", *self.facts.also_from, *numbers}

    def open_escalation(self, plan: Plan, state: State) -> None:
        tree, id = plan.tree, self.tx.entropy.id()
        escalation = Escalation(id, self.incident.id, tree.id, tree.scope.value, state, state.start_at, new=True)
        self.escalations.append(escalation)

    def escalation_of(self, tree: str) -> Escalation | None:
        return next((each for each in self.escalations if each.tree == tree), None)

    def by_tree(self, by_escalation: Mapping[str, T]) -> dict[str, T]:
        """What is known by escalation, by tree, as far as this incident has that escalation and it can be read."""
        return {each.tree: by_escalation[each.id] for each in self.escalations if each.id in by_escalation}

    def tree_of(self, escalation_id: str) -> str:
        """The id of an escalation's tree, even if the escalation can't be read or belongs to a part."""
        known = (each.tree for each in self.every_escalation if each.id == escalation_id)
        return next(known, None) or escalation_store.tree_of(self.tx.session, escalation_id)

    def ref_raised_from(self, number: str) -> str:
        """The reference that was given to the phone which raised it, or one of its parts."""
        return next((each.ref for each in self.parts if each.facts.raised_from == number), self.incident.ref)

    def raised_from(self, number: str | None) -> list[Incident]:
        """The incident and its parts, those of them that were raised from that phone."""
        return [each for each in (self.incident, *self.parts) if each.facts.raised_from == number]

    @cached_property
    def parts(self) -> list[Incident]:
        """The incidents that were merged into it; one that can't be read silences no other (A11)."""
        merged = self.incident.merged
        return incident_store.outlines(self.tx.session, merged.parts) if merged else []

    @cached_property
    def heard_of_each(self) -> dict[str, set[tuple[str, str]]]:
        """For each reference, its own first, (tree, contact) of those who may have been told under it."""
        return self.told_of_each(URGENT)

    def told_of_each(self, kinds: Collection[Kind]) -> dict[str, set[tuple[str, str]]]:
        """The same of those who may have been told by a message of these kinds."""
        refs = {self.incident.id: self.incident.ref} | {each.id: each.ref for each in self.parts}
        heard = {id: incident_attempts.heard(self.tx.session, [id], kinds) for id in refs}
        return {ref: {(each.tree, each.contact) for each in heard[id]} for id, ref in refs.items()}

    @property
    def stale(self) -> tuple[str, ...]:
        """`method:address` of those found to be bad, in any tree."""
        return tuple(dict.fromkeys(key for state in self.states.values() for key in state.stale))

    def stale_in(self, tree: str) -> tuple[str, ...]:
        """Those that are bad for that tree: a task's words say whom to call in its own tree alone."""
        own = self.states[tree].stale if tree in self.states else ()
        return tuple(key for key in self.stale if key in own or not key.startswith(f"{MethodKind.TASK}:"))

    @property
    def strangers(self) -> frozenset[str]:
        """The numbers and addresses found to be a stranger's: nothing of the incident goes there any more (A9)."""
        return of_strangers(self.stale)

    @property
    def states(self) -> dict[str, State]:
        return {each.tree: each.state for each in self.escalations}

    @property
    def readable_states(self) -> dict[str, State]:
        """The states of its escalations, also where it is only looked at; without those that can't be read."""
        return self.states or escalation_store.states_of(self.tx.session, self.incident.id)

    @property
    def every_escalation(self) -> list[Escalation | UnreadableEscalation]:
        """The escalations that can be read, then those that can't."""
        return [*self.escalations, *self.broken]

    def save(self, escalation: Escalation) -> None:
        """Store an escalation's state; a new one is inserted."""
        self.work.save(escalation, self.incident.trees[escalation.tree], self.facts.rank)

    def stop(self, escalation: Escalation) -> None:
        """Stop an escalation: nothing more happens in it until it is restored."""
        escalation.state, escalation.due_at = stop(escalation.state, self.tx.now), None
        self.save(escalation)

    def change_facts(self, facts: Facts) -> None:
        """Apply new facts: plans are resolved again on the pinned trees, at once (A8).

        A phone that was to be left alone stays so, whatever it is called now, since nobody knows who holds it.
        """
        if self.facts.leaves_phone_alone and not facts.leaves_phone_alone:
            facts = replace(facts, field_silent=True)
        if self.facts.leaves_all_alone and not facts.leaves_all_alone:
            for part in self.parts:
                self.save_part(part, replace(part.facts, field_silent=True))
        self.restore_facts(facts)

    def restore_facts(self, facts: Facts) -> None:
        """Apply the facts that are left after a split: a phone may be written to again that another report silenced."""
        self.plans = editions.plans(self.tx, facts, self.incident.trees)
        graver_by = self.facts.rank - facts.rank
        if graver_by:
            self.work.move_up(self.incident.id, graver_by * CLASSES)
        self.incident = replace(self.incident, facts=facts)
        self.save_facts()

    def read_parts_anew(self) -> None:
        """Forget the parts that were read, because they have changed."""
        self.known_codes = None
        for name in ("parts", "heard_of_each"):
            self.__dict__.pop(name, None)

    def save_part(self, part: Incident, facts: Facts) -> None:
        if incident_store.are_readable(self.tx.session, [part.id]):
            pruned = incident_store.pruned_of(self.tx.session, part.id)
            incident_store.save_facts(self.tx.session, replace(part, facts=facts), pruned)
        self.__dict__.pop("parts", None)

    def save_facts(self) -> None:
        """Store the facts, and who is not told because of them."""
        incident_store.save_facts(self.tx.session, self.incident, self.pruned())

    def warn(self, text: str) -> None:
        """Add a warning to the incident, once."""
        warnings = dict.fromkeys((*self.incident.warnings, text))
        self.incident = replace(self.incident, warnings=tuple(warnings))
        self.save_facts()

    def pruned(self) -> list[dict[str, object]]:
        """Who is not told and why, as the answer shows it."""
        refused = {each.tree: each.state.refused for each in self.escalations}
        return [to_plain(each) for id, plan in self.plans.items() for each in left_out(plan, refused.get(id, ()))]

    def finish(self) -> None:
        """Write what was gathered: rows first, then their history."""
        self.work.flush(begin=self.fresh)
        self.fresh = False
        for escalation in self.escalations:
            escalation.new = False


@value
class Recipient:
    """A contact that a locked incident concerns. The same recipient may stand in other trees under other names."""

    locked: LockedIncident
    tree: str
    contact: Contact

    @property
    def id(self) -> str:
        return self.contact.id

    @property
    def name(self) -> tuple[str, str]:
        return self.tree, self.contact.id

    @property
    def escalation(self) -> Escalation | None:
        """The escalation of its tree."""
        return self.locked.escalation_of(self.tree)

    @property
    def same(self) -> "list[Recipient]":
        """The same recipient in every pinned tree, this contact first."""
        return [Recipient(self.locked, *each) for each in self.locked.plans.recipients.same_as(*self.name)]

    @property
    def names(self) -> set[tuple[str, str]]:
        """The (tree, contact) names of the same recipient."""
        return {each.name for each in self.same}

    def current_answer(self) -> CurrentAnswer | None:
        """Its valid answer, in whichever tree it was given."""
        return next(iter(self.current_answers()), None)

    def current_answers(self) -> list[CurrentAnswer]:
        """All its valid answers, the latest first."""
        return answers.current_answers(self.locked.tx.session, self.locked.incident.every_id, self.names)

    def reports(self) -> list[ReportedAction]:
        """The actions that it has reported, oldest first."""
        return answers.reports(self.locked.tx.session, self.locked.incident.every_id, self.names)

    @property
    def as_known_now(self) -> "Recipient":
        """The same under its name since the trees were edited; one that has left keeps its name."""
        if not self.contact.former:
            return self
        return next((each for each in self.same if not each.contact.former), self)

    @property
    def may_hear(self) -> bool:
        """Whether it may be told of the incident: it is not barred from it, nor involved in it (A3)."""
        now = self.as_known_now
        return now.id in self.locked.plans[now.tree].allowed

    def may_answer(self, address: str | None = None) -> bool:
        """Whether the incident is open, and it may be told of it and still has that number or mailbox."""
        known, now = (self.locked.contact(*each.name) for each in (self, self.as_known_now))
        left = now.left | (known.addresses - now.addresses)
        return self.locked.is_open and self.may_hear and address not in left

    @property
    def is_coordinator(self) -> bool:
        """Whether it is a coordinator, in whichever tree."""
        return any(each.contact.is_coordinator for each in self.same)

    @property
    def ref(self) -> str:
        """The reference by which it knows the incident: that of a part, if it was told only of that part."""
        names = self.names if self.locked.incident.merged else set()
        heard = self.locked.heard_of_each if names else {}
        return next((ref for ref, told in heard.items() if told & names), self.locked.incident.ref)


def taken_up(tx: Tx) -> dict[str, LockedIncident | None]:
    """The incidents that this transaction holds, by id; None in place of one that was taken up twice."""
    found: dict[str, LockedIncident | None] = tx.session.info.setdefault("taken_up", {})
    return found


def look_at(tx: Tx, incident_id: str) -> LockedIncident:
    """An incident, or the one it was merged into, for reading only: nothing is locked, escalations are left out."""
    return look_closely(tx, incident_store.get_acting(tx.session, incident_id), ReadEscalations())


def look_closely(tx: Tx, incident: Incident, found: ReadEscalations) -> LockedIncident:
    """An incident with those escalations, for reading only."""
    return _in_hand(tx, incident, found, UnitOfWork(tx), Prefetch(tx, []))


def look_closely_at(tx: Tx, id: str) -> LockedIncident:
    """The incident of that id itself, with its escalations, for reading only."""
    return look_closely(tx, incident_store.get(tx.session, id), escalation_store.look_at_each(tx.session, [id])[id])


def take_up(tx: Tx, incident_id: str) -> LockedIncident:
    """An incident, or the one it was merged into, locked in order: incident, then escalations."""
    return take_up_each(tx, [incident_id])[incident_id]


def take_up_each(tx: Tx, ids: Sequence[str]) -> dict[str, LockedIncident]:
    """Take up several incidents by id in one unit of work: whichever is finished first writes what is pending for all.

    One that was merged into another is replaced by that other.
    """
    return _take_up(tx, incident_store.lock_acting(tx.session, ids))


def take_up_as_parts(tx: Tx, ids: Sequence[str], *, in_outline: bool = False) -> dict[str, LockedIncident]:
    """The same, but one that was merged into another is taken up itself; `in_outline` to end what can't be read."""
    return _take_up(tx, incident_store.lock(tx.session, ids, in_outline=in_outline))


def _take_up(tx: Tx, incidents: Mapping[str, Incident]) -> dict[str, LockedIncident]:
    acting = {each.id: each for each in incidents.values()}
    escalations = escalation_store.of_incidents(tx.session, list(acting))
    work, prefetch = UnitOfWork(tx), Prefetch(tx, list(acting))
    locked = {id: _in_hand(tx, each, escalations[id], work, prefetch) for id, each in acting.items()}
    held = taken_up(tx)
    held |= {id: None if id in held else each for id, each in locked.items()}
    return {id: locked[each.id] for id, each in incidents.items()}


def _in_hand(
    tx: Tx, incident: Incident, found: ReadEscalations, work: UnitOfWork, prefetch: Prefetch
) -> LockedIncident:
    plans = editions.plans(tx, incident.facts, incident.trees)
    return LockedIncident(tx, incident, plans, found.sound, work, prefetch, broken=found.broken)
