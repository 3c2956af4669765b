"""The call sheet: whom to call by hand, in which order, when nothing else works; for a case or for whole trees (B7)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta

from alertnet.core.codec import value
from alertnet.core.directory.contact import Contact
from alertnet.core.directory.contact_tree import ContactTree, Level, Recipients, Then
from alertnet.core.disclosure import ask_of, ask_of_incident
from alertnet.core.escalation.quorum import AnswerKind, Via
from alertnet.core.escalation.state import State
from alertnet.core.incident import Facts
from alertnet.core.resolution.resolve import Approval, Plan, PlannedLevel, Pruned, deputies_of, left_out, resolve

Key = tuple[str, str]
"""A contact, as (tree id, contact id)."""


@value
class SheetAnswer:
    """A contact's answer so far: what, by which method, and when."""

    kind: AnswerKind
    via: Via
    at: datetime


@value
class Entry:
    """One contact to call."""

    contact: Contact
    deputy_of: str | None = None
    same_as: Key | None = None
    """A contact further up that is the same recipient: one call serves both."""
    is_listed: bool = False
    """Whether everything about it is already listed further up."""
    answered: SheetAnswer | None = None
    ask: dict[str, str] = field(default_factory=dict, hash=False)
    """What it is asked to do, by language, as in `Said.ask`.

    Never the free text of a report, which may name somebody.
    """


@value
class SheetLevel:
    """A level: when its calls begin, what it waits for, and whom to call."""

    number: int
    """Its place in the tree, from 1."""
    level: Level
    starts_after: timedelta | None
    """Time from the opening of the incident if nobody answers; None: only once a coordinator gives a go."""
    approval: Approval | None
    unverified: bool
    """It waits until somebody has made sure that the report is genuine."""
    then: Then
    """What happens once its rule is met."""
    entries: tuple[Entry, ...]


@value
class SheetTree:
    tree: ContactTree
    steps: tuple[SheetLevel, ...]
    last_resort: tuple[Entry, ...]
    spared: tuple[Pruned, ...]
    """The contacts that must not be called, and why."""


@value
class CallSheet:
    """The whole sheet. `facts` None: every tree as written, not narrowed to a case."""

    trees: tuple[SheetTree, ...]
    facts: Facts | None = None


@value
class Progress:
    """What is known of a running incident."""

    states: Mapping[str, State] = field(default_factory=dict)
    """The state of each escalation, by its tree."""
    answers: Mapping[Key, SheetAnswer] = field(default_factory=dict)


NOTHING_YET = Progress()


def of_everything(trees: Iterable[ContactTree]) -> CallSheet:
    """The sheet of all trees with all levels and contacts; consent does not narrow it."""
    known = tuple(trees)
    recipients, seen, listed = Recipients(known), dict[str, Key](), dict[Key, None]()
    pages = (_Page(tree, frozenset(tree.contacts), recipients, seen, listed, {}) for tree in known)
    return CallSheet(tuple(map(_whole, pages)))


def of_case(facts: Facts, trees: Iterable[ContactTree]) -> CallSheet:
    """The sheet of those whom an incident with these facts would tell, in the trees that serve its country.

    If nobody there may be told, it lists the last resort of every tree, as when an incident opens (A2).
    """
    everywhere = tuple(trees)
    plans = resolve(facts, [tree for tree in everywhere if tree.serves(facts.country, facts.place)])
    if all(plan.reaches_nobody for plan in plans):
        plans = resolve(facts, everywhere)
    return of_plans(facts, plans)


def of_plans(facts: Facts, plans: Iterable[Plan], progress: Progress = NOTHING_YET) -> CallSheet:
    kept = tuple(plans)
    alone = sum(not plan.reaches_nobody for plan in kept) <= 1
    recipients, seen, listed = Recipients(plan.tree for plan in kept), dict[str, Key](), dict[Key, None]()
    trees = []
    for plan in kept:
        page = _Page(plan.tree, plan.allowed, recipients, seen, listed, progress.answers, ask_of_incident(facts))
        trees.append(_of_plan(plan, page, progress.states.get(plan.tree.id), alone))
    return CallSheet(tuple(trees), facts)


@value
class _Page:
    """What is needed to make the entries of one tree. `seen`: the first contact listed with each address."""

    tree: ContactTree
    allowed: frozenset[str]
    recipients: Recipients
    seen: dict[str, Key]
    listed: dict[Key, None]
    """The contacts on the sheet so far, in their order."""
    answers: Mapping[Key, SheetAnswer]
    """By the contact that answered; the same recipient may be in several trees."""
    ask: dict[str, str] = field(default_factory=dict)
    """What the incident asks of contacts of whom their tree asks nothing."""

    def entries(self, contacts: Iterable[str], deputies: frozenset[str], level: Level | None = None) -> Iterator[Entry]:
        """Each contact, followed by the deputies who stand in for it."""
        for id in contacts:
            yield self._entry(id, level)
            before = id
            for deputy in deputies_of(self.tree, id):
                if deputy in deputies:
                    yield self._entry(deputy, level, deputy_of=before)
                    before = deputy

    def step(
        self,
        planned: PlannedLevel,
        moment: timedelta | None,
        approval: Approval | None = None,
        unverified: bool = False,
    ) -> SheetLevel:
        entries = tuple(self.entries(planned.contacts, planned.deputies, planned.level))
        return SheetLevel(planned.index + 1, planned.level, moment, approval, unverified, planned.then, entries)

    def last_resort(self, contacts: Iterable[str]) -> tuple[Entry, ...]:
        """The contacts to call when no level is left."""
        return tuple(self.entries(contacts, self.allowed))

    def _entry(self, id: str, level: Level | None, deputy_of: str | None = None) -> Entry:
        contact, key = self.tree.contacts[id], (self.tree.id, id)
        firsts = [self.seen.setdefault(address, key) for address in sorted(contact.addresses)]
        same = [(tree, each.id) for tree, each in self.recipients.same_as(*key)]
        first = next((each for each in self.listed if each in same), key)
        # A task has no address, so two tasks are never the same.
        is_listed = key in self.listed or (bool(firsts) and key not in firsts)
        self.listed[key] = None
        answers = [self.answers[each] for each in same if each in self.answers]
        answered = max(answers, key=lambda each: each.at, default=None)
        same_as = None if first == key else first
        return Entry(contact, deputy_of, same_as, is_listed, answered, ask_of(contact, level) or self.ask)


def _whole(page: _Page) -> SheetTree:
    tree, steps = page.tree, []
    for index, (level, moment) in enumerate(zip(tree.levels, tree.level_starts, strict=False)):
        coordination = all(tree.contacts[id].is_coordinator for id in level.notify)
        planned = PlannedLevel(index, level, level.notify, None, coordination, frozenset(tree.contacts))
        steps.append(page.step(planned, moment))
    return SheetTree(tree, tuple(steps), page.last_resort(tree.last_resort), ())


def _of_plan(plan: Plan, page: _Page, state: State | None, alone: bool) -> SheetTree:
    goes, refused = (state.goes, state.refused) if state else ((), ())
    moment: timedelta | None = plan.tree.start.waits(alone=alone)
    steps = []
    for planned in (each for each in plan.levels if each.contacts and each.index not in refused):
        given = planned.index in goes
        approval = None if given else planned.approval
        unverified = not (plan.verified or planned.coordination or given)
        moment = None if unverified else _after_approval(moment, approval)
        steps.append(page.step(planned, moment, approval, unverified))
        moment = None if moment is None else moment + planned.level.wait
    return SheetTree(plan.tree, tuple(steps), page.last_resort(plan.last_resort), left_out(plan, refused))


def _after_approval(moment: timedelta | None, approval: Approval | None) -> timedelta | None:
    if moment is None or approval is None:
        return moment
    return None if approval.proceed_after is None else moment + approval.proceed_after
